/** Layered layout of a grad_fn graph: roots on top, leaves at the bottom. Deterministic; every pass is iterative. */
import { components } from "./components";
import { assignX } from "./coordinates";
import { orderRanks } from "./order";
import { pack } from "./pack";
import { longestPathRanks } from "./ranks";
import { routes, rows } from "./routes";
import { LAYOUT_DEFAULTS, type LayoutInput, type LayoutOptions, type LayoutResult } from "./types";
import { insertVirtuals } from "./virtuals";

export { LAYOUT_DEFAULTS, type LayoutInput, type LayoutOptions, type LayoutResult } from "./types";

interface Placed {
  x: Float64Array;
  y: Float64Array;
  rank: Int32Array;
  points: number[][];
  label: [number, number][];
  width: number;
  height: number;
}

/** Places nodes and routes edges; the upper left corner of everything is (0, 0). */
export function layout(input: LayoutInput, given: Partial<LayoutOptions> = {}): LayoutResult {
  const options = { ...LAYOUT_DEFAULTS, ...given };
  const parts = components(input.width.length, input.from, input.to);
  const local = new Int32Array(input.width.length);
  const placed = parts.map(({ nodes, edges }) => {
    for (let i = 0; i < nodes.length; i++) local[nodes[i]!] = i;
    return layoutComponent(
      {
        width: Float64Array.from(nodes, (v) => input.width[v]!),
        height: Float64Array.from(nodes, (v) => input.height[v]!),
        from: Int32Array.from(edges, (e) => local[input.from[e]!]!),
        to: Int32Array.from(edges, (e) => local[input.to[e]!]!),
      },
      options,
    );
  });
  const shelves = pack(placed, options.componentGap, options.wrapWidth);

  const nodeCount = input.width.length;
  const edgeCount = input.from.length;
  const result: LayoutResult = {
    x: new Float64Array(nodeCount),
    y: new Float64Array(nodeCount),
    rank: new Int32Array(nodeCount),
    width: shelves.width,
    height: shelves.height,
    points: new Float64Array(
      placed.reduce((sum, part) => sum + part.points.reduce((n, line) => n + line.length, 0), 0),
    ),
    pointStart: new Int32Array(edgeCount + 1),
    labelX: new Float64Array(edgeCount),
    labelY: new Float64Array(edgeCount),
  };
  placed.forEach((part, p) => {
    parts[p]!.edges.forEach((e, i) => {
      result.pointStart[e + 1] = part.points[i]!.length / 2;
    });
  });
  for (let e = 0; e < edgeCount; e++) result.pointStart[e + 1]! += result.pointStart[e]!;
  placed.forEach((part, p) => {
    const dx = shelves.x[p]!;
    const dy = shelves.y[p]!;
    parts[p]!.nodes.forEach((v, i) => {
      result.x[v] = part.x[i]! + dx;
      result.y[v] = part.y[i]! + dy;
      result.rank[v] = part.rank[i]!;
    });
    parts[p]!.edges.forEach((e, i) => {
      let at = result.pointStart[e]! * 2;
      const line = part.points[i]!;
      for (let j = 0; j < line.length; j += 2) {
        result.points[at++] = line[j]! + dx;
        result.points[at++] = line[j + 1]! + dy;
      }
      result.labelX[e] = part.label[i]![0] + dx;
      result.labelY[e] = part.label[i]![1] + dy;
    });
  });
  return result;
}

function layoutComponent(input: LayoutInput, options: LayoutOptions): Placed {
  const rank = longestPathRanks(input.width.length, input.from, input.to);
  const graph = insertVirtuals(input, rank, options);
  const order = orderRanks(graph, options);
  const { x, block } = assignX(graph, order, options);
  const bands = rows(graph, options);
  const { points, label, right } = routes(graph, input, x, block, bands, options);
  let width = right;
  for (let v = 0; v < graph.total; v++) width = Math.max(width, x[v]! + graph.width[v]! / 2);
  return {
    x: x.slice(0, graph.real),
    y: Float64Array.from(rank, (r) => (bands.top[r]! + bands.bottom[r]!) / 2),
    rank,
    points,
    label,
    width,
    height: bands.bottom[graph.ranks - 1] ?? 0,
  };
}
