/** Pass 1: connected components, each laid out alone. */

export interface Component {
  /** Its nodes and edges by their numbers in the whole graph, ascending. */
  nodes: Int32Array;
  edges: Int32Array;
}

/** Components in the order of their first nodes; O(V + E). */
export function components(count: number, from: Int32Array, to: Int32Array): Component[] {
  const parent = new Int32Array(count).map((_, v) => v);
  const find = (v: number): number => {
    while (parent[v] !== v) v = parent[v] = parent[parent[v]!]!;
    return v;
  };
  for (let e = 0; e < from.length; e++) {
    const a = find(from[e]!);
    const b = find(to[e]!);
    if (a !== b) parent[Math.max(a, b)] = Math.min(a, b);
  }
  const number = new Int32Array(count).fill(-1);
  const parts: { nodes: number[]; edges: number[] }[] = [];
  for (let v = 0; v < count; v++) {
    const root = find(v);
    if (number[root] === -1) number[root] = parts.push({ nodes: [], edges: [] }) - 1;
    parts[number[root]!]!.nodes.push(v);
  }
  for (let e = 0; e < from.length; e++) parts[number[find(from[e]!)]!]!.edges.push(e);
  return parts.map(({ nodes, edges }) => ({ nodes: Int32Array.from(nodes), edges: Int32Array.from(edges) }));
}
