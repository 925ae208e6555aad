/**
 * Draws a Vega-Lite specification in the window's colours. Expressions run in Vega's interpreter, because the panel's
 * content security policy forbids code from strings.
 */
import { parse, View } from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { type Config, compile, type TopLevelSpec } from "vega-lite";
import type { Theme } from "./theme";

export interface Drawing {
  dispose(): void;
}

/** Figures have matplotlib's proportions where there is room, and never more pixels than this in height. */
const HEIGHT_MAX = 320;
const PROPORTION = 0.62;

/** Fills `place` in width and follows it; resolves when the figure is drawn. */
export async function draw(place: HTMLElement, figure: Record<string, unknown>, theme: Theme): Promise<Drawing> {
  // The title stands above, as text.
  const { title: _, ...spec } = figure;
  // Concatenated and repeated views have no width of their own to follow the panel's with: they shrink as a picture.
  const single = !["hconcat", "vconcat", "concat", "repeat", "facet", "spec"].some((key) => key in spec);
  const proportion =
    typeof spec.width === "number" && typeof spec.height === "number" ? spec.height / spec.width : PROPORTION;
  const size = () => {
    const width = Math.max(160, Math.floor(place.clientWidth));
    return { width, height: Math.round(Math.min(HEIGHT_MAX, Math.max(150, width * proportion))) };
  };
  const sized = single ? { ...spec, ...size(), autosize: { type: "fit", contains: "padding" } } : spec;
  const compiled = compile({ background: "transparent", ...sized } as TopLevelSpec, { config: configOf(theme) });
  const view = new View(parse(compiled.spec, {}, { ast: true }), {
    renderer: "canvas",
    container: place,
    hover: true,
    expr: expressionInterpreter,
  } as ConstructorParameters<typeof View>[1]);
  await view.runAsync();
  const observer = new ResizeObserver(() => {
    const { width, height } = size();
    if (width !== view.width()) void view.width(width).height(height).runAsync();
  });
  if (single) observer.observe(place);
  else Object.assign(place.querySelector("canvas")!.style, { maxWidth: "100%", height: "auto" });
  return {
    dispose() {
      observer.disconnect();
      view.finalize();
    },
  };
}

function configOf(theme: Theme): Config {
  const text = { labelColor: theme.muted, titleColor: theme.text, labelFont: theme.font, titleFont: theme.font };
  return {
    font: theme.font,
    view: { stroke: "transparent" },
    axis: {
      ...text,
      labelFontSize: 10,
      titleFontSize: 11,
      titleFontWeight: "normal",
      domainColor: theme.edge,
      tickColor: theme.edge,
      gridColor: theme.text,
      gridOpacity: theme.highContrast ? 0.3 : 0.09,
      tickSize: 4,
      labelPadding: 4,
    },
    legend: { ...text, labelFontSize: 10.5, titleFontSize: 11, titleFontWeight: "normal", symbolStrokeWidth: 2 },
    header: text,
    title: { color: theme.text, font: theme.font, fontSize: 12, fontWeight: 600, subtitleColor: theme.muted },
    text: { color: theme.text, font: theme.font },
    rule: { color: theme.edge },
    line: { strokeWidth: 1.8, color: theme.chart[0]! },
    point: { color: theme.chart[0]!, filled: true, size: 28 },
    bar: { color: theme.chart[0]! },
    area: { color: theme.chart[0]! },
    mark: { color: theme.chart[0]! },
    range: { category: theme.chart, heatmap: { scheme: "cividis" }, ramp: { scheme: "cividis" } },
  };
}
