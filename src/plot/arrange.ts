/** A figure for the width that there is: rows of axes wrap before they get too small to read, and single axes can be zoomed. */

type Json = Record<string, unknown>;

/** Pixels that axes need at least, their labels included. */
const CELL_MIN = 180;
const GAP = 20;
/** What labels and titles take beside and below the axes, before anyone has measured them. */
const LABELS = 46;
const HEIGHT = { min: 110, max: 320 } as const;
const PROPORTION = 0.62;

export interface Arranged {
  spec: Json;
  /** Axes side by side. */
  columns: number;
}

/** The axes of a grid as its rows; null for a figure that is one pair of axes. */
function rowsOf(spec: Json): Json[][] | null {
  const list = (value: unknown) => value as Json[];
  if (Array.isArray(spec.hconcat)) return [list(spec.hconcat)];
  if (!Array.isArray(spec.vconcat)) return null;
  return list(spec.vconcat).map((row) => (Array.isArray(row.hconcat) ? list(row.hconcat) : [row]));
}

/**
 * `figure` in so many pixels. `spare` of an earlier drawing of a grid is what it left over (or, below 0, lacked): the width
 * of labels is known only once they are drawn.
 */
export function arrange(figure: Json, width: number, spare = 0): Arranged {
  const rows = rowsOf(figure);
  if (!rows) {
    const { w, h } = sized(figure, Math.max(160, width));
    const spec = { ...zoomable(figure, 0), width: w, height: Math.max(150, h) };
    return { spec: { ...spec, autosize: { type: "fit", contains: "padding" } }, columns: 1 };
  }
  const widest = Math.max(...rows.map((row) => row.length));
  const columns = Math.max(1, Math.min(widest, Math.floor((width + GAP) / (CELL_MIN + GAP))));
  const room = (width - GAP * (columns - 1)) / columns - LABELS + spare / columns;
  let count = 0;
  const cell = (view: Json): Json => {
    const { w, h } = sized(view, Math.max(60, Math.floor(room)));
    return { ...zoomable(view, count++), width: w, height: h };
  };
  const { hconcat: _, vconcat: __, ...rest } = figure;
  const common = { ...rest, spacing: GAP };
  if (columns === widest) {
    const vconcat = rows.map((row) => (row.length === 1 ? cell(row[0]!) : { hconcat: row.map(cell), spacing: GAP }));
    return { spec: { ...common, vconcat }, columns };
  }
  return { spec: { ...common, concat: rows.flat().map(cell), columns }, columns };
}

/** With the proportions that the figure asked for. */
function sized(view: Json, width: number): { w: number; h: number } {
  const { width: askedWidth, height: askedHeight } = view;
  const known = typeof askedWidth === "number" && typeof askedHeight === "number";
  const proportion = known ? askedHeight / askedWidth : PROPORTION;
  return { w: width, h: Math.round(Math.min(HEIGHT.max, Math.max(HEIGHT.min, width * proportion))) };
}

/** Dragging moves the axes, the wheel with Ctrl (or a pinch) zooms, a double click brings everything back. */
function zoomable(view: Json, index: number): Json {
  const layers = view.layer as Json[] | undefined;
  const first = layers?.[0];
  if (!layers || !first) return view;
  const encoding = first.encoding as Record<string, Json | undefined> | undefined;
  const encodings = (["x", "y"] as const).filter((axis) => encoding?.[axis]?.type === "quantitative");
  if (encodings.length === 0) return view;
  const select = {
    type: "interval",
    encodings,
    zoom: "wheel![event.ctrlKey || event.metaKey]",
    translate: "[pointerdown, window:pointerup] > window:pointermove!",
  };
  const params = [{ name: `zoom${index}`, select, bind: "scales" }];
  // Zoomed, nothing may leave its axes.
  const clipped = (layer: Json): Json => {
    const mark = layer.mark as string | Json;
    if (typeof mark === "string" || mark.type === "text") return layer;
    return { ...layer, mark: { ...mark, clip: true } };
  };
  return { ...view, layer: [{ ...clipped(first), params }, ...layers.slice(1).map(clipped)] };
}

/** What a figure shows, for those who cannot see it: `2 lines; x 0 to 6.28, y −1 to 1`; of several axes with their titles. */
export function describeFigure(spec: Json, format: (value: number) => string): string {
  const rows = rowsOf(spec);
  if (!rows) return describeView({ ...spec, title: "" }, format);
  return rows
    .flat()
    .map((view) => describeView(view, format))
    .join(". ");
}

const NAMES: Record<string, string> = {
  line: "line",
  point: "set of points",
  bar: "set of bars",
  rect: "image",
  area: "area",
  rule: "rule",
  arc: "pie",
};

function describeView(view: Json, format: (value: number) => string): string {
  const layers = (view.layer as Json[] | undefined) ?? [view];
  const counts = new Map<string, number>();
  const ranges = { x: [Infinity, -Infinity], y: [Infinity, -Infinity] };
  for (const { mark, data } of layers) {
    const type = typeof mark === "string" ? mark : String((mark as Json | undefined)?.type);
    const name = NAMES[type];
    const values = ((data as Json | undefined)?.values as Json[] | undefined) ?? [];
    if (name && (values.length > 0 || type === "arc")) counts.set(name, (counts.get(name) ?? 0) + 1);
    for (const row of values) {
      for (const axis of ["x", "y"] as const) {
        const value = row[axis];
        if (typeof value !== "number") continue;
        ranges[axis][0] = Math.min(ranges[axis][0]!, value);
        ranges[axis][1] = Math.max(ranges[axis][1]!, value);
      }
    }
  }
  const kinds = [...counts].map(([name, count]) => (count === 1 ? name : `${count} ${name.replace(/^\w+/, "$&s")}`));
  const spans = (["x", "y"] as const)
    .filter((axis) => ranges[axis][0]! <= ranges[axis][1]!)
    .map((axis) => `${axis} ${format(ranges[axis][0]!)} to ${format(ranges[axis][1]!)}`);
  const title = typeof view.title === "string" && view.title ? `${view.title}: ` : "";
  return `${title}${[kinds.join(", "), spans.join(", ")].filter(Boolean).join("; ")}`;
}
