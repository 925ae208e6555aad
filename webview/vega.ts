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

const DEFAULT_HEIGHT = 190;

/** Fills `place` in width and follows it; resolves when the figure is drawn. */
export async function draw(place: HTMLElement, spec: Record<string, unknown>, theme: Theme): Promise<Drawing> {
  // Concatenated and repeated views have no width of their own to follow the panel's with.
  const single = !["hconcat", "vconcat", "concat", "repeat", "facet", "spec"].some((key) => key in spec);
  const sized = single
    ? { height: DEFAULT_HEIGHT, ...spec, width: widthOf(place), autosize: { type: "fit", contains: "padding" } }
    : spec;
  const compiled = compile({ background: "transparent", ...sized } as TopLevelSpec, { config: configOf(theme) });
  const view = new View(parse(compiled.spec, {}, { ast: true }), {
    renderer: "canvas",
    container: place,
    hover: true,
    expr: expressionInterpreter,
  } as ConstructorParameters<typeof View>[1]);
  await view.runAsync();
  const observer = new ResizeObserver(() => {
    const width = widthOf(place);
    if (single && width !== view.width()) void view.width(width).runAsync();
  });
  observer.observe(place);
  return {
    dispose() {
      observer.disconnect();
      view.finalize();
    },
  };
}

function widthOf(place: HTMLElement): number {
  return Math.max(160, Math.floor(place.clientWidth));
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
