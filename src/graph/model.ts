/** From a trace to what is drawn: cards with their texts and sizes, edges with their labels, one colour scale. */
import type { GraphNode, Trace } from "../trace/model";
import { formatNumber, formatShape, shorten, toNumber } from "./format";
import { type Group, type Grouped, pathTo } from "./groups";
import { MEASURES, type Measured, type Quantity, quantities } from "./quantities";

/** A grad_fn, or a closed group of them, as a card of two lines. */
export interface ViewNode {
  /** Index into `GraphView.nodes`. */
  index: number;
  /** The same in every view that shows it. */
  key: string;
  /** Index into `Trace.nodes`; -1 for a group. */
  trace: number;
  /** Index into `Grouped.groups` of the group that it stands for; -1 for a grad_fn. */
  group: number;
  /** Of a run's folded iterations: the first and last of them. */
  steps?: [first: number, last: number];
  /** Index into `GraphView.frames` of the open group around it; -1 for none. */
  frame: number;
  /** An AccumulateGrad is a leaf, drawn with round ends. */
  kind: "op" | "leaf" | "group";
  /** First line: the variable; without one, the op; a group's name. */
  title: string;
  /** Whether `title` is a name from the program. */
  named: boolean;
  /** Second line: the op under a variable, the shape under an op. */
  subtitle: string;
  /** Of the result, where the second line has room beside the op. */
  shape: string;
  /** The coloured quantity (`8.49`), or empty where it is not known. */
  norm: string;
  /** The title needs the whole first line: the quantity stands on the second. */
  low: boolean;
  /** `×200`, or empty when all nodes say the same. */
  repeats: string;
  /** Place of the coloured quantity on the logarithmic scale, 0 to 1; null where it is not known. */
  level: number | null;
  /** A NaN or an infinity is among the gradient. */
  broken: boolean;
  marks: Marks;
  width: number;
  height: number;
  /** Line in the source, from 1. */
  line: number | null;
  /** All of the above in one sentence, for a screen reader. */
  description: string;
}

export interface Marks {
  /** Its result shares the input's memory. */
  view: boolean;
  /** Its result took the input's place. */
  inPlace: boolean;
  /** How many tensors it keeps for backward. */
  saved: number;
  /** It is part of a derivative's graph. */
  derivative: boolean;
}

export interface ViewEdge {
  from: number;
  to: number;
  /** The shape of the tensor that went along it: `[25]`; of several, how many. */
  label: string;
  /** The gradient that flowed along it on a logarithmic scale, 0 to 1; null where none did. */
  flow: number | null;
}

/** An open group, drawn around what is in it. */
export interface ViewFrame {
  key: string;
  group: number;
  /** Index into `GraphView.frames`, before this one; -1 for none. */
  parent: number;
  title: string;
  subtitle: string;
  /** Of a loop or a run: how many iterations, and the one that is shown. */
  steps?: { count: number; at: number };
  minWidth: number;
  description: string;
}

/** The coloured quantity from `low` to `high`; null when the run has none. */
export interface NormScale {
  low: number;
  high: number;
}

export interface GraphView {
  nodes: ViewNode[];
  edges: ViewEdge[];
  frames: ViewFrame[];
  scale: NormScale | null;
  /** What colours stand for. */
  quantity: Quantity;
  /** How often every op of the graph ran, when that is the same for all: said once instead of on each card. */
  repeats: number;
  /** For each trace node the card that shows it: its own, or that of the closed group it is in. */
  nodeOf: Int32Array;
  /** Common widths of the cards, for the next view of the same program. */
  widths: Widths;
}

export type Widths = Record<ViewNode["kind"], number>;

/** Width of a text in pixels, at the size and weight of a card's first or second line. */
export type Measure = (text: string, line: "title" | "subtitle" | "norm") => number;

export interface ViewOptions {
  measure?: Measure;
  quantity?: Quantity;
  grouped?: Grouped;
  /** Keys of the groups that are open. */
  open?: ReadonlySet<string>;
  /** Which iteration an open loop or run shows, by its key; the last one where nothing is said. */
  steps?: ReadonlyMap<string, number>;
  /** Of the view before, so that cards keep their width. */
  widths?: Widths;
}

/** Geometry of a card, shared by the canvas and the exported picture. */
export const CARD = {
  height: 44,
  minWidth: 112,
  maxWidth: 256,
  /** From the card's edge to the text: the colour bar sits in between. */
  left: 18,
  right: 12,
  barInset: 7,
  barWidth: 4,
  /** A leaf's round ends take this much on either side. */
  leafInset: 6,
  /** Between title and norm on the first line. */
  gap: 14,
  titleSize: 13,
  subtitleSize: 11,
  titleBaseline: 18.5,
  subtitleBaseline: 34,
  radius: 6,
} as const;

const TITLE_MAX = 26;
/** Widths are multiples of this, so that a letter more changes nothing. */
const WIDTH_STEP = 8;
/** Room on a card for any quantity, so that a card is as wide before the first gradient as after the thousandth. */
const WIDEST_NORM = "0.0000";
/** A frame's title, and the controls beside it. */
const FRAME_CONTROLS = 64;
const SLIDER = 120;

/** Ops whose result shares the memory of their input. */
const VIEW =
  /^(View|UnsafeView|Reshape|ReshapeAlias|Transpose|T|Permute|Expand|Slice|Select|Squeeze|Unsqueeze|AsStrided|Diagonal|Split|SplitWithSizes|Unbind|Unfold|Alias|Movedim|Swapaxes|Real|Imag)Backward\d*$/;

type Source = Pick<Trace, "nodes" | "edges"> & Partial<Pick<Trace, "captures">>;

/** What the panel, the tree and the exported file show of `trace`. */
export function viewOf(trace: Source, options: ViewOptions = {}): GraphView {
  const { measure = estimate, quantity = "gradient", grouped = NO_GROUPS } = options;
  const measured = quantities(trace, quantity);
  const scale = scaleOf(measured);
  const repeats = commonRepeats(trace.nodes);
  const visible = visibleGroups(grouped, options);
  const nodes: ViewNode[] = [];
  const nodeOf = new Int32Array(trace.nodes.length);
  const frames = framesOf(grouped, visible, measure);
  const frameOf = new Map(frames.map(({ group }, f) => [group, f]));
  const cards = new Map<string, number>();
  trace.nodes.forEach((node, v) => {
    const hider = grouped.of[v] === undefined || grouped.of[v]! < 0 ? null : visible[grouped.of[v]!]!;
    if (!hider?.card) {
      nodeOf[v] = nodes.length;
      const frame = hider ? frameOf.get(grouped.of[v]!)! : -1;
      nodes.push(opCard(node, v, nodes.length, frame, measured, scale, repeats));
      return;
    }
    let card = cards.get(hider.card.key);
    if (card === undefined) {
      card = nodes.length;
      cards.set(hider.card.key, card);
      nodes.push(groupCard(grouped.groups, hider.card, card, frameOf));
    }
    nodeOf[v] = card;
  });
  summariseGroups(trace.nodes, nodes, nodeOf, measured, scale);
  const widths = fitWidths(nodes, measure, measured, options.widths);
  return { nodes, edges: edgesOf(trace.edges, nodes, nodeOf), frames, scale, quantity, repeats, nodeOf, widths };
}

const NO_GROUPS: Grouped = { mode: "none", groups: [], of: new Int32Array(0) };

/** A closed group as it is seen: whole, or some iterations of an open run. */
interface ClosedCard {
  key: string;
  group: number;
  steps?: [number, number];
}

/** For each group the card that hides it, if one does. */
interface Visible {
  card: ClosedCard | null;
  step?: number;
}

function visibleGroups({ groups }: Grouped, { open, steps }: ViewOptions): Visible[] {
  const visible: Visible[] = [];
  groups.forEach(({ key, parent, steps: iterations }, g) => {
    const outer = parent >= 0 ? visible[parent]! : null;
    if (outer?.card) {
      visible.push({ card: outer.card });
      return;
    }
    const run = parent >= 0 ? groups[parent]!.steps : undefined;
    const at = run ? run.indexOf(g) : -1;
    if (run && at >= 0 && at !== outer!.step) {
      const { key: runKey } = groups[parent]!;
      const before = at < outer!.step!;
      const range: [number, number] = before ? [0, outer!.step! - 1] : [outer!.step! + 1, run.length - 1];
      visible.push({ card: { key: `${runKey} ${before ? "before" : "after"}`, group: parent, steps: range } });
      return;
    }
    const isOpen = open?.has(key) ?? false;
    const step = iterations && Math.min(iterations.length - 1, steps?.get(key) ?? iterations.length - 1);
    visible.push({ card: isOpen ? null : { key, group: g }, ...(step === undefined ? {} : { step }) });
  });
  return visible;
}

function framesOf({ groups }: Grouped, visible: readonly Visible[], measure: Measure): ViewFrame[] {
  const frames: ViewFrame[] = [];
  const index = new Map<number, number>();
  groups.forEach((group, g) => {
    const { card, step } = visible[g]!;
    if (card) return;
    const { key, title, subtitle, parent } = group;
    index.set(g, frames.length);
    const steps = step === undefined ? undefined : { count: group.steps!.length, at: step };
    const text = measure(title, "title") + measure(subtitle, "subtitle") + FRAME_CONTROLS;
    frames.push({
      key,
      group: g,
      parent: parent >= 0 ? index.get(parent)! : -1,
      title,
      subtitle: title === subtitle ? "" : subtitle,
      ...(steps ? { steps } : {}),
      minWidth: Math.ceil(text + (steps ? SLIDER : 0)),
      description: `${describeGroup(group)}, open${steps ? `, step ${steps.at + 1} of ${steps.count}` : ""}`,
    });
  });
  return frames;
}

function opCard(
  node: GraphNode,
  trace: number,
  index: number,
  frame: number,
  measured: Measured,
  scale: NormScale | null,
  common: number,
): ViewNode {
  const shapes = node.shapes.map(formatShape).join(" ");
  const line = node.range ? node.range.start.line + 1 : null;
  const value = measured.values[trace]!;
  return {
    index,
    key: `n${trace}`,
    trace,
    group: -1,
    frame,
    kind: node.name === "AccumulateGrad" ? "leaf" : "op",
    title: shorten(node.variable ?? node.name, TITLE_MAX),
    named: node.variable !== undefined,
    subtitle: shorten(node.variable === undefined ? shapes : node.name, TITLE_MAX + 4),
    shape: node.variable === undefined ? "" : shorten(shapes, 16),
    norm: Number.isNaN(value) && !measured.broken[trace] ? "" : measured.format(value),
    low: false,
    repeats: node.repeats === common || node.repeats === 1 ? "" : `×${node.repeats}`,
    level: Number.isFinite(value) && scale ? levelOf(value, scale) : null,
    broken: measured.broken[trace]!,
    marks: {
      view: VIEW.test(node.name),
      inPlace: node.inPlace === true || node.name.startsWith("CopySlices"),
      saved: node.saved ?? 0,
      derivative: node.derivativeOf !== undefined,
    },
    width: CARD.minWidth,
    height: CARD.height,
    line,
    description: describe(node, line),
  };
}

function groupCard(
  groups: readonly Group[],
  { key, group: g, steps }: ClosedCard,
  index: number,
  frameOf: ReadonlyMap<number, number>,
): ViewNode {
  const group = groups[g]!;
  const around = steps ? g : group.parent;
  const count = steps ? steps[1] - steps[0] + 1 : (group.steps?.length ?? 0);
  const title = steps
    ? count === 1
      ? groups[group.steps![steps[0]]!]!.title
      : `${groups[group.steps![steps[0]]!]!.title} … ${groups[group.steps![steps[1]]!]!.title}`
    : group.title;
  return {
    index,
    key,
    trace: -1,
    group: g,
    ...(steps ? { steps } : {}),
    frame: around >= 0 ? frameOf.get(around)! : -1,
    kind: "group",
    title: shorten(title, TITLE_MAX),
    named: true,
    subtitle: shorten(steps || group.subtitle === group.title ? "" : group.subtitle, TITLE_MAX),
    shape: "",
    norm: "",
    low: false,
    repeats: count > 1 ? `×${count}` : "",
    level: null,
    broken: false,
    marks: { view: false, inPlace: false, saved: 0, derivative: group.kind === "derivative" },
    width: CARD.minWidth,
    height: CARD.height,
    line: null,
    description: `${steps ? `${title}, ` : ""}${describeGroup(group)}, closed`,
  };
}

function describeGroup({ title, subtitle, size, steps }: Group): string {
  const what = subtitle === "" || subtitle === title ? title : `${title}, ${subtitle}`;
  return `Group ${what}, ${steps ? `${steps.length} times, ` : ""}${size} nodes`;
}

/** A group's colour is that of the largest quantity in it (their sum, for what adds up). */
function summariseGroups(
  trace: readonly GraphNode[],
  nodes: readonly ViewNode[],
  nodeOf: Int32Array,
  measured: Measured,
  scale: NormScale | null,
): void {
  const total = new Float64Array(nodes.length).fill(Number.NaN);
  const count = new Int32Array(nodes.length);
  for (let v = 0; v < trace.length; v++) {
    const card = nodes[nodeOf[v]!]!;
    if (card.kind !== "group") continue;
    count[card.index]!++;
    if (measured.broken[v]) card.broken = true;
    const [value, before] = [measured.values[v]!, total[card.index]!];
    if (!Number.isFinite(value)) continue;
    total[card.index] = Number.isNaN(before) ? value : measured.adds ? before + value : Math.max(before, value);
  }
  for (const card of nodes) {
    if (card.kind !== "group") continue;
    const value = total[card.index]!;
    const nodesInside = `${count[card.index]} nodes`;
    card.subtitle = card.subtitle === "" ? nodesInside : `${card.subtitle} · ${nodesInside}`;
    if (!Number.isFinite(value)) continue;
    card.norm = measured.format(value);
    card.level = scale ? levelOf(value, scale) : null;
    card.description += `, ${measured.adds ? "in all" : "at most"} ${MEASURES[measured.quantity].spoken} ${card.norm}`;
  }
}

/** Edges of one pair of cards are one where a closed group is at either end. */
function edgesOf(edges: Trace["edges"], nodes: readonly ViewNode[], nodeOf: Int32Array): ViewEdge[] {
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  for (const { flow } of edges) {
    const norm = flow ? toNumber(flow.norm) : Number.NaN;
    if (!(norm > 0) || !Number.isFinite(norm)) continue;
    low = Math.min(low, norm);
    high = Math.max(high, norm);
  }
  const levelOfFlow = (norm: number) => (norm > 0 && high > 0 ? levelOf(norm, { low, high }) : norm === 0 ? 0 : null);
  const made: (ViewEdge & { count: number })[] = [];
  const known = new Map<number, ViewEdge & { count: number }>();
  for (const { from, to, shape, flow } of edges) {
    const [u, v] = [nodeOf[from]!, nodeOf[to]!];
    if (u === v) continue;
    const level = flow ? levelOfFlow(toNumber(flow.norm)) : null;
    const merges = nodes[u]!.kind === "group" || nodes[v]!.kind === "group";
    const key = u * nodes.length + v;
    const before = merges ? known.get(key) : undefined;
    if (before) {
      before.count++;
      before.label = `${before.count} edges`;
      if (level !== null) before.flow = Math.max(before.flow ?? 0, level);
      continue;
    }
    const edge = { from: u, to: v, label: formatShape(shape), flow: level, count: 1 };
    made.push(edge);
    if (merges) known.set(key, edge);
  }
  return made.map(({ count: _, ...edge }) => edge);
}

/** Of ops; a leaf is one object however often its consumers are made. */
function commonRepeats(nodes: readonly GraphNode[]): number {
  const counts = new Set(nodes.filter((node) => node.name !== "AccumulateGrad").map((node) => node.repeats));
  return counts.size === 1 ? [...counts][0]! : 1;
}

function describe(node: GraphNode, line: number | null): string {
  const shapes = node.shapes.map((shape) => (shape.length === 0 ? "scalar" : `shape ${shape.join(" by ")}`));
  const parts = [node.variable === undefined ? node.name : `${node.name} ${node.variable}`, ...shapes];
  parts.push(node.gradient ? `gradient norm ${formatNumber(node.gradient.stats.norm)}` : "no gradient");
  if (node.inPlace) parts.push("in place");
  if (VIEW.test(node.name)) parts.push("a view");
  if (node.derivativeOf !== undefined) parts.push("part of a derivative");
  if (node.repeats > 1) parts.push(`repeated ${node.repeats} times`);
  if (line !== null) parts.push(`line ${line}`);
  return parts.join(", ");
}

function scaleOf({ values }: Measured): NormScale | null {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (const value of values) {
    if (!(value > 0) || !Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return high > 0 ? { low, high } : null;
}

/** `(log norm − log low) / (log high − log low)`; a zero gradient stands at the low end, equal norms in the middle. */
function levelOf(norm: number, { low, high }: NormScale): number {
  if (norm <= 0) return 0;
  if (high / low < 1.001) return 0.5;
  return Math.min(1, Math.max(0, Math.log(norm / low) / Math.log(high / low)));
}

/**
 * Cards of a kind share one width, so that chains stand in straight columns. A later view keeps the widths of the one
 * before; only a card that does not fit is wider.
 */
function fitWidths(nodes: ViewNode[], measure: Measure, { prefix }: Measured, before: Widths | undefined): Widths {
  const known = new Map<string, number>();
  const width = (text: string, line: "title" | "subtitle" | "norm") => {
    const key = `${line}${text}`;
    let w = known.get(key);
    if (w === undefined) {
      w = text === "" ? 0 : measure(text, line);
      known.set(key, w);
    }
    return w;
  };
  const norm = CARD.gap + width(`${prefix} ${WIDEST_NORM}`, "norm");
  const needed = nodes.map((node) => {
    const corner = cornerOf(node);
    const second = width(node.subtitle, "subtitle") + (corner === "" ? 0 : CARD.gap + width(corner, "norm"));
    const ends = node.kind === "leaf" ? 2 * CARD.leafInset : 0;
    const most = CARD.maxWidth - CARD.left - CARD.right - ends;
    const title = width(node.title, "title");
    node.low = title + norm > most && corner === "" && second + norm <= most;
    const text = node.low ? Math.max(title, second + norm) : Math.max(title + norm, second);
    const wanted = Math.ceil((CARD.left + text + CARD.right + ends) / WIDTH_STEP) * WIDTH_STEP;
    return Math.min(Math.max(wanted, CARD.minWidth), CARD.maxWidth);
  });
  const widths: Widths = before ? { ...before } : { op: 0, leaf: 0, group: 0 };
  nodes.forEach(({ kind }, i) => {
    if (!before || before[kind] === 0) widths[kind] = Math.max(widths[kind], needed[i]!);
  });
  nodes.forEach((node, i) => {
    node.width = Math.max(widths[node.kind], needed[i]!);
  });
  return widths;
}

/** What stands at the right of the second line. */
export function cornerOf({ shape, repeats }: ViewNode): string {
  return shape === "" || repeats === "" ? shape + repeats : `${shape} ${repeats}`;
}

/** Without a canvas to ask: a proportional sans-serif's usual widths, on the generous side. */
export function estimate(text: string, line: "title" | "subtitle" | "norm"): number {
  let ems = 0;
  for (const character of text) {
    ems += /[ilj.,:;'|![\]() ]/.test(character)
      ? 0.34
      : /[mwMW@\u2016\u2207]/.test(character)
        ? 0.88
        : /[A-Z]/.test(character)
          ? 0.68
          : 0.58;
  }
  return ems * (line === "title" ? CARD.titleSize * 1.04 : CARD.subtitleSize);
}

/** The norm as a card writes it. */
export function normLabel(
  node: ViewNode,
  { quantity }: Pick<GraphView, "quantity"> = { quantity: "gradient" },
): string {
  const { prefix } = MEASURES[quantity];
  return node.norm === "" ? "" : prefix === "" ? node.norm : `${prefix} ${node.norm}`;
}

/** Pixels: from a hair where little flows to three where most does. */
export function edgeWidth({ flow }: ViewEdge): number {
  return flow === null ? 1.2 : 1 + 2 * flow;
}

/** Ends of the legend's bar. */
export function scaleLabels(scale: NormScale, quantity: Quantity = "gradient"): [string, string] {
  const { format } = MEASURES[quantity];
  return [format(scale.low), format(scale.high)];
}

/** Keys of all groups that must be open for a trace node to be seen, and the iterations that must be shown. */
export function wayTo(grouped: Grouped, node: number): { open: string[]; steps: [key: string, step: number][] } {
  const path = pathTo(grouped, grouped.of[node] ?? -1);
  const steps: [string, number][] = [];
  path.forEach((g, i) => {
    const at = grouped.groups[g]!.steps?.indexOf(path[i + 1] ?? -1) ?? -1;
    if (at >= 0) steps.push([grouped.groups[g]!.key, at]);
  });
  return { open: path.map((g) => grouped.groups[g]!.key), steps };
}
