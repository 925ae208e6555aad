/** Where things of a run stand now: ranges follow the edits made since, and are lost when an edit goes through them. */
import type { Position, SourceRange, Trace } from "../trace/model";

/** `start … end` of the old text became `text`. */
export interface TextChange {
  start: Position;
  end: Position;
  text: string;
}

export class Places {
  private readonly original: SourceRange[];
  private moved = new Map<SourceRange, SourceRange | null>();

  constructor(trace: Trace) {
    this.original = [...rangesOf(trace)];
  }

  /** The range as it stands now; undefined once its text has been edited. */
  at(range: SourceRange): SourceRange | undefined {
    const now = this.moved.get(range);
    return now === undefined ? range : (now ?? undefined);
  }

  /** `changes` all refer to the text before any of them, as VS Code reports them. */
  apply(file: number, changes: readonly TextChange[]): void {
    const fromTheEnd = [...changes].sort((a, b) => compare(b.start, a.start));
    for (const range of this.original) {
      if (range.file !== file) continue;
      let now: SourceRange | null | undefined = this.at(range) ?? null;
      for (const change of fromTheEnd) if (now) now = shift(now, change);
      this.moved.set(range, now);
    }
  }

  /** The file's text is again as it was when it ran. */
  reset(file: number): void {
    for (const range of this.moved.keys()) if (range.file === file) this.moved.delete(range);
  }
}

function* rangesOf(trace: Trace): Generator<SourceRange> {
  for (const capture of trace.captures) {
    yield capture.range;
    yield* capture.uses ?? [];
  }
  for (const { range } of [...trace.nodes, ...trace.console, ...trace.figures, ...trace.passes]) if (range) yield range;
  if (trace.error?.range) yield trace.error.range;
  for (const { range } of trace.error?.stack ?? []) yield range;
}

export function compare(a: Position, b: Position): number {
  return a.line - b.line || a.column - b.column;
}

export function contains(range: SourceRange, position: Position): boolean {
  return compare(range.start, position) <= 0 && compare(position, range.end) <= 0;
}

/** Of nested ranges the innermost is the one that starts last, then ends first. */
export function isInside(inner: SourceRange, outer: SourceRange): boolean {
  return (compare(inner.start, outer.start) || compare(outer.end, inner.end)) > 0;
}

/** `range` after `change`, or null where the change touches its inside. */
export function shift(range: SourceRange, change: TextChange): SourceRange | null {
  if (compare(change.start, range.end) >= 0) return range;
  if (compare(change.end, range.start) > 0) return null;
  return { ...range, start: move(range.start, change), end: move(range.end, change) };
}

/** A position at or after `change.end`. */
function move(position: Position, change: TextChange): Position {
  const lines = change.text.split("\n");
  const last = lines.at(-1)!;
  const end = {
    line: change.start.line + lines.length - 1,
    column: (lines.length === 1 ? change.start.column : 0) + last.length,
  };
  const line = position.line + end.line - change.end.line;
  return {
    line,
    column: position.line === change.end.line ? position.column + end.column - change.end.column : position.column,
  };
}
