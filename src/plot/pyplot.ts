/**
 * Matplotlib's pyplot, as far as learning and debugging need it: `import * as plt from "gradlens/pyplot"`.
 * Names and positions are matplotlib's; keywords are a trailing object. Figures appear at `plt.show()` and at the end of a run.
 */
import { NotImplementedError, ValueError } from "../torch";
import { Figure, figures } from "./figure";
import { Axes } from "./figureAxes";
import type { Data } from "./figureData";
import { bind, type Keywords } from "./figureOptions";

export { Axes, Figure };

/** The current axes; made if there are none. */
export function gca(): Axes {
  return figures.current().gca();
}

/** The current figure; made if there is none. */
export function gcf(): Figure {
  return figures.current();
}

/** A new figure, which becomes the current one; `figsize` in inches. */
export function figure(...args: unknown[]): Figure {
  const { figsize } = bind("figure", args, ["num", "figsize"], ["dpi"]);
  return figures.create(sizeOf(figsize));
}

/** `[figure, axes]`: one Axes, a row or column of them as an array, or an array of rows. */
export function subplots(): [Figure, Axes];
export function subplots(...args: unknown[]): [Figure, any];
export function subplots(...args: unknown[]): [Figure, any] {
  const bound = bind("subplots", args, ["nrows", "ncols"], ["figsize", "sharex", "sharey", "squeeze", "dpi", "layout"]);
  const rows = Number(bound.nrows ?? 1);
  const columns = Number(bound.ncols ?? 1);
  if (!(rows >= 1) || !(columns >= 1))
    throw new ValueError(`Number of rows and columns must be positive, not ${rows} and ${columns}`);
  const made = figures.create(sizeOf(bound.figsize));
  const grid = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => made.at(row, column)),
  );
  made.current = grid[0]![0];
  if (bound.squeeze === false) return [made, grid];
  if (rows === 1) return [made, columns === 1 ? grid[0]![0] : grid[0]];
  return [made, columns === 1 ? grid.map((row) => row[0]) : grid];
}

/** `subplot(2, 1, 1)` or `subplot(211)`: makes it the current axes. */
export function subplot(rows: number = 111, columns?: number, index?: number): Axes {
  return figures.current().add_subplot(rows, columns, index);
}

/** Lines: `plot(y)`, `plot(x, y)`, `plot(x, y, "r--o", { label: "loss" })`; a line for each column of a matrix. */
export function plot(...args: (Data | string | Keywords)[]): void {
  gca().plot(...args);
}

/** `scatter(x, y, { s, c, marker, alpha, cmap, label })` */
export function scatter(...args: unknown[]): void {
  gca().scatter(...args);
}

/** `bar(x, height, { width, bottom, color, label })`; x numbers or names. */
export function bar(...args: unknown[]): void {
  gca().bar(...args);
}

/** `barh(y, width, { height, left, color, label })` */
export function barh(...args: unknown[]): void {
  gca().barh(...args);
}

/** `hist(x, bins, { range, density, color, label })` */
export function hist(...args: unknown[]): { counts: number[]; bins: number[] } {
  return gca().hist(...args);
}

/** `imshow(matrix, { cmap, vmin, vmax, origin })` */
export function imshow(...args: unknown[]): void {
  gca().imshow(...args);
}

/** `fill_between(x, y1, y2, { color, alpha, label })` */
export function fill_between(...args: unknown[]): void {
  gca().fill_between(...args);
}

/** `step(x, y, { where: "pre" | "post" | "mid" })` */
export function step(...args: (Data | string | Keywords)[]): void {
  gca().step(...args);
}

/** `errorbar(x, y, yerr, xerr, { fmt, capsize, ecolor, label })` */
export function errorbar(...args: unknown[]): void {
  gca().errorbar(...args);
}

/** `stem(y)`, `stem(x, y)` */
export function stem(...args: unknown[]): void {
  gca().stem(...args);
}

/** `boxplot([a, b], { labels, showfliers, whis })` */
export function boxplot(...args: unknown[]): void {
  gca().boxplot(...args);
}

/** `pie(x, { labels, autopct: "%1.1f%%", startangle, colors })` */
export function pie(...args: unknown[]): void {
  gca().pie(...args);
}

/** `contour(Z)`, `contour(X, Y, Z, levels, { cmap, colors })` */
export function contour(...args: unknown[]): void {
  gca().contour(...args);
}

/** `contourf(Z)`, `contourf(X, Y, Z, levels, { cmap, alpha })` */
export function contourf(...args: unknown[]): void {
  gca().contourf(...args);
}

/** `pcolormesh(C)`, `pcolormesh(X, Y, C, { cmap, vmin, vmax })` */
export function pcolormesh(...args: unknown[]): void {
  gca().pcolormesh(...args);
}

/** The scale of the last thing drawn in colours by value: `colorbar({ label })`. */
export function colorbar(...args: unknown[]): void {
  gca().colorbar(...args);
}

/** `annotate("minimum", [x, y], [textX, textY], { arrowprops: {} })` */
export function annotate(...args: unknown[]): void {
  gca().annotate(...args);
}

export function axhline(...args: unknown[]): void {
  gca().axhline(...args);
}

export function axvline(...args: unknown[]): void {
  gca().axvline(...args);
}

export function hlines(...args: unknown[]): void {
  gca().hlines(...args);
}

export function vlines(...args: unknown[]): void {
  gca().vlines(...args);
}

/** `text(x, y, "words", { color, fontsize, ha })` */
export function text(...args: unknown[]): void {
  gca().text(...args);
}

export function semilogx(...args: (Data | string | Keywords)[]): void {
  gca().set_xscale("log");
  plot(...args);
}

export function semilogy(...args: (Data | string | Keywords)[]): void {
  gca().set_yscale("log");
  plot(...args);
}

export function loglog(...args: (Data | string | Keywords)[]): void {
  gca().set_xscale("log");
  semilogy(...args);
}

export function title(label: string): void {
  gca().set_title(label);
}

export function suptitle(label: string): void {
  gcf().suptitle(label);
}

export function xlabel(label: string): void {
  gca().set_xlabel(label);
}

export function ylabel(label: string): void {
  gca().set_ylabel(label);
}

export function xlim(...args: unknown[]): void {
  gca().set_xlim(...args);
}

export function ylim(...args: unknown[]): void {
  gca().set_ylim(...args);
}

/** `"linear"`, `"log"` or `"symlog"` */
export function xscale(scale: string): void {
  gca().set_xscale(scale);
}

export function yscale(scale: string): void {
  gca().set_yscale(scale);
}

export function xticks(ticks: Data, labels?: readonly unknown[]): void {
  gca().set_xticks(ticks, labels);
}

export function yticks(ticks: Data, labels?: readonly unknown[]): void {
  gca().set_yticks(ticks, labels);
}

export function grid(visible: boolean | Keywords = true, ...more: unknown[]): void {
  gca().grid(visible, ...more);
}

export function legend(labels?: readonly string[] | Keywords, ...more: unknown[]): void {
  gca().legend(labels, ...more);
}

export function axis(setting: string | readonly number[]): void {
  gca().axis(setting);
}

export function tight_layout(): void {
  gcf().tight_layout();
}

/** Empties the current figure. */
export function clf(): void {
  gcf().clear();
}

/** Closes the current figure, a given one, or `"all"`, without showing. */
export function close(which?: Figure | "all"): void {
  figures.close(which);
}

/** Shows all open figures. */
export function show(): void {
  figures.show();
}

/** Writes the current figure into a file: `savefig("loss.svg")`, .png or .json (its Vega-Lite specification). */
export function savefig(path: string, ...options: unknown[]): void {
  gcf().savefig(path, ...options);
}

/** Shows the open figures as they are now, and keeps them open: the panel draws them while the program goes on. */
export function draw(): void {
  figures.draw();
}

/** {@link draw}, as in an interactive window; the program does not wait. */
export function pause(_seconds = 0): void {
  figures.draw();
}

/** Figures are always live: these two change nothing. */
export function ion(): void {}
export function ioff(): void {}

function sizeOf(figsize: unknown): [number, number] | undefined {
  if (figsize === undefined || figsize === null) return undefined;
  if (!Array.isArray(figsize) || figsize.length !== 2)
    throw new ValueError("figsize must be [width, height] in inches");
  return [Number(figsize[0]), Number(figsize[1])];
}

function missing(name: string) {
  return (..._args: unknown[]): never => {
    throw new NotImplementedError(`plt.${name}() is not there yet`);
  };
}

export const quiver = missing("quiver");
export const twinx = missing("twinx");
export const violinplot = missing("violinplot");
