/** A figure of the program as a file, without a browser: Vega lays it out, and draws it as SVG or into pixels of our own. */
import * as vega from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import type { Figure } from "../trace/model";
import { PixelContext } from "./raster/context";
import { systemFonts } from "./raster/fonts";
import { encodePng } from "./raster/png";

export const FIGURE_FORMATS = ["svg", "png", "json"] as const;
export type FigureFormat = (typeof FIGURE_FORMATS)[number];

export interface FigureFileOptions {
  /** Pixels for each of the specification's. */
  scale: number;
  transparent: boolean;
}

/** 96 pixels an inch is what a browser takes a pixel for. */
const PER_METRE = 96 / 0.0254;
const PIXELS_MAX = 64_000_000;

/** What Vega's renderers need of a view that is drawn nowhere. */
interface Measured {
  _viewWidth: number;
  _viewHeight: number;
}

/** Throws RangeError for a format that is not there, and for a picture too large. */
export function figureFile(
  { spec }: Figure,
  format: string,
  { scale, transparent }: FigureFileOptions,
): string | Uint8Array {
  if (format === "json") return `${JSON.stringify(spec, null, 2)}\n`;
  if (format !== "svg" && format !== "png") {
    throw new RangeError(`Format '${format}' is not supported (supported formats: ${FIGURE_FORMATS.join(", ")})`);
  }
  const background = transparent ? "transparent" : "white";
  const { spec: compiled } = compile({ background, ...spec } as TopLevelSpec, { config: CONFIG });
  const view = new vega.View(vega.parse(compiled), { renderer: "none" }).run();
  const { _viewWidth, _viewHeight } = view as unknown as Measured;
  const padding = view.padding() as { left: number; right: number; top: number; bottom: number };
  const [width, height] = [_viewWidth + padding.left + padding.right, _viewHeight + padding.top + padding.bottom];
  const [left, top] = view.origin();
  const origin: [number, number] = [padding.left + left!, padding.top + top!];
  const { root } = view.scenegraph() as unknown as { root: unknown };
  if (format === "svg") {
    const renderer = new SVGStringRenderer();
    renderer.initialize(null, width, height, origin, scale).background(background).render(root);
    return renderer.svg();
  }
  const pixels = width * height * scale * scale;
  if (!(pixels <= PIXELS_MAX))
    throw new RangeError(`The picture would have ${Math.round(pixels / 1e6)} million pixels`);
  const context = new PixelContext(Math.ceil(width * scale), Math.ceil(height * scale), systemFonts());
  if (!transparent) {
    context.fillStyle = background;
    context.fillRect(0, 0, context.width, context.height);
  }
  const renderer = new CanvasRenderer();
  renderer.initialize(null, width, height, origin, scale, { externalContext: context }).render(root);
  return encodePng(context.pixels, context.width, context.height, Math.round(PER_METRE * scale));
}

/** Of vega-scenegraph, which Vega's typings leave out. */
interface Renderer {
  initialize(
    element: null,
    width: number,
    height: number,
    origin: [number, number],
    scale: number,
    options?: object,
  ): Renderer;
  background(color: string): Renderer;
  render(root: unknown): Renderer;
  svg(): string;
}

const { CanvasRenderer, SVGStringRenderer } = vega as unknown as Record<
  "CanvasRenderer" | "SVGStringRenderer",
  new () => Renderer
>;

/** As figures look in print. */
const CONFIG = {
  view: { stroke: "transparent" },
  axis: { labelFontSize: 10, titleFontSize: 11, titleFontWeight: "normal" as const, gridOpacity: 0.5 },
  legend: { labelFontSize: 10, titleFontSize: 11, titleFontWeight: "normal" as const },
  title: { fontSize: 13 },
};
