/** What a node's gradient came from, and where it goes. */
import type { Trace } from "../trace/model";

/** `up`: towards the roots, whence the gradient comes; `down`: towards the leaves, where it goes. */
export type Way = "up" | "down";

/** `node` and all that is joined to it that way, however far. */
export function reach(
  { nodes, edges }: Pick<Trace, "nodes" | "edges">,
  node: number,
  ways: readonly Way[],
): Set<number> {
  const found = new Set([node]);
  for (const way of ways) {
    const next: number[][] = nodes.map(() => []);
    for (const { from, to } of edges) next[way === "down" ? from : to]!.push(way === "down" ? to : from);
    const seen = new Set([node]);
    for (const at of seen) for (const neighbour of next[at]!) seen.add(neighbour);
    for (const at of seen) found.add(at);
  }
  return found;
}
