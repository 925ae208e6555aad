/** What the panel and its layout worker say to each other. */
import type { LayoutOptions } from "./layout";
import { FRAME, type Memory, type NestedInput, type NestedResult } from "./layout/nested";
import type { GraphView } from "./model";

export interface LayoutRequest {
  id: number;
  input: NestedInput;
  options?: Partial<LayoutOptions>;
  /** Of the layout before, with the keys of now. */
  memory?: Memory;
  /** Key of the group that was opened or closed. */
  anchor?: string;
}

export type LayoutResponse = { id: number; result: NestedResult } | { id: number; error: string };

/** Where a view's cards, frames and edges are. */
export type Placement = Omit<NestedResult, "memory">;

/** The part of a view that the layout needs. */
export function layoutInput({ nodes, edges, frames }: GraphView): NestedInput {
  return {
    width: Float64Array.from(nodes, ({ width }) => width),
    height: Float64Array.from(nodes, ({ height }) => height),
    keys: nodes.map(({ key }) => key),
    group: Int32Array.from(nodes, ({ frame }) => frame),
    groups: frames.map(({ key, parent, minWidth }) => ({ key, parent, minWidth: minWidth + 2 * FRAME.side })),
    from: Int32Array.from(edges, ({ from }) => from),
    to: Int32Array.from(edges, ({ to }) => to),
  };
}

/** The same picture with its upper left corner at (0, 0), as a file has it. */
export function atOrigin(placed: Placement): Placement {
  const { left, top } = placed;
  if (left === 0 && top === 0) return placed;
  const right = (numbers: Float64Array) => numbers.map((x) => x - left);
  const down = (numbers: Float64Array) => numbers.map((y) => y - top);
  return {
    ...placed,
    left: 0,
    top: 0,
    x: right(placed.x),
    y: down(placed.y),
    points: placed.points.map((p, i) => p - (i % 2 === 0 ? left : top)),
    labelX: right(placed.labelX),
    labelY: down(placed.labelY),
    groups: placed.groups.map((box) => ({ ...box, x: box.x - left, y: box.y - top })),
  };
}
