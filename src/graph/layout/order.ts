/** Pass 4: who stands left of whom. Barycentre sweeps after Sugiyama, Tagawa and Toda (1981), keeping the best order seen. */
import { type Adjacency, adjacency, type Layered, type LayoutOptions, type Order } from "./types";

/** Sweeps that may pass without a better order. */
const PATIENCE = 3;
/** Rows and fans beyond these sizes are not looked at pair by pair. */
const ROW_MAX = 400;
const PAIRS_MAX = 4096;

export function orderRanks(graph: Layered, options: LayoutOptions): Order {
  const below = adjacency(graph.total, graph.upper, graph.lower);
  const above = adjacency(graph.total, graph.lower, graph.upper);
  const order = depthFirstOrder(graph, below, above);
  const place = new Int32Array(graph.total);
  settle(order, place, 0, graph.ranks);

  const sweeper = new Sweeper(order, place, below, above);
  let best = order.list.slice();
  let fewest = sweeper.crossings();
  let patience = PATIENCE;
  for (let sweep = 0; sweep < options.sweeps && fewest > 0 && patience > 0; sweep++) {
    const down = sweep % 2 === 0;
    for (let i = 1; i < graph.ranks; i++) sweeper.sortByBarycentre(down ? i : graph.ranks - 1 - i, down);
    if (!down) for (let pass = 0; pass < 2; pass++) for (let r = 0; r < graph.ranks; r++) sweeper.transpose(r);
    const now = sweeper.crossings();
    if (now < fewest) {
      fewest = now;
      best = order.list.slice();
      patience = PATIENCE;
    } else patience--;
  }
  return { start: order.start, list: best };
}

function settle({ start, list }: Order, place: Int32Array, from: number, to: number): void {
  for (let r = from; r < to; r++) for (let i = start[r]!; i < start[r + 1]!; i++) place[list[i]!] = i - start[r]!;
}

/** A depth-first walk from the roots in the order of `next_functions`: a first order that trees keep. */
function depthFirstOrder(graph: Layered, below: Adjacency, above: Adjacency): Order {
  const { total, rank, ranks } = graph;
  const visited = new Int32Array(total);
  let count = 0;
  const seen = new Uint8Array(total);
  const stack = new Int32Array(total + below.list.length);
  for (const onlyRoots of [true, false]) {
    for (let root = 0; root < total; root++) {
      if (seen[root] || (onlyRoots && above.start[root]! < above.start[root + 1]!)) continue;
      let size = 0;
      stack[size++] = root;
      while (size > 0) {
        const v = stack[--size]!;
        if (seen[v]) continue;
        seen[v] = 1;
        visited[count++] = v;
        for (let i = below.start[v + 1]! - 1; i >= below.start[v]!; i--)
          if (!seen[below.list[i]!]) stack[size++] = below.list[i]!;
      }
    }
  }
  return adjacency(
    ranks,
    visited.map((v) => rank[v]!),
    visited,
  );
}

/** The sweeps' state: rows that change in place, and room to work in. */
class Sweeper {
  private readonly key: Float64Array;
  private readonly tree: Int32Array;
  private readonly copy: Int32Array;

  constructor(
    private readonly order: Order,
    private readonly place: Int32Array,
    private readonly below: Adjacency,
    private readonly above: Adjacency,
  ) {
    let widest = 0;
    for (let r = 0; r + 1 < order.start.length; r++) widest = Math.max(widest, order.start[r + 1]! - order.start[r]!);
    this.key = new Float64Array(widest);
    this.tree = new Int32Array(widest + 1);
    this.copy = new Int32Array(widest);
  }

  /** Stable: nodes without neighbours on that side keep their place, equal barycentres their order. */
  sortByBarycentre(r: number, byAbove: boolean): void {
    const { order, place, copy } = this;
    const neighbours = byAbove ? this.above : this.below;
    const first = order.start[r]!;
    const size = order.start[r + 1]! - first;
    if (size < 2) return;
    const key = this.key.subarray(0, size);
    let sorted = true;
    let before = -1;
    for (let i = 0; i < size; i++) {
      const v = order.list[first + i]!;
      const start = neighbours.start[v]!;
      const end = neighbours.start[v + 1]!;
      let sum = 0;
      for (let j = start; j < end; j++) sum += place[neighbours.list[j]!]!;
      // In 1024ths, so that the number below holds barycentre and place and sorts as they do.
      const at = end > start ? Math.round((sum / (end - start)) * 1024) : i * 1024;
      if (at < before) sorted = false;
      before = at;
      key[i] = at * size + i;
    }
    if (sorted) return;
    key.sort();
    for (let i = 0; i < size; i++) copy[i] = order.list[first + (key[i]! % size)]!;
    for (let i = 0; i < size; i++) {
      order.list[first + i] = copy[i]!;
      place[copy[i]!] = i;
    }
  }

  /** Neighbours in a row change places where that crosses fewer edges. */
  transpose(r: number): void {
    const { order, place, below, above } = this;
    const first = order.start[r]!;
    const size = order.start[r + 1]! - first;
    if (size > ROW_MAX) return;
    for (let i = 0; i + 1 < size; i++) {
      const left = order.list[first + i]!;
      const right = order.list[first + i + 1]!;
      const now = this.pair(left, right, below) + this.pair(left, right, above);
      if (now === 0 || this.pair(right, left, below) + this.pair(right, left, above) >= now) continue;
      order.list[first + i] = right;
      order.list[first + i + 1] = left;
      place[right] = i;
      place[left] = i + 1;
    }
  }

  private pair(left: number, right: number, { start, list }: Adjacency): number {
    const { place } = this;
    const [leftStart, leftEnd, rightStart, rightEnd] = [
      start[left]!,
      start[left + 1]!,
      start[right]!,
      start[right + 1]!,
    ];
    if ((leftEnd - leftStart) * (rightEnd - rightStart) > PAIRS_MAX) return 0;
    let count = 0;
    for (let i = leftStart; i < leftEnd; i++) {
      const at = place[list[i]!]!;
      for (let j = rightStart; j < rightEnd; j++) if (at > place[list[j]!]!) count++;
    }
    return count;
  }

  /** Crossings between all neighbouring ranks, by an accumulator tree (Barth, Mutzel and Jünger 2004): O(E log V). */
  crossings(): number {
    const { order, place, below, tree } = this;
    let count = 0;
    for (let r = 0; r + 2 < order.start.length; r++) {
      const size = order.start[r + 2]! - order.start[r + 1]!;
      if (size < 2 || order.start[r + 1]! - order.start[r]! < 2) continue;
      tree.fill(0, 0, size + 1);
      let inserted = 0;
      for (let k = order.start[r]!; k < order.start[r + 1]!; k++) {
        const u = order.list[k]!;
        const [start, end] = [below.start[u]!, below.start[u + 1]!];
        for (let i = start; i < end; i++) {
          let notBeyond = 0;
          for (let t = place[below.list[i]!]! + 1; t > 0; t -= t & -t) notBeyond += tree[t]!;
          count += inserted - notBeyond;
        }
        for (let i = start; i < end; i++) for (let t = place[below.list[i]!]! + 1; t <= size; t += t & -t) tree[t]!++;
        inserted += end - start;
      }
    }
    return count;
  }
}
