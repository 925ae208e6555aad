/** From a fix to the change of a text. */
import type { Position } from "../trace/model";
import type { Edit } from "./finding";

export interface TextChange {
  start: Position;
  end: Position;
  text: string;
}

/** Lines that a statement may go on for. */
const LINES_MAX = 30;

/** `range` is where the edit's range stands in `text` now. Undefined where the text there is not what the edit is for. */
export function resolveEdit(
  { place, text: added }: Edit,
  text: string,
  range: { start: Position; end: Position },
): TextChange | undefined {
  const lines = text.split(/\r?\n/);
  const source = slice(lines, range);
  const at = (position: Position, inserted: string): TextChange => ({ start: position, end: position, text: inserted });
  const inside = (offset: number, length: number, inserted: string): TextChange => ({
    start: advance(lines, range.start, offset),
    end: advance(lines, range.start, offset + length),
    text: inserted,
  });
  switch (place) {
    case "before":
      return before(lines, range.start, added, at);
    case "after":
      return after(lines, range, added, at);
    case "end":
      return at(range.end, added);
    case "option": {
      const offset = optionOffset(source);
      return offset && inside(offset.at, 0, offset.wrap(added));
    }
    case "operand": {
      const offset = operandEnd(source);
      return offset === undefined ? undefined : inside(offset, 0, added);
    }
    case "unlink": {
      const link = lastLink(source);
      return link && link.name === added ? inside(link.dot, source.length - link.dot, "") : undefined;
    }
  }
}

type Insert = (position: Position, inserted: string) => TextChange;

function before(lines: readonly string[], { line, column }: Position, added: string, at: Insert): TextChange {
  const head = lines[line]!.slice(0, column);
  if (/[{;]\s*$/.test(head)) return at({ line, column }, `${added} `);
  let first = line;
  while (first > 0 && /^\s*[.)\]]/.test(lines[first]!)) first--;
  const indent = indentOf(lines[first]!);
  return at({ line: first, column: indent.length }, `${added}\n${indent}`);
}

function after(
  lines: readonly string[],
  { start, end }: { start: Position; end: Position },
  added: string,
  at: Insert,
): TextChange | undefined {
  let first = start.line;
  while (first > 0 && /^\s*[.)\]]/.test(lines[first]!)) first--;
  for (let line = end.line; line < Math.min(lines.length, end.line + LINES_MAX); line++) {
    const whole = lines[line]!.replace(/\s*\/\/.*$/, "").trimEnd();
    const goesOn = /^\s*[.?:+*/)\]]/.test(lines[line + 1] ?? "") || /[([{,+*/=&|.]$/.test(whole);
    if (!goesOn) return at({ line, column: lines[line]!.length }, `\n${indentOf(lines[first]!)}${added}`);
  }
  return undefined;
}

const indentOf = (line: string): string => /^\s*/.exec(line)![0];

/** Where an option goes in a call, and what must stand around it. */
function optionOffset(call: string): { at: number; wrap: (added: string) => string } | undefined {
  const open = openingOf(call, call.length - 1);
  if (open === undefined || !call.endsWith(")")) return undefined;
  const body = call.slice(open + 1, -1);
  if (body.trim() === "") return { at: open + 1, wrap: (added) => `{ ${added} }` };
  const end = open + 1 + body.trimEnd().replace(/,$/, "").length;
  if (call[end - 1] === "}") {
    const brace = openingOf(call, end - 1);
    if (brace !== undefined && /[,(]\s*$/.test(call.slice(0, brace))) {
      const inner = call.slice(brace + 1, end - 1).trimEnd();
      return {
        at: brace + 1 + inner.length,
        wrap: (added) => (inner.trim() === "" ? ` ${added} ` : `${inner.endsWith(",") ? "" : ","} ${added}`),
      };
    }
  }
  return { at: end, wrap: (added) => `, { ${added} }` };
}

/** The end of what a call works on: the first argument of `torch.f(x, …)`, the object of `x.f(…)`. */
function operandEnd(call: string): number | undefined {
  const link = lastLink(call);
  if (!link) return undefined;
  if (!/^(?:torch|F|nn\.functional|torch\.special)$/.test(call.slice(0, link.dot).trim())) return link.dot;
  for (let i = link.open + 1; i < call.length; i++) {
    if (call[i] === "," || call[i] === ")") return i;
    const close = closingOf(call, i);
    if (close !== undefined) i = close;
  }
  return undefined;
}

/** `.name(…)` at the end of a chain: its dot, its name, its parenthesis. */
function lastLink(call: string): { dot: number; name: string; open: number } | undefined {
  const open = openingOf(call, call.length - 1);
  const match = open === undefined ? null : /\s*\.\s*([\w$]+)\s*$/.exec(call.slice(0, open));
  return match ? { dot: match.index, name: match[1]!, open: open! } : undefined;
}

const PAIRS: Record<string, string> = { "(": ")", "[": "]", "{": "}" };

/** The bracket that the one at `close` belongs to. */
function openingOf(text: string, close: number): number | undefined {
  for (let i = 0; i < close; i++) {
    const end = closingOf(text, i);
    if (end === close) return i;
    // What begins and ends before it is passed over whole; what surrounds it is entered.
    if (end !== undefined && end < close) i = end;
  }
  return undefined;
}

/** Where the bracket or string that begins at `open` ends; undefined if none begins there. */
function closingOf(text: string, open: number): number | undefined {
  const first = text[open]!;
  if (/["'`]/.test(first)) {
    for (let i = open + 1; i < text.length; i++) {
      if (text[i] === "\\") i++;
      else if (text[i] === first) return i;
    }
    return undefined;
  }
  const closing = PAIRS[first];
  if (closing === undefined) return undefined;
  for (let i = open + 1; i < text.length; i++) {
    if (text[i] === closing) return i;
    const inner = closingOf(text, i);
    if (inner !== undefined) i = inner;
  }
  return undefined;
}

function slice(lines: readonly string[], { start, end }: { start: Position; end: Position }): string {
  if (start.line === end.line) return lines[start.line]!.slice(start.column, end.column);
  const middle = lines.slice(start.line + 1, end.line);
  return [lines[start.line]!.slice(start.column), ...middle, lines[end.line]!.slice(0, end.column)].join("\n");
}

function advance(lines: readonly string[], { line, column }: Position, offset: number): Position {
  let [at, left] = [line, column + offset];
  while (left > lines[at]!.length) left -= lines[at++]!.length + 1;
  return { line: at, column: left };
}
