/** How a gradient fares beside the others of its run: what colours it at the end of a line. */
import { toNumber } from "../graph/format";
import type { GraphNode, Statistics } from "../trace/model";

/** From what needs no attention to what needs it most. */
const ORDER = ["unknown", "healthy", "vanishing", "zero", "exploding", "broken"] as const;
export type Health = (typeof ORDER)[number];

/** Root mean squares this much below the largest, or above the median, of a run stand out. */
const VANISHING = 1e-5;
const EXPLODING = 1e6;

/** Judges gradients by those that arrived at the graph's leaves; where none did, by all of them. */
export function healthOf(nodes: readonly GraphNode[]): (gradient: Statistics) => Health {
  const arrived = nodes.filter(({ gradient }) => gradient !== undefined);
  const leaves = arrived.filter(({ name }) => name === "AccumulateGrad");
  const sizes = (leaves.length > 0 ? leaves : arrived)
    .map(({ gradient }) => rootMeanSquare(gradient!.stats))
    .filter((size) => size > 0 && Number.isFinite(size))
    .sort((a, b) => a - b);
  const largest = sizes.at(-1) ?? 0;
  const median = sizes[sizes.length >> 1] ?? Number.POSITIVE_INFINITY;
  return (stats) => {
    const size = rootMeanSquare(stats);
    if (stats.nan > 0 || stats.inf > 0 || !Number.isFinite(size)) return "broken";
    if (stats.numel > 0 && size === 0) return "zero";
    if (size > EXPLODING * median) return "exploding";
    return size < VANISHING * largest ? "vanishing" : "healthy";
  };
}

export function worse(a: Health, b: Health): Health {
  return ORDER.indexOf(a) > ORDER.indexOf(b) ? a : b;
}

function rootMeanSquare({ norm, numel }: Statistics): number {
  return toNumber(norm) / Math.sqrt(Math.max(numel, 1));
}
