/** The grad_fn graph as a file: what the panel shows, without the panel. */
import { atOrigin, firstView, type GraphView, layoutInput, layoutNested, type Placement, viewOf } from "../graph";
import type { Trace } from "../trace/model";
import { toDot } from "./dot";
import type { ExportFormat } from "./formats";
import { toJson } from "./json";
import { toMermaid } from "./mermaid";
import { toSvg } from "./svg";
import type { ThemeChoice } from "./theme";

export { LabelPlaces, paintInPlace } from "./drawing";
export { EXPORT_FORMATS, type ExportFormat, FORMATS, formatOf } from "./formats";
export { DARK, LIGHT, type PictureTheme, type ThemeChoice } from "./theme";

/** Formats that are text made of the drawing alone. */
export type DrawingFormat = Exclude<ExportFormat, "png" | "html">;

/** What is on screen, or would be; its upper left corner is (0, 0). */
export interface Drawing {
  trace: Omit<Trace, "console">;
  view: GraphView;
  placed: Placement;
}

/** `trace`'s graph as the panel would first show it. */
export function drawingOf(trace: Drawing["trace"]): Drawing {
  const view = viewOf(trace, firstView(trace));
  return { trace, view, placed: atOrigin(layoutNested(layoutInput(view))) };
}

export function exportDrawing(
  { trace, view, placed }: Drawing,
  format: DrawingFormat,
  theme: ThemeChoice = "auto",
): string {
  switch (format) {
    case "svg":
      return toSvg(view, placed, theme);
    case "dot":
      return toDot(view);
    case "mermaid":
      return toMermaid(view);
    case "json":
      return toJson(trace, view, placed);
  }
}
