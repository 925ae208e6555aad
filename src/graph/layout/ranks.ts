/** Pass 2: rows. Every producer stands below all of its consumers, as close to the lowest of them as can be. */
import { adjacency, type LayoutInput } from "./types";

/** Ranks of all nodes; those pinned to the first or last row stand there alone. */
export function rankNodes({ width, from, to, pin }: LayoutInput): Int32Array {
  const count = width.length;
  if (!pin) return longestPathRanks(count, from, to);
  const free = from.map((u, e) => (pin[u] === 0 && pin[to[e]!] === 0 ? 1 : 0));
  const only = (ends: Int32Array) => ends.filter((_, e) => free[e] === 1);
  const rank = longestPathRanks(count, only(from), only(to));
  return pinned(rank, pin);
}

/** Moves `rank`s down to make room for the pinned first row, and puts the last row below them all. */
export function pinned(rank: Int32Array, pin: Int8Array): Int32Array {
  const shift = pin.includes(-1) ? 1 : 0;
  let last = shift;
  for (let v = 0; v < rank.length; v++) if (pin[v] === 0) last = Math.max(last, rank[v]! + shift + 1);
  return rank.map((r, v) => (pin[v] === -1 ? 0 : pin[v] === 1 ? last : r + shift));
}

/**
 * Longest-path ranks from the roots, by Kahn's queue; then roots sink to just above their highest producer.
 * Where the graph has a cycle (it should not), the lowest-numbered node of those left is taken as if nothing were above it.
 */
export function longestPathRanks(count: number, from: Int32Array, to: Int32Array): Int32Array {
  const below = adjacency(count, from, to);
  const isRoot = new Uint8Array(count).fill(1);
  for (let e = 0; e < to.length; e++) isRoot[to[e]!] = 0;
  const rank = new Int32Array(count);
  for (const u of topological(count, from, to)) {
    for (let i = below.start[u]!; i < below.start[u + 1]!; i++) {
      const v = below.list[i]!;
      if (rank[v]! <= rank[u]! && v !== u) rank[v] = rank[u]! + 1;
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

/** Consumers before producers. */
export function topological(count: number, from: Int32Array, to: Int32Array): Int32Array {
  const below = adjacency(count, from, to);
  const waiting = new Int32Array(count);
  for (let e = 0; e < to.length; e++) waiting[to[e]!]!++;
  const done = new Uint8Array(count);
  const queue = new Int32Array(count);
  let tail = 0;
  for (let v = 0; v < count; v++) {
    if (waiting[v] !== 0) continue;
    done[v] = 1;
    queue[tail++] = v;
  }
  let unfinished = 0;
  for (let head = 0; head < count; head++) {
    if (head === tail) {
      while (done[unfinished]) unfinished++;
      done[unfinished] = 1;
      queue[tail++] = unfinished;
    }
    const u = queue[head]!;
    for (let i = below.start[u]!; i < below.start[u + 1]!; i++) {
      const v = below.list[i]!;
      if (done[v] || --waiting[v]! > 0) continue;
      done[v] = 1;
      queue[tail++] = v;
    }
  }
  return queue;
}
