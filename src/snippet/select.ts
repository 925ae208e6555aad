/**
 * What "run selection" runs.
 *
 * A selection that parses by itself runs as it stands, an expression within a statement too. One that cuts through statements,
 * or that uses names of a function or block around it, grows to the top-level statements it touches. Before it run the top-level
 * statements above it that it depends on, transitively:
 * - declarations of the names it uses (functions and imports also from below: they are hoisted);
 * - statements that change such a name: assign to it or to a property of it, call an in-place method (`w.sub_(…)`), `backward()`
 *   or `delete` on it, inside loops and callbacks as well;
 * - statements that only call a method on it (`list.push(…)`, `optimizer.step()`, `torch.manual_seed(0)`): there for their effect.
 */
import { type AstNode, boundNames, children, isTypeOnly, type Span, unwrap } from "./ast";
import { type Parsed, parseModule, parseTolerantly, type SnippetError } from "./parse";
import { analyse } from "./scope";

export interface Selected extends Parsed {
  /** The statements that the person chose, as opposed to those that run before them. */
  chosen: Span[];
}

/** The statements to run for a selection, in the order of the text. Throws {@link SnippetError} for one that is no code. */
export function select(text: string, path: string, selection: Span): Selected {
  const trimmed = trim(text, selection);
  const own = parseAlone(text, path, trimmed);
  const file = parseTolerantly(text, path);
  const touched = file.body.filter(({ start, end }) => start < trimmed.end && end > trimmed.start);
  const closed = "body" in own && !usesInnerNames(own.body, touched, trimmed);
  if (closed) return withDependencies(own.body, [...file.tokens, ...own.tokens], file, trimmed);
  if (touched.length > 0) return withDependencies(touched, file.tokens, file, touched[0]!);
  if ("body" in own) return withDependencies(own.body, own.tokens, file, trimmed);
  throw own;
}

function trim(text: string, { start, end }: Span): Span {
  let from = start;
  let to = end;
  while (from < to && /\s/.test(text[from]!)) from++;
  while (to > from && /\s/.test(text[to - 1]!)) to--;
  return { start: from, end: to };
}

const WORD = /[\p{ID_Continue}$]/u;
const cutsWord = (text: string, at: number) =>
  at > 0 && at < text.length && WORD.test(text[at - 1]!) && WORD.test(text[at]!);

function parseAlone(text: string, path: string, span: Span): Parsed | SnippetError {
  try {
    const parsed = parseModule(text, path, span);
    if (!cutsWord(text, span.start) && !cutsWord(text, span.end)) return parsed;
    throw Object.assign(new Error(), { start: span.start, end: span.end });
  } catch (error) {
    return error as SnippetError;
  }
}

/** Whether a part of a statement uses names that only the function or block around it knows. */
function usesInnerNames(body: readonly AstNode[], touched: readonly AstNode[], span: Span): boolean {
  const around = touched.find(({ start, end }) => start <= span.start && end >= span.end);
  if (!around || (around.start === span.start && around.end === span.end)) return false;
  const free = analyse(body).free;
  const { module, references } = analyse([around]);
  return references.some(({ node, binding }) => {
    const inside = node.start >= span.start && node.end <= span.end;
    return inside && free.has(node.name) && binding !== undefined && binding.scope !== module;
  });
}

interface Facts {
  node: AstNode;
  declares: Set<string>;
  uses: Set<string>;
  changes: Set<string>;
  hoisted: boolean;
}

function withDependencies(chosen: AstNode[], tokens: Parsed["tokens"], file: Parsed, from: Span): Selected {
  const others = file.body.filter((node) => !chosen.includes(node) && !isTypeOnly(node)).map(factsOf);
  const candidates = others.filter(
    ({ node, hoisted }) => node.end <= from.start || (hoisted && node.start >= from.start),
  );
  const needed = new Set(analyse(chosen).free.keys());
  const kept = new Set<Facts>();
  for (let grew = true; grew; ) {
    grew = false;
    for (const facts of candidates) {
      if (kept.has(facts) || !depends(facts, needed)) continue;
      kept.add(facts);
      for (const name of facts.uses) needed.add(name);
      grew = true;
    }
  }
  const overlaps = ({ node }: Facts) => chosen.some((c) => c.start < node.end && node.start < c.end);
  const before = [...kept].filter((facts) => !overlaps(facts)).map(({ node }) => node);
  const body = [...before, ...chosen].sort((a, b) => a.start - b.start);
  const spans = chosen.map(({ start, end }) => ({ start, end }));
  return { body, directives: [], tokens: sorted(tokens), chosen: spans };
}

const intersects = (a: Set<string>, b: Set<string>) => [...a].some((name) => b.has(name));

function depends(facts: Facts, needed: Set<string>): boolean {
  return intersects(facts.declares, needed) || intersects(facts.changes, needed);
}

function sorted(tokens: Parsed["tokens"]): Parsed["tokens"] {
  const unique = new Map(tokens.map((token) => [token.start, token]));
  return [...unique.values()].sort((a, b) => a.start - b.start);
}

function factsOf(node: AstNode): Facts {
  const { module, free } = analyse([node]);
  const changes = new Set<string>();
  const inner = node.type === "ExportNamedDeclaration" && node.declaration ? node.declaration : node;
  const hoisted = inner.type === "FunctionDeclaration" || inner.type === "ImportDeclaration";
  if (!hoisted && inner.type !== "ClassDeclaration") {
    collectChanges(inner, changes);
    const called = inner.type === "ExpressionStatement" ? rootOfCall(inner.expression) : undefined;
    // Drawing is left out: choosing one plot must not draw those above it.
    if (called && called !== "plt") changes.add(called);
    for (const name of changes) if (!free.has(name)) changes.delete(name);
  }
  return { node, declares: new Set(module.bindings.keys()), uses: new Set(free.keys()), changes, hoisted };
}

function collectChanges(root: AstNode, found: Set<string>): void {
  const stack = [root];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (node.type === "AssignmentExpression" || /^For(?:In|Of)Statement$/.test(node.type)) changedBy(node.left, found);
    else if (node.type === "UpdateExpression") changedBy(node.argument, found);
    else if (node.type === "UnaryExpression" && node.operator === "delete") changedBy(node.argument, found);
    else if (/CallExpression$/.test(node.type) && isInPlace(node)) changedBy(node.callee.object, found);
    stack.push(...children(node).filter((child) => !isTypeOnly(child)));
  }
}

function isInPlace({ callee }: AstNode): boolean {
  if (!/MemberExpression$/.test(callee.type) || callee.computed) return false;
  return callee.property.name === "backward" || /[^_]_$/.test(callee.property.name ?? "");
}

function changedBy(target: AstNode, found: Set<string>): void {
  const name = rootName(target);
  if (name) found.add(name);
  else if (target.type !== "VariableDeclaration")
    for (const identifier of boundNames(target)) found.add(identifier.name);
}

/** `w` of `w.grad.data`. */
function rootName(node: AstNode): string | undefined {
  let root = unwrap(node);
  while (/MemberExpression$/.test(root.type)) root = unwrap(root.object);
  return root.type === "Identifier" ? root.name : undefined;
}

/** `list` of the statement `list.push(1)`. */
function rootOfCall(expression: AstNode): string | undefined {
  let call = unwrap(expression);
  if (call.type === "AwaitExpression") call = unwrap(call.argument);
  if (!/CallExpression$/.test(call.type) || !/MemberExpression$/.test(call.callee.type)) return undefined;
  return rootName(call.callee);
}
