import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import type MagicString from "magic-string";
import type { Position } from "../trace/model";

export type OriginalPosition = Position;

/** The map of generated to original positions, as source maps encode it. */
export function mappingsOf(out: MagicString): string {
  return out.generateMap({ hires: true, source: "program" }).mappings;
}

/** A look-up from generated to original positions, all counted from 0. */
export function originalFrom(mappings: string): (line: number, column: number) => OriginalPosition | undefined {
  const map = new TraceMap({ version: 3, sources: ["program"], names: [], mappings });
  return (line, column) => {
    const found = originalPositionFor(map, { line: line + 1, column });
    return found.line === null ? undefined : { line: found.line - 1, column: found.column };
  };
}
