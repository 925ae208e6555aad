/** What the panel and its layout worker say to each other. */
import type { LayoutInput, LayoutOptions, LayoutResult } from "./layout";
import type { GraphView } from "./model";

export interface LayoutRequest {
  id: number;
  input: LayoutInput;
  options?: Partial<LayoutOptions>;
}

export type LayoutResponse = { id: number; result: LayoutResult } | { id: number; error: string };

/** The part of a view that the layout needs. */
export function layoutInput(view: GraphView): LayoutInput {
  return {
    width: Float64Array.from(view.nodes, (node) => node.width),
    height: Float64Array.from(view.nodes, (node) => node.height),
    from: Int32Array.from(view.edges, (edge) => edge.from),
    to: Int32Array.from(view.edges, (edge) => edge.to),
  };
}
