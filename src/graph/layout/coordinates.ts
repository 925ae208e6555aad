/**
 * Pass 5: x. Chains of nodes that should stand in one column become blocks; blocks are packed as far left and as far
 * right as their neighbours allow, stand half-way, then move towards what they are joined to. Blocks never bend.
 */
import type { Order } from "./order";
import type { Layered, LayoutOptions } from "./types";

/** Rounds of moving blocks towards their neighbours. */
const ROUNDS = 12;

/** x of every node, the leftmost border at 0, and which segments are vertical because their ends share a block. */
export function assignX(graph: Layered, order: Order, options: LayoutOptions): { x: Float64Array; block: Int32Array } {
  const block = straightChains(graph, order);
  const blocks = new BlockOrder(graph, order, block, options);
  const left = blocks.packLeft();
  const right = blocks.packRight(left);
  const at = left.map((l, b) => (l + right[b]!) / 2);
  blocks.relax(at);
  let min = Number.POSITIVE_INFINITY;
  const x = new Float64Array(graph.total);
  for (let v = 0; v < graph.total; v++) {
    x[v] = at[block[v]!]!;
    min = Math.min(min, x[v]! - graph.width[v]! / 2);
  }
  for (let v = 0; v < graph.total; v++) x[v]! -= min;
  return { x, block };
}

/**
 * Which nodes share a column: between two ranks, segments are accepted in the order of their importance as long as no
 * two of them cross and no node is taken twice. A producer with a long way down comes first, then trunks. The step aside
 * into a trunk never counts: it would draw the consumer's whole column to where the trunk runs.
 */
function straightChains(graph: Layered, order: Order): Int32Array {
  const { real, total, rank } = graph;
  const { upper, lower } = graph.segments;
  const depth = depths(graph);
  const place = new Int32Array(total);
  for (const row of order) for (let i = 0; i < row.length; i++) place[row[i]!] = i;

  const segmentsOf: number[][] = Array.from({ length: graph.ranks }, () => []);
  for (let s = 0; s < upper.length; s++) {
    const stepsAside = upper[s]! < real && lower[s]! >= real;
    if (!stepsAside) segmentsOf[rank[upper[s]!]!]!.push(s);
  }
  const importance = (s: number): number => {
    if (lower[s]! >= real) return 2;
    if (upper[s]! >= real) return 1;
    return 3 + depth[lower[s]!]! / (1 + depth[upper[s]!]!);
  };

  const block = new Int32Array(total).map((_, v) => v);
  for (const gap of segmentsOf) {
    const weight = new Map(gap.map((s) => [s, importance(s)]));
    gap.sort((a, b) => weight.get(b)! - weight.get(a)! || a - b);
    // Accepted segments, by their upper place; their lower places ascend with it.
    const tops: number[] = [];
    const bottoms: number[] = [];
    for (const s of gap) {
      const top = place[upper[s]!]!;
      const bottom = place[lower[s]!]!;
      let i = 0;
      for (let high = tops.length; i < high; ) {
        const middle = (i + high) >> 1;
        if (tops[middle]! < top) i = middle + 1;
        else high = middle;
      }
      if (tops[i] === top || (i > 0 && bottoms[i - 1]! >= bottom) || (i < bottoms.length && bottoms[i]! <= bottom))
        continue;
      tops.splice(i, 0, top);
      bottoms.splice(i, 0, bottom);
      block[lower[s]!] = block[upper[s]!]!;
    }
  }
  return block;
}

/** Ranks between a node and the lowest one under it. */
function depths({ total, rank, ranks, segments: { upper, lower } }: Layered): Int32Array {
  const byRank: number[][] = Array.from({ length: ranks }, () => []);
  for (let s = 0; s < upper.length; s++) byRank[rank[upper[s]!]!]!.push(s);
  const depth = new Int32Array(total);
  for (let r = ranks - 1; r >= 0; r--) {
    for (const s of byRank[r]!) depth[upper[s]!] = Math.max(depth[upper[s]!]!, depth[lower[s]!]! + 1);
  }
  return depth;
}

/**
 * Blocks with their "left of" relation, which has no cycle because accepted segments do not cross.
 * A block is named by its uppermost node.
 */
class BlockOrder {
  /** Blocks so that each comes after all that stand left of it. */
  private readonly sequence: number[] = [];
  /** For each block, pairs (block right of it, least distance of the centres). */
  private readonly rightOf: number[][];
  private readonly leftOf: number[][];

  constructor(
    private readonly graph: Layered,
    order: Order,
    private readonly block: Int32Array,
    private readonly options: LayoutOptions,
  ) {
    this.rightOf = Array.from({ length: graph.total }, () => []);
    this.leftOf = Array.from({ length: graph.total }, () => []);
    const waiting = new Int32Array(graph.total);
    for (const row of order) {
      for (let i = 0; i + 1 < row.length; i++) {
        const a = block[row[i]!]!;
        const b = block[row[i + 1]!]!;
        const distance = this.separation(row[i]!, row[i + 1]!);
        this.rightOf[a]!.push(b, distance);
        this.leftOf[b]!.push(a, distance);
        waiting[b]!++;
      }
    }
    for (let v = 0; v < graph.total; v++) if (block[v] === v && waiting[v] === 0) this.sequence.push(v);
    for (let head = 0; head < this.sequence.length; head++) {
      const right = this.rightOf[this.sequence[head]!]!;
      for (let i = 0; i < right.length; i += 2) if (--waiting[right[i]!]! === 0) this.sequence.push(right[i]!);
    }
  }

  private separation(a: number, b: number): number {
    const { real, width } = this.graph;
    const gap = a < real && b < real ? this.options.nodeGap : this.options.edgeGap;
    return (width[a]! + width[b]!) / 2 + gap;
  }

  /** Every block as far left as it may stand. */
  packLeft(): Float64Array {
    const x = new Float64Array(this.graph.total);
    for (const b of this.sequence) {
      const right = this.rightOf[b]!;
      for (let i = 0; i < right.length; i += 2) x[right[i]!] = Math.max(x[right[i]!]!, x[b]! + right[i + 1]!);
    }
    return x;
  }

  /** Every block as far right as it may stand within the width of `left`. */
  packRight(left: Float64Array): Float64Array {
    const edge = this.sequence.reduce((most, b) => Math.max(most, left[b]!), 0);
    const x = new Float64Array(this.graph.total).fill(edge);
    for (let i = this.sequence.length - 1; i >= 0; i--) {
      const b = this.sequence[i]!;
      const others = this.leftOf[b]!;
      for (let j = 0; j < others.length; j += 2) x[others[j]!] = Math.min(x[others[j]!]!, x[b]! - others[j + 1]!);
    }
    return x;
  }

  /** Moves each block to the mean of what it is joined to, as far as its neighbours let it. */
  relax(x: Float64Array): void {
    const { upper, lower } = this.graph.segments;
    const { real, total } = this.graph;
    const pull = new Float64Array(total);
    const weight = new Float64Array(total);
    for (let round = 0; round < ROUNDS; round++) {
      pull.fill(0);
      weight.fill(0);
      for (let s = 0; s < upper.length; s++) {
        const a = this.block[upper[s]!]!;
        const b = this.block[lower[s]!]!;
        if (a === b) continue;
        const strength = upper[s]! < real && lower[s]! < real ? 1 : 0.5;
        pull[a]! += strength * x[b]!;
        weight[a]! += strength;
        pull[b]! += strength * x[a]!;
        weight[b]! += strength;
      }
      let moved = 0;
      for (let i = 0; i < this.sequence.length; i++) {
        const b = this.sequence[round % 2 === 0 ? i : this.sequence.length - 1 - i]!;
        if (weight[b] === 0) continue;
        const [low, high] = this.room(b, x);
        const wanted = Math.min(high, Math.max(low, pull[b]! / weight[b]!));
        moved = Math.max(moved, Math.abs(wanted - x[b]!));
        x[b] = wanted;
      }
      if (moved < 0.5) break;
    }
  }

  private room(b: number, x: Float64Array): [number, number] {
    let low = Number.NEGATIVE_INFINITY;
    let high = Number.POSITIVE_INFINITY;
    const lefts = this.leftOf[b]!;
    const rights = this.rightOf[b]!;
    for (let i = 0; i < lefts.length; i += 2) low = Math.max(low, x[lefts[i]!]! + lefts[i + 1]!);
    for (let i = 0; i < rights.length; i += 2) high = Math.min(high, x[rights[i]!]! - rights[i + 1]!);
    return [low, high];
  }
}
