/** What goes into the layout and what comes out: typed arrays, so that a worker gets and gives them without copying. */

export interface LayoutInput {
  /** Pixels, one of each per node. */
  width: Float64Array;
  height: Float64Array;
  /** An edge goes from a consumer (above) to a producer (below): `next_functions`' direction. */
  from: Int32Array;
  to: Int32Array;
}

export interface LayoutOptions {
  /** Between two nodes side by side. */
  nodeGap: number;
  /** Between two ranks: edges bend and labels stand here. */
  rankGap: number;
  /** Beside the column of an edge that passes a rank. */
  edgeGap: number;
  /** Between components. */
  componentGap: number;
  /** Barycentre sweeps, down and up counted apart. */
  sweeps: number;
  /** Components stand side by side up to this width; 0 lets them make a page of usual proportions. */
  wrapWidth: number;
}

export const LAYOUT_DEFAULTS: LayoutOptions = {
  nodeGap: 28,
  rankGap: 54,
  edgeGap: 14,
  componentGap: 56,
  sweeps: 8,
  wrapWidth: 0,
};

export interface LayoutResult {
  /** Centres of the nodes. */
  x: Float64Array;
  y: Float64Array;
  /** Row within its component, 0 at the top. */
  rank: Int32Array;
  width: number;
  height: number;
  /**
   * Edge `e` is a quadratic B-spline: it starts at the first of its points, ends at the last, and the others are its
   * control points. They are `points[2i], points[2i + 1]` for `pointStart[e] <= i < pointStart[e + 1]`.
   */
  points: Float64Array;
  pointStart: Int32Array;
  /** Where an edge's label stands: on the edge, in the gap below its consumer. */
  labelX: Float64Array;
  labelY: Float64Array;
}

/**
 * A component while it is laid out: its real nodes first, then the virtual ones that stand where an edge passes a rank.
 * `segments` join neighbouring ranks only.
 */
export interface Layered {
  /** Real nodes; `real <= v < total` are virtual. */
  real: number;
  total: number;
  width: Float64Array;
  height: Float64Array;
  rank: Int32Array;
  ranks: number;
  segments: { upper: Int32Array; lower: Int32Array };
  /** For each edge its nodes from consumer to producer, virtual ones included; empty for an edge that goes round. */
  paths: Int32Array[];
}

/** Neighbours of node `v`: `list[start[v]] … list[start[v + 1] - 1]`. */
export interface Adjacency {
  start: Int32Array;
  list: Int32Array;
}

/** Adjacency from `source` to `target` in the order of the pairs; `list` holds nodes. */
export function adjacency(count: number, source: Int32Array, target: Int32Array): Adjacency {
  const start = new Int32Array(count + 1);
  for (const v of source) start[v + 1]!++;
  for (let v = 0; v < count; v++) start[v + 1]! += start[v]!;
  const next = start.slice(0, count);
  const list = new Int32Array(source.length);
  for (let i = 0; i < source.length; i++) list[next[source[i]!]!++] = target[i]!;
  return { start, list };
}
