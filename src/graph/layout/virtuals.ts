/**
 * Pass 3: an edge that passes ranks gets a virtual node in each, so that nothing else stands in its way.
 * All long edges into one producer share one trunk, which they join below their consumers: a weight used in every step
 * of a loop costs a column, not a column a step.
 */
import type { Layered, LayoutInput, LayoutOptions } from "./types";

/** Trunks may add this many virtual nodes a real one; edges too long for that go round the outside. */
const VIRTUALS_PER_NODE = 4;

export function insertVirtuals(input: LayoutInput, rank: Int32Array, options: LayoutOptions): Layered {
  const { from, to } = input;
  const real = rank.length;
  const longest = longestRouted(from, to, rank);

  const trunkTop = new Int32Array(real).fill(-1);
  for (let e = 0; e < from.length; e++) {
    const u = from[e]!;
    const v = to[e]!;
    const span = rank[v]! - rank[u]!;
    if (span < 2 || span > longest) continue;
    const first = rank[u]! + 1;
    if (trunkTop[v] === -1 || first < trunkTop[v]!) trunkTop[v] = first;
  }
  const trunkStart = new Int32Array(real);
  let total = real;
  for (let v = 0; v < real; v++) {
    trunkStart[v] = total;
    if (trunkTop[v] !== -1) total += rank[v]! - trunkTop[v]!;
  }

  const ranks = rank.reduce((most, r) => Math.max(most, r + 1), 0);
  const allRanks = new Int32Array(total);
  allRanks.set(rank);
  const width = new Float64Array(total);
  const height = new Float64Array(total);
  width.set(input.width);
  height.set(input.height);
  const upper: number[] = [];
  const lower: number[] = [];
  for (let v = 0; v < real; v++) {
    if (trunkTop[v] === -1) continue;
    for (let r = trunkTop[v]!; r < rank[v]!; r++) {
      const here = trunkStart[v]! + r - trunkTop[v]!;
      allRanks[here] = r;
      width[here] = options.edgeGap;
      upper.push(here);
      lower.push(r + 1 === rank[v] ? v : here + 1);
    }
  }

  const paths: Int32Array[] = [];
  for (let e = 0; e < from.length; e++) {
    const u = from[e]!;
    const v = to[e]!;
    const span = rank[v]! - rank[u]!;
    if (span < 1 || span > longest) {
      paths.push(new Int32Array(0));
      continue;
    }
    const path = new Int32Array(span + 1);
    path[0] = u;
    path[span] = v;
    for (let i = 1; i < span; i++) path[i] = trunkStart[v]! + rank[u]! + i - trunkTop[v]!;
    upper.push(u);
    lower.push(path[1]!);
    paths.push(path);
  }
  return {
    real,
    total,
    width,
    height,
    rank: allRanks,
    ranks,
    segments: { upper: Int32Array.from(upper), lower: Int32Array.from(lower) },
    paths,
  };
}

/** The longest span that may have a trunk, halved until all trunks together stay within their budget. */
function longestRouted(from: Int32Array, to: Int32Array, rank: Int32Array): number {
  let longest = 1;
  for (let e = 0; e < from.length; e++) longest = Math.max(longest, rank[to[e]!]! - rank[from[e]!]!);
  const budget = 2000 + VIRTUALS_PER_NODE * rank.length;
  const trunk = new Int32Array(rank.length);
  for (; longest > 1; longest = Math.floor(longest / 2)) {
    trunk.fill(0);
    let paths = 0;
    for (let e = 0; e < from.length; e++) {
      const span = rank[to[e]!]! - rank[from[e]!]!;
      if (span > longest) continue;
      trunk[to[e]!] = Math.max(trunk[to[e]!]!, span - 1);
      paths += Math.max(0, span - 1);
    }
    const virtuals = trunk.reduce((sum, length) => sum + length, 0);
    if (virtuals <= budget && paths <= 16 * budget) break;
  }
  return longest;
}
