/** Pass 6: y, and the edges' control points. A curve is vertical wherever it passes a rank, and bends in the gaps only. */
import { AROUND, adjacency, DIRECT, type Layered, type LayoutInput, type LayoutOptions } from "./types";

/** How far from a rank, in gaps, an edge starts to bend. */
const BEND = 0.46;
/** Most pixels between two edges that leave the same node. */
const PORT_GAP = 26;
/** From a node's corner to the nearest edge that leaves it. */
const CORNER = 12;

/** Upper and lower border of each rank; nodes hang from the upper one. */
export interface Bands {
  top: Float64Array;
  bottom: Float64Array;
}

export function bandsOf(graph: Layered, pin: Int8Array | undefined, options: LayoutOptions): Bands {
  const tallest = tallestOf(graph);
  const gaps = gapsOf(graph, pin, options);
  const top = new Float64Array(graph.ranks);
  const bottom = new Float64Array(graph.ranks);
  let y = 0;
  for (let r = 0; r < graph.ranks; r++) {
    top[r] = y;
    bottom[r] = y + tallest[r]!;
    y = bottom[r]! + gaps[r]!;
  }
  return { top, bottom };
}

/** Below each rank: less beside the rows of ports. */
export function gapsOf({ ranks }: Layered, pin: Int8Array | undefined, options: LayoutOptions): Float64Array {
  const gaps = new Float64Array(ranks).fill(options.rankGap);
  if (pin?.includes(-1)) gaps[0] = options.portGap;
  if (pin?.includes(1) && ranks > 1) gaps[ranks - 2] = options.portGap;
  return gaps;
}

/** The height of each rank. */
export function tallestOf({ real, rank, ranks, height }: Layered): Float64Array {
  const tallest = new Float64Array(ranks);
  for (let v = 0; v < real; v++) tallest[rank[v]!] = Math.max(tallest[rank[v]!]!, height[v]!);
  return tallest;
}

export interface Routes {
  points: Float64Array;
  pointStart: Int32Array;
  labelX: Float64Array;
  labelY: Float64Array;
  /** Right border of what goes round the outside; -∞ if nothing does. */
  right: number;
}

export function routes(
  graph: Layered,
  input: LayoutInput,
  x: Float64Array,
  { top, bottom }: Bands,
  options: LayoutOptions,
): Routes {
  const { rank, height, joins } = graph;
  const { from, to, toPort } = input;
  const port = ports(graph, input, x);
  let border = Number.NEGATIVE_INFINITY;
  for (let v = 0; v < graph.total; v++) border = Math.max(border, x[v]! + graph.width[v]! / 2);
  let lane = border + options.nodeGap;
  const out = (r: number) => bottom[r]! + BEND * gap(r);
  const back = (r: number) => top[r]! - BEND * gap(r - 1);
  /** Upright from a rank's border on: the control points on both sides of it are equally far from it. */
  const within = (r: number) => Math.min(BEND * Math.min(gap(r - 1), gap(r)), (bottom[r]! - top[r]!) / 2);
  const gap = (r: number) => (r >= 0 && r + 1 < top.length ? top[r + 1]! - bottom[r]! : options.rankGap);

  const pen = new Pen(from.length);
  const labelX = new Float64Array(from.length);
  const labelY = new Float64Array(from.length);
  for (let e = 0; e < from.length; e++) {
    const u = from[e]!;
    const v = to[e]!;
    const r = rank[u]!;
    const startX = x[u]! + port[e]!;
    const startY = top[r]! + height[u]!;
    const enters = toPort?.[e] ?? 0;
    const endX = x[v]! + (Number.isNaN(enters) ? 0 : enters);
    const endY = top[rank[v]!]!;
    pen.add(startX, startY);
    const join = joins[e]!;
    if (startY < bottom[r]! - 1) pen.add(startX, bottom[r]!);
    if (join === AROUND) {
      aroundOutside(pen, startX, out(r), endX, back(rank[v]!), lane);
      labelX[e] = lane;
      labelY[e] = (startY + endY) / 2;
      lane += options.edgeGap;
    } else {
      let lineX = startX;
      const last = rank[v]!;
      for (let at = r + 1; at <= last; at++) {
        const nextX = at === last ? endX : x[join + at - r - 1]!;
        if (nextX === lineX) continue;
        if (at > r + 1) pen.add(lineX, bottom[at - 1]! - within(at - 1));
        pen.add(lineX, out(at - 1));
        pen.add(nextX, back(at));
        if (at < last) pen.add(nextX, top[at]! + within(at));
        lineX = nextX;
      }
      const nextX = join === DIRECT ? endX : x[join]!;
      labelX[e] = (startX + nextX) / 2;
      labelY[e] = (bottom[r]! + top[r + 1]!) / 2;
    }
    pen.add(endX, endY);
    pen.end();
  }
  return { ...pen.finish(), labelX, labelY, right: lane > border + options.nodeGap ? lane : Number.NEGATIVE_INFINITY };
}

/** Collects the points of edge after edge. */
class Pen {
  private points: Float64Array;
  private size = 0;
  private edge = 0;
  private readonly start: Int32Array;

  constructor(edges: number) {
    this.points = new Float64Array(16 * edges + 32);
    this.start = new Int32Array(edges + 1);
  }

  add(x: number, y: number): void {
    if (this.size + 2 > this.points.length) {
      const more = new Float64Array(2 * this.points.length);
      more.set(this.points);
      this.points = more;
    }
    this.points[this.size++] = x;
    this.points[this.size++] = y;
  }

  end(): void {
    this.start[++this.edge] = this.size / 2;
  }

  finish(): { points: Float64Array; pointStart: Int32Array } {
    return { points: this.points.slice(0, this.size), pointStart: this.start };
  }
}

/** Where each edge leaves its consumer, from the centre: in the order of where they go, the straight one in the middle. */
function ports(graph: Layered, { from, to, fromPort }: LayoutInput, x: Float64Array): Float64Array {
  const edges = new Int32Array(from.length);
  for (let e = 0; e < edges.length; e++) edges[e] = e;
  const leaving = adjacency(graph.real, from, edges);
  const port = new Float64Array(from.length);
  const nextX = (e: number) => {
    const join = graph.joins[e]!;
    return join === AROUND ? Number.MAX_VALUE : x[join === DIRECT ? to[e]! : join]!;
  };
  for (let u = 0; u < graph.real; u++) {
    const [start, end] = [leaving.start[u]!, leaving.start[u + 1]!];
    if (end - start > 1) {
      const sorted = leaving.list.slice(start, end).sort((a, b) => nextX(a) - nextX(b) || a - b);
      const straight = sorted.findIndex((e) => nextX(e) === x[u]);
      const middle = straight === -1 ? (sorted.length - 1) / 2 : straight;
      const widest = Math.max(middle, sorted.length - 1 - middle);
      const gap = Math.min(PORT_GAP, Math.max(0, graph.width[u]! / 2 - CORNER) / widest);
      for (let i = 0; i < sorted.length; i++) port[sorted[i]!] = (i - middle) * gap;
    }
    if (fromPort)
      for (let i = start; i < end; i++) {
        const fixed = fromPort[leaving.list[i]!]!;
        if (!Number.isNaN(fixed)) port[leaving.list[i]!] = fixed;
      }
  }
  return port;
}

/** Down into the gap, out to the lane on the right, along it, and back in above the producer. */
function aroundOutside(pen: Pen, startX: number, out: number, endX: number, back: number, lane: number): void {
  const turn = 12;
  const way = Math.sign(back - out) || 1;
  pen.add(startX, out);
  pen.add(startX + turn, out);
  pen.add(lane - turn, out);
  pen.add(lane, out + way * turn);
  pen.add(lane, back - way * turn);
  pen.add(lane - turn, back);
  pen.add(endX + turn, back);
  pen.add(endX, back);
}
