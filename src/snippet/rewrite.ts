/** The one walk over the tree that edits the text: types out, lowering, captures in. */
import { type AstNode, boundNames, children, isAnonymousFunction, isTypeOnly, type Span, unwrap } from "./ast";
import { bodyStart, type Context } from "./context";
import { eraseTypesOf, eraseTypeWrapper } from "./erase";
import { type GradUse, gradReads } from "./gradReads";
import { lowerEnum, lowerNamespace, lowerParameterProperties } from "./lowering";
import { exportsTypeOnly, type ModuleRewriter } from "./modules";
import { SnippetError } from "./parse";

/** Where V8 says a call is (`at`, the called name or its parenthesis), the whole call, and where what is called ends. */
export interface CallPlace extends Span {
  at: number;
  calleeEnd: number;
}

/** A read of `.grad` that the program relies on. */
export interface GradRead extends Span {
  use: GradUse;
  /** The text of what is read from: `x`. */
  of: string;
}

export class Rewriter {
  readonly calls: CallPlace[] = [];
  /** `throw` statements by number. */
  readonly throws: Span[] = [];
  /** Reads of `.grad` by number. */
  readonly reads: GradRead[] = [];
  private gradReads: ReadonlyMap<AstNode, GradUse> = new Map();

  constructor(
    private readonly context: Context,
    private readonly modules: ModuleRewriter,
  ) {}

  /** The whole module. */
  program(body: readonly AstNode[]): void {
    this.gradReads = gradReads(body, this.context.analysis);
    this.list(body);
  }

  /** Statements of a block or of the module, in order. */
  list(body: readonly AstNode[]): void {
    for (const statement of body) this.statement(statement);
  }

  private statement(node: AstNode): void {
    const { context, modules } = this;
    if (isTypeOnly(node)) {
      context.blankStatement(node);
      return;
    }
    switch (node.type) {
      case "ImportDeclaration":
        context.blankStatement(node);
        return;
      case "TSImportEqualsDeclaration":
        modules.importEquals(node);
        return;
      case "ExportAllDeclaration":
        modules.exportList(node);
        return;
      case "ExportNamedDeclaration":
        if (exportsTypeOnly(node)) {
          context.blankStatement(node);
          return;
        }
        if (!node.declaration) {
          modules.exportList(node);
          return;
        }
        context.blank(node.start, node.declaration.start, ";");
        if (!node.insideNamespace) modules.exportDeclared(node.declaration);
        this.statement(node.declaration);
        return;
      case "ExportDefaultDeclaration":
        this.exportDefault(node);
        return;
      case "TSExportAssignment": {
        const holder = context.local();
        context.blank(node.start, node.expression.start, `const ${holder}={value:`);
        this.visit(node.expression);
        context.insertAfter(node.expression.end, "}");
        modules.export("default", `${holder}.value`);
        modules.export("module.exports", `${holder}.value`);
        this.terminate(node);
        return;
      }
      case "VariableDeclaration":
        this.visit(node);
        for (const { id, init } of node.declarations) {
          if (init && id.type !== "Identifier") context.insertAfter(node.end, this.captures(boundNames(id), node.end));
        }
        return;
      default:
        this.visit(node);
        if (node.epilogue) context.insertAfter(node.end, node.epilogue);
    }
  }

  private exportDefault(node: AstNode): void {
    const { context, modules } = this;
    const declaration: AstNode = node.declaration;
    if (isTypeOnly(declaration)) {
      context.blankStatement(node);
      return;
    }
    if (/^(?:Function|Class)Declaration$/.test(declaration.type) && declaration.id) {
      context.blank(node.start, declaration.start, ";");
      modules.export("default", declaration.id.name);
      this.visit(declaration);
      return;
    }
    // A property's value takes its name: an anonymous function must be called `default`.
    const holder = context.local();
    context.blank(node.start, declaration.start, `const ${holder}={default:`);
    this.visit(declaration);
    context.insertAfter(declaration.end, "}");
    modules.export("default", `${holder}.default`);
    this.terminate(node);
  }

  /** `chained`: inside `a?.b.c()`, of which no part may be wrapped. */
  private visit(node: AstNode, chained = false): void {
    const { context } = this;
    eraseTypesOf(node, context);
    if (eraseTypeWrapper(node, context)) {
      this.visit(node.expression, chained && node.type === "TSNonNullExpression");
      if (node.type === "TSTypeAssertion") context.insertAfter(node.end, ")");
      return;
    }
    switch (node.type) {
      case "Identifier":
        this.identifier(node);
        return;
      case "ObjectProperty":
        if (!node.shorthand) {
          this.visitChildren(node);
          return;
        }
        node.value.type === "Identifier" ? this.shorthand(node.value) : this.visit(node.value);
        return;
      case "MemberExpression":
        this.gradRead(node);
        return;
      case "OptionalMemberExpression":
        this.visit(node.object, true);
        if (node.computed) this.visit(node.property);
        return;
      case "CallExpression":
      case "OptionalCallExpression":
      case "NewExpression":
      case "TaggedTemplateExpression":
        this.call(node, chained);
        return;
      case "AssignmentExpression":
        this.assignment(node);
        return;
      case "UpdateExpression":
        this.update(node);
        return;
      case "VariableDeclaration":
        this.declaration(node, true);
        return;
      case "ForStatement":
        this.forStatement(node);
        return;
      case "ForInStatement":
      case "ForOfStatement":
        this.forEach(node);
        return;
      case "BlockStatement":
      case "StaticBlock":
        this.block(node, "");
        return;
      case "SwitchCase":
        this.switchCase(node);
        return;
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ArrowFunctionExpression":
      case "ObjectMethod":
      case "ClassMethod":
      case "ClassPrivateMethod":
        this.function(node);
        return;
      case "ClassDeclaration":
      case "ClassExpression":
        if (node.superClass) this.visit(node.superClass);
        lowerParameterProperties(node.body, Boolean(node.superClass), context);
        this.classBody(node.body);
        return;
      case "ThrowStatement":
        this.throw(node);
        return;
      case "ExpressionStatement":
      case "ReturnStatement":
      case "ClassProperty":
      case "ClassPrivateProperty":
        this.visitChildren(node);
        this.terminate(node);
        return;
      case "MetaProperty":
        if (node.meta.name === "import") context.blank(node.start, node.end, `${context.names.runtime}.meta`);
        return;
      case "TSEnumDeclaration":
        lowerEnum(node, context, (inner) => this.visit(inner));
        return;
      case "TSModuleDeclaration":
        lowerNamespace(node, context, (body) => {
          for (const statement of body) statement.insideNamespace = true;
          this.list(body);
        });
        return;
      default:
        this.visitChildren(node);
        return;
    }
  }

  /** What is thrown may be no Error and know nothing of its place. */
  private throw(node: AstNode): void {
    const { context } = this;
    const { argument } = node;
    const tells = argument.type === "NewExpression";
    if (!tells) {
      context.insertBefore(argument.start, `${context.names.runtime}.thrown(${this.throws.length},`);
      this.throws.push({ start: node.start, end: argument.end });
    }
    this.visit(argument);
    if (!tells) context.insertAfter(argument.end, ")");
    this.terminate(node);
  }

  /** `x.grad` becomes `read(i, x).grad`: whoever looks for null gradients is told, and V8's places stay. */
  private gradRead(node: AstNode): void {
    const { context } = this;
    const use = this.gradReads.get(node);
    if (use) {
      const { start, end } = node.object;
      context.insertBefore(start, `${context.names.runtime}.read(${this.reads.length},`);
      this.reads.push({ start: node.start, end: node.end, use, of: context.text.slice(start, end) });
      this.visit(node.object);
      context.insertAfter(end, ")");
    } else {
      this.visitChildren(node);
    }
  }

  private visitChildren(node: AstNode): void {
    for (const child of children(node)) if (!isTypeOnly(child)) this.visit(child);
  }

  /** Every statement that a line end could end gets its `;`: a wrapped expression may be followed by a parenthesis. */
  private terminate(node: AstNode): void {
    if (this.context.text[node.end - 1] !== ";") this.context.insertAfter(node.end, ";");
  }

  private identifier(node: AstNode): void {
    const read = this.modules.importRead(this.context.analysis.referenceOf.get(node));
    if (read) this.context.out.update(node.start, node.end, read);
  }

  private shorthand(value: AstNode): void {
    const read = this.modules.importRead(this.context.analysis.referenceOf.get(value));
    if (read) this.context.out.update(value.start, value.end, `${value.name}:${read}`);
  }

  private call(node: AstNode, chained: boolean): void {
    const { context } = this;
    const callee: AstNode = node.callee ?? node.tag;
    this.place(node, callee);
    const isChain = node.type === "OptionalCallExpression";
    const wrapped =
      callee.type !== "Super" && callee.type !== "Import" && !(isChain && chained) && !this.isConsole(callee);
    if (wrapped) context.insertBefore(node.start, `${context.names.capture}(${context.sites.expression(node)},`);
    if (callee.type === "Import") context.blank(callee.start, callee.end, `${context.names.runtime}.import`);
    else if (callee.type === "Identifier" && node.type !== "NewExpression") this.calledIdentifier(callee);
    else this.visit(callee, isChain);
    for (const argument of node.arguments ?? [node.quasi]) this.visit(argument);
    if (wrapped) context.insertAfter(node.end, ")");
  }

  /** An imported function is called without a `this`, though it is read from its module's object. */
  private calledIdentifier(callee: AstNode): void {
    const read = this.modules.importRead(this.context.analysis.referenceOf.get(callee));
    if (read) this.context.out.update(callee.start, callee.end, /[.[]/.test(read) ? `(0,${read})` : read);
  }

  private isConsole(callee: AstNode): boolean {
    if (callee.type !== "MemberExpression" || callee.object.type !== "Identifier") return false;
    return callee.object.name === "console" && this.context.analysis.free.has("console");
  }

  private place(node: AstNode, callee: AstNode): void {
    const { start, end } = node;
    const inner = unwrap(callee);
    const add = (at: number) => this.calls.push({ at, start, end, calleeEnd: callee.end });
    if (node.type === "NewExpression") add(start);
    else if (/MemberExpression$/.test(inner.type)) {
      add(inner.property.start);
      if (inner.computed) add(this.context.after(callee.end).start);
    } else {
      add(inner.start);
      if (/CallExpression$/.test(inner.type)) add(this.context.after(callee.end).start);
    }
  }

  private assignment(node: AstNode): void {
    const { context } = this;
    const { capture, captureAll } = context.names;
    const target = unwrap(node.left);
    const names = target.type === "Identifier" ? [] : boundNames(target);
    let tail = ")";
    if (target.type === "Identifier") {
      context.insertBefore(node.start, `${capture}(${context.sites.variable(target, node.end)},`);
    } else if (isNamedMember(target)) {
      context.insertBefore(node.start, `${capture}(${context.sites.member(target)},`);
    } else if (names.length > 0) {
      context.insertBefore(node.start, `${captureAll}(`);
      tail = `${names.map((name) => `,${context.sites.variable(name, node.end)},${name.name}`).join("")})`;
    } else {
      tail = "";
    }
    this.visit(node.left);
    this.visit(node.right);
    context.insertAfter(node.end, tail);
  }

  private update(node: AstNode): void {
    const { context } = this;
    const target = unwrap(node.argument);
    if (target.type !== "Identifier") {
      this.visitChildren(node);
      return;
    }
    context.insertBefore(node.start, `${context.names.captureAll}(`);
    this.visit(node.argument);
    context.insertAfter(node.end, `,${context.sites.variable(target, node.end)},${target.name})`);
  }

  private declaration(node: AstNode, terminated: boolean): void {
    const { context } = this;
    const scope = node.disposables;
    if (/using$/.test(node.kind)) {
      if (!scope)
        throw new SnippetError("`using` cannot stand here: put it into a block of its own", node.start, node.end);
      context.blank(node.start, context.before(node.declarations[0].id.start).end, "const");
    }
    for (const declarator of node.declarations) {
      const { id, init } = declarator;
      eraseTypesOf(declarator, context);
      const captured = init && id.type === "Identifier" && !isAnonymousFunction(init);
      const site = captured ? `${context.names.capture}(${context.sites.variable(id, init.end)},` : "";
      this.visit(id);
      if (!init) continue;
      context.insertBefore(init.start, site + (scope ? `${scope}.use(` : ""));
      this.visit(init);
      context.insertAfter(init.end, (scope ? ")" : "") + (site ? ")" : ""));
    }
    if (terminated) this.terminate(node);
  }

  private forStatement(node: AstNode): void {
    for (const part of [node.init, node.test, node.update]) {
      if (part?.type === "VariableDeclaration") this.declaration(part, false);
      else if (part) this.visit(part);
    }
    this.visit(node.body);
  }

  private forEach(node: AstNode): void {
    const { context } = this;
    const { left, right, body } = node;
    const isUsing = left.type === "VariableDeclaration" && /using$/.test(left.kind);
    const target: AstNode = left.type === "VariableDeclaration" ? left.declarations[0].id : left;
    if (isUsing) context.blank(left.start, context.before(target.start).end, "const");
    if (left.type === "VariableDeclaration") this.visit(target);
    else this.visit(left);
    this.visit(right);
    const hidden = hiddenNames(body);
    const names = boundNames(target).filter(({ name }) => !hidden.has(name));
    const prologue = this.captures(names, body.start);
    if (body.type === "BlockStatement") {
      this.block(body, prologue, isUsing ? { name: target.name, isAsync: left.kind === "await using" } : undefined);
    } else if (isUsing) {
      throw new SnippetError("The body of a loop over `using` must be a block", body.start, body.end);
    } else if (prologue) {
      context.insertBefore(body.start, `{${prologue}`);
      this.visit(body);
      context.insertAfter(body.end, "}");
    } else {
      this.visit(body);
    }
  }

  private captures(names: readonly AstNode[], holdsFrom: number): string {
    const { names: helpers, sites } = this.context;
    return names.map((name) => `${helpers.capture}(${sites.variable(name, holdsFrom)},${name.name});`).join("");
  }

  /** A `{ … }` with text before its first statement; a `using` in it becomes try and finally. */
  private block(node: AstNode, prologue: string, each?: { name: string; isAsync: boolean }): void {
    const { context } = this;
    const { offset, separator } = bodyStart(node, context);
    const using = this.disposables(node.body, each);
    const head = prologue + (node.prologue ?? "") + (using?.head ?? "");
    if (head) context.insertAfter(offset, separator + head);
    this.list(node.body);
    if (using) context.insertAfter(node.end - 1, using.tail);
  }

  /** What must stand around statements of which some say `using`. */
  disposables(
    body: readonly AstNode[],
    each?: { name: string; isAsync: boolean },
  ): { head: string; tail: string } | undefined {
    const declarations = body.filter(({ type, kind }) => type === "VariableDeclaration" && /using$/.test(kind));
    if (declarations.length === 0 && !each) return undefined;
    const { runtime } = this.context.names;
    const scope = this.context.local();
    const isAsync = Boolean(each?.isAsync) || declarations.some(({ kind }) => kind === "await using");
    for (const declaration of declarations) declaration.disposables = scope;
    const first = each ? `${scope}.use(${each.name});` : "";
    return {
      head: `const ${scope}=${runtime}.disposables(${isAsync});try{${first}`,
      tail: `}catch(error){${scope}.fail(error)}finally{${isAsync ? "await " : ""}${scope}.dispose()}`,
    };
  }

  private switchCase(node: AstNode): void {
    if (node.test) this.visit(node.test);
    this.list(node.consequent);
  }

  private function(node: AstNode): void {
    const { context } = this;
    if (node.key) this.visit(node.key);
    for (const param of node.params) if (param.name !== "this") this.visit(param);
    const names = node.params
      .filter((param: AstNode) => param.name !== "this")
      .flatMap((param: AstNode) => boundNames(param));
    const { body } = node;
    if (body.type === "BlockStatement") {
      this.block(body, this.captures(names, body.start));
      return;
    }
    const captures = this.captures(names, body.start).replaceAll(";", ",");
    if (captures) context.insertBefore(body.start, `(${captures}`);
    this.visit(body);
    if (captures) context.insertAfter(body.end, ")");
  }

  private classBody(body: AstNode): void {
    for (const member of body.body) {
      if (isTypeOnly(member) || member.abstract) this.context.blankStatement(member);
      else this.visit(member);
    }
  }
}

/** Names that a loop's body declares anew: there the loop's own cannot be read. */
function hiddenNames(body: AstNode): Set<string> {
  const names = new Set<string>();
  if (body.type !== "BlockStatement") return names;
  for (const statement of body.body as AstNode[]) {
    const declared =
      statement.type === "VariableDeclaration"
        ? statement.declarations.flatMap(({ id }: AstNode) => boundNames(id))
        : [statement.id];
    for (const identifier of declared) if (identifier?.name) names.add(identifier.name);
  }
  return names;
}

/** `this.weight`, `model.layers.first`: a chain of plain names. */
function isNamedMember(node: AstNode): boolean {
  if (node.type !== "MemberExpression" || node.computed) return false;
  const object = unwrap(node.object);
  return object.type === "Identifier" || object.type === "ThisExpression" || isNamedMember(object);
}
