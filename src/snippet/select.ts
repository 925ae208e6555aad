/**
 * What "run selection" runs.
 *
 * A selection that parses by itself runs as it stands, an expression within a statement too. One that cuts through statements,
 * or that uses names of a function or block around it, grows to the top-level statements it touches. Before it run the top-level
 * statements above it that it depends on, transitively:
 * - declarations of the names it uses (functions and imports also from below: they are hoisted);
 * - statements that change such a name: assign to it or to a property of it, `delete` one, or call an in-place method on it
 *   (`w.sub_(…)`), inside loops and callbacks as well;
 * - statements that only call a method on it (`list.push(…)`, `torch.manual_seed(0)`): there for their effect;
 * - `backward()` and `step()` of anything made from it: they change gradients and parameters.
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
  /** Names on which `backward()` or `step()` is called: what they were made from changes. */
  drives: Set<string>;
  hoisted: boolean;
}

function withDependencies(chosen: AstNode[], tokens: Parsed["tokens"], file: Parsed, from: Span): Selected {
  const others = file.body.filter((node) => !chosen.includes(node) && !isTypeOnly(node)).map(factsOf);
  const candidates = others.filter(
    ({ node, hoisted }) => node.end <= from.start || (hoisted && node.start >= from.start),
  );
  const needed = new Set(analyse(chosen).free.keys());
  const madeFrom = originsOf(candidates);
  const kept = new Set<Facts>();
  for (let grew = true; grew; ) {
    grew = false;
    for (const facts of candidates) {
      if (kept.has(facts) || !depends(facts, needed, madeFrom)) continue;
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

function depends(facts: Facts, needed: Set<string>, madeFrom: (name: string) => Set<string>): boolean {
  return (
    intersects(facts.declares, needed) ||
    intersects(facts.changes, needed) ||
    [...facts.drives].some((name) => intersects(madeFrom(name), needed))
  );
}

/** By name: the variables that its declaration uses, and theirs. Modules, functions and classes are not material. */
function originsOf(statements: readonly Facts[]): (name: string) => Set<string> {
  const declared = new Map<string, Facts[]>();
  for (const facts of statements) {
    if (facts.hoisted || /Class/.test(facts.node.type)) continue;
    for (const name of facts.declares) declared.set(name, [...(declared.get(name) ?? []), facts]);
  }
  return (root) => {
    const found = new Set<string>();
    const pending = [root];
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (found.has(name) || !declared.has(name)) continue;
      found.add(name);
      for (const { uses } of declared.get(name)!) pending.push(...uses);
    }
    return found;
  };
}

function sorted(tokens: Parsed["tokens"]): Parsed["tokens"] {
  const unique = new Map(tokens.map((token) => [token.start, token]));
  return [...unique.values()].sort((a, b) => a.start - b.start);
}

/** What only shows something: choosing one line of output must not show those above it. */
const OUTPUTS = new Set(["console", "process", "plt"]);

function factsOf(node: AstNode): Facts {
  const { module, free } = analyse([node]);
  const changes = new Set<string>();
  const drives = new Set<string>();
  const inner = node.type === "ExportNamedDeclaration" && node.declaration ? node.declaration : node;
  const hoisted = inner.type === "FunctionDeclaration" || inner.type === "ImportDeclaration";
  if (!hoisted && inner.type !== "ClassDeclaration") {
    collectChanges(inner, changes, drives);
    const called = inner.type === "ExpressionStatement" ? rootOfCall(inner.expression) : undefined;
    if (called && !OUTPUTS.has(called)) changes.add(called);
    for (const name of changes) if (!free.has(name)) changes.delete(name);
    // Called on a name of the statement's own: whatever the statement uses may be behind it.
    if ([...drives].some((name) => !free.has(name))) for (const name of free.keys()) drives.add(name);
  }
  return { node, declares: new Set(module.bindings.keys()), uses: new Set(free.keys()), changes, drives, hoisted };
}

const DRIVERS = new Set(["backward", "step"]);

function collectChanges(root: AstNode, found: Set<string>, drives: Set<string>): void {
  const stack = [root];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (node.type === "AssignmentExpression" || /^For(?:In|Of)Statement$/.test(node.type)) changedBy(node.left, found);
    else if (node.type === "UpdateExpression") changedBy(node.argument, found);
    else if (node.type === "UnaryExpression" && node.operator === "delete") changedBy(node.argument, found);
    else if (/CallExpression$/.test(node.type)) {
      const method = methodName(node.callee);
      const name = method && rootName(node.callee);
      if (name && DRIVERS.has(method)) drives.add(name);
      else if (name && /[^_]_$/.test(method)) found.add(name);
    }
    stack.push(...children(node).filter((child) => !isTypeOnly(child)));
  }
}

function methodName(callee: AstNode): string {
  return /MemberExpression$/.test(callee.type) && !callee.computed ? (callee.property.name ?? "") : "";
}

function changedBy(target: AstNode, found: Set<string>): void {
  const name = rootName(target);
  if (name) found.add(name);
  else if (target.type !== "VariableDeclaration")
    for (const identifier of boundNames(target)) found.add(identifier.name);
}

/** `w` of `w.grad.data` and of `w.sum().data`. */
function rootName(node: AstNode): string | undefined {
  let root = unwrap(node);
  while (/(?:Member|Call)Expression$/.test(root.type)) root = unwrap(root.object ?? root.callee);
  return root.type === "Identifier" ? root.name : undefined;
}

/** `list` of the statement `list.push(1)`. */
function rootOfCall(expression: AstNode): string | undefined {
  let call = unwrap(expression);
  if (call.type === "AwaitExpression") call = unwrap(call.argument);
  if (!/CallExpression$/.test(call.type) || !/MemberExpression$/.test(call.callee.type)) return undefined;
  return rootName(call.callee);
}
