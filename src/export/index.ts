/** The grad_fn graph as a file: what the panel shows, without the panel. */
import { layout, layoutInput, viewOf } from "../graph";
import type { Trace } from "../trace/model";
import { toDot } from "./dot";
import { toJson } from "./json";
import { toSvg } from "./svg";

export const EXPORT_FORMATS = ["svg", "dot", "json"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** `trace`'s graph as the text of an SVG, Graphviz or JSON file. */
export function exportGraph(trace: Trace, format: ExportFormat): string {
  const view = viewOf(trace);
  if (format === "dot") return toDot(view);
  const placed = layout(layoutInput(view));
  return format === "svg" ? toSvg(view, placed) : toJson(trace, view, placed);
}
