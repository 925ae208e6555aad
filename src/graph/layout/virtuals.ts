/**
 * Pass 3: an edge that passes ranks gets a virtual node in each, so that nothing else stands in its way.
 * All long edges into one producer (at the same port) share one trunk, which they join below their consumers: a weight used
 * in every step of a loop costs a column, not a column a step.
 */
import { AROUND, DIRECT, type Layered, type LayoutInput, type LayoutOptions } from "./types";

/** Trunks may add this many virtual nodes a real one; edges too long for that go round the outside. */
const VIRTUALS_PER_NODE = 4;

export function insertVirtuals(input: LayoutInput, rank: Int32Array, options: LayoutOptions): Layered {
  const { from, to } = input;
  const real = rank.length;
  const { trunk, trunks } = trunksOf(input);
  const longest = longestRouted(from, to, rank, trunk, trunks);

  const top = new Int32Array(trunks).fill(-1);
  const producerOf = new Int32Array(trunks);
  for (let e = 0; e < from.length; e++) {
    const first = rank[from[e]!]! + 1;
    const span = rank[to[e]!]! - first + 1;
    const t = trunk[e]!;
    producerOf[t] = to[e]!;
    if (span >= 2 && span <= longest && (top[t] === -1 || first < top[t]!)) top[t] = first;
  }
  const trunkStart = new Int32Array(trunks);
  let total = real;
  for (let t = 0; t < trunks; t++) {
    trunkStart[t] = total;
    if (top[t] !== -1) total += rank[producerOf[t]!]! - top[t]!;
  }

  let ranks = 0;
  for (let v = 0; v < real; v++) ranks = Math.max(ranks, rank[v]! + 1);
  const allRanks = new Int32Array(total);
  allRanks.set(rank);
  const width = new Float64Array(total);
  const height = new Float64Array(total);
  width.set(input.width);
  height.set(input.height);
  width.fill(options.edgeGap, real);
  const producer = new Int32Array(total - real);
  const upper = new Int32Array(total - real + from.length);
  const lower = new Int32Array(upper.length);
  let segments = 0;
  for (let t = 0; t < trunks; t++) {
    if (top[t] === -1) continue;
    const end = producerOf[t]!;
    for (let r = top[t]!; r < rank[end]!; r++) {
      const here = trunkStart[t]! + r - top[t]!;
      allRanks[here] = r;
      producer[here - real] = end;
      upper[segments] = here;
      lower[segments++] = r + 1 === rank[end] ? end : here + 1;
    }
  }

  const joins = new Int32Array(from.length);
  for (let e = 0; e < from.length; e++) {
    const u = from[e]!;
    const span = rank[to[e]!]! - rank[u]!;
    if (span < 1 || span > longest) {
      joins[e] = AROUND;
      continue;
    }
    const t = trunk[e]!;
    joins[e] = span === 1 ? DIRECT : trunkStart[t]! + rank[u]! + 1 - top[t]!;
    upper[segments] = u;
    lower[segments++] = span === 1 ? to[e]! : joins[e]!;
  }
  return {
    real,
    total,
    width,
    height,
    rank: allRanks,
    ranks,
    upper: upper.subarray(0, segments),
    lower: lower.subarray(0, segments),
    producer,
    joins,
  };
}

/** Edges into the same producer have the same trunk, unless they want to enter it at different ports. */
function trunksOf({ to, toPort, width }: LayoutInput): { trunk: Int32Array; trunks: number } {
  if (!toPort) return { trunk: to, trunks: width.length };
  const trunk = new Int32Array(to.length);
  const known = new Map<string, number>();
  for (let e = 0; e < to.length; e++) {
    const key = `${to[e]} ${toPort[e]}`;
    let t = known.get(key);
    if (t === undefined) {
      t = known.size;
      known.set(key, t);
    }
    trunk[e] = t;
  }
  return { trunk, trunks: known.size };
}

/** The longest span that may have a trunk, halved until all trunks together stay within their budget. */
function longestRouted(from: Int32Array, to: Int32Array, rank: Int32Array, trunk: Int32Array, trunks: number): number {
  let longest = 1;
  for (let e = 0; e < from.length; e++) longest = Math.max(longest, rank[to[e]!]! - rank[from[e]!]!);
  const budget = 2000 + VIRTUALS_PER_NODE * rank.length;
  const length = new Int32Array(trunks);
  for (; longest > 1; longest = Math.floor(longest / 2)) {
    length.fill(0);
    for (let e = 0; e < from.length; e++) {
      const span = rank[to[e]!]! - rank[from[e]!]!;
      if (span <= longest) length[trunk[e]!] = Math.max(length[trunk[e]!]!, span - 1);
    }
    let virtuals = 0;
    for (let t = 0; t < trunks; t++) virtuals += length[t]!;
    if (virtuals <= budget) break;
  }
  return longest;
}
