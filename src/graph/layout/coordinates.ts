/**
 * Pass 5: x. Chains of nodes that should stand in one column become blocks; blocks are packed as far left and as far
 * right as their neighbours allow, stand half-way, then move towards what they are joined to. Blocks never bend.
 */
import type { Layered, LayoutOptions, Order } from "./types";

/** Rounds of moving blocks towards their neighbours. */
const ROUNDS = 12;

/** x of every node, the leftmost border at 0. */
export function assignX(graph: Layered, order: Order, options: LayoutOptions): Float64Array {
  const block = straightChains(graph, order);
  const blocks = new BlockOrder(graph, order, block, options);
  const left = blocks.packLeft();
  const right = blocks.packRight(left);
  const at = left;
  for (let b = 0; b < at.length; b++) at[b] = (left[b]! + right[b]!) / 2;
  blocks.relax(at);
  let min = Number.POSITIVE_INFINITY;
  const x = new Float64Array(graph.total);
  for (let v = 0; v < graph.total; v++) {
    x[v] = at[block[v]!]!;
    min = Math.min(min, x[v]! - graph.width[v]! / 2);
  }
  for (let v = 0; v < graph.total; v++) x[v]! -= min;
  return x;
}

/**
 * Which nodes share a column: between two ranks, segments are accepted in the order of their importance as long as no
 * two of them cross and no node is taken twice. A producer with a long way down comes first, then trunks. The step aside
 * into a trunk never counts: it would draw the consumer's whole column to where the trunk runs.
 */
function straightChains(graph: Layered, order: Order): Int32Array {
  const { real, total, rank, ranks, upper, lower } = graph;
  const bySegment = segmentsByRank(graph);
  const depth = depths(graph, bySegment);
  const place = new Int32Array(total);
  for (let r = 0; r < ranks; r++)
    for (let i = order.start[r]!; i < order.start[r + 1]!; i++) place[order.list[i]!] = i - order.start[r]!;

  const block = new Int32Array(total);
  for (let v = 0; v < total; v++) block[v] = v;
  let largest = 0;
  for (let r = 0; r < ranks; r++) largest = Math.max(largest, bySegment.start[r + 1]! - bySegment.start[r]!);
  const key = new Float64Array(largest);
  // Accepted segments, by their upper place; their lower places ascend with it.
  const tops = new Int32Array(largest);
  const bottoms = new Int32Array(largest);
  for (let r = 0; r < ranks; r++) {
    const first = bySegment.start[r]!;
    const size = bySegment.start[r + 1]! - first;
    let wanted = 0;
    for (let i = 0; i < size; i++) {
      const s = bySegment.list[first + i]!;
      const [u, l] = [upper[s]!, lower[s]!];
      if (u < real && l >= real) continue;
      const weight = l >= real ? 2 : u >= real ? 1 : 3 + depth[l]! / (1 + depth[u]!);
      // Heavy ones first, equal ones in order: one number that sorts so.
      key[wanted++] = Math.round((8 - weight) * 4096) * size + i;
    }
    const sorted = key.subarray(0, wanted);
    if (wanted > 1) sorted.sort();
    let accepted = 0;
    for (let k = 0; k < wanted; k++) {
      const s = bySegment.list[first + (sorted[k]! % size)]!;
      const top = place[upper[s]!]!;
      const bottom = place[lower[s]!]!;
      let i = 0;
      for (let high = accepted; i < high; ) {
        const middle = (i + high) >> 1;
        if (tops[middle]! < top) i = middle + 1;
        else high = middle;
      }
      if (i < accepted && (tops[i] === top || bottoms[i]! <= bottom)) continue;
      if (i > 0 && bottoms[i - 1]! >= bottom) continue;
      tops.copyWithin(i + 1, i, accepted);
      bottoms.copyWithin(i + 1, i, accepted);
      tops[i] = top;
      bottoms[i] = bottom;
      accepted++;
      block[lower[s]!] = block[upper[s]!]!;
    }
  }
  return block;

  function segmentsByRank({ upper }: Layered): Order {
    const start = new Int32Array(ranks + 1);
    for (let s = 0; s < upper.length; s++) start[rank[upper[s]!]! + 1]!++;
    for (let r = 0; r < ranks; r++) start[r + 1]! += start[r]!;
    const next = start.slice(0, ranks);
    const list = new Int32Array(upper.length);
    for (let s = 0; s < upper.length; s++) list[next[rank[upper[s]!]!]!++] = s;
    return { start, list };
  }
}

/** Ranks between a node and the lowest one under it. */
function depths({ total, upper, lower }: Layered, bySegment: Order): Int32Array {
  const depth = new Int32Array(total);
  for (let i = bySegment.list.length - 1; i >= 0; i--) {
    const s = bySegment.list[i]!;
    depth[upper[s]!] = Math.max(depth[upper[s]!]!, depth[lower[s]!]! + 1);
  }
  return depth;
}

/** Least distance of the centres of two neighbours in a row. */
export function separation(graph: Layered, a: number, b: number, options: LayoutOptions): number {
  const gap = a < graph.real && b < graph.real ? options.nodeGap : options.edgeGap;
  return (graph.width[a]! + graph.width[b]!) / 2 + gap;
}

/**
 * Blocks with their "left of" relation, which has no cycle because accepted segments do not cross.
 * A block is named by its uppermost node.
 */
class BlockOrder {
  /** Blocks so that each comes after all that stand left of it. */
  private readonly sequence: Int32Array;
  /** Pairs of neighbours `a` left of `b`, least distance of their centres; sorted by `a`, and by `b` through `byRight`. */
  private readonly a: Int32Array;
  private readonly b: Int32Array;
  private readonly distance: Float64Array;
  private readonly rightStart: Int32Array;
  private readonly rightList: Int32Array;
  private readonly leftStart: Int32Array;
  private readonly leftList: Int32Array;

  constructor(
    private readonly graph: Layered,
    order: Order,
    private readonly block: Int32Array,
    options: LayoutOptions,
  ) {
    const { total, ranks } = graph;
    const most = order.list.length;
    this.a = new Int32Array(most);
    this.b = new Int32Array(most);
    this.distance = new Float64Array(most);
    let pairs = 0;
    for (let r = 0; r < ranks; r++) {
      for (let i = order.start[r]!; i + 1 < order.start[r + 1]!; i++) {
        const [left, right] = [order.list[i]!, order.list[i + 1]!];
        this.a[pairs] = block[left]!;
        this.b[pairs] = block[right]!;
        this.distance[pairs++] = separation(graph, left, right, options);
      }
    }
    [this.rightStart, this.rightList] = pairsBy(this.a, pairs, total);
    [this.leftStart, this.leftList] = pairsBy(this.b, pairs, total);
    const waiting = new Int32Array(total);
    for (let p = 0; p < pairs; p++) waiting[this.b[p]!]!++;
    const sequence = new Int32Array(total);
    let tail = 0;
    for (let v = 0; v < total; v++) if (block[v] === v && waiting[v] === 0) sequence[tail++] = v;
    for (let head = 0; head < tail; head++) {
      const block = sequence[head]!;
      for (let i = this.rightStart[block]!; i < this.rightStart[block + 1]!; i++) {
        const right = this.b[this.rightList[i]!]!;
        if (--waiting[right]! === 0) sequence[tail++] = right;
      }
    }
    this.sequence = sequence.subarray(0, tail);
  }

  /** Every block as far left as it may stand. */
  packLeft(): Float64Array {
    const x = new Float64Array(this.graph.total);
    for (const block of this.sequence) {
      for (let i = this.rightStart[block]!; i < this.rightStart[block + 1]!; i++) {
        const p = this.rightList[i]!;
        const least = x[block]! + this.distance[p]!;
        if (least > x[this.b[p]!]!) x[this.b[p]!] = least;
      }
    }
    return x;
  }

  /** Every block as far right as it may stand within the width of `left`. */
  packRight(left: Float64Array): Float64Array {
    let edge = 0;
    for (const block of this.sequence) edge = Math.max(edge, left[block]!);
    const x = new Float64Array(this.graph.total).fill(edge);
    for (let k = this.sequence.length - 1; k >= 0; k--) {
      const block = this.sequence[k]!;
      for (let i = this.leftStart[block]!; i < this.leftStart[block + 1]!; i++) {
        const p = this.leftList[i]!;
        const most = x[block]! - this.distance[p]!;
        if (most < x[this.a[p]!]!) x[this.a[p]!] = most;
      }
    }
    return x;
  }

  /** Moves each block to the mean of what it is joined to, as far as its neighbours let it. */
  relax(x: Float64Array): void {
    const { upper, lower, real, total } = this.graph;
    const { block, sequence } = this;
    // Segments between different blocks only.
    const [from, to, strength] = [
      new Int32Array(upper.length),
      new Int32Array(upper.length),
      new Float64Array(upper.length),
    ];
    const weight = new Float64Array(total);
    let joints = 0;
    for (let s = 0; s < upper.length; s++) {
      const [a, b] = [block[upper[s]!]!, block[lower[s]!]!];
      if (a === b) continue;
      const pulls = upper[s]! < real && lower[s]! < real ? 1 : 0.5;
      from[joints] = a;
      to[joints] = b;
      strength[joints++] = pulls;
      weight[a]! += pulls;
      weight[b]! += pulls;
    }
    const pull = new Float64Array(total);
    for (let round = 0; round < ROUNDS; round++) {
      pull.fill(0);
      for (let j = 0; j < joints; j++) {
        const [a, b, by] = [from[j]!, to[j]!, strength[j]!];
        pull[a]! += by * x[b]!;
        pull[b]! += by * x[a]!;
      }
      let moved = 0;
      for (let i = 0; i < sequence.length; i++) {
        const block = sequence[round % 2 === 0 ? i : sequence.length - 1 - i]!;
        if (weight[block] === 0) continue;
        const wanted = this.within(block, pull[block]! / weight[block]!, x);
        moved = Math.max(moved, Math.abs(wanted - x[block]!));
        x[block] = wanted;
      }
      if (moved < 0.5) break;
    }
  }

  /** As near to `wanted` as the neighbours let it. */
  private within(block: number, wanted: number, x: Float64Array): number {
    let low = Number.NEGATIVE_INFINITY;
    let high = Number.POSITIVE_INFINITY;
    for (let i = this.leftStart[block]!; i < this.leftStart[block + 1]!; i++) {
      const p = this.leftList[i]!;
      const least = x[this.a[p]!]! + this.distance[p]!;
      if (least > low) low = least;
    }
    for (let i = this.rightStart[block]!; i < this.rightStart[block + 1]!; i++) {
      const p = this.rightList[i]!;
      const most = x[this.b[p]!]! - this.distance[p]!;
      if (most < high) high = most;
    }
    return Math.min(high, Math.max(low, wanted));
  }
}

/** Numbers of the pairs, by one of their ends. */
function pairsBy(end: Int32Array, pairs: number, count: number): [start: Int32Array, list: Int32Array] {
  const start = new Int32Array(count + 1);
  for (let p = 0; p < pairs; p++) start[end[p]! + 1]!++;
  for (let v = 0; v < count; v++) start[v + 1]! += start[v]!;
  const next = start.slice(0, count);
  const list = new Int32Array(pairs);
  for (let p = 0; p < pairs; p++) list[next[end[p]!]!++] = p;
  return [start, list];
}
