/** Pass 4: who stands left of whom. Barycentre sweeps after Sugiyama, Tagawa and Toda (1981), keeping the best order seen. */
import { type Adjacency, adjacency, type Layered, type LayoutOptions } from "./types";

/** Nodes of each rank from left to right. */
export type Order = Int32Array[];

export function orderRanks(graph: Layered, options: LayoutOptions): Order {
  const { upper, lower } = graph.segments;
  const below = adjacency(graph.total, upper, lower);
  const above = adjacency(graph.total, lower, upper);
  const order = depthFirstOrder(graph, below, above);
  const place = new Int32Array(graph.total);
  for (const row of order) settle(row, place);

  let best = order.map((row) => row.slice());
  let fewest = crossings(order, below, place);
  for (let sweep = 0; sweep < options.sweeps && fewest > 0; sweep++) {
    const down = sweep % 2 === 0;
    for (let i = 1; i < order.length; i++) {
      const row = order[down ? i : order.length - 1 - i]!;
      sortByBarycentre(row, down ? above : below, place);
      settle(row, place);
    }
    if (sweep % 2 === 1)
      for (let pass = 0; pass < 2; pass++) for (const row of order) transpose(row, below, above, place);
    const now = crossings(order, below, place);
    if (now < fewest) {
      fewest = now;
      best = order.map((row) => row.slice());
    }
  }
  return best;
}

function settle(row: Int32Array, place: Int32Array): void {
  for (let i = 0; i < row.length; i++) place[row[i]!] = i;
}

/** A depth-first walk from the roots in the order of `next_functions`: a first order that trees keep. */
function depthFirstOrder(graph: Layered, below: Adjacency, above: Adjacency): Order {
  const rows: number[][] = Array.from({ length: graph.ranks }, () => []);
  const seen = new Uint8Array(graph.total);
  const stack: number[] = [];
  for (const onlyRoots of [true, false]) {
    for (let root = 0; root < graph.total; root++) {
      if (seen[root] || (onlyRoots && above.start[root]! < above.start[root + 1]!)) continue;
      stack.push(root);
      while (stack.length > 0) {
        const v = stack.pop()!;
        if (seen[v]) continue;
        seen[v] = 1;
        rows[graph.rank[v]!]!.push(v);
        for (let i = below.start[v + 1]! - 1; i >= below.start[v]!; i--) stack.push(below.list[i]!);
      }
    }
  }
  return rows.map((row) => Int32Array.from(row));
}

/** Stable: nodes without neighbours on that side keep their place, equal barycentres their order. */
function sortByBarycentre(row: Int32Array, neighbours: Adjacency, place: Int32Array): void {
  if (row.length < 2) return;
  const key = new Float64Array(row.length);
  let sorted = true;
  for (let i = 0; i < row.length; i++) {
    const v = row[i]!;
    const start = neighbours.start[v]!;
    const end = neighbours.start[v + 1]!;
    let sum = 0;
    for (let j = start; j < end; j++) sum += place[neighbours.list[j]!]!;
    key[i] = end > start ? sum / (end - start) : i;
    if (i > 0 && key[i]! < key[i - 1]!) sorted = false;
  }
  if (sorted) return;
  const by = Array.from(row, (_, i) => i).sort((a, b) => key[a]! - key[b]! || a - b);
  row.set(by.map((i) => row[i]!));
}

/** Neighbours in a row change places where that crosses fewer edges. Rows and fans beyond everyday sizes are left alone. */
function transpose(row: Int32Array, below: Adjacency, above: Adjacency, place: Int32Array): void {
  if (row.length > 400) return;
  for (let i = 0; i + 1 < row.length; i++) {
    const left = row[i]!;
    const right = row[i + 1]!;
    const now = pairCrossings(left, right, below, place) + pairCrossings(left, right, above, place);
    if (now === 0) continue;
    const then = pairCrossings(right, left, below, place) + pairCrossings(right, left, above, place);
    if (then >= now) continue;
    row[i] = right;
    row[i + 1] = left;
    place[right] = i;
    place[left] = i + 1;
  }
}

function pairCrossings(left: number, right: number, neighbours: Adjacency, place: Int32Array): number {
  const { start, list } = neighbours;
  if ((start[left + 1]! - start[left]!) * (start[right + 1]! - start[right]!) > 4096) return 0;
  let count = 0;
  for (let i = start[left]!; i < start[left + 1]!; i++) {
    for (let j = start[right]!; j < start[right + 1]!; j++) if (place[list[i]!]! > place[list[j]!]!) count++;
  }
  return count;
}

/** Crossings between all neighbouring ranks, by an accumulator tree (Barth, Mutzel and Jünger 2004): O(E log V). */
export function crossings(order: Order, below: Adjacency, place: Int32Array): number {
  let count = 0;
  const ends: number[] = [];
  for (let r = 0; r + 1 < order.length; r++) {
    const size = order[r + 1]!.length;
    if (size < 2 || order[r]!.length < 2) continue;
    const tree = new Int32Array(size + 1);
    let inserted = 0;
    for (const u of order[r]!) {
      ends.length = 0;
      for (let i = below.start[u]!; i < below.start[u + 1]!; i++) ends.push(place[below.list[i]!]!);
      for (const end of ends) {
        let notBeyond = 0;
        for (let i = end + 1; i > 0; i -= i & -i) notBeyond += tree[i]!;
        count += inserted - notBeyond;
      }
      for (const end of ends) {
        for (let i = end + 1; i <= size; i += i & -i) tree[i]!++;
        inserted++;
      }
    }
  }
  return count;
}
