/** A place in a text, as compilers show it: a gutter of line numbers, a caret under the range. */
import type { TextRange } from "../snippet";

export interface ExcerptOptions {
  color: boolean;
  /** Lines shown before and after. */
  around?: number;
}

/** Tabs count as one column, so that the caret stands where the text does. */
export function excerpt(text: string, { start, end }: TextRange, { color, around = 2 }: ExcerptOptions): string {
  const paint = (code: string, words: string) => (color ? `\u001b[${code}m${words}\u001b[0m` : words);
  const lines = text.split(/\r\n|\r|\n/);
  const first = Math.max(0, start.line - around);
  const last = Math.min(lines.length - 1, start.line + around);
  const width = String(last + 1).length;
  const shown: string[] = [];
  for (let number = first; number <= last; number++) {
    const line = lines[number]!.replaceAll("\t", " ");
    const gutter = `${String(number + 1).padStart(width)} |`;
    if (number !== start.line) {
      if (line.trim() || number > start.line - around) shown.push(`  ${paint("2", gutter)} ${line}`.trimEnd());
      continue;
    }
    const to = end.line === start.line ? end.column : line.length;
    const caret = " ".repeat(start.column) + "^".repeat(Math.max(1, to - start.column));
    shown.push(`${paint("31", ">")} ${paint("2", gutter)} ${line}`);
    shown.push(`  ${paint("2", `${" ".repeat(width)} |`)} ${paint("31", caret)}`);
  }
  return shown.join("\n");
}
