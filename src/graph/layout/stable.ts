/**
 * Another layout of a graph that has one already: what was there keeps its place, and only what is new is placed.
 * Rows keep their nodes; a new node stands in a row between its consumers and producers, or in a new row between two.
 */
import { separation } from "./coordinates";
import { pinned, topological } from "./ranks";
import { type Bands, gapsOf, tallestOf } from "./routes";
import { adjacency, type Layered, type LayoutInput, type LayoutOptions, type Prior } from "./types";

/** Below this share of known nodes the graph is another one. */
const KNOWN_LEAST = 0.5;
/** A new row pulls this little on its neighbours. */
const FAINT = 1e-3;

export interface KeptRows {
  rank: Int32Array;
  /** Upper border that each row had, NaN for a new one. */
  wanted: Float64Array;
}

/** Quarter pixels, so that rounding does not split a row. */
const quarter = (y: number) => Math.round(y * 4) / 4;
const topOf = ({ y, height }: Prior, v: number) => quarter(y[v]! - height[v]! / 2);

/** Rows for all nodes, those of before kept; null when too little is as it was. */
export function keptRows(input: LayoutInput, prior: Prior, options: LayoutOptions): KeptRows | null {
  const count = input.width.length;
  const { pin } = input;
  const isFree = (v: number) => !pin || pin[v] === 0;
  const key = new Float64Array(count);
  let known = 0;
  let free = 0;
  for (let v = 0; v < count; v++) {
    key[v] = isFree(v) ? topOf(prior, v) : Number.NaN;
    if (!isFree(v)) continue;
    free++;
    if (!Number.isNaN(key[v]!)) known++;
  }
  if (known === 0 || known < KNOWN_LEAST * free) return null;

  const below = adjacency(count, input.from, input.to);
  const above = adjacency(count, input.to, input.from);
  const order = topological(count, input.from, input.to);
  // An edge that would now go upwards makes its producer a new node.
  for (const v of order)
    for (let i = above.start[v]!; i < above.start[v + 1]!; i++) {
      const u = above.list[i]!;
      if (u !== v && isFree(u) && key[u]! >= key[v]!) key[v] = Number.NaN;
    }
  const rows = [...new Set(key.filter((k) => !Number.isNaN(k)))].sort((a, b) => a - b);
  const step = options.rankGap + typicalHeight(input);

  // Of new nodes: the highest known row below, and how many new ones there are on the longest way down to it.
  const floor = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const chain = new Int32Array(count).fill(1);
  for (let k = count - 1; k >= 0; k--) {
    const v = order[k]!;
    for (let i = below.start[v]!; i < below.start[v + 1]!; i++) {
      const p = below.list[i]!;
      if (!isFree(p) || p === v) continue;
      const isNew = Number.isNaN(key[p]!);
      floor[v] = Math.min(floor[v]!, isNew ? floor[p]! : key[p]!);
      if (isNew) chain[v] = Math.max(chain[v]!, chain[p]! + 1);
    }
  }
  for (const v of order) {
    if (!isFree(v) || !Number.isNaN(key[v]!)) continue;
    let ceiling = Number.NEGATIVE_INFINITY;
    for (let i = above.start[v]!; i < above.start[v + 1]!; i++) {
      const u = above.list[i]!;
      if (u !== v && isFree(u) && !Number.isNaN(key[u]!)) ceiling = Math.max(ceiling, key[u]!);
    }
    key[v] = placeBetween(rows, ceiling, floor[v]!, chain[v]!, step);
  }

  const all = [...new Set(key.filter((k) => !Number.isNaN(k)))].sort((a, b) => a - b);
  const wasRow = new Set(rows);
  const rank = new Int32Array(count);
  const rankOf = new Map(all.map((k, r) => [k, r]));
  for (let v = 0; v < count; v++) rank[v] = isFree(v) ? rankOf.get(key[v]!)! : 0;
  const wanted = all.map((k) => (wasRow.has(k) ? k : Number.NaN));
  if (!pin) return { rank, wanted: Float64Array.from(wanted) };
  const edge = (side: number) => {
    for (let v = 0; v < count; v++) if (pin[v] === side && !Number.isNaN(prior.y[v]!)) return [topOf(prior, v)];
    return pin.includes(side) ? [Number.NaN] : [];
  };
  return { rank: pinned(rank, pin), wanted: Float64Array.from([...edge(-1), ...wanted, ...edge(1)]) };
}

/** The row for a new node with `chain - 1` more new ones to come below it: one that is there, or one between two. */
function placeBetween(rows: readonly number[], ceiling: number, floor: number, chain: number, step: number): number {
  const between = rows.filter((row) => row > ceiling && row < floor);
  if (ceiling === Number.NEGATIVE_INFINITY) return between.at(-chain) ?? Math.min(floor, rows[0]!) - step * chain;
  if (between.length >= chain || (floor === Number.POSITIVE_INFINITY && between.length > 0)) return between[0]!;
  return floor === Number.POSITIVE_INFINITY ? ceiling + step : ceiling + (floor - ceiling) / (chain + 1);
}

function typicalHeight({ height }: LayoutInput): number {
  return height.length === 0 ? 0 : height.slice().sort()[height.length >> 1]!;
}

/** x of all nodes: known ones stay, new ones take the free place nearest to what they are joined to. */
export function keptX(graph: Layered, prior: Prior, { wanted }: KeptRows, options: LayoutOptions): Float64Array {
  const { real, total, rank, ranks } = graph;
  const x = new Float64Array(total).fill(Number.NaN);
  x.set(prior.x);
  // A producer with several ports has several trunks: each takes the next place.
  const trunks = new Map<string, number[]>();
  const { producer, top, x: trunkX } = prior.trunks;
  for (let i = 0; i < producer.length; i++) {
    const key = `${producer[i]} ${quarter(top[i]!)}`;
    const places = trunks.get(key);
    if (places) places.push(trunkX[i]!);
    else trunks.set(key, [trunkX[i]!]);
  }
  for (let v = real; v < total; v++)
    x[v] = trunks.get(`${graph.producer[v - real]} ${quarter(wanted[rank[v]!]!)}`)?.shift() ?? Number.NaN;

  const above = adjacency(total, graph.lower, graph.upper);
  const below = adjacency(total, graph.upper, graph.lower);
  const nodes = new Int32Array(total).map((_, v) => v);
  const rowsOf = adjacency(ranks, rank, nodes);
  const desired = (v: number): number => {
    const first = v < real ? above : below;
    return meanX(v, first) ?? meanX(v, first === above ? below : above) ?? 0;
  };
  const meanX = (v: number, { start, list }: typeof above): number | undefined => {
    let sum = 0;
    let known = 0;
    for (let i = start[v]!; i < start[v + 1]!; i++) {
      if (Number.isNaN(x[list[i]!]!)) continue;
      sum += x[list[i]!]!;
      known++;
    }
    return known > 0 ? sum / known : undefined;
  };
  for (let r = 0; r < ranks; r++) {
    const row = rowsOf.list.subarray(rowsOf.start[r]!, rowsOf.start[r + 1]!);
    const placed = [...row].filter((v) => !Number.isNaN(x[v]!)).sort((a, b) => x[a]! - x[b]! || a - b);
    spread(graph, placed, x, options, placed.indexOf(prior.anchor ?? -1));
    const fresh = [...row].filter((v) => Number.isNaN(x[v]!)).map((v) => [v, desired(v)] as const);
    for (const [v, wish] of fresh.sort((a, b) => a[1] - b[1] || a[0] - b[0])) {
      const at = nearestFree(graph, placed, x, v, wish, options);
      x[v] = at.x;
      placed.splice(at.index, 0, v);
    }
  }
  return x;
}

/** Neighbours that have become too wide for their places move outwards, from the opened node or else from the middle. */
function spread(graph: Layered, row: readonly number[], x: Float64Array, options: LayoutOptions, anchor: number): void {
  const from = anchor >= 0 ? anchor : row.length >> 1;
  for (let i = from + 1; i < row.length; i++) {
    const [a, b] = [row[i - 1]!, row[i]!];
    x[b] = Math.max(x[b]!, x[a]! + separation(graph, a, b, options));
  }
  for (let i = from - 1; i >= 0; i--) {
    const [a, b] = [row[i]!, row[i + 1]!];
    x[a] = Math.min(x[a]!, x[b]! - separation(graph, a, b, options));
  }
}

/** Where in a row `v` fits without moving anyone, nearest to `wish`. */
function nearestFree(
  graph: Layered,
  row: readonly number[],
  x: Float64Array,
  v: number,
  wish: number,
  options: LayoutOptions,
): { x: number; index: number } {
  let best = { x: wish, index: 0 };
  let distance = Number.POSITIVE_INFINITY;
  for (let i = 0; i <= row.length; i++) {
    const low = i > 0 ? x[row[i - 1]!]! + separation(graph, row[i - 1]!, v, options) : Number.NEGATIVE_INFINITY;
    const high = i < row.length ? x[row[i]!]! - separation(graph, v, row[i]!, options) : Number.POSITIVE_INFINITY;
    if (low > high) continue;
    const at = Math.min(high, Math.max(low, wish));
    if (Math.abs(at - wish) >= distance) continue;
    distance = Math.abs(at - wish);
    best = { x: at, index: i };
  }
  return best;
}

/** Rows where they were, as far as their heights and the gaps between them let them. */
export function keptBands(
  graph: Layered,
  pin: Int8Array | undefined,
  prior: Prior,
  { wanted }: KeptRows,
  options: LayoutOptions,
): Bands {
  const usual = gapsOf(graph, pin, options);
  const height = tallestOf(graph);
  const { ranks, rank, real } = graph;
  const before = new Float64Array(ranks).fill(Number.NaN);
  for (let v = 0; v < real; v++) {
    const was = prior.height[v]!;
    const r = rank[v]!;
    if (Number.isNaN(was) || quarter(wanted[r]!) !== topOf(prior, v)) continue;
    before[r] = Number.isNaN(before[r]!) ? was : Math.max(before[r]!, was);
  }
  /** Between rows `r` and `r + 1`, as it was. */
  const gap = (r: number): number => {
    const was = wanted[r + 1]! - wanted[r]! - before[r]!;
    return Number.isNaN(was) ? usual[r]! : was;
  };
  const top =
    prior.anchor === undefined || Number.isNaN(wanted[rank[prior.anchor]!]!)
      ? leastMoved(filled(wanted, height, usual), wanted, height, (r) => Math.min(options.leastRankGap, gap(r)))
      : shifted(wanted, height, rank[prior.anchor]!, gap);
  return { top, bottom: top.map((y, r) => y + height[r]!) };
}

/** The gaps of before, from the anchor's row downwards and upwards. */
function shifted(wanted: Float64Array, height: Float64Array, anchor: number, gap: (r: number) => number): Float64Array {
  const top = new Float64Array(wanted.length);
  top[anchor] = wanted[anchor]!;
  for (let r = anchor + 1; r < top.length; r++) top[r] = top[r - 1]! + height[r - 1]! + gap(r - 1);
  for (let r = anchor - 1; r >= 0; r--) top[r] = top[r + 1]! - gap(r) - height[r]!;
  return top;
}

/** New rows get the middle between their neighbours. */
function filled(wanted: Float64Array, height: Float64Array, gaps: Float64Array): Float64Array {
  const top = wanted.slice();
  const first = top.findIndex((y) => !Number.isNaN(y));
  for (let r = first - 1; r >= 0; r--) top[r] = top[r + 1]! - height[r]! - gaps[r]!;
  for (let r = Math.max(first, 0) + 1; r < top.length; r++) {
    if (!Number.isNaN(top[r]!)) continue;
    let next = r;
    while (next < top.length && Number.isNaN(top[next]!)) next++;
    if (next === top.length) top[r] = top[r - 1]! + height[r - 1]! + gaps[r - 1]!;
    else top[r] = top[r - 1]! + (top[next]! - top[r - 1]!) / (next - r + 1);
  }
  return top;
}

/** Least squares under "each row ends a gap above the next": isotonic regression by pooling adjacent violators. */
function leastMoved(
  wish: Float64Array,
  wanted: Float64Array,
  height: Float64Array,
  least: (r: number) => number,
): Float64Array {
  const offset = new Float64Array(wish.length);
  for (let r = 1; r < wish.length; r++) offset[r] = offset[r - 1]! + height[r - 1]! + least(r - 1);
  const pools: { sum: number; weight: number; rows: number }[] = [];
  for (let r = 0; r < wish.length; r++) {
    const weight = Number.isNaN(wanted[r]!) ? FAINT : 1;
    pools.push({ sum: (wish[r]! - offset[r]!) * weight, weight, rows: 1 });
    while (pools.length > 1) {
      const [a, b] = [pools.at(-2)!, pools.at(-1)!];
      if (a.sum / a.weight <= b.sum / b.weight) break;
      pools.pop();
      a.sum += b.sum;
      a.weight += b.weight;
      a.rows += b.rows;
    }
  }
  const top = new Float64Array(wish.length);
  let r = 0;
  for (const { sum, weight, rows } of pools)
    for (let i = 0; i < rows; i++, r++) top[r] = quarter(sum / weight + offset[r]!);
  return top;
}
