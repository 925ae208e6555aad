/**
 * Groups laid out inside: each open group is a graph of its own, laid out first, and then one large node of the graph
 * around it. An edge that crosses a group's border does so at a port, so that within each graph it is an ordinary edge.
 */
import { layout } from "./index";
import { LAYOUT_DEFAULTS, type LayoutInput, type LayoutOptions, type LayoutResult, type Prior } from "./types";

export interface NestedInput {
  /** Of cards, in pixels. */
  width: Float64Array;
  height: Float64Array;
  /** Cards and open groups by name, the same from one layout to the next; for {@link Memory}. */
  keys: string[];
  /** The open group that a card is in: an index into `groups`, -1 for none. */
  group: Int32Array;
  groups: {
    key: string;
    /** The open group around it, which comes before it; -1 for none. */
    parent: number;
    /** Room that its title needs. */
    minWidth: number;
  }[];
  from: Int32Array;
  to: Int32Array;
}

export interface NestedResult {
  x: Float64Array;
  y: Float64Array;
  /** Order of reading: how far down within its graph. */
  rank: Int32Array;
  left: number;
  top: number;
  width: number;
  height: number;
  points: Float64Array;
  pointStart: Int32Array;
  labelX: Float64Array;
  labelY: Float64Array;
  /** Upper left corners and sizes of the open groups. */
  groups: { x: number; y: number; width: number; height: number }[];
  memory: Memory;
}

/** Where everything stood, for the next layout: by the graph's key (the outermost one's is empty) and the node's. */
export type Memory = Record<string, MemoryOfGraph>;

interface MemoryOfGraph {
  /** `extent`: height, or width if rows go to the right. `inside`: an open group's contents' middle, across the rows. */
  nodes: Record<string, [x: number, y: number, extent: number, inside?: number]>;
  trunks: [key: string, top: number, x: number][];
}

/** Around the contents of an open group; the title stands in the upper part. */
export const FRAME = { side: 16, top: 34, bottom: 16 } as const;
/** An edge's place on a group's border. */
const PORT = 2;

/** A graph while it is built: cards, open groups and ports are its nodes. */
interface Level {
  keys: string[];
  width: number[];
  height: number[];
  pin: number[];
  /** The open group that a node is; -1 for cards and ports. */
  group: number[];
  from: number[];
  to: number[];
  /** Port nodes within the group at either end, -1 where the end is no group. */
  fromInner: number[];
  toInner: number[];
  nodeOf: Map<string, number>;
  edgeOf: Map<string, number>;
  result: LayoutResult | null;
}

/**
 * Places cards and open groups and routes edges.
 * @param anchor key of the group that was opened or closed, if that is what changed
 */
export function layoutNested(
  input: NestedInput,
  given: Partial<LayoutOptions> = {},
  memory?: Memory,
  anchor?: string,
): NestedResult {
  const options = { ...LAYOUT_DEFAULTS, ...given };
  const plan = new Plan(input);
  const anchors = anchor === undefined ? new Set<string>() : plan.around(anchor);
  for (let g = input.groups.length - 1; g >= -1; g--) plan.layoutLevel(g, options, memory, anchors);
  return plan.finish();
}

class Plan {
  /** `levels[g + 1]` is the inside of group `g`. */
  private readonly levels: Level[];
  private readonly depth: number[] = [];
  /** For each edge its pieces from consumer to producer: level and edge within it. */
  private readonly pieces: [level: number, edge: number][][] = [];
  private readonly own: { level: number; node: number }[] = [];
  private readonly inParent: number[] = [];
  private readonly remember: Memory = {};

  constructor(private readonly input: NestedInput) {
    const { groups, group, width, height, keys, from, to } = input;
    this.levels = Array.from({ length: groups.length + 1 }, emptyLevel);
    groups.forEach(({ parent }, g) => {
      this.depth[g] = parent < 0 ? 1 : this.depth[parent]! + 1;
    });
    for (let v = 0; v < width.length; v++) {
      const level = this.levels[group[v]! + 1]!;
      this.own.push({ level: group[v]! + 1, node: addNode(level, keys[v]!, width[v]!, height[v]!, 0, -1) });
    }
    groups.forEach(({ key, parent }, g) => {
      this.inParent[g] = addNode(this.levels[parent + 1]!, key, 0, 0, 0, g);
    });
    for (let e = 0; e < from.length; e++) this.pieces.push(this.route(from[e]!, to[e]!, e));
  }

  /** Keys of a group and of all that it is in. */
  around(key: string): Set<string> {
    const { keys, group, groups } = this.input;
    const found = new Set([key]);
    const g = groups.findIndex((each) => each.key === key);
    let outer = g >= 0 ? groups[g]!.parent : (group[keys.indexOf(key)] ?? -1);
    for (; outer >= 0; outer = groups[outer]!.parent) found.add(groups[outer]!.key);
    return found;
  }

  /** Edge `e` out of the groups that only its consumer is in, and into those that only its producer is in. */
  private route(u: number, v: number, e: number): [number, number][] {
    const { group, groups, keys } = this.input;
    const pieces: [number, number][] = [];
    const tail: [number, number][] = [];
    let [a, b] = [group[u]!, group[v]!];
    let [start, end] = [this.own[u]!.node, this.own[v]!.node];
    let [startInner, endInner] = [-1, -1];
    const depthOf = (g: number) => (g < 0 ? 0 : this.depth[g]!);
    while (a !== b) {
      if (depthOf(a) >= depthOf(b)) {
        const level = this.levels[a + 1]!;
        const port = addNode(level, `out ${keys[v]}`, PORT, 0, 1, -1);
        pieces.push([a + 1, addEdge(level, start, port, startInner, -1)]);
        startInner = port;
        start = this.inParent[a]!;
        a = groups[a]!.parent;
      } else {
        const level = this.levels[b + 1]!;
        const port = addNode(level, `in ${keys[v]}`, PORT, 0, -1, -1);
        tail.push([b + 1, addEdge(level, port, end, -1, endInner)]);
        endInner = port;
        end = this.inParent[b]!;
        b = groups[b]!.parent;
      }
    }
    const level = this.levels[a + 1]!;
    // Two edges between the same two cards stay two.
    const distinct = pieces.length + tail.length === 0 ? e : -1;
    pieces.push([a + 1, addEdge(level, start, end, startInner, endInner, distinct)]);
    return [...pieces, ...tail.reverse()];
  }

  layoutLevel(g: number, options: LayoutOptions, memory: Memory | undefined, anchors: ReadonlySet<string>): void {
    const level = this.levels[g + 1]!;
    const right = options.direction === "right";
    level.group.forEach((inner, node) => {
      if (inner < 0) return;
      const { width, height } = this.levels[inner + 1]!.result!;
      level.width[node] = Math.max(width + 2 * FRAME.side, this.input.groups[inner]!.minWidth);
      level.height[node] = height + FRAME.top + FRAME.bottom;
    });
    const ports = (inner: readonly number[], ends: readonly number[]) =>
      Float64Array.from(inner, (port, i) => {
        if (port < 0) return Number.NaN;
        const { result } = this.levels[level.group[ends[i]!]! + 1]!;
        const centre = middle(result!, right);
        // The title makes a frame's upper part larger than its lower one.
        const shift = right ? (FRAME.top - FRAME.bottom) / 2 : 0;
        return (right ? result!.y : result!.x)[port]! - centre + shift;
      });
    const flat: LayoutInput = {
      width: Float64Array.from(level.width),
      height: Float64Array.from(level.height),
      from: Int32Array.from(level.from),
      to: Int32Array.from(level.to),
      ...(level.fromInner.some((port) => port >= 0) ? { fromPort: ports(level.fromInner, level.from) } : {}),
      ...(level.toInner.some((port) => port >= 0) ? { toPort: ports(level.toInner, level.to) } : {}),
      ...(level.pin.some((pin) => pin !== 0) ? { pin: Int8Array.from(level.pin) } : {}),
    };
    const before = memory?.[g < 0 ? "" : this.input.groups[g]!.key];
    // Inside a group, parts stand side by side as they would anywhere.
    level.result = layout(
      flat,
      g < 0 ? options : { ...options, wrapWidth: 0 },
      before && this.priorOf(level, before, anchors, right),
    );
    this.remember[g < 0 ? "" : this.input.groups[g]!.key] = this.remembered(level, right);
  }

  finish(): NestedResult {
    const { groups, width, from } = this.input;
    const shift: [number, number][] = [[0, 0]];
    const frames: NestedResult["groups"] = [];
    groups.forEach(({ parent }, g) => {
      const outer = this.levels[parent + 1]!;
      const node = this.inParent[g]!;
      const [dx, dy] = shift[parent + 1]!;
      const [w, h] = [outer.width[node]!, outer.height[node]!];
      const frame = {
        x: outer.result!.x[node]! + dx - w / 2,
        y: outer.result!.y[node]! + dy - h / 2,
        width: w,
        height: h,
      };
      frames.push(frame);
      const inside = this.levels[g + 1]!.result!;
      shift[g + 1] = [frame.x + (w - inside.width) / 2 - inside.left, frame.y + FRAME.top - inside.top];
    });

    const x = new Float64Array(width.length);
    const y = new Float64Array(width.length);
    const rank = new Int32Array(width.length);
    this.own.forEach(({ level, node }, v) => {
      const { result } = this.levels[level]!;
      x[v] = result!.x[node]! + shift[level]![0];
      y[v] = result!.y[node]! + shift[level]![1];
      rank[v] = result!.rank[node]!;
    });

    const points: number[] = [];
    const pointStart = new Int32Array(from.length + 1);
    const labelX = new Float64Array(from.length);
    const labelY = new Float64Array(from.length);
    this.pieces.forEach((pieces, e) => {
      pieces.forEach(([level, edge], i) => {
        const { result } = this.levels[level]!;
        const [dx, dy] = shift[level]!;
        const [start, end] = [result!.pointStart[edge]!, result!.pointStart[edge + 1]!];
        // Pieces meet at a border, where all of them are upright: the joint itself is no control point.
        for (let p = i > 0 ? start + 1 : start; p < end - (i + 1 < pieces.length ? 1 : 0); p++)
          points.push(result!.points[2 * p]! + dx, result!.points[2 * p + 1]! + dy);
        if (i + 1 < pieces.length) {
          const last = end - 1;
          points.push(result!.points[2 * last]! + dx, result!.points[2 * last + 1]! + dy);
        }
        if (i === 0) {
          labelX[e] = result!.labelX[edge]! + dx;
          labelY[e] = result!.labelY[edge]! + dy;
        }
      });
      pointStart[e + 1] = points.length / 2;
    });
    const { left, top, width: totalWidth, height: totalHeight } = this.levels[0]!.result!;
    return {
      x,
      y,
      rank,
      left,
      top,
      width: totalWidth,
      height: totalHeight,
      points: Float64Array.from(points),
      pointStart,
      labelX,
      labelY,
      groups: frames,
      memory: this.remember,
    };
  }

  /** What is remembered of a graph, by its nodes' numbers of now. */
  private priorOf(level: Level, { nodes, trunks }: MemoryOfGraph, anchors: ReadonlySet<string>, right: boolean): Prior {
    const of = (part: 0 | 1 | 2) => Float64Array.from(level.keys, (key) => nodes[key]?.[part] ?? Number.NaN);
    const [x, y] = [of(0), of(1)];
    // A group that has grown to one side stays where its contents are.
    level.group.forEach((inner, v) => {
      const inside = nodes[level.keys[v]!]?.[3];
      if (inner < 0 || inside === undefined) return;
      const across = right ? y : x;
      across[v]! += middle(this.levels[inner + 1]!.result!, right) - inside;
    });
    const known = trunks.filter(([key]) => level.nodeOf.has(key));
    const anchor = level.keys.findIndex((key) => anchors.has(key) && nodes[key] !== undefined);
    return {
      x,
      y,
      height: of(2),
      trunks: {
        producer: Int32Array.from(known, ([key]) => level.nodeOf.get(key)!),
        top: Float64Array.from(known, ([, top]) => top),
        x: Float64Array.from(known, ([, , x]) => x),
      },
      ...(anchor >= 0 ? { anchor } : {}),
    };
  }

  private remembered({ keys, width, height, group, result }: Level, right: boolean): MemoryOfGraph {
    const { x, y, trunks } = result!;
    const nodes: MemoryOfGraph["nodes"] = {};
    keys.forEach((key, v) => {
      const extent = right ? width[v]! : height[v]!;
      const inner = group[v]!;
      nodes[key] =
        inner < 0 ? [x[v]!, y[v]!, extent] : [x[v]!, y[v]!, extent, middle(this.levels[inner + 1]!.result!, right)];
    });
    return { nodes, trunks: Array.from(trunks.producer, (v, i) => [keys[v]!, trunks.top[i]!, trunks.x[i]!]) };
  }
}

/** Of a graph, across its rows. */
function middle({ left, top, width, height }: LayoutResult, right: boolean): number {
  return right ? top + height / 2 : left + width / 2;
}

function emptyLevel(): Level {
  return {
    keys: [],
    width: [],
    height: [],
    pin: [],
    group: [],
    from: [],
    to: [],
    fromInner: [],
    toInner: [],
    nodeOf: new Map(),
    edgeOf: new Map(),
    result: null,
  };
}

function addNode(level: Level, key: string, width: number, height: number, pin: number, group: number): number {
  const known = level.nodeOf.get(key);
  if (known !== undefined) return known;
  level.keys.push(key);
  level.width.push(width);
  level.height.push(height);
  level.pin.push(pin);
  level.group.push(group);
  level.nodeOf.set(key, level.keys.length - 1);
  return level.keys.length - 1;
}

/** Edges through the same ports are one. */
function addEdge(level: Level, from: number, to: number, fromInner: number, toInner: number, distinct = -1): number {
  const key = `${from} ${to} ${fromInner} ${toInner} ${distinct}`;
  const known = distinct >= 0 ? undefined : level.edgeOf.get(key);
  if (known !== undefined) return known;
  level.from.push(from);
  level.to.push(to);
  level.fromInner.push(fromInner);
  level.toInner.push(toInner);
  level.edgeOf.set(key, level.from.length - 1);
  return level.from.length - 1;
}
