/** Pass 2: rows. Every producer stands below all of its consumers, as close to the lowest of them as can be. */
import { adjacency } from "./types";

/**
 * Longest-path ranks from the roots, by Kahn's queue; then roots sink to just above their highest producer.
 * Where the graph has a cycle (it should not), the lowest-numbered node of those left is taken as if nothing were above it.
 */
export function longestPathRanks(count: number, from: Int32Array, to: Int32Array): Int32Array {
  const below = adjacency(count, from, to);
  const waiting = new Int32Array(count);
  for (const v of to) waiting[v]!++;
  const isRoot = waiting.map((consumers) => (consumers === 0 ? 1 : 0));
  const rank = new Int32Array(count);
  const done = new Uint8Array(count);
  const queue = new Int32Array(count);
  let tail = 0;
  const enqueue = (v: number) => {
    done[v] = 1;
    queue[tail++] = v;
  };
  for (let v = 0; v < count; v++) if (isRoot[v]) enqueue(v);
  let unfinished = 0;
  for (let head = 0; head < count; head++) {
    if (head === tail) {
      while (done[unfinished]) unfinished++;
      enqueue(unfinished);
    }
    const u = queue[head]!;
    for (let i = below.start[u]!; i < below.start[u + 1]!; i++) {
      const v = below.list[i]!;
      if (done[v]) continue;
      rank[v] = Math.max(rank[v]!, rank[u]! + 1);
      if (--waiting[v]! === 0) enqueue(v);
    }
  }
  let top = Number.POSITIVE_INFINITY;
  for (let v = 0; v < count; v++) {
    if (isRoot[v] && below.start[v]! < below.start[v + 1]!) {
      let lowest = Number.POSITIVE_INFINITY;
      for (let i = below.start[v]!; i < below.start[v + 1]!; i++) lowest = Math.min(lowest, rank[below.list[i]!]!);
      rank[v] = lowest - 1;
    }
    top = Math.min(top, rank[v]!);
  }
  if (count > 0 && top !== 0) for (let v = 0; v < count; v++) rank[v]! -= top;
  return rank;
}
