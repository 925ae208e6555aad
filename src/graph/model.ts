/** From a trace to what is drawn: cards with their texts and sizes, edges with their labels, one colour scale. */
import type { GraphNode, Trace } from "../trace/model";
import { formatNumber, formatShape, shorten, toNumber } from "./format";

/** A grad_fn as a card of two lines. */
export interface ViewNode {
  /** Index into `Trace.nodes`. */
  index: number;
  /** An AccumulateGrad is a leaf, drawn with round ends. */
  kind: "op" | "leaf";
  /** First line: the variable; without one, the op. */
  title: string;
  /** Whether `title` is a name from the program. */
  named: boolean;
  /** Second line: the op under a variable, the shape under an op. */
  subtitle: string;
  /** `8.49`, or empty where no gradient arrived. */
  norm: string;
  /** `×200`, or empty when all nodes say the same. */
  repeats: string;
  /** Place of the gradient norm on the logarithmic scale, 0 to 1; null without a finite gradient. */
  level: number | null;
  /** A NaN or an infinity is among the gradient. */
  broken: boolean;
  width: number;
  height: number;
  /** Line in the source, from 1. */
  line: number | null;
  /** All of the above in one sentence, for a screen reader. */
  description: string;
}

export interface ViewEdge {
  from: number;
  to: number;
  /** The shape of the tensor that went along it: `[25]`. */
  label: string;
}

/** Gradient norms from `low` to `high`; null when the run has none. */
export interface NormScale {
  low: number;
  high: number;
}

export interface GraphView {
  nodes: ViewNode[];
  edges: ViewEdge[];
  scale: NormScale | null;
  /** How often every op of the graph ran, when that is the same for all: said once instead of on each card. */
  repeats: number;
}

/** Width of a text in pixels, at the size and weight of a card's first or second line. */
export type Measure = (text: string, line: "title" | "subtitle" | "norm") => number;

/** Geometry of a card, shared by the canvas and the exported picture. */
export const CARD = {
  height: 44,
  minWidth: 112,
  maxWidth: 232,
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

/** What the panel, the tree and the exported file show of `trace`. */
export function viewOf(trace: Pick<Trace, "nodes" | "edges">, measure: Measure = estimate): GraphView {
  const scale = scaleOf(trace.nodes);
  const repeats = commonRepeats(trace.nodes);
  const nodes = trace.nodes.map((node, index) => viewNode(node, index, scale, repeats));
  fitWidths(nodes, measure);
  const edges = trace.edges.map(({ from, to, shape }) => ({ from, to, label: formatShape(shape) }));
  return { nodes, edges, scale, repeats };
}

function viewNode(node: GraphNode, index: number, scale: NormScale | null, common: number): ViewNode {
  const norm = node.gradient?.stats.norm;
  const finite = norm === undefined ? Number.NaN : toNumber(norm);
  const shapes = node.shapes.map(formatShape).join(" ");
  const line = node.range ? node.range.start.line + 1 : null;
  const stats = node.gradient?.stats;
  return {
    index,
    kind: node.name === "AccumulateGrad" ? "leaf" : "op",
    title: shorten(node.variable ?? node.name, TITLE_MAX),
    named: node.variable !== undefined,
    subtitle: shorten(node.variable === undefined ? shapes : node.name, TITLE_MAX + 4),
    norm: norm === undefined ? "" : formatNumber(norm),
    repeats: node.repeats === common || node.repeats === 1 ? "" : `×${node.repeats}`,
    level: Number.isFinite(finite) && scale ? levelOf(finite, scale) : null,
    broken: stats !== undefined && (stats.nan > 0 || stats.inf > 0 || !Number.isFinite(finite)),
    width: CARD.minWidth,
    height: CARD.height,
    line,
    description: describe(node, line),
  };
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
  if (node.repeats > 1) parts.push(`repeated ${node.repeats} times`);
  if (line !== null) parts.push(`line ${line}`);
  return parts.join(", ");
}

function scaleOf(nodes: readonly GraphNode[]): NormScale | null {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (const { gradient } of nodes) {
    const norm = gradient ? toNumber(gradient.stats.norm) : Number.NaN;
    if (!(norm > 0) || !Number.isFinite(norm)) continue;
    low = Math.min(low, norm);
    high = Math.max(high, norm);
  }
  return high > 0 ? { low, high } : null;
}

/** `(log norm − log low) / (log high − log low)`; a zero gradient stands at the low end, equal norms in the middle. */
function levelOf(norm: number, { low, high }: NormScale): number {
  if (norm <= 0) return 0;
  if (high / low < 1.001) return 0.5;
  return Math.min(1, Math.max(0, Math.log(norm / low) / Math.log(high / low)));
}

/** Ops share one width and leaves another, so that chains stand in straight columns. */
function fitWidths(nodes: ViewNode[], measure: Measure): void {
  const widest = { op: CARD.minWidth as number, leaf: CARD.minWidth as number };
  for (const node of nodes) {
    const norm = node.norm === "" ? 0 : CARD.gap + measure(`‖∇‖ ${node.norm}`, "norm");
    const repeats = node.repeats === "" ? 0 : CARD.gap + measure(node.repeats, "norm");
    const text = Math.max(measure(node.title, "title") + norm, measure(node.subtitle, "subtitle") + repeats);
    const ends = node.kind === "leaf" ? 2 * CARD.leafInset : 0;
    const width = Math.ceil((CARD.left + text + CARD.right + ends) / 4) * 4;
    widest[node.kind] = Math.max(widest[node.kind], Math.min(width, CARD.maxWidth));
  }
  for (const node of nodes) node.width = widest[node.kind];
}

/** Without a canvas to ask: a proportional sans-serif's usual widths, on the generous side. */
function estimate(text: string, line: "title" | "subtitle" | "norm"): number {
  let ems = 0;
  for (const character of text) {
    ems += /[ilj.,:;'|![\]() ]/.test(character)
      ? 0.34
      : /[mwMW@‖∇]/.test(character)
        ? 0.88
        : /[A-Z]/.test(character)
          ? 0.68
          : 0.58;
  }
  return ems * (line === "title" ? CARD.titleSize * 1.04 : CARD.subtitleSize);
}

/** The norm as a card writes it. */
export function normLabel(node: ViewNode): string {
  return node.norm === "" ? "" : `‖∇‖ ${node.norm}`;
}

/** Ends of the legend's bar. */
export function scaleLabels(scale: NormScale): [string, string] {
  return [formatNumber(scale.low), formatNumber(scale.high)];
}
