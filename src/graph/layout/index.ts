/** Layered layout of a grad_fn graph: roots on top, leaves at the bottom. Deterministic; every pass is iterative. */
import { type Component, components } from "./components";
import { assignX } from "./coordinates";
import { orderRanks } from "./order";
import { pack } from "./pack";
import { rankNodes } from "./ranks";
import { bandsOf, routes } from "./routes";
import { keptBands, keptRows, keptX } from "./stable";
import { LAYOUT_DEFAULTS, type LayoutInput, type LayoutOptions, type LayoutResult, type Prior } from "./types";
import { insertVirtuals } from "./virtuals";

export {
  LAYOUT_DEFAULTS,
  type LayoutInput,
  type LayoutOptions,
  type LayoutResult,
  type Prior,
  type Trunks,
} from "./types";

/** A component with its own numbers; `kept` when it stands where it stood. */
type Part = Omit<LayoutResult, "left" | "top"> & { left: number; top: number; kept: boolean };

/**
 * Places nodes and routes edges. With an earlier layout, what was in it stays where it stood as far as there is room;
 * where too little is as it was, the earlier one is ignored.
 */
export function layout(input: LayoutInput, given: Partial<LayoutOptions> = {}, prior?: Prior): LayoutResult {
  const options = { ...LAYOUT_DEFAULTS, ...given };
  if (options.direction === "right")
    return turned(layoutDown(turnedInput(input), options, prior && turnedPrior(prior)));
  return layoutDown(input, options, prior);
}

function layoutDown(input: LayoutInput, options: LayoutOptions, prior: Prior | undefined): LayoutResult {
  // What is pinned to the first and last row of all belongs to no component of its own.
  const parts = input.pin ? [everything(input)] : components(input.width.length, input.from, input.to);
  const local = new Int32Array(input.width.length);
  for (const { nodes } of parts) for (let i = 0; i < nodes.length; i++) local[nodes[i]!] = i;
  const placed = parts.map((part) => {
    const own = parts.length === 1 ? input : partOfInput(input, part, local);
    return layoutPart(own, options, prior && (parts.length === 1 ? prior : partOfPrior(prior, part, local)));
  });
  arrange(placed, options);
  return placed.length === 1 ? placed[0]! : join(input, parts, placed);
}

function layoutPart(input: LayoutInput, options: LayoutOptions, prior: Prior | undefined): Part {
  const kept = prior ? keptRows(input, prior, options) : null;
  const rank = kept ? kept.rank : rankNodes(input);
  const graph = insertVirtuals(input, rank, options);
  const x = kept && prior ? keptX(graph, prior, kept, options) : assignX(graph, orderRanks(graph, options), options);
  const bands = kept && prior ? keptBands(graph, input.pin, prior, kept, options) : bandsOf(graph, input.pin, options);
  const { points, pointStart, labelX, labelY, right } = routes(graph, input, x, bands, options);
  let [left, border] = [Number.POSITIVE_INFINITY, right];
  for (let v = 0; v < graph.total; v++) {
    left = Math.min(left, x[v]! - graph.width[v]! / 2);
    border = Math.max(border, x[v]! + graph.width[v]! / 2);
  }
  if (graph.total === 0) left = border = 0;
  const top = bands.top[0] ?? 0;
  const y = new Float64Array(graph.real);
  for (let v = 0; v < graph.real; v++) y[v] = bands.top[rank[v]!]! + graph.height[v]! / 2;
  return {
    x: x.slice(0, graph.real),
    y,
    rank,
    points,
    pointStart,
    labelX,
    labelY,
    trunks: {
      producer: graph.producer,
      top: Float64Array.from(graph.producer, (_, i) => bands.top[graph.rank[graph.real + i]!]!),
      x: x.slice(graph.real),
    },
    left,
    top,
    width: border - left,
    height: (bands.bottom[graph.ranks - 1] ?? 0) - top,
    kept: kept !== null,
  };
}

/** Components side by side; those that stand where they stood move aside only for one that has grown into them. */
function arrange(parts: Part[], options: LayoutOptions): void {
  const gap = options.componentGap;
  const standing = parts.filter(({ kept }) => kept);
  const fresh = parts.filter(({ kept }) => !kept);
  const settled: Part[] = [];
  for (const part of standing.sort((a, b) => a.left - b.left)) {
    for (const other of settled) {
      const apart = part.top >= other.top + other.height || other.top >= part.top + part.height;
      if (!apart && part.left < other.left + other.width + gap / 2)
        move(part, other.left + other.width + gap - part.left, 0);
    }
    settled.push(part);
  }
  const [left, , , bottom] = bounds(standing);
  const shelves = pack(fresh, gap, options.wrapWidth);
  fresh.forEach((part, i) => {
    const dy = standing.length > 0 ? bottom + gap : 0;
    move(part, (standing.length > 0 ? left : 0) + shelves.x[i]! - part.left, dy + shelves.y[i]! - part.top);
  });
}

function bounds(parts: readonly Part[]): [left: number, top: number, right: number, bottom: number] {
  let [left, top, right, bottom] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, -Infinity, -Infinity];
  for (const part of parts) {
    left = Math.min(left, part.left);
    top = Math.min(top, part.top);
    right = Math.max(right, part.left + part.width);
    bottom = Math.max(bottom, part.top + part.height);
  }
  return [left, top, right, bottom];
}

function move(part: Part, dx: number, dy: number): void {
  if (dx === 0 && dy === 0) return;
  const add = (numbers: Float64Array, by: number) => {
    for (let i = 0; i < numbers.length; i++) numbers[i]! += by;
  };
  for (const numbers of [part.x, part.labelX, part.trunks.x]) add(numbers, dx);
  for (const numbers of [part.y, part.labelY, part.trunks.top]) add(numbers, dy);
  for (let i = 0; i < part.points.length; i += 2) {
    part.points[i]! += dx;
    part.points[i + 1]! += dy;
  }
  part.left += dx;
  part.top += dy;
}

function everything({ width, from }: LayoutInput): Component {
  return { nodes: new Int32Array(width.length).map((_, v) => v), edges: new Int32Array(from.length).map((_, e) => e) };
}

function partOfInput(input: LayoutInput, { nodes, edges }: Component, local: Int32Array): LayoutInput {
  const { fromPort, toPort } = input;
  return {
    width: Float64Array.from(nodes, (v) => input.width[v]!),
    height: Float64Array.from(nodes, (v) => input.height[v]!),
    from: Int32Array.from(edges, (e) => local[input.from[e]!]!),
    to: Int32Array.from(edges, (e) => local[input.to[e]!]!),
    ...(fromPort ? { fromPort: Float64Array.from(edges, (e) => fromPort[e]!) } : {}),
    ...(toPort ? { toPort: Float64Array.from(edges, (e) => toPort[e]!) } : {}),
  };
}

function partOfPrior(prior: Prior, { nodes }: Component, local: Int32Array): Prior {
  const here = new Set(nodes);
  const { producer, top, x } = prior.trunks;
  const trunks = [...producer.keys()].filter((i) => here.has(producer[i]!));
  return {
    x: Float64Array.from(nodes, (v) => prior.x[v]!),
    y: Float64Array.from(nodes, (v) => prior.y[v]!),
    height: Float64Array.from(nodes, (v) => prior.height[v]!),
    trunks: {
      producer: Int32Array.from(trunks, (i) => local[producer[i]!]!),
      top: Float64Array.from(trunks, (i) => top[i]!),
      x: Float64Array.from(trunks, (i) => x[i]!),
    },
    ...(prior.anchor !== undefined && here.has(prior.anchor) ? { anchor: local[prior.anchor]! } : {}),
  };
}

function join(input: LayoutInput, parts: readonly Component[], placed: readonly Part[]): LayoutResult {
  const nodes = input.width.length;
  const edges = input.from.length;
  const sum = (size: (part: Part) => number) => placed.reduce((total, part) => total + size(part), 0);
  const trunkCount = sum(({ trunks }) => trunks.x.length);
  const [left, top, right, bottom] = placed.length > 0 ? bounds(placed) : [0, 0, 0, 0];
  const result: LayoutResult = {
    x: new Float64Array(nodes),
    y: new Float64Array(nodes),
    rank: new Int32Array(nodes),
    left,
    top,
    width: right - left,
    height: bottom - top,
    points: new Float64Array(sum(({ points }) => points.length)),
    pointStart: new Int32Array(edges + 1),
    labelX: new Float64Array(edges),
    labelY: new Float64Array(edges),
    trunks: {
      producer: new Int32Array(trunkCount),
      top: new Float64Array(trunkCount),
      x: new Float64Array(trunkCount),
    },
  };
  placed.forEach((part, p) => {
    parts[p]!.edges.forEach((e, i) => {
      result.pointStart[e + 1] = part.pointStart[i + 1]! - part.pointStart[i]!;
    });
  });
  for (let e = 0; e < edges; e++) result.pointStart[e + 1]! += result.pointStart[e]!;
  let trunk = 0;
  placed.forEach((part, p) => {
    parts[p]!.nodes.forEach((v, i) => {
      result.x[v] = part.x[i]!;
      result.y[v] = part.y[i]!;
      result.rank[v] = part.rank[i]!;
    });
    parts[p]!.edges.forEach((e, i) => {
      result.points.set(
        part.points.subarray(2 * part.pointStart[i]!, 2 * part.pointStart[i + 1]!),
        2 * result.pointStart[e]!,
      );
      result.labelX[e] = part.labelX[i]!;
      result.labelY[e] = part.labelY[i]!;
    });
    result.trunks.producer.set(
      part.trunks.producer.map((v) => parts[p]!.nodes[v]!),
      trunk,
    );
    result.trunks.top.set(part.trunks.top, trunk);
    result.trunks.x.set(part.trunks.x, trunk);
    trunk += part.trunks.x.length;
  });
  return result;
}

function turnedInput(input: LayoutInput): LayoutInput {
  return { ...input, width: input.height, height: input.width };
}

function turnedPrior(prior: Prior): Prior {
  return { ...prior, x: prior.y, y: prior.x };
}

/** Rows become columns. */
function turned(result: LayoutResult): LayoutResult {
  const points = result.points.slice();
  for (let i = 0; i < points.length; i += 2) {
    points[i] = result.points[i + 1]!;
    points[i + 1] = result.points[i]!;
  }
  return {
    ...result,
    x: result.y,
    y: result.x,
    left: result.top,
    top: result.left,
    width: result.height,
    height: result.width,
    points,
    labelX: result.labelY,
    labelY: result.labelX,
  };
}
