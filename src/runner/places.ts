/** From V8's stacks to the user's own text. */
import { inspect } from "node:util";
import { type Snippet, tokenAround } from "../snippet";
import type { SourceRange, TraceError } from "../trace/model";

/** A module of the program as it was compiled. */
export interface Compiled {
  /** Index into the trace's files. */
  file: number;
  path: string;
  text: string;
  snippet: Snippet;
}

export interface Frame {
  function?: string;
  range: SourceRange;
}

/** The program's modules by path, and what a stack says about them. */
export class Places {
  private readonly modules = new Map<string, Compiled>();
  private readonly known = new Map<string, SourceRange | undefined>();
  private readonly files = new Map<number, Compiled>();

  add(module: Compiled): void {
    this.modules.set(module.path, module);
    this.files.set(module.file, module);
  }

  /** The user's frames of a stack's text, innermost first. */
  frames(stack: string): Frame[] {
    const frames: Frame[] = [];
    for (const line of stack.split("\n")) {
      const match = /^\s*at (?:(.+?) \()?(.+):(\d+):(\d+)\)?$/.exec(line);
      if (!match) continue;
      const name = match[1]?.replace(/^async /, "");
      const range = this.range(match[2]!.replace(/^async /, ""), Number(match[3]), Number(match[4]));
      if (range) frames.push(name && name !== "<anonymous>" ? { function: name, range } : { range });
    }
    return frames;
  }

  /** Where the user's code is right now. */
  here(): SourceRange | undefined {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 100;
    const { stack } = new Error();
    Error.stackTraceLimit = stackTraceLimit;
    return this.innermost(stack ?? "");
  }

  /** Of a chain over several lines, `x⏎.mul(2)⏎.detach()`, the last link: the line that a person would point at. */
  lastLink(range: SourceRange): SourceRange {
    const module = this.files.get(range.file);
    if (!module || range.start.line === range.end.line) return range;
    const { lines, calls } = module.snippet;
    const start = lines.offset(range.start);
    const end = lines.offset(range.end);
    const call = calls.find((each) => each.start === start && each.end === end);
    const at = call && lines.position(call.at);
    return at && at.line > range.start.line ? { ...range, start: at } : range;
  }

  /** The user's innermost frame of a stack's text. */
  innermost(stack: string): SourceRange | undefined {
    for (const line of stack.split("\n")) {
      const match = /^\s*at (?:.+? \()?(.+):(\d+):(\d+)\)?$/.exec(line);
      const range = match && this.range(match[1]!.replace(/^async /, ""), Number(match[2]), Number(match[3]));
      if (range) return range;
    }
    return undefined;
  }

  /** V8 quotes the generated code in its messages: this says it in the program's own words. */
  inOwnWords(message: string, range: SourceRange | undefined): string {
    if (!/_{2,}[cdgl]/.test(message)) return message;
    const named = message.replace(/\(0 , _{2,}l\d+\.([\w$]+)\)/g, "$1").replace(/\b_{2,}l\d+\.([\w$]+)/g, "$1");
    const module = range && this.files.get(range.file);
    const called = module && calleeAt(module, range);
    return named
      .replace(/^.*_{2,}[cd]\(\.\.\.\).* is not a (function|constructor)/, (whole, what) =>
        called ? `${called} is not a ${what}` : whole,
      )
      .replace(/_{2,}[cdg](?:\.\w+)?\(\.\.\.\)/g, "(intermediate value)");
  }

  /** The range at V8's line and column, both from 1: the call that V8 means, or the word there. */
  private range(path: string, line: number, column: number): SourceRange | undefined {
    const module = this.modules.get(path);
    if (!module) return undefined;
    const key = `${path}:${line}:${column}`;
    if (!this.known.has(key)) this.known.set(key, rangeIn(module, line - 1, column - 1));
    return this.known.get(key);
  }
}

function rangeIn({ file, text, snippet }: Compiled, line: number, column: number): SourceRange | undefined {
  const position = snippet.original(line, column);
  if (!position) return undefined;
  const offset = snippet.lines.offset(position);
  const calls = snippet.calls.filter(({ at }) => at === offset);
  const call = calls.reduce<(typeof calls)[number] | undefined>((a, b) => (a && a.end <= b.end ? a : b), undefined);
  const [start, end] = call ? [call.start, call.end] : tokenAround(text, offset);
  return { file, start: snippet.lines.position(start), end: snippet.lines.position(end) };
}

/** What is called at a range, arguments left out: `x.mul(...).nope`. */
function calleeAt({ text, snippet }: Compiled, range: SourceRange): string | undefined {
  const start = snippet.lines.offset(range.start);
  const end = snippet.lines.offset(range.end);
  const call = snippet.calls.find((each) => each.start === start && each.end === end);
  if (!call) return undefined;
  let shown = text.slice(call.start, call.calleeEnd).replace(/^new\s+/, "");
  for (let before = ""; before !== shown; ) {
    before = shown;
    shown = shown.replace(/\((?!\.\.\.\))[^()]*(?:\(\.\.\.\)[^()]*)*\)/g, "(...)");
  }
  return shown.replace(/\s+/g, " ");
}

/** A range for errors that say nothing of it themselves: those of imports, and what was thrown without being an Error. */
export type PlaceOf = (error: unknown) => SourceRange | undefined;

/** Whatever was thrown, as the trace tells it. */
export function describeError(error: unknown, places: Places, placeOf: PlaceOf): TraceError {
  if (!isError(error)) {
    const range = placeOf(error);
    return { name: "Uncaught", message: inspect(error), ...(range ? { range } : {}), stack: range ? [{ range }] : [] };
  }
  const own = placeOf(error);
  const stack = places.frames(String(error.stack ?? ""));
  if (own) stack.unshift({ range: own });
  const range = stack[0]?.range;
  const name = error.name === "Error" ? error.constructor?.name || "Error" : String(error.name);
  return { name, message: places.inOwnWords(String(error.message), range), ...(range ? { range } : {}), stack };
}

function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
}
