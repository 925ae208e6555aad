/** Pass 6: y, and the edges' control points. A curve is vertical wherever it passes a rank, and bends in the gaps only. */
import type { Layered, LayoutOptions } from "./types";

/** How far from a rank, in gaps, an edge starts to bend. */
const BEND = 0.46;
/** Most pixels between two edges that leave the same node. */
const PORT_GAP = 26;

export interface Rows {
  top: Float64Array;
  bottom: Float64Array;
}

/** Upper and lower border of each rank; nodes stand in its middle. */
export function rows(graph: Layered, options: LayoutOptions): Rows {
  const tallest = new Float64Array(graph.ranks);
  for (let v = 0; v < graph.real; v++) tallest[graph.rank[v]!] = Math.max(tallest[graph.rank[v]!]!, graph.height[v]!);
  const top = new Float64Array(graph.ranks);
  const bottom = new Float64Array(graph.ranks);
  let y = 0;
  for (let r = 0; r < graph.ranks; r++) {
    top[r] = y;
    bottom[r] = y + tallest[r]!;
    y = bottom[r]! + options.rankGap;
  }
  return { top, bottom };
}

export interface Routes {
  /** x, y, x, y, … of each edge. */
  points: number[][];
  label: [number, number][];
  /** Right border of what goes round the outside; 0 if nothing does. */
  right: number;
}

export function routes(
  graph: Layered,
  edges: { from: Int32Array; to: Int32Array },
  x: Float64Array,
  block: Int32Array,
  { top, bottom }: Rows,
  options: LayoutOptions,
): Routes {
  const { rank, height } = graph;
  const bend = options.rankGap * BEND;
  const centre = (v: number) => (top[rank[v]!]! + bottom[rank[v]!]!) / 2;
  const port = ports(graph, edges, x, block);
  let border = 0;
  for (let v = 0; v < graph.total; v++) border = Math.max(border, x[v]! + graph.width[v]! / 2);
  let lane = border + options.nodeGap;

  const points: number[][] = [];
  const label: [number, number][] = [];
  for (let e = 0; e < edges.from.length; e++) {
    const u = edges.from[e]!;
    const v = edges.to[e]!;
    const path = graph.paths[e]!;
    const start: [number, number] = [x[u]! + port[e]!, centre(u) + height[u]! / 2];
    const end: [number, number] = [x[v]!, centre(v) - height[v]! / 2];
    if (path.length === 0) {
      points.push(aroundOutside(start, end, bottom[rank[u]!]! + bend, top[rank[v]!]! - bend, lane));
      label.push([lane, (start[1] + end[1]) / 2]);
      lane += options.edgeGap;
      continue;
    }
    const line = [...start];
    let lineX = start[0];
    for (let i = 1; i < path.length; i++) {
      const w = path[i]!;
      if (x[w] !== lineX) {
        const r = rank[w]!;
        if (i > 1) line.push(lineX, (top[r - 1]! + bottom[r - 1]!) / 2);
        line.push(lineX, bottom[r - 1]! + bend, x[w]!, top[r]! - bend);
        if (i < path.length - 1) line.push(x[w]!, (top[r]! + bottom[r]!) / 2);
        lineX = x[w]!;
      }
    }
    line.push(...end);
    points.push(line);
    const gap = rank[u]!;
    label.push([(start[0] + x[path[1]!]!) / 2, (bottom[gap]! + top[gap + 1]!) / 2]);
  }
  return { points, label, right: lane > border + options.nodeGap ? lane : 0 };
}

/** Where each edge leaves its consumer, from the centre: in the order of where they go, the straight one in the middle. */
function ports(
  graph: Layered,
  edges: { from: Int32Array; to: Int32Array },
  x: Float64Array,
  block: Int32Array,
): Float64Array {
  const leaving: number[][] = Array.from({ length: graph.real }, () => []);
  for (let e = 0; e < edges.from.length; e++) leaving[edges.from[e]!]!.push(e);
  const port = new Float64Array(edges.from.length);
  leaving.forEach((list, u) => {
    if (list.length < 2) return;
    const next = (e: number) => graph.paths[e]![1] ?? -1;
    const nextX = (e: number) => (next(e) === -1 ? Number.MAX_VALUE : x[next(e)]!);
    const sorted = list.slice().sort((a, b) => nextX(a) - nextX(b) || a - b);
    const straight = sorted.findIndex((e) => next(e) !== -1 && block[next(e)] === block[u]);
    const middle = straight === -1 ? (sorted.length - 1) / 2 : straight;
    const widest = Math.max(middle, sorted.length - 1 - middle);
    const gap = Math.min(PORT_GAP, (graph.width[u]! / 2 - 12) / widest);
    sorted.forEach((e, i) => {
      port[e] = (i - middle) * gap;
    });
  });
  return port;
}

/** Down into the gap, out to the lane on the right, along it, and back in above the producer. */
function aroundOutside(
  start: [number, number],
  end: [number, number],
  out: number,
  back: number,
  lane: number,
): number[] {
  const turn = 12;
  const way = Math.sign(back - out) || 1;
  return [
    ...start,
    ...[start[0], out, start[0] + turn, out, lane - turn, out, lane, out + way * turn],
    ...[lane, back - way * turn, lane - turn, back, end[0] + turn, back, end[0], back],
    ...end,
  ];
}
