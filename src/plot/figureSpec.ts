/** Axes to Vega-Lite: data inline, series in their own colours, nothing said about the colours of text and axes. */
import { type Artist, type Axes, type AxisSettings, isLabelled } from "./figureAxes";
import { cellLayer, contourLayers, imageLayer } from "./figureFields";
import { type Corner, quietCorner } from "./figureLegend";
import { pieView } from "./figurePie";
import { valueColor } from "./figureScale";
import { DASHES } from "./figureStyle";

export type Json = Record<string, unknown>;

export const SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json";
/** Beyond this many points a line has no dots to hover. */
const HOVERED_MAX = 2_000;
/** Pixels between a mark and the end of its axis. */
const MARK_ROOM = 5;
/** One view: a layer for each thing drawn. */
export function viewSpec(axes: Axes, size: { width: number; height: number }): Json {
  const pie = axes.artists.find((artist) => artist.kind === "pie");
  if (pie) return pieView(pie, axes.title, size);
  const legend = legendOf(axes);
  const image = axes.artists.find((artist) => artist.kind === "image");
  const layers = axes.artists.flatMap((artist) => layersOf(artist, axes, legend));
  const height = image?.square ? Math.round(size.width * aspectOf(image)) : size.height;
  return {
    ...(axes.title ? { title: axes.title } : {}),
    ...size,
    height: Math.min(height, 2 * size.height),
    layer: layers.length > 0 ? layers : [{ data: { values: [] }, mark: "point", encoding: {} }],
    resolve: { scale: { color: "independent" } },
  };
}

/** Height over width, so that a cell is square. */
function aspectOf({ grid, extent }: Artist & { kind: "image" }): number {
  if (!extent) return grid.rows / grid.columns;
  return Math.abs((extent[3] - extent[2]) / (extent[1] - extent[0]));
}

interface Legend {
  domain: string[];
  range: string[];
  corner: Corner;
}

function legendOf({ artists, legendOn }: Axes): Legend | undefined {
  if (!legendOn) return undefined;
  const domain: string[] = [];
  const range: string[] = [];
  for (const { label, color } of artists.filter(isLabelled)) {
    if (!label || label.startsWith("_") || domain.includes(label)) continue;
    domain.push(label);
    range.push(color);
  }
  return domain.length > 0 ? { domain, range, corner: quietCorner(artists, domain.length) } : undefined;
}

function layersOf(artist: Artist, axes: Axes, legend: Legend | undefined): Json[] {
  switch (artist.kind) {
    case "line":
      return lineLayers(artist, axes, legend);
    case "points":
      return [pointLayer(artist, axes, legend)];
    case "bars":
      return [barLayer(artist, axes, legend)];
    case "area":
      return [areaLayer(artist, axes, legend)];
    case "rule":
      return [ruleLayer(artist, axes, legend)];
    case "image":
      return [imageLayer(artist, axes)];
    case "cells":
      return [cellLayer(artist, axes)];
    case "contours":
      return contourLayers(artist, axes);
    case "text":
      return [textLayer(artist, axes)];
    case "pie":
      return [];
  }
}

/** A gap for what is no number, and on a logarithmic scale for what has no logarithm. */
function point(value: number, axis: AxisSettings): number | null {
  return Number.isFinite(value) && (axis.scale !== "log" || value > 0) ? value : null;
}

function points(x: readonly number[], y: readonly number[], { x: xAxis, y: yAxis }: Axes): Json[] {
  return x.map((value, i) => ({ x: point(value, xAxis), y: point(y[i]!, yAxis) }));
}

export function channel(which: "x" | "y", axes: Axes, more: Json = {}): Json {
  const { label, limits, scale, ticks, tickLabels } = axes[which];
  const [low, high] = limits ?? [];
  const labels = tickLabels && ticks ? { labelExpr: labelExpression(ticks, tickLabels) } : {};
  return {
    field: which,
    type: "quantitative",
    title: label ?? null,
    axis: axes.axisOn ? { grid: axes.gridOn, ...(ticks ? { values: ticks } : {}), ...labels } : null,
    scale: {
      type: scale,
      ...(scale === "log" ? {} : { zero: false }),
      ...(low === undefined ? {} : { domainMin: low }),
      ...(high === undefined ? {} : { domainMax: high }),
      ...(limits ? { nice: false } : scale === "linear" && hasMargin(axes) ? { padding: MARK_ROOM } : {}),
    },
    ...more,
  };
}

/** Marks that stand on their places need room at the border; pictures fill it. */
function hasMargin({ artists }: Axes): boolean {
  const isMark = (artist: Artist) =>
    artist.kind === "points" ||
    (artist.kind === "line" && artist.marker !== null) ||
    (artist.kind === "rule" && artist.from !== undefined);
  return (
    artists.some(isMark) &&
    artists.every(({ kind }) => kind === "line" || kind === "points" || kind === "rule" || kind === "text")
  );
}

function labelExpression(ticks: readonly number[], labels: readonly string[]): string {
  const table = ticks.map((tick, i) => `datum.value === ${tick} ? ${JSON.stringify(labels[i])} : `);
  return `${table.join("")}datum.label`;
}

function color(artist: { color: string; label?: string }, legend: Legend | undefined): Json {
  if (!legend || !artist.label || !legend.domain.includes(artist.label)) return {};
  return {
    color: {
      datum: artist.label,
      type: "nominal",
      title: null,
      scale: { domain: legend.domain, range: legend.range },
      legend: firstLegend(artist, legend),
    },
  };
}

/** Every layer has a colour scale of its own, so only one may show the legend of all. */
function firstLegend({ label }: { label?: string }, legend: Legend): Json | null {
  return label === legend.domain[0] ? { orient: legend.corner } : null;
}

function tooltip({ x, y }: Axes, label?: string): Json[] {
  const fields: Json[] = [
    { field: "x", type: "quantitative", title: x.label ?? "x" },
    { field: "y", type: "quantitative", title: label ?? y.label ?? "y" },
  ];
  return fields;
}

function lineLayers(artist: Artist & { kind: "line" }, axes: Axes, legend: Legend | undefined): Json[] {
  const { x, y, style, width, marker, markerSize, alpha, label, step } = artist;
  const values = points(x, y, axes);
  const forward = x.every((value, i) => i === 0 || !(value < x[i - 1]!));
  if (!forward) for (const [i, value] of values.entries()) value.i = i;
  const encoding = {
    x: channel("x", axes),
    y: channel("y", axes),
    ...color(artist, legend),
    ...(forward ? {} : { order: { field: "i", type: "quantitative" } }),
    tooltip: tooltip(axes, label),
  };
  const layers: Json[] = [];
  const clip = Boolean(axes.x.limits || axes.y.limits);
  if (style !== "none") {
    layers.push({
      data: { values },
      mark: {
        type: "line",
        color: artist.color,
        strokeWidth: width,
        ...(DASHES[style] ? { strokeDash: DASHES[style] } : {}),
        ...(step ? { interpolate: step } : {}),
        ...(alpha === undefined ? {} : { opacity: alpha }),
        ...(marker || values.length > HOVERED_MAX ? {} : { point: "transparent" }),
        ...(clip ? { clip } : {}),
      },
      encoding,
    });
  }
  if (marker) {
    const { order: _, color: colored, ...rest } = encoding as Json & { color?: Json };
    const shown = colored ? { color: style === "none" ? colored : { ...colored, legend: null } } : {};
    layers.push({
      data: { values },
      mark: {
        type: "point",
        shape: marker.shape,
        angle: marker.angle,
        filled: !marker.open,
        color: artist.color,
        size: markerSize ** 2 * 1.5 * marker.size,
        opacity: alpha ?? 1,
        ...(clip ? { clip } : {}),
      },
      encoding: { ...rest, ...shown },
    });
  }
  return layers;
}

function pointLayer(artist: Artist & { kind: "points" }, axes: Axes, legend: Legend | undefined): Json {
  const { x, y, sizes, marker, values, alpha, label } = artist;
  const data = points(x, y, axes).map((row, i) => ({
    ...row,
    ...(sizes.length > 1 ? { size: sizes[i] } : {}),
    ...(values ? { value: Number.isFinite(values[i]!) ? values[i] : null } : {}),
  }));
  const byValue = values ? { color: valueColor(artist) } : {};
  return {
    data: { values: data },
    mark: {
      type: "point",
      shape: marker.shape,
      angle: marker.angle,
      filled: !marker.open,
      color: artist.color,
      opacity: alpha ?? 1,
      ...(sizes.length > 1 ? {} : { size: sizes[0]! * 1.5 * marker.size }),
    },
    encoding: {
      x: channel("x", axes),
      y: channel("y", axes),
      ...color(artist, legend),
      ...byValue,
      ...(sizes.length > 1 ? { size: { field: "size", type: "quantitative", legend: null, scale: null } } : {}),
      tooltip: [...tooltip(axes, label), ...(values ? [{ field: "value", type: "quantitative" }] : [])],
    },
  };
}

/** Where bars stand on a logarithmic axis, which has no zero. */
function decadeBelow(ends: readonly number[]): number {
  const least = ends.reduce((low, end) => (end > 0 ? Math.min(low, end) : low), Number.POSITIVE_INFINITY);
  return Number.isFinite(least) ? 10 ** (Math.ceil(Math.log10(least)) - 1) : 1;
}

function barLayer(artist: Artist & { kind: "bars" }, axes: Axes, legend: Legend | undefined): Json {
  const { at, lengths, from, thickness, horizontal, alpha, label } = artist;
  const named = at.some((place) => typeof place === "string");
  const half = thickness / 2;
  const ends = lengths.map((length, i) => from[i]! + length);
  const ground = axes[horizontal ? "x" : "y"].scale === "log" ? decadeBelow(ends) : undefined;
  const values = at.map((place, i) => ({
    ...(named ? { at: String(place) } : { at: place, a0: Number(place) - half, a1: Number(place) + half }),
    from: ground === undefined ? from[i] : Math.max(from[i]!, ground),
    to: Number.isFinite(lengths[i]!) ? ends[i] : null,
    length: Number.isFinite(lengths[i]!) ? lengths[i] : null,
  }));
  const [along, across] = horizontal ? (["y", "x"] as const) : (["x", "y"] as const);
  const place = named
    ? channel(along, axes, {
        field: "at",
        type: "nominal",
        sort: null,
        scale: { paddingInner: 1 - Math.min(thickness, 1) },
      })
    : channel(along, axes, { field: "a0" });
  return {
    data: { values },
    mark: { type: named ? "bar" : "rect", color: artist.color, opacity: alpha ?? 1 },
    encoding: {
      [along]: place,
      ...(named ? {} : { [`${along}2`]: { field: "a1" } }),
      [across]: channel(across, axes, { field: "from" }),
      [`${across}2`]: { field: "to" },
      ...color(artist, legend),
      tooltip: [
        { field: "at", type: named ? "nominal" : "quantitative", title: axes[along].label ?? along },
        { field: "length", type: "quantitative", title: label ?? axes[across].label ?? across },
      ],
    },
  };
}

function areaLayer(artist: Artist & { kind: "area" }, axes: Axes, legend: Legend | undefined): Json {
  const { x, low, high, alpha } = artist;
  const values = x.map((value, i) => ({
    x: point(value, axes.x),
    y: point(high[i]!, axes.y),
    low: point(low[i]!, axes.y),
  }));
  return {
    data: { values },
    mark: { type: "area", color: artist.color, opacity: alpha ?? 1, line: false },
    encoding: { x: channel("x", axes), y: channel("y", axes), y2: { field: "low" }, ...color(artist, legend) },
  };
}

function ruleLayer(artist: Artist & { kind: "rule" }, axes: Axes, legend: Legend | undefined): Json {
  const { axis, at, from, to, style, width, alpha } = artist;
  const other = axis === "x" ? "y" : "x";
  const values = at.map((value, i) => ({ [axis]: value, ...(from && to ? { [other]: from[i], end: to[i] } : {}) }));
  return {
    data: { values },
    mark: {
      type: "rule",
      color: artist.color,
      strokeWidth: width,
      ...(DASHES[style] ? { strokeDash: DASHES[style] } : {}),
      ...(alpha === undefined ? {} : { opacity: alpha }),
    },
    encoding: {
      [axis]: channel(axis, axes),
      ...(from && to ? { [other]: channel(other, axes), [`${other}2`]: { field: "end" } } : {}),
      ...color(artist, legend),
      tooltip: [{ field: axis, type: "quantitative" }],
    },
  };
}

function textLayer({ x, y, text, color: fill, size, align, alpha }: Artist & { kind: "text" }, axes: Axes): Json {
  return {
    data: { values: [{ x, y, text }] },
    mark: {
      type: "text",
      align: align ?? "left",
      baseline: "bottom",
      ...(fill ? { color: fill } : {}),
      ...(size === undefined ? {} : { fontSize: size }),
      ...(alpha === undefined ? {} : { opacity: alpha }),
    },
    encoding: { x: channel("x", axes), y: channel("y", axes), text: { field: "text", type: "nominal" } },
  };
}
