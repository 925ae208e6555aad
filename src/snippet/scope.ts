/** Which declaration each identifier means: module, function and block scopes, types left out. */
import { type AstNode, boundNames, children, isTypeOnly } from "./ast";

export type BindingKind = "var" | "lexical" | "function" | "class" | "param" | "import" | "namespace" | "enum";

export interface Binding {
  name: string;
  kind: BindingKind;
  scope: Scope;
  /** The identifiers that declare it. */
  declarations: AstNode[];
  /** Filled when the analysis is done, in the order of the walk. */
  references: Reference[];
}

export interface Reference {
  node: AstNode;
  scope: Scope;
  read: boolean;
  write: boolean;
  /** Named by an `export { … }` only, where a type may stand as well. */
  exported: boolean;
  binding?: Binding;
}

export class Scope {
  readonly bindings = new Map<string, Binding>();

  constructor(
    readonly parent: Scope | null,
    /** Where a `var` lands: functions, namespaces, static blocks and the module. */
    readonly holdsVar: boolean,
  ) {}

  declare(identifier: AstNode, kind: BindingKind): Binding {
    const scope = kind === "var" ? this.varScope() : this;
    const name: string = identifier.name;
    let binding = scope.bindings.get(name);
    if (!binding) {
      binding = { name, kind, scope, declarations: [], references: [] };
      scope.bindings.set(name, binding);
    }
    binding.declarations.push(identifier);
    return binding;
  }

  lookup(name: string): Binding | undefined {
    for (let scope: Scope | null = this; scope; scope = scope.parent) {
      const binding = scope.bindings.get(name);
      if (binding) return binding;
    }
    return undefined;
  }

  private varScope(): Scope {
    let scope: Scope = this;
    while (!scope.holdsVar && scope.parent) scope = scope.parent;
    return scope;
  }
}

export interface Analysis {
  module: Scope;
  references: Reference[];
  /** By identifier node: what it refers to. */
  referenceOf: Map<AstNode, Reference>;
  /** By declaring identifier node. */
  bindingOf: Map<AstNode, Binding>;
  /** Names without a declaration in the analysed statements, with the places that use them. */
  free: Map<string, Reference[]>;
  /** Names that the module declares as types only. */
  types: Set<string>;
}

/** Analyses statements as one module. */
export function analyse(body: readonly AstNode[]): Analysis {
  return new Analyser().run(body);
}

class Analyser {
  private readonly module = new Scope(null, true);
  private readonly references: Reference[] = [];
  private readonly bindingOf = new Map<AstNode, Binding>();
  private readonly types = new Set<string>();

  run(body: readonly AstNode[]): Analysis {
    for (const statement of body) this.walk(statement, this.module);
    const referenceOf = new Map<AstNode, Reference>();
    const free = new Map<string, Reference[]>();
    for (const reference of this.references) {
      const name: string = reference.node.name;
      referenceOf.set(reference.node, reference);
      reference.binding = reference.scope.lookup(name);
      if (reference.binding) {
        reference.binding.references.push(reference);
      } else {
        const places = free.get(name);
        if (places) places.push(reference);
        else free.set(name, [reference]);
      }
    }
    const { module, references, bindingOf, types } = this;
    return { module, references, referenceOf, bindingOf, free, types };
  }

  private declare(identifier: AstNode, kind: BindingKind, scope: Scope) {
    this.bindingOf.set(identifier, scope.declare(identifier, kind));
  }

  private refer(node: AstNode, scope: Scope, read: boolean, write: boolean, exported = false) {
    this.references.push({ node, scope, read, write, exported });
  }

  private all(nodes: readonly (AstNode | null)[], scope: Scope) {
    for (const node of nodes) if (node) this.walk(node, scope);
  }

  private walk(node: AstNode | null | undefined, scope: Scope): void {
    if (!node) return;
    if (isTypeOnly(node)) {
      if (scope === this.module && node.id?.name) this.types.add(node.id.name);
      return;
    }
    switch (node.type) {
      case "Identifier":
        this.refer(node, scope, true, false);
        return;
      case "VariableDeclaration":
        for (const { id, init } of node.declarations) {
          this.pattern(id, node.kind === "var" ? "var" : "lexical", scope);
          this.walk(init, scope);
        }
        return;
      case "FunctionDeclaration":
        if (node.id) this.declare(node.id, "function", scope);
        this.functionScope(node, scope);
        return;
      case "FunctionExpression": {
        const own = new Scope(scope, false);
        if (node.id) this.declare(node.id, "function", own);
        this.functionScope(node, own);
        return;
      }
      case "ArrowFunctionExpression":
        this.functionScope(node, scope);
        return;
      case "ObjectMethod":
      case "ClassMethod":
      case "ClassPrivateMethod":
        if (node.computed) this.walk(node.key, scope);
        this.functionScope(node, scope);
        return;
      case "ClassDeclaration":
      case "ClassExpression":
        this.classScope(node, scope);
        return;
      case "ClassProperty":
      case "ClassPrivateProperty":
        if (node.computed) this.walk(node.key, scope);
        this.walk(node.value, new Scope(scope, true));
        return;
      case "StaticBlock":
        this.all(node.body, new Scope(scope, true));
        return;
      case "BlockStatement":
        this.all(node.body, new Scope(scope, false));
        return;
      case "ForStatement": {
        const head = new Scope(scope, false);
        this.all([node.init, node.test, node.update, node.body], head);
        return;
      }
      case "ForInStatement":
      case "ForOfStatement": {
        const head = new Scope(scope, false);
        if (node.left.type === "VariableDeclaration") this.walk(node.left, head);
        else this.target(node.left, scope, false);
        this.all([node.right, node.body], head);
        return;
      }
      case "SwitchStatement": {
        this.walk(node.discriminant, scope);
        this.all(node.cases, new Scope(scope, false));
        return;
      }
      case "CatchClause": {
        const own = new Scope(scope, false);
        if (node.param) this.pattern(node.param, "lexical", own);
        this.walk(node.body, own);
        return;
      }
      case "AssignmentExpression":
        this.target(node.left, scope, node.operator !== "=");
        this.walk(node.right, scope);
        return;
      case "UpdateExpression":
        this.target(node.argument, scope, true);
        return;
      case "MemberExpression":
      case "OptionalMemberExpression":
        this.walk(node.object, scope);
        if (node.computed) this.walk(node.property, scope);
        return;
      case "ObjectProperty":
        if (node.computed) this.walk(node.key, scope);
        this.walk(node.value, scope);
        return;
      case "LabeledStatement":
        this.walk(node.body, scope);
        return;
      case "BreakStatement":
      case "ContinueStatement":
      case "MetaProperty":
      case "PrivateName":
      case "ExportAllDeclaration":
        return;
      case "ImportDeclaration":
        this.imports(node, scope);
        return;
      case "ExportNamedDeclaration":
        this.exports(node, scope);
        return;
      case "TSImportEqualsDeclaration":
        this.importEquals(node, scope);
        return;
      case "TSEnumDeclaration": {
        this.declare(node.id, "enum", scope);
        const members = new Scope(scope, false);
        for (const { id } of node.members) if (id.type === "Identifier") this.declare(id, "lexical", members);
        for (const { initializer } of node.members) this.walk(initializer, members);
        return;
      }
      case "TSModuleDeclaration":
        if (node.id.type === "Identifier") this.declare(node.id, "namespace", scope);
        this.walk(node.body, new Scope(scope, true));
        return;
      case "TSModuleBlock":
        this.all(node.body, scope);
        return;
      case "TSAsExpression":
      case "TSSatisfiesExpression":
      case "TSNonNullExpression":
      case "TSTypeAssertion":
      case "TSInstantiationExpression":
      case "TSExportAssignment":
        this.walk(node.expression, scope);
        return;
      default:
        this.all(children(node), scope);
        return;
    }
  }

  private functionScope(node: AstNode, scope: Scope) {
    const own = new Scope(scope, true);
    for (const param of node.params) if (param.name !== "this") this.pattern(param, "param", own);
    if (node.body.type === "BlockStatement") this.all(node.body.body, own);
    else this.walk(node.body, own);
  }

  private classScope(node: AstNode, scope: Scope) {
    if (node.id && node.type === "ClassDeclaration") this.declare(node.id, "class", scope);
    const own = new Scope(scope, false);
    if (node.id && node.type === "ClassExpression") this.declare(node.id, "class", own);
    this.walk(node.superClass, own);
    this.all(node.body.body, own);
  }

  /** Declares the names of a pattern and walks its defaults and computed keys. */
  private pattern(pattern: AstNode | null, kind: BindingKind, scope: Scope): void {
    for (const identifier of boundNames(pattern)) this.declare(identifier, kind, scope);
    this.defaults(pattern, scope);
  }

  private defaults(pattern: AstNode | null, scope: Scope): void {
    switch (pattern?.type) {
      case "ObjectPattern":
        for (const property of pattern.properties) {
          if (property.computed) this.walk(property.key, scope);
          this.defaults(property.type === "RestElement" ? property.argument : property.value, scope);
        }
        return;
      case "ArrayPattern":
        for (const element of pattern.elements) this.defaults(element, scope);
        return;
      case "RestElement":
        this.defaults(pattern.argument, scope);
        return;
      case "AssignmentPattern":
        this.defaults(pattern.left, scope);
        this.walk(pattern.right, scope);
        return;
      case "TSParameterProperty":
        this.defaults(pattern.parameter, scope);
        return;
    }
  }

  /** What an assignment writes to; `reads` for `+=` and `++`. */
  private target(node: AstNode | null, scope: Scope, reads: boolean): void {
    switch (node?.type) {
      case undefined:
        return;
      case "Identifier":
        this.refer(node!, scope, reads, true);
        return;
      case "ObjectPattern":
        for (const property of node!.properties) {
          if (property.computed) this.walk(property.key, scope);
          this.target(property.type === "RestElement" ? property.argument : property.value, scope, false);
        }
        return;
      case "ArrayPattern":
        for (const element of node!.elements) this.target(element, scope, false);
        return;
      case "RestElement":
        this.target(node!.argument, scope, false);
        return;
      case "AssignmentPattern":
        this.target(node!.left, scope, false);
        this.walk(node!.right, scope);
        return;
      case "ParenthesizedExpression":
      case "TSAsExpression":
      case "TSSatisfiesExpression":
      case "TSNonNullExpression":
      case "TSTypeAssertion":
        this.target(node!.expression, scope, reads);
        return;
      default:
        this.walk(node, scope);
        return;
    }
  }

  private imports(node: AstNode, scope: Scope) {
    for (const specifier of node.specifiers) {
      if (isTypeImport(node) || isTypeImport(specifier)) this.types.add(specifier.local.name);
      else this.declare(specifier.local, "import", scope);
    }
  }

  private exports(node: AstNode, scope: Scope) {
    if (node.declaration) return this.walk(node.declaration, scope);
    if (node.source || node.exportKind === "type") return;
    for (const specifier of node.specifiers) {
      if (specifier.exportKind !== "type") this.refer(specifier.local, scope, true, false, true);
    }
  }

  private importEquals(node: AstNode, scope: Scope) {
    if (node.importKind === "type") return void this.types.add(node.id.name);
    this.declare(node.id, "lexical", scope);
    let root: AstNode = node.moduleReference;
    while (root.type === "TSQualifiedName") root = root.left;
    if (root.type === "Identifier") this.refer(root, scope, true, false);
  }
}

/** `import type …`, `import { type T }` and their `export` twins. */
export function isTypeImport(node: AstNode): boolean {
  return node.importKind === "type" || node.importKind === "typeof" || node.exportKind === "type";
}
