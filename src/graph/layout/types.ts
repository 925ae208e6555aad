/** What goes into the layout and what comes out: typed arrays, so that a worker gets and gives them without copying. */

export interface LayoutInput {
  /** Pixels, one of each per node. */
  width: Float64Array;
  height: Float64Array;
  /** An edge goes from a consumer (above) to a producer (below): `next_functions`' direction. */
  from: Int32Array;
  to: Int32Array;
  /** Where an edge leaves and enters, from the node's centre; absent, or NaN: wherever it looks best. */
  fromPort?: Float64Array;
  toPort?: Float64Array;
  /** -1: the node stands in the first row, 1: in the last one, 0: where its edges want it. */
  pin?: Int8Array;
}

export interface LayoutOptions {
  /** `down`: roots on top; `right`: roots on the left. */
  direction: "down" | "right";
  /** Between two nodes side by side. */
  nodeGap: number;
  /** Between two ranks: edges bend and labels stand here. */
  rankGap: number;
  /** What a gap between ranks may shrink to, so that others need not move for a new one. */
  leastRankGap: number;
  /** Between a row of ports and the nodes next to it. */
  portGap: number;
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
  direction: "down",
  nodeGap: 28,
  rankGap: 54,
  leastRankGap: 28,
  portGap: 22,
  edgeGap: 14,
  componentGap: 56,
  sweeps: 8,
  wrapWidth: 0,
};

/** An earlier layout of what is now, more or less, the same graph. */
export interface Prior {
  /** For each node where it stood (its centre), and how high it was (how wide, if rows go to the right); NaN for a new one. */
  x: Float64Array;
  y: Float64Array;
  height: Float64Array;
  /** {@link LayoutResult.trunks}, with the producers' numbers of now. */
  trunks: Trunks;
  /** The node that was opened or closed: what stands above it stays, what is below moves by as much as it grew or shrank. */
  anchor?: number;
}

/** Where edges pass rows: for each virtual node its edge's producer, the upper border of its row, and its x. */
export interface Trunks {
  producer: Int32Array;
  top: Float64Array;
  x: Float64Array;
}

export interface LayoutResult {
  /** Centres of the nodes. */
  x: Float64Array;
  y: Float64Array;
  /** Row within its component, 0 at the top. */
  rank: Int32Array;
  /** Upper left corner of everything; (0, 0) unless there was an earlier layout. */
  left: number;
  top: number;
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
  trunks: Trunks;
}

/**
 * A component while it is laid out: its real nodes first, then the virtual ones that stand where an edge passes a rank.
 * `upper[s]` and `lower[s]` are the ends of segment `s`, in neighbouring ranks.
 */
export interface Layered {
  /** Real nodes; `real <= v < total` are virtual. */
  real: number;
  total: number;
  width: Float64Array;
  height: Float64Array;
  rank: Int32Array;
  ranks: number;
  upper: Int32Array;
  lower: Int32Array;
  /** For a virtual node `v` the producer of its edges: `producer[v - real]`. */
  producer: Int32Array;
  /**
   * For each edge the virtual node where it joins its producer's trunk, -1 if it needs none, -2 if it goes round the outside.
   * A trunk's next node downwards is the next number, until it ends at the producer.
   */
  joins: Int32Array;
}

/** An edge that has no trunk because it spans one rank. */
export const DIRECT = -1;
/** An edge that goes round the outside. */
export const AROUND = -2;

/** Neighbours of node `v`: `list[start[v]] … list[start[v + 1] - 1]`. */
export interface Adjacency {
  start: Int32Array;
  list: Int32Array;
}

/** Adjacency from `source` to `target` in the order of the pairs; `list` holds nodes. */
export function adjacency(count: number, source: Int32Array, target: Int32Array): Adjacency {
  const start = new Int32Array(count + 1);
  for (let i = 0; i < source.length; i++) start[source[i]! + 1]!++;
  for (let v = 0; v < count; v++) start[v + 1]! += start[v]!;
  const next = start.slice(0, count);
  const list = new Int32Array(source.length);
  for (let i = 0; i < source.length; i++) list[next[source[i]!]!++] = target[i]!;
  return { start, list };
}

/** Nodes of each rank from left to right: `list[start[r]] … list[start[r + 1] - 1]`. */
export type Order = Adjacency;
