/** TypeScript that means something at run time, as JavaScript on the same lines: enums, namespaces, parameter properties. */
import { type AstNode, boundNames, isTypeOnly } from "./ast";
import type { Context } from "./context";
import { SnippetError } from "./parse";

export type Visit = (node: AstNode) => void;

const RESERVED = new Set(
  "await break case catch class const continue debugger default delete do else enum export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield arguments eval".split(
    " ",
  ),
);

/** `var E;` unless an earlier declaration of the same name is merged with this one. */
function declared(id: AstNode, context: Context): string {
  const binding = context.analysis.bindingOf.get(id);
  if (binding && binding.declarations[0] !== id) return "";
  return `${binding?.scope.holdsVar === false ? "let" : "var"} ${id.name};`;
}

/** Each member becomes a constant, so that later ones may use it, and an entry of the object in both directions. */
export function lowerEnum(node: AstNode, context: Context, visit: Visit): void {
  const object = context.local();
  const open = context.within(node.id.end, node.end)[0]!;
  context.blank(node.start, open.end, `${declared(node.id, context)}((${object})=>{`);
  let automatic = "0";
  for (const member of node.members as AstNode[]) {
    const name: string = member.id.type === "StringLiteral" ? member.id.value : member.id.name;
    const constant = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) && !RESERVED.has(name) ? `const ${name}=` : "";
    const head = `${constant}${context.names.runtime}.enumMember(${object},${JSON.stringify(name)},`;
    if (member.initializer) {
      context.blank(member.start, member.initializer.start, head);
      visit(member.initializer);
      context.insertAfter(member.initializer.end, ");");
    } else {
      context.blank(member.start, member.end, `${head}${automatic});`);
    }
    const comma = context.after(member.end);
    if (context.is(comma, ",")) context.blank(comma.start, comma.end);
    automatic = `${object}[${JSON.stringify(name)}]+1`;
  }
  context.blank(node.end - 1, node.end, `})(${node.id.name}??={});`);
}

/** A function over the namespace's object, on which each exported name is an accessor of the local one. */
export function lowerNamespace(node: AstNode, context: Context, visitList: (body: AstNode[]) => void): void {
  let head = "";
  let tail = "";
  let inner = node;
  for (;;) {
    const object = context.local();
    head += `${declared(inner.id, context)}((${object})=>{`;
    tail = `})(${inner.id.name}??={});${tail}`;
    if (inner.body.type === "TSModuleDeclaration") {
      inner = inner.body;
      head += members(object, [{ name: inner.id.name, writable: false }], context);
    } else {
      head += members(object, exportsOf(inner.body), context);
      break;
    }
  }
  const block: AstNode = inner.body;
  context.blank(node.start, block.start + 1, head);
  visitList(block.body);
  context.blank(block.end - 1, block.end, tail);
}

interface Exported {
  name: string;
  writable: boolean;
}

function members(object: string, exported: Exported[], context: Context): string {
  if (exported.length === 0) return "";
  const entries = exported.map(({ name, writable }) => {
    const setter = writable ? `,(value)=>{${name}=value}` : "";
    return `${JSON.stringify(name)}:[()=>${name}${setter}]`;
  });
  return `${context.names.runtime}.namespace(${object},{${entries.join(",")}});`;
}

function exportsOf(block: AstNode): Exported[] {
  const found = new Map<string, Exported>();
  for (const statement of block.body as AstNode[]) {
    if (statement.type === "TSImportEqualsDeclaration" && statement.isExport) {
      found.set(statement.id.name, { name: statement.id.name, writable: false });
    }
    const declaration: AstNode | null = statement.type === "ExportNamedDeclaration" ? statement.declaration : null;
    if (!declaration || isTypeOnly(declaration)) continue;
    const writable = declaration.type === "VariableDeclaration" && declaration.kind !== "const";
    const ids: AstNode[] =
      declaration.type === "VariableDeclaration"
        ? declaration.declarations.flatMap(({ id }: AstNode) => boundNames(id))
        : [declaration.id];
    for (const { name } of ids) found.set(name, { name, writable });
  }
  return [...found.values()];
}

/** `constructor(private x)`: the field, and its assignment as soon as there is a `this`. */
export function lowerParameterProperties(classBody: AstNode, derived: boolean, context: Context): void {
  const initializer = classBody.body.find(
    (item: AstNode) => item.type === "ClassMethod" && item.kind === "constructor",
  );
  const properties: AstNode[] = initializer?.params.filter((p: AstNode) => p.type === "TSParameterProperty") ?? [];
  if (properties.length === 0) return;
  const names = properties.flatMap((property) => boundNames(property)).map(({ name }) => name as string);
  for (const property of properties) context.blank(property.start, property.parameter.start);
  context.insertAfter(classBody.start + 1, names.map((name) => `${name};`).join(""));
  const assignments = names.map((name) => `this.${name}=${name};`).join("");
  if (!derived) {
    initializer.body.prologue = assignments;
    return;
  }
  const superCall = initializer.body.body.find(
    (s: AstNode) =>
      s.type === "ExpressionStatement" &&
      s.expression.type === "CallExpression" &&
      s.expression.callee.type === "Super",
  );
  if (!superCall) {
    const { start, end } = properties[0]!;
    throw new SnippetError(
      "A constructor with parameter properties must call `super(…)` as a statement of its own",
      start,
      end,
    );
  }
  superCall.epilogue = assignments;
}
