/** The small pictures of hovers: value and gradient side by side, each as fits its data. Plain SVG, at most a few kilobytes. */
import { formatNumber, toNumber } from "../graph/format";
import { type Appearance, scaleColor } from "../graph/palette";
import type { History, Num, Numbers } from "../trace/model";

const PANEL = { width: 190, left: 2, top: 18, plotHeight: 60 } as const;
const GAP = 20;
/** Heat maps larger than this are drawn by histogram: their cells would be smaller than a pixel. */
const HEAT_MAX = 64;
const HEAT_LEVELS = 14;

export interface PictureSource {
  value?: Numbers & { shape: number[] };
  gradient?: Numbers & { shape: number[] };
  /** Of a scalar in a loop. */
  history?: History;
}

export interface Picture {
  svg: string;
  width: number;
  height: number;
  /** What it shows, for those who cannot see it. */
  alt: string;
}

interface Panel extends Drawn {
  title: string;
  kind: string;
}

interface Drawn {
  body: string;
  /** Ends of the vertical scale. */
  range: [Num, Num];
  /** Of the body, in pixels. */
  height: number;
}

/** Null where a picture would say no more than the number. */
export function hoverPicture(source: PictureSource, appearance: Appearance): Picture | null {
  const color = colors(appearance);
  const panels: Panel[] = [];
  if (source.history && source.history.values.length > 1) {
    panels.push({
      title: `history ×${source.history.total}`,
      kind: "course",
      ...line(source.history.values, color.value),
    });
  } else if (source.value) {
    const panel = tensorPanel("value", source.value, color.value, appearance);
    if (panel) panels.push(panel);
  }
  if (source.gradient) {
    const panel = tensorPanel("gradient", source.gradient, color.gradient, appearance);
    if (panel) panels.push(panel);
  }
  if (panels.length === 0) return null;
  const height = PANEL.top + Math.ceil(Math.max(...panels.map((panel) => panel.height))) + 2;
  const width = panels.length * PANEL.width + (panels.length - 1) * GAP;
  const drawn = panels.map((panel, i) => {
    const [low, high] = panel.range;
    const limits = `${formatNumber(low)} … ${formatNumber(high)}`;
    return `<g transform="translate(${i * (PANEL.width + GAP)} 0)"><text y="11" fill="${color.text}">${panel.title}</text><text y="11" x="${PANEL.width}" text-anchor="end" fill="${color.muted}">${limits}</text><g transform="translate(0 ${PANEL.top})">${panel.body}</g></g>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui,-apple-system,'Segoe UI',Ubuntu,sans-serif" font-size="11">${drawn.join("")}</svg>`;
  return { svg, width, height, alt: panels.map(({ title, kind }) => `${title} as ${kind}`).join(", ") };
}

/** As Markdown shows it; the size after `|` is VS Code's. */
export function pictureMarkdown({ svg, width, height, alt }: Picture): string {
  const encoded = encodeURIComponent(svg).replace(
    /[()'*!]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `![${alt}](data:image/svg+xml;utf8,${encoded}|width=${width},height=${height})`;
}

function tensorPanel(
  title: string,
  numbers: Numbers & { shape: number[] },
  color: string,
  appearance: Appearance,
): Panel | null {
  const { values, preview, shape, stats } = numbers;
  if (stats.numel < 2) return null;
  const long = shape.filter((size) => size > 1);
  const finite = values?.some((value) => Number.isFinite(toNumber(value)));
  const image = values && imageOf(long, stats);
  if (image && values) return { title, kind: "an image", ...drawImage(values, image) };
  if (preview && !isScattered(preview.shape, long)) {
    const drawn = heatMap(preview.values, ...preview.shape, appearance, [toNumber(stats.min), toNumber(stats.max)]);
    return { title, kind: "a heat map of its means", ...drawn };
  }
  if (values && finite && long.length === 1) return { title, kind: "a curve", ...line(values, color) };
  if (values && finite && long.length === 2 && Math.max(...long) <= HEAT_MAX)
    return { title, kind: "a heat map", ...heatMap(values, long[0]!, long[1]!, appearance) };
  if (stats.histogram)
    return {
      title,
      kind: "a histogram",
      body: histogram(stats.histogram, color),
      range: [stats.min, stats.max],
      height: PANEL.plotHeight,
    };
  return null;
}

function line(values: readonly Num[], color: string): Drawn {
  const numbers = values.map(toNumber);
  const [min, max] = extent(numbers);
  const height = PANEL.plotHeight;
  const y = (value: number) => (max > min ? height - 3 - ((value - min) / (max - min)) * (height - 6) : height / 2);
  let path = "";
  let pen = "M";
  numbers.forEach((value, i) => {
    if (!Number.isFinite(value)) {
      pen = "M";
      return;
    }
    path += `${pen}${round(PANEL.left + (i / (numbers.length - 1)) * (PANEL.width - 2 * PANEL.left))} ${round(y(value))}`;
    pen = "L";
  });
  const zero =
    min < 0 && max > 0
      ? `<path d="M0 ${round(y(0))}H${PANEL.width}" stroke="${color}" stroke-opacity=".35" stroke-dasharray="2 3"/>`
      : "";
  return {
    body: `${zero}<path d="${path}" fill="none" stroke="${color}" stroke-width="1.6" stroke-linejoin="round"/>`,
    range: [min, max],
    height: PANEL.plotHeight,
  };
}

/** Cells of one colour share a path, so that a thousand of them stay within a few kilobytes. */
function heatMap(
  values: readonly Num[],
  rows: number,
  columns: number,
  appearance: Appearance,
  range?: [number, number],
): Drawn {
  const numbers = values.map(toNumber);
  const [min, max] = extent(numbers);
  const cell = Math.min(PANEL.plotHeight / rows, PANEL.width / columns, 14);
  const paths = new Map<string, string>();
  numbers.forEach((value, i) => {
    const level = max > min ? Math.round(((value - min) / (max - min)) * (HEAT_LEVELS - 1)) / (HEAT_LEVELS - 1) : 0.5;
    const color = Number.isFinite(value) ? scaleColor(level, appearance) : colors(appearance).broken;
    const x = round((i % columns) * cell);
    const y = round(Math.floor(i / columns) * cell);
    paths.set(color, `${paths.get(color) ?? ""}M${x} ${y}h1v1h-1z`);
  });
  const side = round(cell + 0.15);
  const body = [...paths]
    .map(([color, path]) => `<path fill="${color}" d="${path.replaceAll("h1v1h-1z", `h${side}v${side}h-${side}z`)}"/>`)
    .join("");
  return { body, range: range ?? [min, max], height: rows * cell };
}

interface Image {
  rows: number;
  columns: number;
  /** Offsets from one channel, row, column to the next. */
  strides: [number, number, number];
  /** What is white. */
  full: number;
}

/** Three channels, first or last, of numbers from 0 to 1 or to 255. */
function imageOf(long: readonly number[], stats: Numbers["stats"]): Image | null {
  const [a = 0, b = 0, c = 0] = long;
  const [min, max] = [toNumber(stats.min), toNumber(stats.max)];
  if (long.length !== 3 || stats.nan > 0 || min < 0 || max > 255) return null;
  const full = max > 1 ? 255 : 1;
  if (a === 3 && b > 3 && c > 3) return { rows: b, columns: c, strides: [b * c, c, 1], full };
  if (c === 3 && a > 3 && b > 3) return { rows: a, columns: b, strides: [1, b * 3, 3], full };
  return null;
}

function drawImage(values: readonly Num[], { rows, columns, strides, full }: Image): Drawn {
  const cell = Math.min(PANEL.plotHeight / rows, PANEL.width / columns, 14);
  const side = round(cell + 0.15);
  const channel = (offset: number) => Math.round((toNumber(values[offset]!) / full) * 255);
  let body = "";
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = row * strides[1] + column * strides[2];
      const hex = [0, 1, 2]
        .map((i) =>
          channel(at + i * strides[0])
            .toString(16)
            .padStart(2, "0"),
        )
        .join("");
      body += `<path fill="#${hex}" d="M${round(column * cell)} ${round(row * cell)}h${side}v${side}h-${side}z"/>`;
    }
  }
  return { body, range: [0, full], height: rows * cell };
}

/** A matrix with one side much longer is told better by its distribution. */
function isScattered([rows, columns]: readonly [number, number], long: readonly number[]): boolean {
  return Math.min(rows, columns) < 4 || long.some((size) => size > 4096);
}

function histogram(counts: readonly number[], color: string): string {
  const most = Math.max(1, ...counts);
  const width = PANEL.width / counts.length;
  const bars = counts.map((count, i) => {
    const height = count === 0 ? 0 : Math.max(1, (count / most) * (PANEL.plotHeight - 2));
    return `M${round(i * width + 0.5)} ${PANEL.plotHeight}v-${round(height)}h${round(width - 1)}v${round(height)}z`;
  });
  return `<path fill="${color}" d="${bars.join("")}"/>`;
}

function extent(numbers: readonly number[]): [number, number] {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of numbers) {
    if (!Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return [min, max];
}

function colors(appearance: Appearance): {
  value: string;
  gradient: string;
  text: string;
  muted: string;
  broken: string;
} {
  switch (appearance) {
    case "light":
      return { value: "#0b62c4", gradient: "#b5500b", text: "#3b3b3b", muted: "#616161", broken: "#e51400" };
    case "hcLight":
      return { value: "#0f4a85", gradient: "#8a3500", text: "#000000", muted: "#292929", broken: "#b5200d" };
    case "hcDark":
      return { value: "#4db5ff", gradient: "#ffb057", text: "#ffffff", muted: "#ffffff", broken: "#f48771" };
    case "dark":
      return { value: "#59a4f9", gradient: "#e2a04a", text: "#cccccc", muted: "#9d9d9d", broken: "#f14c4c" };
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
