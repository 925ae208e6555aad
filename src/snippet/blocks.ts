/** The functions and loops of a text: what its results can be grouped by. */
import { type AstNode, children, type Span } from "./ast";

export interface Block {
  kind: "function" | "loop";
  /** `attend`, `Block.forward`, `for`. */
  name: string;
  span: Span;
}

const LOOPS: Record<string, string> = {
  ForStatement: "for",
  ForOfStatement: "for",
  ForInStatement: "for",
  WhileStatement: "while",
  DoWhileStatement: "do",
};

/** Named functions, methods and loops, outer ones before inner ones. */
export function blocksOf(body: readonly AstNode[]): Block[] {
  const blocks: Block[] = [];
  const visit = (node: AstNode, className: string, given: string): void => {
    const loop = LOOPS[node.type];
    const isFunction = /Function|Method/.test(node.type);
    const name = isFunction ? functionName(node, className, given) : loop;
    if (name) blocks.push({ kind: loop ? "loop" : "function", name, span: { start: node.start, end: node.end } });
    const inClass = /^Class(Declaration|Expression)$/.test(node.type) ? (node.id?.name ?? given) : className;
    for (const child of children(node)) visit(child, inClass, isFunction ? "" : nameGivenTo(node, child));
  };
  for (const statement of body) visit(statement, "", "");
  return blocks;
}

function functionName(node: AstNode, className: string, given: string): string {
  const own = node.id?.name ?? node.key?.name ?? given;
  return own && node.key && className ? `${className}.${own}` : own;
}

/** `const f = () => …`, `f = function …`, `{ f: () => … }`. */
function nameGivenTo(node: AstNode, child: AstNode): string {
  if (node.type === "VariableDeclarator" && child === node.init) return node.id.name ?? "";
  if (node.type === "AssignmentExpression" && child === node.right) return node.left.name ?? "";
  if (/Property$/.test(node.type) && child === node.value) return node.key?.name ?? "";
  return "";
}
