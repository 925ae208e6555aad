/** What changed from one run to another, node by node. */
import type { GraphNode, Trace } from "../trace/model";
import { formatNumber, formatShape, toNumber } from "./format";
import { matchNodes } from "./match";

type Graph = Pick<Trace, "nodes" | "edges" | "calls">;

/** A gradient within this factor is the same: less says nothing when weights are drawn anew. */
const SAME_FACTOR = 1.05;

export type ChangeKind = "added" | "shape" | "broken" | "mended" | "up" | "down";

export interface Change {
  kind: ChangeKind;
  /** In words, for a list and a screen reader: `gradient 3.1 → 9.4 (×3)`. */
  text: string;
  /** The gradient norm over that of before; null where one of them is not known or is no number. */
  ratio: number | null;
}

export interface Diff {
  /** For each node of the later run what changed; null where nothing did. */
  changes: (Change | null)[];
  /** Nodes of the earlier run without a counterpart. */
  removed: number[];
  /** For each node of the later run its counterpart, or -1. */
  match: Int32Array;
  counts: Record<ChangeKind | "removed" | "same", number>;
}

/** Compares `after` with `before`; nodes are matched by module, name and structure. */
export function diffRuns(before: Graph, after: Graph): Diff {
  const match = matchNodes(before, after);
  const counts = { added: 0, shape: 0, broken: 0, mended: 0, up: 0, down: 0, removed: 0, same: 0 };
  const kept = new Uint8Array(before.nodes.length);
  const changes = after.nodes.map((node, index) => {
    const old = match[index]!;
    if (old >= 0) kept[old] = 1;
    const change = old < 0 ? added(node) : changeOf(before.nodes[old]!, node);
    counts[change?.kind ?? "same"]++;
    return change;
  });
  const removed = before.nodes.flatMap((_, index) => (kept[index] ? [] : [index]));
  counts.removed = removed.length;
  return { changes, removed, match, counts };
}

/** `3 added, 1 removed, 2 with another shape; gradients: 4 larger, 1 smaller`; empty words for nothing. */
export function summaryOf({ counts }: Diff): string {
  const parts = (list: [number, string][]) =>
    list.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  const structure = parts([
    [counts.added, "added"],
    [counts.removed, "removed"],
    [counts.shape, "with another shape"],
  ]);
  const gradients = parts([
    [counts.broken, "no longer finite"],
    [counts.mended, "finite again"],
    [counts.up, "larger"],
    [counts.down, "smaller"],
  ]);
  const both = [structure.join(", "), gradients.length > 0 ? `gradients: ${gradients.join(", ")}` : ""];
  return both.filter(Boolean).join("; ") || "Nothing changed.";
}

function added(node: GraphNode): Change {
  return { kind: "added", text: `added, ${node.shapes.map(formatShape).join(" ")}`, ratio: null };
}

function changeOf(before: GraphNode, after: GraphNode): Change | null {
  const [old, now] = [before, after].map((node) => node.shapes.map(formatShape).join(" "));
  if (old !== now) return { kind: "shape", text: `shape ${old} → ${now}`, ratio: null };
  if (!before.gradient || !after.gradient) {
    if (!before.gradient === !after.gradient) return null;
    return after.gradient
      ? {
          kind: "up",
          text: `a gradient of ${formatNumber(after.gradient.stats.norm)} where there was none`,
          ratio: null,
        }
      : { kind: "down", text: "no gradient any more", ratio: null };
  }
  const [was, is] = [toNumber(before.gradient.stats.norm), toNumber(after.gradient.stats.norm)];
  const text = `gradient ${formatNumber(was)} → ${formatNumber(is)}`;
  if (Number.isFinite(was) !== Number.isFinite(is))
    return { kind: Number.isFinite(is) ? "mended" : "broken", text, ratio: null };
  if (!Number.isFinite(was) || was === is) return null;
  const ratio = was === 0 ? Number.POSITIVE_INFINITY : is / was;
  if (ratio < SAME_FACTOR && ratio > 1 / SAME_FACTOR) return null;
  const factor = Number.isFinite(ratio) && ratio > 0 ? ` (${factorText(ratio)})` : "";
  return { kind: ratio > 1 ? "up" : "down", text: `${text}${factor}`, ratio };
}

/** `×3.2`, or `÷4` for what became less. */
export function factorText(ratio: number): string {
  return ratio >= 1 ? `×${formatNumber(ratio)}` : `÷${formatNumber(1 / ratio)}`;
}
