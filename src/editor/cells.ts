/** `// %%` on a line of its own begins a cell, which ends before the next one. */

const MARKER = /^[ \t]*\/\/[ \t]*%%.*$/gm;

/** UTF-16 offsets of the lines that begin cells. */
export function cellStarts(text: string): number[] {
  return [...text.matchAll(MARKER)].map((match) => match.index);
}

/** UTF-16 offsets of the cell around `offset`; null where the file has no cells. */
export function cellAround(text: string, offset: number): { start: number; end: number } | null {
  const starts = cellStarts(text);
  if (starts.length === 0) return null;
  const next = starts.findIndex((start) => start > offset);
  const start = next === -1 ? starts.at(-1)! : next === 0 ? 0 : starts[next - 1]!;
  return { start, end: next === -1 ? text.length : starts[next]! };
}
