import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import type MagicString from "magic-string";
import type { Position } from "../trace/model";

export type OriginalPosition = Position;

/** A look-up from generated to original positions, all counted from 0. */
export function generatedToOriginal(out: MagicString): (line: number, column: number) => OriginalPosition | undefined {
  const map = new TraceMap(
    out.generateMap({ hires: true, source: "program" }) as ConstructorParameters<typeof TraceMap>[0],
  );
  return (line, column) => {
    const found = originalPositionFor(map, { line: line + 1, column });
    return found.line === null ? undefined : { line: found.line - 1, column: found.column };
  };
}
