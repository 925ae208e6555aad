/**
 * Gradients along the depth: how the norm at the first layers compares with that at the last. Layers are counted along the
 * longest way from a root; a network whose input gets its gradient by a shorter way (a residual connection) is judged by that.
 */
import type { BackwardPass, SourceRange, Trace } from "../trace/model";
import type { Finding } from "./finding";
import { Graph } from "./graph";
import { line, power, related } from "./words";

const VANISHING = -5;
const EXPLODING = 6;
const LAYERS_MIN = 4;
const CHAIN_MIN = 8;
/** Of the greatest depth: layers from which on belong to the input. */
const DEEP = 0.8;
/** Passes of one program that are looked at, the most repeated first. */
const PASSES_MAX = 8;

interface Profile {
  layers: number;
  /** Decimal logarithm of the norm at the first layers over that at the last. */
  ratio: number;
  /** Nodes from the root down. */
  way: number[];
  /** The pass with this ratio. */
  pass: number;
  norms: Norms;
}

/** `first`: of each pass of the program, so many repeats are looked at. */
export function depth(trace: Trace, clipped: boolean, first?: number): Finding[] {
  const graph = new Graph(trace);
  const found = new Map<string, Finding>();
  const passes = [...trace.passes].sort((a, b) => b.repeats - a.repeats).slice(0, PASSES_MAX);
  for (const pass of passes) {
    const numbers = numbersOf(pass).slice(0, first);
    const isUnit = (node: number) => /^(?:Sigmoid|Tanh)Backward/.test(trace.nodes[node]!.name);
    const seen =
      profile(graph, pass, numbers, (node) => graph.isLayer(node), LAYERS_MIN) ??
      profile(graph, pass, numbers, isUnit, CHAIN_MIN);
    if (!seen) continue;
    const code = seen.ratio < VANISHING ? "vanishing" : seen.ratio > EXPLODING && !clipped ? "exploding" : undefined;
    if (code && !found.has(code)) found.set(code, finding(code, graph, pass, seen));
  }
  return [...found.values()];
}

function finding(code: "vanishing" | "exploding", graph: Graph, pass: BackwardPass, seen: Profile): Finding {
  const range = steepest(graph, seen, code === "vanishing" ? -1 : 1);
  const todo =
    code === "vanishing"
      ? "Let it pass: residual connections, normalisation, ReLU in place of sigmoid or tanh, or a larger initialisation."
      : "Scale the weights' initialisation down, normalise between layers, or clip: 'nn.utils.clip_grad_norm_'.";
  return {
    code,
    severity: "warning",
    message: `The gradient ${code === "vanishing" ? "vanishes" : "explodes"}: on its way through ${seen.layers} layers from backward${line(pass.range)} to the first its norm changes by a factor of ${power(seen.ratio)}, most of it here. ${todo}`,
    ...(range ? { range } : pass.range ? { range: pass.range } : {}),
    related: related(pass.range, "backward started here"),
    fixes: [],
  };
}

function profile(
  graph: Graph,
  pass: BackwardPass,
  numbers: number[],
  isLayer: (node: number) => boolean,
  least: number,
): Profile | undefined {
  const { roots, order } = pass;
  const ran = new Set(order.filter((node) => !graph.isLeaf(node)));
  const down = [...ran].sort((a, b) => b - a);
  const level = new Map<number, number>(roots.map((root) => [root, 0]));
  const from = new Map<number, number>();
  for (const node of down) {
    const here = (level.get(node) ?? 0) + (isLayer(node) ? 1 : 0);
    for (const next of graph.below[node]!) {
      if (!ran.has(next) || (level.get(next) ?? -1) >= here) continue;
      level.set(next, here);
      from.set(next, node);
    }
  }
  const under = new Map<number, number>();
  for (const node of down.toReversed()) {
    const depths = graph.below[node]!.filter((next) => ran.has(next)).map(
      (next) => under.get(next)! + (isLayer(next) ? 1 : 0),
    );
    under.set(node, Math.max(0, ...depths));
  }
  const layers = down.filter(isLayer);
  const bottoms = layers.filter((node) => under.get(node) === 0);
  const deepest = Math.max(-1, ...bottoms.map((node) => level.get(node)!));
  if (deepest + 1 < least) return undefined;
  const deep = bottoms.filter((node) => level.get(node)! >= DEEP * deepest);
  const top = layers.filter((node) => level.get(node) === 0);
  const norms = new Norms(graph.trace);
  const found = ratios(norms, numbers, layers, level, deep, top).sort((a, b) => a.ratio - b.ratio);
  const middle = found[Math.floor(found.length / 2)];
  if (!middle) return undefined;
  const way: number[] = [];
  for (
    let node: number | undefined = bottoms.find((each) => level.get(each) === deepest);
    node !== undefined;
    node = from.get(node)
  )
    way.unshift(node);
  return { layers: deepest + 1, ...middle, way, norms };
}

/** Norms by backward pass. Alike parts of different networks share a node of the trace: only the pass tells them apart. */
class Norms {
  private readonly known = new Map<number, Map<number, number>>();

  constructor(private readonly trace: Trace) {}

  /** 0 where none is known. */
  of(node: number, pass: number): number {
    let byPass = this.known.get(node);
    if (!byPass) {
      const { values = [], at, stride = 1 } = this.trace.nodes[node]!.norms ?? {};
      byPass = new Map(values.map((value, i) => [at?.[i] ?? i * stride, typeof value === "number" ? value : 0]));
      this.known.set(node, byPass);
    }
    return byPass.get(pass) ?? 0;
  }
}

/** Per pass, where both ends have a gradient. Where none is left at the first layers, the first that has one stands for them. */
function ratios(
  norms: Norms,
  passes: number[],
  layers: number[],
  level: Map<number, number>,
  deep: number[],
  top: number[],
): { pass: number; ratio: number }[] {
  const fromBelow = [...layers].sort((a, b) => level.get(b)! - level.get(a)!);
  return passes.flatMap((pass) => {
    const tops = top.map((node) => norms.of(node, pass)).filter((value) => value > 0);
    if (tops.length === 0) return [];
    const first = Math.max(...deep.map((node) => norms.of(node, pass)));
    const left = first > 0 ? first : Math.max(0, ...firstPositive(fromBelow, level, (node) => norms.of(node, pass)));
    if (left <= 0) return [];
    const small = Math.log10(left / Math.min(...tops));
    const large = Math.log10(left / Math.max(...tops));
    // What is judged is the smaller deviation: several outputs may weigh differently.
    return [{ pass, ratio: small < 0 ? Math.max(small, Math.min(large, 0)) : large }];
  });
}

/** The numbers of the passes that a trace's pass stands for. */
function numbersOf({ at, repeats }: BackwardPass): number[] {
  return at ?? Array.from({ length: repeats }, (_, i) => i);
}

function firstPositive(fromBelow: number[], level: Map<number, number>, norm: (node: number) => number): number[] {
  const first = fromBelow.find((node) => norm(node) > 0);
  return first === undefined ? [] : fromBelow.filter((node) => level.get(node) === level.get(first)).map(norm);
}

/** The place on the way where the norm changes most in one direction, all passages of it together. */
function steepest(graph: Graph, { way, pass, norms }: Profile, sign: 1 | -1): SourceRange | undefined {
  const changes = new Map<string, { range: SourceRange; change: number }>();
  for (let i = 1; i < way.length; i++) {
    const { range } = graph.trace.nodes[way[i - 1]!]!;
    const before = norms.of(way[i - 1]!, pass);
    const after = norms.of(way[i]!, pass);
    if (!range || before <= 0 || after <= 0) continue;
    const key = `${range.file}:${range.start.line}`;
    const known = changes.get(key) ?? { range, change: 0 };
    known.change += sign * Math.log10(after / before);
    changes.set(key, known);
  }
  return [...changes.values()].sort((a, b) => b.change - a.change)[0]?.range;
}
