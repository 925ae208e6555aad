/** Types out: each piece of TypeScript that leaves nothing at run time becomes spaces of the same length. */
import type { AstNode } from "./ast";
import type { Context } from "./context";

const MODIFIERS = new Set(["public", "private", "protected", "readonly", "override", "abstract", "declare"]);

/** Blanks what hangs on a node besides its children: annotations, `?`, type parameters, modifiers. */
export function eraseTypesOf(node: AstNode, context: Context): void {
  switch (node.type) {
    case "Identifier":
    case "ObjectPattern":
    case "ArrayPattern":
    case "RestElement":
    case "AssignmentPattern":
      eraseAnnotation(node, context);
      return;
    case "ArrowFunctionExpression":
      eraseArrowTypes(node, context);
      eraseThisParameter(node, context);
      return;
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ObjectMethod":
      eraseSignature(node, context);
      eraseThisParameter(node, context);
      return;
    case "ClassMethod":
    case "ClassPrivateMethod":
      eraseModifiers(node, context);
      eraseOptionalMark(node, context);
      eraseSignature(node, context);
      eraseThisParameter(node, context);
      return;
    case "ClassProperty":
    case "ClassPrivateProperty":
      eraseModifiers(node, context);
      eraseOptionalMark(node, context);
      blankNode(node.typeAnnotation, context);
      return;
    case "ClassDeclaration":
    case "ClassExpression":
      eraseClassHead(node, context);
      return;
    case "CallExpression":
    case "OptionalCallExpression":
    case "NewExpression":
    case "TaggedTemplateExpression":
      blankNode(node.typeParameters, context);
      blankNode(node.typeArguments, context);
      return;
    case "VariableDeclarator":
      if (node.definite) {
        const mark = context.before(node.id.typeAnnotation?.start ?? node.id.end);
        if (context.is(mark, "!")) context.blank(mark.start, mark.end);
      }
      return;
  }
}

function blankNode(node: AstNode | null | undefined, context: Context): void {
  if (node) context.blank(node.start, node.end);
}

function eraseAnnotation(node: AstNode, context: Context): void {
  const annotation: AstNode | null = node.typeAnnotation;
  if (node.optional) {
    const mark = context.before(annotation?.start ?? node.end);
    if (context.is(mark, "?")) context.blank(mark.start, mark.end);
  }
  blankNode(annotation, context);
}

function eraseSignature(node: AstNode, context: Context): void {
  blankNode(node.typeParameters, context);
  blankNode(node.predicate, context);
  blankNode(node.returnType, context);
}

/**
 * No line may end between `async` and `(`, nor between `)` and `=>`; type parameters may hold one, and so may a return type.
 * The parenthesis then moves to the side where its neighbour is.
 */
function eraseArrowTypes(node: AstNode, context: Context): void {
  const { typeParameters, returnType } = node;
  if (typeParameters) {
    const open = context.after(typeParameters.end);
    if (context.hasLineBreak(typeParameters.start, open.start)) {
      context.blank(typeParameters.start, typeParameters.end, "(");
      context.blank(open.start, open.end);
    } else {
      blankNode(typeParameters, context);
    }
  }
  if (!returnType) return;
  const close = context.before(returnType.start);
  const arrow = context.after(returnType.end);
  if (context.hasLineBreak(close.start, arrow.start)) {
    context.blank(close.start, close.end);
    context.insertBefore(arrow.start, ")");
  }
  blankNode(returnType, context);
}

function eraseThisParameter(node: AstNode, context: Context): void {
  const [first, second] = node.params;
  if (first?.type !== "Identifier" || first.name !== "this") return;
  if (second) {
    context.blank(first.start, second.start);
    return;
  }
  const comma = context.after(first.end);
  context.blank(first.start, context.is(comma, ",") ? comma.end : first.end);
}

/** `a = 1⏎ private *b() {}` would become `a = 1 * b() {}`: a `;` takes the place of a leading modifier. */
function eraseModifiers(node: AstNode, context: Context): void {
  const tokens = context.within(node.start, node.key.start);
  for (const [i, token] of tokens.entries()) {
    if (MODIFIERS.has(context.source(token))) context.blank(token.start, token.end, i === 0 ? ";" : "");
  }
}

/** `name?` and `name!` of class members. */
function eraseOptionalMark(node: AstNode, context: Context): void {
  if (!node.optional && !node.definite) return;
  const sign = node.optional ? "?" : "!";
  const key = context.within(node.key.end, node.typeAnnotation?.start ?? node.end);
  const mark = key.find((token) => context.is(token, sign));
  if (mark) context.blank(mark.start, mark.end);
}

function eraseClassHead(node: AstNode, context: Context): void {
  for (const token of context.within(node.start, node.id?.start ?? node.body.start)) {
    if (context.is(token, "class")) break;
    if (MODIFIERS.has(context.source(token))) context.blank(token.start, token.end);
  }
  blankNode(node.typeParameters, context);
  blankNode(node.superTypeParameters, context);
  if (node.implements?.length) {
    const keyword = context.before(node.implements[0].start);
    context.blank(keyword.start, node.implements.at(-1).end);
  }
}

/** Blanks the type part of an expression that wraps another; true if `node` is one. The inner expression is left to the caller. */
export function eraseTypeWrapper(node: AstNode, context: Context): boolean {
  switch (node.type) {
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSInstantiationExpression":
      context.blank(node.expression.end, node.end);
      return true;
    case "TSNonNullExpression": {
      const mark = context.before(node.end);
      context.blank(mark.start, mark.end);
      return true;
    }
    case "TSTypeAssertion":
      // Parentheses, because `return <⏎T>x` must not become a bare `return`.
      context.blank(node.start, node.expression.start, "(");
      return true;
  }
  return false;
}
