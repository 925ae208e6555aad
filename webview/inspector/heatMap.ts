/** A matrix as a picture: blue below zero, orange above, the page's own colour at zero; NaN and infinities stand out. */
import { formatNumber, toNumber } from "../../src/graph";
import type { Picture } from "../../src/runner/questions";
import { element } from "../dom";
import { blend, readTheme, type Theme } from "../theme";

const ON_LIGHT = { below: "#1f5fae", above: "#b8500a" };
const ON_DARK = { below: "#5aa2f5", above: "#f2a03d" };
/** Sides of a cell on screen, in pixels. */
const CELL = { least: 1, most: 22 };

export interface HeatMapLabels {
  /** What the picture is of. */
  name: string;
  rows?: string;
  columns?: string;
}

export function heatMap(picture: Picture, labels: HeatMapLabels): HTMLElement {
  const canvas = element("canvas", {
    width: String(picture.columns),
    height: String(picture.rows),
    role: "img",
    "aria-label": `${labels.name}: ${picture.rows * picture.pooled[0]} by ${picture.columns * picture.pooled[1]}, largest magnitude ${formatNumber(picture.largest)}`,
  });
  const frame = element("div", { class: "heat-map-frame" }, [canvas]);
  const caption = element("figcaption", { "aria-live": "off" });
  const figure = element("figure", { class: "heat-map" }, [frame, caption]);
  const paint = (): void => draw(canvas, picture, readTheme());
  paint();
  const size = (): void => {
    const room = frame.clientWidth;
    if (room === 0) return;
    const cell = Math.max(CELL.least, Math.min(CELL.most, Math.floor(room / picture.columns)));
    // A matrix wider than its place shrinks as a whole; a narrow and long one keeps a height that can be seen at once.
    const width = Math.min(room, picture.columns * cell);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${Math.min(260, Math.max(8, (picture.rows * width) / picture.columns))}px`;
  };
  new ResizeObserver(size).observe(frame);
  new MutationObserver(paint).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  const [down, across] = picture.pooled;
  const largest = formatNumber(picture.largest);
  const pooled = down * across > 1 ? `, each cell the largest of ${down} × ${across}` : "";
  const rest = `−${largest} … 0 … ${largest}${pooled}`;
  caption.textContent = rest;
  canvas.addEventListener("pointermove", ({ offsetX, offsetY }) => {
    const row = Math.min(picture.rows - 1, Math.floor((offsetY / canvas.clientHeight) * picture.rows));
    const column = Math.min(picture.columns - 1, Math.floor((offsetX / canvas.clientWidth) * picture.columns));
    const value = picture.values[row * picture.columns + column];
    if (value === undefined) return;
    const place = `[${range(row, down)}, ${range(column, across)}]`;
    caption.textContent = `${place} ${formatNumber(value)}`;
  });
  canvas.addEventListener("pointerleave", () => {
    caption.textContent = rest;
  });
  return figure;
}

function range(index: number, pooled: number): string {
  return pooled === 1 ? String(index) : `${index * pooled}:${(index + 1) * pooled}`;
}

function draw(canvas: HTMLCanvasElement, picture: Picture, theme: Theme): void {
  const context = canvas.getContext("2d")!;
  const image = context.createImageData(picture.columns, picture.rows);
  const light = theme.appearance === "light" || theme.appearance === "hcLight";
  const { below, above } = light ? ON_LIGHT : ON_DARK;
  const steps = 64;
  const scale = (color: string): number[][] =>
    Array.from({ length: steps + 1 }, (_, i) => channels(blend(color, theme.page, i / steps)));
  const [negative, positive, broken] = [scale(below), scale(above), channels(theme.error)];
  for (const [i, value] of picture.values.entries()) {
    const x = toNumber(value);
    const level = picture.largest > 0 ? Math.min(steps, Math.round((Math.abs(x) / picture.largest) * steps)) : 0;
    const color = Number.isFinite(x) ? (x < 0 ? negative : positive)[level]! : broken;
    image.data.set([...color, 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
}

function channels(hex: string): number[] {
  return [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16));
}
