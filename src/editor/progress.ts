/** How far a running program is: steps, their rate, the loss so far. */
import { formatNumber, toNumber } from "../graph/format";
import type { Trace } from "../trace/model";

export interface Progress {
  /** Backward passes so far. */
  steps: number;
  /** Since the program's start, in milliseconds. */
  at: number;
  /** What the last backward pass started from, if a variable names it. */
  loss?: { name: string; value: number };
}

export function progressOf(
  trace: Pick<Trace, "passes" | "omittedPasses" | "nodes" | "captures" | "durationMs">,
): Progress {
  const steps = trace.passes.reduce((sum, { repeats }) => sum + repeats, trace.omittedPasses ?? 0);
  const loss = lossOf(trace);
  return { steps, at: trace.durationMs, ...(loss ? { loss } : {}) };
}

/** `1,204 steps · 310/s · loss 0.031`; the rate is that since `before`. */
export function progressText({ steps, at, loss }: Progress, before: Progress | undefined): string {
  if (steps === 0) return "";
  const parts = [steps === 1 ? "1 step" : `${steps.toLocaleString("en")} steps`];
  const since = before && at > before.at ? before : { steps: 0, at: 0 };
  const rate = ((steps - since.steps) / (at - since.at)) * 1000;
  if (Number.isFinite(rate) && rate > 0) parts.push(`${rate >= 10 ? Math.round(rate) : formatNumber(rate)}/s`);
  if (loss) parts.push(`${loss.name} ${formatNumber(loss.value)}`);
  return parts.join(" · ");
}

function lossOf({ passes, nodes, captures }: Pick<Trace, "passes" | "nodes" | "captures">): Progress["loss"] {
  const root = passes.at(-1)?.roots[0];
  const name = root === undefined ? undefined : nodes[root]?.variable;
  const held = captures.find((capture) => capture.kind === "variable" && capture.name === name);
  if (!name || held?.last.kind !== "tensor" || held.last.tensor.stats.numel !== 1) return undefined;
  return { name, value: toNumber(held.last.tensor.stats.mean) };
}
