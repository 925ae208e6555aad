import type { GraphView, Placement } from "../graph";
import { TRACE_VERSION, type Trace } from "../trace/model";

/** Nodes and edges with their places; numbers as the trace spells them, so that a NaN survives. */
export function toJson(trace: Omit<Trace, "console">, view: GraphView, placed: Placement): string {
  const nodes = trace.nodes.map((node, index) => ({
    index,
    name: node.name,
    variable: node.variable ?? null,
    shapes: node.shapes,
    dtype: node.dtype,
    sequence: node.sequence,
    repeats: node.repeats,
    gradient: node.gradient ? { norm: node.gradient.stats.norm, shape: node.gradient.shape } : null,
    range: node.range ?? null,
    x: placed.x[index],
    y: placed.y[index],
    width: view.nodes[index]!.width,
    height: view.nodes[index]!.height,
    rank: placed.rank[index],
  }));
  const edges = trace.edges.map((edge, e) => ({
    ...edge,
    points: Array.from(placed.points.subarray(2 * placed.pointStart[e]!, 2 * placed.pointStart[e + 1]!)),
  }));
  const graph = {
    version: TRACE_VERSION,
    files: trace.files,
    width: placed.width,
    height: placed.height,
    nodes,
    edges,
  };
  return `${JSON.stringify(graph, null, 2)}\n`;
}
