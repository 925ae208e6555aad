import type { Position } from "../trace/model";

/** Offsets of a text to lines and columns and back; a line ends at `\n`, `\r\n` or `\r`, as VS Code and V8 agree. */
export class Lines {
  private readonly starts: number[] = [0];

  constructor(private readonly text: string) {
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === 13 && text.charCodeAt(i + 1) === 10) continue;
      if (code === 10 || code === 13) this.starts.push(i + 1);
    }
  }

  position(offset: number): Position {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low, column: offset - this.starts[low]! };
  }

  /** The offset of a position, clamped into the text. */
  offset({ line, column }: Position): number {
    const start = this.starts[Math.min(Math.max(line, 0), this.starts.length - 1)]!;
    return Math.min(start + Math.max(column, 0), this.text.length);
  }
}
