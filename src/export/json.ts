import type { GraphView, Placement } from "../graph";
import { TRACE_VERSION, type Trace } from "../trace/model";

/**
 * Nodes and edges of the run, and the cards and frames of the picture with their places; numbers as the trace spells them,
 * so that a NaN survives. A node in a closed group is where the group's card is.
 */
export function toJson(trace: Omit<Trace, "console">, view: GraphView, placed: Placement): string {
  const place = (card: number) => ({
    x: placed.x[card],
    y: placed.y[card],
    width: view.nodes[card]!.width,
    height: view.nodes[card]!.height,
    rank: placed.rank[card],
  });
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
    card: view.nodeOf[index],
    ...place(view.nodeOf[index]!),
  }));
  const cards = view.nodes.map(({ index, trace: node, kind, title, subtitle, frame }) => ({
    index,
    kind,
    title,
    subtitle,
    node: node < 0 ? null : node,
    frame: frame < 0 ? null : frame,
    ...place(index),
  }));
  const frames = view.frames.map(({ title, subtitle, parent }, f) => ({
    title,
    subtitle,
    parent: parent < 0 ? null : parent,
    ...placed.groups[f],
  }));
  const lines = view.edges.map(({ from, to, label }, e) => ({
    from,
    to,
    label,
    points: Array.from(placed.points.subarray(2 * placed.pointStart[e]!, 2 * placed.pointStart[e + 1]!)),
  }));
  const graph = {
    version: TRACE_VERSION,
    files: trace.files,
    width: placed.width,
    height: placed.height,
    nodes,
    edges: trace.edges,
    cards,
    frames,
    lines,
  };
  return `${JSON.stringify(graph, null, 2)}\n`;
}
