/** The little of the syntax tree's shape that the passes rely on, and a walk that needs no table of node types. */

/** A node of `@babel/parser`'s tree; its fields are read by `type`. */
export interface AstNode {
  type: string;
  start: number;
  end: number;
  [field: string]: any;
}

/** A half-open range of UTF-16 offsets. */
export interface Span {
  start: number;
  end: number;
}

const NOT_CHILDREN = new Set([
  "type",
  "start",
  "end",
  "loc",
  "range",
  "extra",
  "errors",
  "comments",
  "tokens",
  "leadingComments",
  "trailingComments",
  "innerComments",
]);

function isNode(value: unknown): value is AstNode {
  return typeof value === "object" && value !== null && typeof (value as AstNode).type === "string";
}

/** The direct children, types included, in source order. */
export function children(node: AstNode): AstNode[] {
  const found: AstNode[] = [];
  for (const field in node) {
    if (NOT_CHILDREN.has(field)) continue;
    const value = node[field];
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) found.push(item);
    } else if (isNode(value)) {
      found.push(value);
    }
  }
  if (found.length > 1) found.sort((a, b) => a.start - b.start || b.end - a.end);
  return found;
}

const VALUE_TS = new Set([
  "TSAsExpression",
  "TSSatisfiesExpression",
  "TSNonNullExpression",
  "TSTypeAssertion",
  "TSInstantiationExpression",
  "TSEnumDeclaration",
  "TSEnumMember",
  "TSModuleDeclaration",
  "TSModuleBlock",
  "TSParameterProperty",
  "TSExportAssignment",
  "TSImportEqualsDeclaration",
]);

/** Whether a node exists for the type checker only and leaves nothing behind at run time. */
export function isTypeOnly(node: AstNode): boolean {
  if (node.declare === true) return true;
  if (node.type === "TSModuleDeclaration") return !isInstantiated(node);
  return node.type.startsWith("TS") && !VALUE_TS.has(node.type);
}

/** A namespace that declares types only makes no object. */
function isInstantiated(declaration: AstNode): boolean {
  const body: AstNode = declaration.body;
  if (!body) return false;
  if (body.type === "TSModuleDeclaration") return isInstantiated(body);
  return body.body.some((statement: AstNode) => {
    if (statement.type === "ExportNamedDeclaration" && statement.declaration) return !isTypeOnly(statement.declaration);
    if (statement.type === "TSImportEqualsDeclaration") return statement.importKind !== "type";
    return !isTypeOnly(statement);
  });
}

/** The expression inside parentheses and type wrappers: `(x as T)!` is `x`. */
export function unwrap(node: AstNode): AstNode {
  let inner = node;
  while (
    inner.type === "ParenthesizedExpression" ||
    inner.type === "TSAsExpression" ||
    inner.type === "TSSatisfiesExpression" ||
    inner.type === "TSNonNullExpression" ||
    inner.type === "TSTypeAssertion" ||
    inner.type === "TSInstantiationExpression"
  ) {
    inner = inner.expression;
  }
  return inner;
}

/** A function or class expression without a name takes the name of the variable it is assigned to. */
export function isAnonymousFunction(node: AstNode): boolean {
  const inner = unwrap(node);
  return (
    inner.type === "ArrowFunctionExpression" ||
    ((inner.type === "FunctionExpression" || inner.type === "ClassExpression") && !inner.id)
  );
}

/** Every identifier that a binding pattern declares. */
export function boundNames(pattern: AstNode | null, found: AstNode[] = []): AstNode[] {
  switch (pattern?.type) {
    case "Identifier":
      found.push(pattern);
      break;
    case "ObjectPattern":
      for (const property of pattern.properties) boundNames(property, found);
      break;
    case "ObjectProperty":
      boundNames(pattern.value, found);
      break;
    case "ArrayPattern":
      for (const element of pattern.elements) boundNames(element, found);
      break;
    case "RestElement":
      boundNames(pattern.argument, found);
      break;
    case "AssignmentPattern":
      boundNames(pattern.left, found);
      break;
    case "TSParameterProperty":
      boundNames(pattern.parameter, found);
      break;
    case "ParenthesizedExpression":
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSNonNullExpression":
    case "TSTypeAssertion":
      boundNames(pattern.expression, found);
      break;
  }
  return found;
}
