import { type ParserPlugin, parse } from "@babel/parser";
import type { AstNode, Span } from "./ast";
import { children } from "./ast";

/** A token of the parsed text, comments left out. */
export interface Token extends Span {
  label: string;
}

export interface Parsed {
  body: AstNode[];
  directives: AstNode[];
  tokens: Token[];
}

/** What is wrong with the text, and where: a `SyntaxError` for the person who wrote it. */
export class SnippetError extends Error implements Span {
  override readonly name = "SyntaxError";
  constructor(
    message: string,
    readonly start: number,
    readonly end: number,
  ) {
    super(message);
  }
}

/** Spaces of the same length, line ends kept, so that every later position stays true. */
export function blanked(text: string): string {
  return text.replace(/[^\r\n\u2028\u2029]/g, " ");
}

const isTypeScript = (path: string) => !/\.(?:js|mjs|cjs|jsx)$/i.test(path);
const allowsJsx = (path: string) => /\.[jt]sx$/i.test(path);

function parserPlugins(path: string, jsx: boolean): ParserPlugin[] {
  const plugins: ParserPlugin[] = [
    "explicitResourceManagement",
    "importAttributes",
    "decorators",
    "decoratorAutoAccessors",
  ];
  if (isTypeScript(path)) plugins.push("typescript");
  if (jsx) plugins.push("jsx");
  return plugins;
}

/**
 * Parses `text` (or the part of it that `only` names, at its true offsets) as a module.
 * Throws {@link SnippetError} for what no run could survive; what only a type checker minds is let through.
 */
export function parseModule(text: string, path: string, only?: Span): Parsed {
  const source = only ? blanked(text.slice(0, only.start)) + text.slice(only.start, only.end) : text;
  let file: AstNode;
  try {
    file = parseWith(source, path, allowsJsx(path));
  } catch (error) {
    throw jsxError(source, path) ?? located(error, source);
  }
  const refused = refuse(file.program) ?? earlyError(file.errors, source);
  if (refused) throw refused;
  const tokens: Token[] = [];
  for (const token of file.tokens) {
    if (typeof token.type === "object") tokens.push({ label: token.type.label, start: token.start, end: token.end });
  }
  return { body: file.program.body, directives: file.program.directives, tokens };
}

function parseWith(source: string, path: string, jsx: boolean): AstNode {
  return parse(source, {
    sourceType: "module",
    plugins: parserPlugins(path, jsx),
    createParenthesizedExpressions: true,
    errorRecovery: true,
    attachComment: false,
    tokens: true,
  }) as unknown as AstNode;
}

function located(error: unknown, source: string): SnippetError {
  const { message, pos } = error as Error & { pos?: number };
  const text = message.replace(/ \(\d+:\d+\)$/, "").replace(/^\w+: /, "");
  return new SnippetError(text, ...tokenAround(source, pos ?? 0));
}

/** The word or sign at an offset; at the end of the text, its last visible one. */
export function tokenAround(source: string, offset: number): [number, number] {
  let start = Math.min(offset, source.length);
  if (/^\s*$/.test(source.slice(start))) {
    start = source.trimEnd().length;
    return [Math.max(start - 1, 0), start];
  }
  while (/[ \t]/.test(source[start] ?? "")) start++;
  const word = /^(?:[\p{ID_Start}$_#@][\p{ID_Continue}$\u200c\u200d]*|\d[\w.]*|\s+|.)/u.exec(
    source.slice(start, start + 200),
  );
  return [start, start + (word?.[0].length ?? 1)];
}

/** Errors that the parser recovered from and JavaScript does not forgive; TypeScript's own are left to its checker. */
function earlyError(errors: (Error & { pos: number; syntaxPlugin?: string })[] | null, source: string) {
  const error = errors?.find((candidate) => candidate.syntaxPlugin !== "typescript");
  return error ? located(error, source) : undefined;
}

/** If the text parses once JSX is allowed, JSX is what is wrong with it. */
function jsxError(source: string, path: string): SnippetError | undefined {
  if (!source.includes("<") || allowsJsx(path)) return undefined;
  try {
    return refuse(parseWith(source, path, true).program);
  } catch {
    return undefined;
  }
}

const REFUSED: Record<string, string> = {
  JSXElement: "JSX cannot run here: it needs a framework's compiler. Move it to a file of its own",
  JSXFragment: "JSX cannot run here: it needs a framework's compiler. Move it to a file of its own",
  Decorator: "Decorators cannot run here. Call the decorating function on the class instead",
  ClassAccessorProperty: "`accessor` fields cannot run here. Write a getter and a setter",
};

function refuse(root: AstNode): SnippetError | undefined {
  const stack: AstNode[] = [root];
  for (let node = stack.pop(); node; node = stack.pop()) {
    const why = node.declare === true ? undefined : REFUSED[node.type];
    if (why) return new SnippetError(why, node.start, node.end);
    stack.push(...children(node).reverse());
  }
  return undefined;
}

/**
 * The top-level statements of a text of which some may be broken: what parses is kept, what does not is left out.
 * A chunk starts at an unindented line; a statement that spans several is found by joining them.
 */
export function parseTolerantly(text: string, path: string): Parsed {
  try {
    return parseModule(text, path);
  } catch {
    const result: Parsed = { body: [], directives: [], tokens: [] };
    const starts = [...text.matchAll(/^[^\s})\]]/gm)].map((match) => match.index);
    const MOST_JOINED = 40;
    for (let i = 0; i < starts.length; i++) {
      for (let j = i + 1; j <= Math.min(i + MOST_JOINED, starts.length); j++) {
        try {
          const part = parseModule(text, path, { start: starts[i]!, end: starts[j] ?? text.length });
          result.body.push(...part.body);
          result.tokens.push(...part.tokens);
          i = j - 1;
          break;
        } catch {
          // Longer, or the next line.
        }
      }
    }
    return result;
  }
}
