/**
 * Draws a Vega-Lite specification in the window's colours. Expressions run in Vega's interpreter, because the panel's
 * content security policy forbids code from strings.
 */
import { parse, View } from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { type Config, compile, type TopLevelSpec } from "vega-lite";
import { arrange } from "../src/plot/arrange";
import type { Content } from "./protocol";
import type { Theme } from "./theme";
import { showTip } from "./tip";

export interface Drawing {
  /** The figure as it stands, on the panel's ground. */
  save(format: "svg" | "png"): Promise<Content>;
  dispose(): void;
}

/** Pixels of a saved picture for each on screen. */
const PNG_SCALE = 2;
/** A grid's second drawing knows the width of its labels; a difference below this stays. */
const CLOSE_ENOUGH = 6;

/** Fills `place` in width and follows it; resolves when the figure is drawn. */
export async function draw(place: HTMLElement, figure: Record<string, unknown>, theme: Theme): Promise<Drawing> {
  // The title stands above, as text.
  const { title: _, ...spec } = figure;
  const isGrid = "hconcat" in spec || "vconcat" in spec;
  let drawnWidth = place.clientWidth;
  let view = await render(place, arrange(spec, drawnWidth).spec, theme);
  if (isGrid) {
    const spare = drawnWidth - widthOf(place);
    if (Math.abs(spare) > CLOSE_ENOUGH) view = await again(view, spare);
  }

  async function again(old: View, spare: number): Promise<View> {
    const stage = document.createElement("div");
    stage.className = "stage";
    place.append(stage);
    const next = await render(stage, arrange(spec, drawnWidth, spare).spec, theme);
    old.finalize();
    place.replaceChildren(...stage.childNodes);
    return next;
  }

  let pending = 0;
  const observer = new ResizeObserver(() => {
    if (Math.abs(place.clientWidth - drawnWidth) < 1 || place.clientWidth === 0) return;
    cancelAnimationFrame(pending);
    pending = requestAnimationFrame(async () => {
      drawnWidth = place.clientWidth;
      if (!isGrid) {
        const { width, height } = arrange(spec, drawnWidth).spec as { width: number; height: number };
        await view.width(width).height(height).runAsync();
        return;
      }
      view = await again(view, 0);
      const spare = drawnWidth - widthOf(place);
      if (Math.abs(spare) > CLOSE_ENOUGH) view = await again(view, spare);
    });
  });
  observer.observe(place);
  return {
    async save(format) {
      await view.background(theme.page).runAsync();
      try {
        if (format === "svg") return { content: await view.toSVG(), encoding: "utf8" };
        const address = await view.toImageURL("png", PNG_SCALE);
        return { content: address.split(",")[1]!, encoding: "base64" };
      } finally {
        await view.background("transparent").runAsync();
      }
    },
    dispose() {
      observer.disconnect();
      cancelAnimationFrame(pending);
      view.finalize();
    },
  };
}

async function render(place: HTMLElement, spec: Record<string, unknown>, theme: Theme): Promise<View> {
  const compiled = compile({ background: "transparent", ...spec } as TopLevelSpec, { config: configOf(theme) });
  // Vega would overwrite what the place says of itself to a screen reader.
  const container = place.appendChild(document.createElement("div"));
  container.setAttribute("aria-hidden", "true");
  const view = new View(parse(compiled.spec, {}, { ast: true }), {
    renderer: "canvas",
    container,
    hover: true,
    expr: expressionInterpreter,
  } as ConstructorParameters<typeof View>[1]);
  view.tooltip((_handler, event, _item, value) => showTip(event as MouseEvent | null, value));
  await view.runAsync();
  return view;
}

function widthOf(place: HTMLElement): number {
  return place.querySelector("canvas")?.clientWidth ?? 0;
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
