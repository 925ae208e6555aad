/** Functions of two variables to Vega-Lite: images, cells, contours. */
import { contourLines, contourRings } from "./contours";
import type { Artist, Axes } from "./figureAxes";
import { schemeScale, valueColor } from "./figureScale";
import { channel, type Json } from "./figureSpec";

/** Rows and columns of an image; larger ones are sampled. */
const IMAGE_MAX = 128;

export function imageLayer(artist: Artist & { kind: "image" }, axes: Axes): Json {
  const { grid, upper, extent } = artist;
  const step = Math.max(1, Math.ceil(Math.max(grid.rows, grid.columns) / IMAGE_MAX));
  // Cell (row, column) is centred on those numbers unless an extent stretches the whole.
  const [left, right, bottom, top] = extent ?? [-0.5, grid.columns - 0.5, ...upsideDown(upper, grid.rows)];
  const [first, last] = upper ? [top, bottom] : [bottom, top];
  const across = (column: string) => `${left} + ${(right - left) / grid.columns} * ${column}`;
  const down = (row: string) => `${first} + ${(last - first) / grid.rows} * ${row}`;
  const end = (field: string, count: number) => `min(datum.${field} + ${step}, ${count})`;
  const values: Json[] = [];
  for (let row = 0; row < grid.rows; row += step) {
    for (let column = 0; column < grid.columns; column += step) {
      const value = grid.values[row * grid.columns + column]!;
      values.push({ row, column, value: Number.isFinite(value) ? value : null });
    }
  }
  const scale = { type: "linear", zero: false, nice: false };
  return {
    data: { values },
    transform: [
      { calculate: across("datum.column"), as: "x0" },
      { calculate: across(end("column", grid.columns)), as: "x1" },
      { calculate: down("datum.row"), as: "y0" },
      { calculate: down(end("row", grid.rows)), as: "y1" },
    ],
    mark: { type: "rect", ...(artist.alpha === undefined ? {} : { opacity: artist.alpha }) },
    encoding: {
      x: channel("x", axes, { field: "x0", scale }),
      x2: { field: "x1" },
      y: channel("y", axes, { field: "y0", scale: { ...scale, reverse: upper && !extent } }),
      y2: { field: "y1" },
      color: valueColor(artist),
      tooltip: ["row", "column", "value"].map((field) => ({ field, type: "quantitative" })),
    },
  };
}

/** Row numbers grow downwards when row 0 is on top. */
function upsideDown(upper: boolean, rows: number): [number, number] {
  return upper ? [rows - 0.5, -0.5] : [-0.5, rows - 0.5];
}

export function cellLayer(artist: Artist & { kind: "cells" }, axes: Axes): Json {
  const { grid, xEdges, yEdges } = artist;
  const values: Json[] = [];
  for (let row = 0; row < grid.rows; row++) {
    for (let column = 0; column < grid.columns; column++) {
      const value = grid.values[row * grid.columns + column]!;
      values.push({
        x0: xEdges[column],
        x1: xEdges[column + 1],
        y0: yEdges[row],
        y1: yEdges[row + 1],
        value: Number.isFinite(value) ? value : null,
      });
    }
  }
  const tooltip = (field: string, title: string) => ({ field, type: "quantitative", title });
  return {
    data: { values },
    mark: { type: "rect", ...(artist.alpha === undefined ? {} : { opacity: artist.alpha }) },
    encoding: {
      x: channel("x", axes, { field: "x0" }),
      x2: { field: "x1" },
      y: channel("y", axes, { field: "y0" }),
      y2: { field: "y1" },
      color: valueColor(artist),
      tooltip: [tooltip("x0", "x"), tooltip("y0", "y"), tooltip("value", "value")],
    },
  };
}

/** A band's colour is that of its middle, as matplotlib's. */
export function contourLayers(artist: Artist & { kind: "contours" }, axes: Axes): Json[] {
  const { grid, x, y, levels, filled, color, width, alpha } = artist;
  const field = { x, y, values: grid.values };
  const rows: Json[] = [];
  let lines = 0;
  const add = (line: readonly number[], value: number) => {
    const id = lines++;
    for (let i = 0; i < line.length; i += 2) rows.push({ x: line[i], y: line[i + 1], id, i: i / 2, value });
  };
  if (filled) {
    const bandOf = (level: number) => (levels[level]! + levels[level + 1]!) / 2;
    // A larger region lies below the smaller ones in it, holes too: those show the band under it.
    const rings = levels
      .slice(0, -1)
      .flatMap((value, level) =>
        contourRings(field, value).map((ring) => ({ ...ring, level: ring.above ? level : level - 1 })),
      )
      .filter(({ level }) => level >= 0)
      .sort((a, b) => b.area - a.area);
    for (const { line, level } of rings) add(line, bandOf(level));
  } else for (const level of levels) for (const line of contourLines(field, level)) add(line, level);
  const coloring = color
    ? {}
    : {
        [filled ? "fill" : "stroke"]: filled
          ? { ...valueColor(artist), scale: { ...schemeScale(artist.scheme), domain: ends(bandMiddles(levels)) } }
          : { ...valueColor(artist), scale: { ...schemeScale(artist.scheme), domain: ends(levels) } },
      };
  const mark = filled
    ? { type: "line", stroke: null, ...(color ? { fill: color } : {}), opacity: alpha ?? 1 }
    : { type: "line", strokeWidth: width, ...(color ? { stroke: color } : {}), opacity: alpha ?? 1 };
  return [
    {
      data: { values: rows },
      mark: { ...mark, clip: true, tooltip: null },
      encoding: {
        x: channel("x", axes),
        y: channel("y", axes),
        detail: { field: "id", type: "nominal" },
        order: { field: "i", type: "quantitative" },
        ...coloring,
      },
    },
  ];
}

function bandMiddles(levels: readonly number[]): number[] {
  return levels.slice(0, -1).map((level, i) => (level + levels[i + 1]!) / 2);
}

function ends(values: readonly number[]): number[] {
  const [low, high] = [values[0] ?? 0, values.at(-1) ?? 1];
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}
