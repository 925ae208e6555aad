/** Dead ReLUs and saturated units, layer by layer. */
import type { Activation } from "../trace/facts";
import type { Num, SourceRange, Trace } from "../trace/model";
import type { Finding } from "./finding";
import { Graph } from "./graph";
import { line, percent, related } from "./words";

const SHARE = 0.9;
/** Passes without a sign of life. */
const STEPS_MIN = 3;
/** Samples that such passes must have seen. */
const SAMPLES_MIN = 8;

/** The activations of one layer: with one set of weights, whatever the number of its calls. */
interface Layer {
  activations: Activation[];
  range?: SourceRange;
  weight?: SourceRange;
}

export function units(trace: Trace): Finding[] {
  const activations = trace.facts?.activations ?? [];
  if (activations.length === 0) return [];
  const graph = new Graph(trace);
  return layersOf(graph, activations).flatMap((layer) => dead(layer) ?? saturated(layer) ?? []);
}

function layersOf(graph: Graph, activations: readonly Activation[]): Layer[] {
  const layers = new Map<string, Layer>();
  const { nodes } = graph.trace;
  for (const activation of activations) {
    const { node, kind, units, module } = activation;
    if (!graph.isHidden(node)) continue;
    const weights = [...new Set(graph.weightsBelow(node))].sort((a, b) => a - b);
    if (weights.length === 0) continue;
    const range = module ?? nodes[node]!.range;
    const key = `${kind} ${units} ${weights} ${range ? `${range.file}:${range.start.line}` : ""}`;
    const known = layers.get(key);
    if (known) known.activations.push(activation);
    else layers.set(key, { activations: [activation], range, weight: nodes[weights[0]!]!.range });
  }
  return [...layers.values()];
}

function dead({ activations, range, weight }: Layer): Finding | undefined {
  const [{ kind, units }] = activations as [Activation];
  if (kind !== "relu") return undefined;
  const passes = Math.max(...activations.map((each) => each.passes));
  const stretch = Math.max(STEPS_MIN, Math.ceil(passes / 2));
  const samples = activations.reduce((sum, each) => sum + each.samples * Math.min(stretch, each.passes), 0);
  const single = activations.every((each) => each.samples < 2);
  if (passes < STEPS_MIN || samples < (single ? 2 * SAMPLES_MIN : SAMPLES_MIN)) return undefined;
  let silent = 0;
  for (let unit = 0; unit < units; unit++) {
    if (activations.every(({ quiet, passes: ran }) => quiet && quiet[unit]! >= Math.min(stretch, ran))) silent++;
  }
  if (silent < SHARE * units) return undefined;
  return {
    code: "dead-relu",
    severity: "warning",
    message: `${silent} of ${units} ReLU units of this layer are dead: on whole batches, over the last ${stretch} passes, they gave 0, and through 0 no gradient comes back to wake them. Look at the biases and weights below them, lower the learning rate, or use a leaky ReLU.`,
    ...(range ? { range } : {}),
    related: related(weight, "the weights below come from here"),
    fixes: [],
  };
}

function saturated({ activations, range, weight }: Layer): Finding | undefined {
  const histories = activations.map((each) => (each.saturated?.values ?? []).map(finite));
  const steps = Math.min(...histories.map((values) => values.length));
  if (activations[0]!.kind === "relu" || steps === 0) return undefined;
  const shares = Array.from(
    { length: steps },
    (_, step) => histories.reduce((sum, values) => sum + values[step]!, 0) / histories.length,
  );
  const middle = [...shares].sort((a, b) => a - b)[Math.floor(steps / 2)]!;
  const early = shares[Math.floor(steps / 10)]!;
  if (Math.min(early, middle, shares.at(-1)!) < SHARE) return undefined;
  const { kind } = activations[0]!;
  return {
    code: "saturated",
    severity: "warning",
    message: `This hidden layer is saturated: from early on ${percent(middle)} of its ${kind} outputs lie ${kind === "tanh" ? "beyond ±0.99" : "within 0.01 of 0 or 1"}, where the slope is next to nothing. Scale the inputs or the initial weights${line(weight)} down, or normalise before the ${kind}.`,
    ...(range ? { range } : {}),
    related: related(weight, "the weights below come from here"),
    fixes: [],
  };
}

const finite = (value: Num): number => (typeof value === "number" ? value : 0);
