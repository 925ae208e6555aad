/** One coordinate system and what is drawn into it: matplotlib's Axes, as far as Gradlens goes. */
import { RuntimeError, ValueError } from "../torch";
import { niceLevels } from "./contours";
import { type ColorScheme, colorScheme } from "./figureColormap";
import { categories, columns, type Data, datasets, flat, type Grid, grid, meshOf } from "./figureData";
import {
  bind,
  checkKeywords,
  type Keywords,
  optionalNumber,
  required,
  sameLength,
  splitKeywords,
} from "./figureOptions";
import { bordersOf, boxOf, errorsOf, pair, percent } from "./figureStatistics";
import { cssColor, type LineStyle, lineStyle, type Marker, marker, parseFormat, TAB10 } from "./figureStyle";

interface Look {
  color: string;
  alpha?: number;
  label?: string;
}

export type Artist =
  | (Look & {
      kind: "line";
      x: number[];
      y: number[];
      style: LineStyle;
      width: number;
      marker: Marker | null;
      markerSize: number;
      /** As steps: before, after or halfway between two points. */
      step?: StepWhere;
    })
  | (Look & {
      kind: "points";
      x: number[];
      y: number[];
      sizes: number[];
      marker: Marker;
      values?: number[];
      scheme?: ColorScheme;
      low?: number;
      high?: number;
      colorbar?: Colorbar;
    })
  | (Look & {
      kind: "bars";
      at: (string | number)[];
      lengths: number[];
      from: number[];
      thickness: number;
      horizontal: boolean;
    })
  | (Look & { kind: "area"; x: number[]; low: number[]; high: number[] })
  | (Look & {
      kind: "rule";
      axis: "x" | "y";
      at: number[];
      from?: number[];
      to?: number[];
      style: LineStyle;
      width: number;
    })
  | {
      kind: "image";
      alpha?: number;
      grid: Grid;
      scheme: ColorScheme;
      low?: number;
      high?: number;
      upper: boolean;
      extent?: Extent;
      square: boolean;
      colorbar?: Colorbar;
    }
  | {
      kind: "cells";
      alpha?: number;
      grid: Grid;
      /** Borders of the columns and of the rows, one more than there are of them. */
      xEdges: number[];
      yEdges: number[];
      scheme: ColorScheme;
      low?: number;
      high?: number;
      colorbar?: Colorbar;
    }
  | {
      kind: "contours";
      alpha?: number;
      grid: Grid;
      x: number[];
      y: number[];
      levels: number[];
      filled: boolean;
      scheme: ColorScheme;
      /** One colour for all lines, in place of the scheme's. */
      color?: string;
      width: number;
      colorbar?: Colorbar;
    }
  | { kind: "pie"; shares: number[]; labels: string[]; colors: string[]; texts: string[]; start: number; hole: number }
  | (Look & { kind: "text"; x: number; y: number; text: string; size?: number; align?: string; middle?: boolean });

/** The scale of what is coloured by value. */
export interface Colorbar {
  label?: string;
}

/** Left, right, bottom and top of an image in the axes' own numbers. */
export type Extent = [number, number, number, number];

export interface AxisSettings {
  label?: string;
  limits?: [number | undefined, number | undefined];
  scale: "linear" | "log" | "symlog";
  ticks?: number[];
  tickLabels?: string[];
}

const LINE_KEYS = ["label", "color", "linewidth", "linestyle", "marker", "markersize", "alpha"];
const SCALES = ["linear", "log", "symlog"];

const STEPS = { pre: "step-before", post: "step-after", mid: "step" } as const;
type StepWhere = (typeof STEPS)[keyof typeof STEPS];

/** Called at every drawing call, so that a run knows the place of the last one. */
export interface Listener {
  touch(): void;
}

export class Axes {
  /** @internal */ readonly artists: Artist[] = [];
  /** @internal */ readonly x: AxisSettings = { scale: "linear" };
  /** @internal */ readonly y: AxisSettings = { scale: "linear" };
  /** @internal */ title = "";
  /** @internal */ gridOn = false;
  /** @internal */ legendOn = false;
  /** @internal */ axisOn = true;
  private colors = 0;

  /** @internal */
  constructor(private readonly listener: Listener) {}

  /** Lines: `plot(y)`, `plot(x, y)`, `plot(x, y, "r--o", { label: "loss" })`, several in a row; a column each for matrices. */
  plot(...args: (Data | string | Keywords)[]): void {
    const { positions, keywords } = splitKeywords(args);
    const given = checkKeywords("plot", keywords, LINE_KEYS);
    if (positions.length === 0) throw new TypeError("plot() needs data: plot(y) or plot(x, y)");
    while (positions.length > 0) {
      const first = positions.shift();
      const second = positions.length > 0 && typeof positions[0] !== "string" ? positions.shift() : undefined;
      const format = typeof positions[0] === "string" ? (positions.shift() as string) : "";
      this.lines(second === undefined ? undefined : first, second === undefined ? first : second, format, given);
    }
    this.listener.touch();
  }

  /** Steps from value to value: `step(x, y, { where: "pre" | "post" | "mid" })`. */
  step(...args: (Data | string | Keywords)[]): void {
    const { positions, keywords } = splitKeywords(args);
    const { where = "pre", ...line } = keywords;
    if (!Object.hasOwn(STEPS, String(where)))
      throw new ValueError(
        `'${String(where)}' is not a valid value for where; supported values are 'pre', 'post', 'mid'`,
      );
    const before = this.artists.length;
    this.plot(...(positions as Data[]), line);
    for (const artist of this.artists.slice(before))
      if (artist.kind === "line") artist.step = STEPS[where as keyof typeof STEPS];
  }

  /** Points with bars of uncertainty: errors are one number, one each, or a row for below and a row for above. */
  errorbar(...args: unknown[]): void {
    const more = ["ecolor", "elinewidth", "capsize", ...LINE_KEYS];
    const bound = bind("errorbar", args, ["x", "y", "yerr", "xerr", "fmt"], more);
    const x = flat(required("errorbar", bound, "x"), "x");
    const y = flat(required("errorbar", bound, "y"), "y");
    sameLength(x, y);
    const { yerr, xerr, fmt = "", ecolor, elinewidth, capsize, x: _x, y: _y, ...line } = bound;
    const before = this.artists.length;
    this.lines(x, y, String(fmt), line);
    const { color, alpha } = this.artists[before] as Artist & { kind: "line" };
    const look = { color: ecolor === undefined ? color : cssColor(ecolor), ...(alpha === undefined ? {} : { alpha }) };
    const width = optionalNumber({ elinewidth }, "elinewidth") ?? 1.2;
    const bars = (axis: "x" | "y", at: number[], value: number[], error: unknown, name: string) => {
      if (error === undefined || error === null) return;
      const [below, above] = errorsOf(error, at.length, name);
      const from = value.map((v, i) => v - below[i]!);
      const to = value.map((v, i) => v + above[i]!);
      this.artists.push({ kind: "rule", axis, at, from, to, style: "-", width, ...look });
      const size = optionalNumber({ capsize }, "capsize") ?? 0;
      if (size <= 0) return;
      const cap = marker(axis === "x" ? "_" : "|")!;
      const ends = [...from, ...to];
      const [cx, cy] = axis === "x" ? [[...at, ...at], ends] : [ends, [...at, ...at]];
      this.artists.push({ kind: "points", x: cx, y: cy, sizes: [(2 * size) ** 2], marker: cap, ...look });
    };
    bars("x", x, y, yerr, "yerr");
    bars("y", y, x, xerr, "xerr");
    this.listener.touch();
  }

  /** Stems from a baseline to the points: `stem(y)`, `stem(x, y)`. */
  stem(...args: unknown[]): void {
    const { positions, keywords } = splitKeywords(args);
    const bound = checkKeywords("stem", keywords, ["bottom", "label", "color"]);
    if (positions.length === 0 || positions.length > 2) throw new TypeError("stem() needs data: stem(y) or stem(x, y)");
    const y = flat(positions.at(-1), "y");
    const x = positions.length === 2 ? flat(positions[0], "x") : y.map((_, i) => i);
    sameLength(x, y);
    const bottom = optionalNumber(bound, "bottom") ?? 0;
    const look = this.look(bound);
    const { label: _, ...plain } = look;
    const base = x.map(() => bottom);
    this.artists.push(
      { kind: "rule", axis: "x", at: x, from: base, to: y, style: "-", width: 1.5, ...plain },
      { kind: "points", x, y, sizes: [36], marker: marker("o")!, ...look },
      { kind: "rule", axis: "y", at: [bottom], style: "-", width: 1, color: TAB10[3]! },
    );
    this.listener.touch();
  }

  /**
   * Boxes from the first to the third quartile with the median, whiskers to the last point within 1.5 times that height, and
   * the points beyond: of one vector, of each of several, or of each column of a matrix.
   */
  boxplot(...args: unknown[]): void {
    const more = ["positions", "widths", "labels", "tick_labels", "showfliers", "whis", "vert"];
    const bound = bind("boxplot", args, ["x"], more);
    const sets = datasets(required("boxplot", bound, "x"), "x");
    const at = bound.positions === undefined ? sets.map((_, i) => i + 1) : flat(bound.positions, "positions");
    if (at.length !== sets.length)
      throw new ValueError("List of boxplot statistics and `positions` values must have same the length");
    const width = optionalNumber(bound, "widths") ?? Math.min(0.5, 0.15 * Math.max(1, at.at(-1)! - at[0]! || 1) + 0.2);
    const boxes = sets.map((values) => boxOf(values, optionalNumber(bound, "whis") ?? 1.5));
    const horizontal = bound.vert === false;
    const axis = horizontal ? "y" : "x";
    const color = TAB10[0]!;
    const rule = (from: number[], to: number[]): Artist => ({
      kind: "rule",
      axis,
      at,
      from,
      to,
      style: "-",
      width: 1.2,
      color,
    });
    const across = (at0: number[], shade: string, share: number, thick: number): Artist => ({
      kind: "rule",
      axis: horizontal ? "x" : "y",
      at: at0,
      from: at.map((place) => place - (width * share) / 2),
      to: at.map((place) => place + (width * share) / 2),
      style: "-",
      width: thick,
      color: shade,
    });
    this.artists.push(
      rule(
        boxes.map((box) => box.low),
        boxes.map((box) => box.q1),
      ),
      rule(
        boxes.map((box) => box.q3),
        boxes.map((box) => box.high),
      ),
      {
        kind: "bars",
        at,
        lengths: boxes.map((box) => box.q3 - box.q1),
        from: boxes.map((box) => box.q1),
        thickness: width,
        horizontal,
        color,
        alpha: 0.3,
      },
      across(
        boxes.map((box) => box.low),
        color,
        0.5,
        1.2,
      ),
      across(
        boxes.map((box) => box.high),
        color,
        0.5,
        1.2,
      ),
      across(
        boxes.map((box) => box.median),
        TAB10[1]!,
        1,
        2,
      ),
    );
    const [places, values] = [
      boxes.flatMap((box, i) => box.fliers.map(() => at[i]!)),
      boxes.flatMap((box) => box.fliers),
    ];
    if (bound.showfliers !== false && values.length > 0) {
      const [x, y] = horizontal ? [values, places] : [places, values];
      this.artists.push({ kind: "points", x, y, sizes: [24], marker: { ...marker("o")!, open: true }, color });
    }
    const labels = bound.tick_labels ?? bound.labels ?? at.map(String);
    setTicks(this[axis], at, labels as unknown[]);
    const reach = Math.max(0.5, width);
    this[axis].limits ??= [at.reduce((a, b) => Math.min(a, b)) - reach, at.reduce((a, b) => Math.max(a, b)) + reach];
    this.listener.touch();
  }

  /** Shares of a whole: `pie(x, { labels, colors, autopct: "%1.1f%%", startangle, explode, wedgeprops })`. */
  pie(...args: unknown[]): void {
    const more = ["labels", "colors", "autopct", "startangle", "wedgeprops"];
    const bound = bind("pie", args, ["x"], more);
    const values = flat(required("pie", bound, "x"), "x");
    if (values.some((value) => !(value >= 0))) throw new ValueError("Wedge sizes 'x' must be non negative values");
    const total = values.reduce((sum, value) => sum + value, 0);
    const labels = bound.labels === undefined ? values.map(() => "") : (bound.labels as unknown[]).map(String);
    if (labels.length !== values.length) throw new ValueError("'labels' must be of length 'x'");
    const colors = bound.colors === undefined ? TAB10 : (bound.colors as unknown[]).map(cssColor);
    const share = (value: number) => (total > 0 ? value / total : 0);
    const hole = (bound.wedgeprops as { width?: number } | undefined)?.width;
    this.artists.push({
      kind: "pie",
      shares: values.map(share),
      labels,
      colors: values.map((_, i) => colors[i % colors.length]!),
      texts: values.map((value) => (bound.autopct === undefined ? "" : percent(bound.autopct, 100 * share(value)))),
      start: optionalNumber(bound, "startangle") ?? 0,
      hole: hole === undefined ? 0 : Math.min(1, Math.max(0, 1 - hole)),
    });
    this.listener.touch();
  }

  /** Lines of equal value: `contour(Z)`, `contour(X, Y, Z)`, `contour(X, Y, Z, levels)`. */
  contour(...args: unknown[]): void {
    this.contours("contour", args, false);
  }

  /** Bands between levels, filled. */
  contourf(...args: unknown[]): void {
    this.contours("contourf", args, true);
  }

  private contours(name: string, args: unknown[], filled: boolean): void {
    const { positions, keywords } = splitKeywords(args);
    const names = positions.length >= 3 ? ["X", "Y", "Z", "levels"] : ["Z", "levels"];
    const bound = bind(name, [...positions, keywords], names, ["cmap", "colors", "alpha", "linewidths", "levels"]);
    const field = grid(required(name, bound, "Z"), "Z");
    const { x, y } = meshOf(bound.X, bound.Y, field);
    const wanted = bound.levels ?? 7;
    const levels =
      typeof wanted === "number" ? niceLevels(field.values, wanted) : [...flat(wanted, "levels")].sort((a, b) => a - b);
    const color = bound.colors === undefined ? undefined : cssColor([bound.colors].flat()[0]);
    this.artists.push({
      kind: "contours",
      grid: field,
      x,
      y,
      levels,
      filled,
      scheme: colorScheme(bound.cmap),
      width: optionalNumber(bound, "linewidths") ?? 1.5,
      ...(color === undefined ? {} : { color }),
      ...(bound.alpha === undefined ? {} : { alpha: Number(bound.alpha) }),
    });
    this.listener.touch();
  }

  /** Cells of a rectilinear grid, coloured by value: `pcolormesh(C)`, `pcolormesh(X, Y, C)`, X and Y centres or borders. */
  pcolormesh(...args: unknown[]): void {
    const { positions, keywords } = splitKeywords(args);
    const names = positions.length >= 3 ? ["X", "Y", "C"] : ["C"];
    const bound = bind("pcolormesh", [...positions, keywords], names, ["cmap", "vmin", "vmax", "alpha", "shading"]);
    const cells = grid(required("pcolormesh", bound, "C"), "C");
    const { x, y } = meshOf(bound.X, bound.Y, cells, true);
    this.artists.push({
      kind: "cells",
      grid: cells,
      xEdges: bordersOf(x, cells.columns),
      yEdges: bordersOf(y, cells.rows),
      scheme: colorScheme(bound.cmap),
      low: optionalNumber(bound, "vmin"),
      high: optionalNumber(bound, "vmax"),
      ...(bound.alpha === undefined ? {} : { alpha: Number(bound.alpha) }),
    });
    this.listener.touch();
  }

  /** The scale of the last thing drawn in colours by value. Throws RuntimeError when there is none. */
  colorbar(...args: unknown[]): void {
    const { keywords } = splitKeywords(args);
    const { label } = checkKeywords("colorbar", keywords, ["label", "ax", "shrink", "orientation"]);
    const mapped = this.artists.findLast(
      (artist) =>
        "scheme" in artist && artist.scheme !== undefined && !("color" in artist && artist.kind === "contours"),
    );
    if (!mapped)
      throw new RuntimeError(
        "No mappable was found to use for colorbar creation. First define a mappable such as an image (with imshow) or a contour set (with contourf).",
      );
    (mapped as { colorbar?: Colorbar }).colorbar = label === undefined ? {} : { label: String(label) };
  }

  /** Words at a point, or beside it with a line to it: `annotate(text, xy, xytext, { arrowprops, color, fontsize, ha })`. */
  annotate(...args: unknown[]): void {
    const bound = bind("annotate", args, ["text", "xy", "xytext"], ["arrowprops", "color", "fontsize", "ha", "va"]);
    const [x, y] = pair(required("annotate", bound, "xy"), "xy");
    const [textX, textY] = bound.xytext === undefined ? [x, y] : pair(bound.xytext, "xytext");
    const color = bound.color === undefined ? "" : cssColor(bound.color);
    if (bound.arrowprops !== undefined && bound.arrowprops !== null) {
      const { color: shade = "gray" } = bound.arrowprops as { color?: unknown };
      const line = { color: cssColor(shade), width: 1.2, markerSize: 5, style: "-" as const };
      this.artists.push(
        { kind: "line", x: [textX, x], y: [textY, y], marker: null, ...line },
        { kind: "points", x: [x], y: [y], sizes: [16], marker: marker("o")!, color: line.color },
      );
    }
    const size = optionalNumber(bound, "fontsize");
    this.artists.push({
      kind: "text",
      x: textX,
      y: textY,
      text: String(required("annotate", bound, "text")),
      color,
      ...(size === undefined ? {} : { size }),
      ...(bound.ha === undefined ? {} : { align: String(bound.ha) }),
    });
    this.listener.touch();
  }

  private lines(x: unknown, y: unknown, format: string, keywords: Keywords): void {
    const parsed = parseFormat(format);
    const markerName = keywords.marker ?? parsed.marker;
    // A format of markers alone draws no line.
    const style = lineStyle(keywords.linestyle ?? parsed.linestyle ?? (parsed.marker ? "none" : "-"));
    const xs = x === undefined ? undefined : columns(x, "x");
    columns(y, "y").forEach((column, i) => {
      const along = xs ? (xs[i] ?? xs[0]!) : column.map((_, index) => index);
      sameLength(along, column);
      this.artists.push({
        kind: "line",
        x: along,
        y: column,
        style,
        width: optionalNumber(keywords, "linewidth") ?? 1.5,
        marker: marker(markerName),
        markerSize: optionalNumber(keywords, "markersize") ?? 6,
        ...this.look({ ...keywords, color: keywords.color ?? parsed.color }),
      });
    });
  }

  /** Points; `s` are areas, `c` colours or numbers to colour by. */
  scatter(...args: unknown[]): void {
    const bound = bind(
      "scatter",
      args,
      ["x", "y", "s", "c"],
      ["color", "label", "marker", "alpha", "cmap", "vmin", "vmax"],
    );
    const x = flat(required("scatter", bound, "x"), "x");
    const y = flat(required("scatter", bound, "y"), "y");
    if (x.length !== y.length) throw new ValueError("x and y must be the same size");
    const sizes = bound.s === undefined ? [36] : flat(bound.s, "s");
    const byValue = bound.c !== undefined && typeof bound.c !== "string";
    const values = byValue ? flat(bound.c, "c") : undefined;
    if (values && values.length !== x.length) {
      throw new ValueError(
        `'c' argument has ${values.length} elements, which is inconsistent with 'x' and 'y' with size ${x.length}.`,
      );
    }
    this.artists.push({
      kind: "points",
      x,
      y,
      sizes,
      marker: marker(bound.marker ?? "o") ?? marker("o")!,
      ...(values ? { values, scheme: colorScheme(bound.cmap) } : {}),
      low: optionalNumber(bound, "vmin"),
      high: optionalNumber(bound, "vmax"),
      ...this.look({ ...bound, color: bound.color ?? (byValue ? undefined : bound.c) }),
    });
    this.listener.touch();
  }

  bar(...args: unknown[]): void {
    const bound = bind("bar", args, ["x", "height", "width", "bottom"], ["color", "label", "alpha", "edgecolor"]);
    this.bars("bar", bound, "x", "height", "width", "bottom", false);
  }

  barh(...args: unknown[]): void {
    const bound = bind("barh", args, ["y", "width", "height", "left"], ["color", "label", "alpha", "edgecolor"]);
    this.bars("barh", bound, "y", "width", "height", "left", true);
  }

  private bars(
    name: string,
    bound: Keywords,
    at: string,
    length: string,
    thickness: string,
    from: string,
    horizontal: boolean,
  ) {
    const places = categories(required(name, bound, at), at);
    const lengths = spread(flat(required(name, bound, length), length), places.length, length);
    const starts = spread(flat(bound[from] ?? 0, from), places.length, from);
    const width = optionalNumber(bound, thickness) ?? 0.8;
    this.artists.push({
      kind: "bars",
      at: places,
      lengths,
      from: starts,
      thickness: width,
      horizontal,
      ...this.look(bound),
    });
    this.listener.touch();
  }

  /** Counts in equal bins (10), or between the edges given; returns counts and edges. */
  hist(...args: unknown[]): { counts: number[]; bins: number[] } {
    const bound = bind("hist", args, ["x", "bins", "range", "density"], ["color", "label", "alpha", "edgecolor"]);
    const values = flat(required("hist", bound, "x"), "x").filter(Number.isFinite);
    const bins = binEdges(values, bound);
    const counts = new Array<number>(bins.length - 1).fill(0);
    for (const value of values) {
      let bin = bins.findIndex((edge) => edge > value) - 1;
      if (value === bins.at(-1)) bin = counts.length - 1;
      if (bin >= 0) counts[bin]!++;
    }
    const total = counts.reduce((a, b) => a + b, 0);
    const lengths = bound.density ? counts.map((count, i) => count / total / (bins[i + 1]! - bins[i]!)) : counts;
    const at = counts.map((_, i) => (bins[i]! + bins[i + 1]!) / 2);
    const thickness = counts.length > 0 ? bins[1]! - bins[0]! : 1;
    this.artists.push({
      kind: "bars",
      at,
      lengths,
      from: lengths.map(() => 0),
      thickness,
      horizontal: false,
      ...this.look(bound),
    });
    this.listener.touch();
    return { counts: lengths, bins };
  }

  /** A matrix as cells of colour, row 0 on top unless `origin` is `"lower"`. */
  imshow(...args: unknown[]): void {
    const bound = bind(
      "imshow",
      args,
      ["X", "cmap"],
      ["vmin", "vmax", "origin", "extent", "alpha", "aspect", "interpolation"],
    );
    this.artists.push({
      kind: "image",
      grid: grid(required("imshow", bound, "X"), "An image"),
      scheme: colorScheme(bound.cmap),
      low: optionalNumber(bound, "vmin"),
      high: optionalNumber(bound, "vmax"),
      upper: bound.origin !== "lower",
      ...(bound.extent === undefined ? {} : { extent: extentOf(bound.extent) }),
      square: bound.aspect !== "auto",
      ...(bound.alpha === undefined ? {} : { alpha: Number(bound.alpha) }),
    });
    this.listener.touch();
  }

  fill_between(...args: unknown[]): void {
    const bound = bind("fill_between", args, ["x", "y1", "y2"], ["color", "facecolor", "label", "alpha"]);
    const x = flat(required("fill_between", bound, "x"), "x");
    const high = spread(flat(required("fill_between", bound, "y1"), "y1"), x.length, "y1");
    const low = spread(flat(bound.y2 ?? 0, "y2"), x.length, "y2");
    this.artists.push({
      kind: "area",
      x,
      low,
      high,
      ...this.look({ ...bound, color: bound.color ?? bound.facecolor }),
    });
    this.listener.touch();
  }

  axhline(...args: unknown[]): void {
    this.rule("axhline", "y", bind("axhline", args, ["y"], LINE_KEYS), "y");
  }

  axvline(...args: unknown[]): void {
    this.rule("axvline", "x", bind("axvline", args, ["x"], LINE_KEYS), "x");
  }

  hlines(...args: unknown[]): void {
    this.rule("hlines", "y", bind("hlines", args, ["y", "xmin", "xmax"], LINE_KEYS), "y", ["xmin", "xmax"]);
  }

  vlines(...args: unknown[]): void {
    this.rule("vlines", "x", bind("vlines", args, ["x", "ymin", "ymax"], LINE_KEYS), "x", ["ymin", "ymax"]);
  }

  private rule(name: string, axis: "x" | "y", bound: Keywords, key: string, ends?: [string, string]): void {
    const at = flat(ends ? required(name, bound, key) : (bound[key] ?? 0), key);
    const end = (which: string) => spread(flat(required(name, bound, which), which), at.length, which);
    this.artists.push({
      kind: "rule",
      axis,
      at,
      ...(ends ? { from: end(ends[0]), to: end(ends[1]) } : {}),
      style: lineStyle(bound.linestyle ?? "-"),
      width: optionalNumber(bound, "linewidth") ?? 1.5,
      ...this.look(bound),
    });
    this.listener.touch();
  }

  text(...args: unknown[]): void {
    const bound = bind("text", args, ["x", "y", "s"], ["color", "alpha", "fontsize", "ha"]);
    const size = optionalNumber(bound, "fontsize");
    this.artists.push({
      kind: "text",
      x: Number(required("text", bound, "x")),
      y: Number(required("text", bound, "y")),
      text: String(required("text", bound, "s")),
      color: bound.color === undefined ? "" : cssColor(bound.color),
      ...(size === undefined ? {} : { size }),
      ...(bound.ha === undefined ? {} : { align: String(bound.ha) }),
      ...(bound.alpha === undefined ? {} : { alpha: Number(bound.alpha) }),
    });
    this.listener.touch();
  }

  set_title(title: string): void {
    this.title = String(title);
  }

  set_xlabel(label: string): void {
    this.x.label = String(label);
  }

  set_ylabel(label: string): void {
    this.y.label = String(label);
  }

  /** `set_xlim(left, right)`, `set_xlim([left, right])`; null keeps an end free. */
  set_xlim(...args: unknown[]): void {
    this.x.limits = limits("xlim", args, ["left", "right"]);
  }

  set_ylim(...args: unknown[]): void {
    this.y.limits = limits("ylim", args, ["bottom", "top"]);
  }

  set_xscale(scale: string): void {
    this.x.scale = scaleName(scale);
  }

  set_yscale(scale: string): void {
    this.y.scale = scaleName(scale);
  }

  set_xticks(ticks: Data, labels?: readonly unknown[]): void {
    setTicks(this.x, ticks, labels);
  }

  set_yticks(ticks: Data, labels?: readonly unknown[]): void {
    setTicks(this.y, ticks, labels);
  }

  grid(visible: boolean | Keywords = true, ..._more: unknown[]): void {
    this.gridOn = visible !== false;
  }

  /** Shows the labels; `legend(["a", "b"])` gives them to what was drawn, in order. */
  legend(labels?: readonly string[] | Keywords, ..._more: unknown[]): void {
    this.legendOn = true;
    if (!Array.isArray(labels)) return;
    const labelled = this.artists.filter(isLabelled).filter(({ kind }) => kind !== "text");
    labels.forEach((label, i) => {
      const artist = labelled[i];
      if (artist) artist.label = String(label);
    });
  }

  set_axis_off(): void {
    this.axisOn = false;
  }

  /** `axis("off")`, `axis("on")`, `axis([xmin, xmax, ymin, ymax])`. */
  axis(setting: string | readonly number[]): void {
    if (Array.isArray(setting)) {
      this.set_xlim(setting[0], setting[1]);
      this.set_ylim(setting[2], setting[3]);
    } else if (setting === "off" || setting === "on") {
      this.axisOn = setting === "on";
    } else if (!["auto", "equal", "tight", "scaled", "square"].includes(String(setting))) {
      throw new ValueError(`Unrecognized string '${String(setting)}' to axis; try 'on' or 'off'`);
    }
  }

  private look({ color, alpha, label }: Keywords): Look {
    const css = color === undefined ? TAB10[this.colors++ % TAB10.length]! : cssColor(color);
    return {
      color: css,
      ...(alpha === undefined ? {} : { alpha: Number(alpha) }),
      ...(label === undefined ? {} : { label: String(label) }),
    };
  }
}

/** What may have a label in the legend. */
export function isLabelled(artist: Artist): artist is Artist & Look {
  return !["image", "cells", "contours", "pie"].includes(artist.kind);
}

/** One number for all, or one for each. */
function spread(values: number[], count: number, what: string): number[] {
  if (values.length === count) return values;
  if (values.length === 1) return new Array<number>(count).fill(values[0]!);
  throw new ValueError(`${what} has ${values.length} values for ${count} places`);
}

function binEdges(values: number[], bound: Keywords): number[] {
  const bins = bound.bins ?? 10;
  if (typeof bins !== "number") return flat(bins, "bins");
  if (!Number.isInteger(bins) || bins < 1) throw new ValueError("`bins` must be positive, when an integer");
  const range = bound.range === undefined ? undefined : flat(bound.range, "range");
  let low = range?.[0] ?? values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  let high = range?.[1] ?? values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (!(low <= high)) [low, high] = [0, 1];
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  return Array.from({ length: bins + 1 }, (_, i) => (i === bins ? high : low + ((high - low) * i) / bins));
}

function limits(
  name: string,
  args: readonly unknown[],
  ends: [string, string],
): [number | undefined, number | undefined] {
  const list = args.length === 1 && Array.isArray(args[0]) ? args[0] : args;
  const bound = bind(name, list, ends);
  return [optionalNumber(bound, ends[0]), optionalNumber(bound, ends[1])];
}

function extentOf(value: unknown): Extent {
  const ends = flat(value, "extent");
  if (ends.length !== 4) throw new ValueError("extent must be [left, right, bottom, top]");
  return ends as Extent;
}

function scaleName(scale: string): AxisSettings["scale"] {
  if (SCALES.includes(scale)) return scale as AxisSettings["scale"];
  throw new ValueError(
    `'${scale}' is not a valid value for scale; supported values are ${SCALES.map((s) => `'${s}'`).join(", ")}`,
  );
}

function setTicks(axis: AxisSettings, ticks: Data, labels?: readonly unknown[]): void {
  axis.ticks = flat(ticks, "ticks");
  if (!Array.isArray(labels)) return;
  if (labels.length !== axis.ticks.length) {
    throw new ValueError(
      `The number of tick locations (${axis.ticks.length}) and of labels (${labels.length}) must be equal`,
    );
  }
  axis.tickLabels = labels.map(String);
}
