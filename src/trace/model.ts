/**
 * What a run was: plain data, the same for the panel, the editor, `gradlens run --json` and a saved file.
 * Every reader of a trace needs this file only.
 */

import type { Facts } from "./facts";

/** Raised when a reader of the old shape would misread the new one. */
export const TRACE_VERSION = 1;

/** JSON has no NaN and no infinities: such a number is spelled out. */
export type Num = number | "nan" | "inf" | "-inf";

/** A place in a file's text; line and column count from 0, columns in UTF-16 units, as VS Code counts. */
export interface Position {
  line: number;
  column: number;
}

export interface SourceRange {
  /** Index into {@link Trace.files}. */
  file: number;
  start: Position;
  end: Position;
}

export interface TraceFile {
  /** The path or URI that the request named, or that an import resolved to. */
  path: string;
}

/** How a run ended. `stopped`: by the person or a timeout; `crashed`: the process died (memory, signal). */
export type RunStatus = "ok" | "error" | "exited" | "stopped" | "crashed";

export interface Trace {
  version: typeof TRACE_VERSION;
  /** `files[0]` is the program itself. */
  files: TraceFile[];
  /** What of the program ran, in the program's text; absent when the whole file ran. */
  ran?: SourceRange[];
  status: RunStatus;
  error?: TraceError;
  /** The text is no program: nothing of it has run, and `error` says why. */
  refused?: true;
  captures: Capture[];
  nodes: GraphNode[];
  edges: GraphEdge[];
  passes: BackwardPass[];
  /** Of modules and of named leaves, as far as they require a gradient; in the order of `named_parameters()`, then of the graph. Absent if none do. */
  parameters?: Parameter[];
  /** Calls of modules that made grad_fns; {@link GraphNode.call} refers to them. */
  calls?: ModuleCall[];
  /** The functions and loops of the program's text, outer ones before inner ones. */
  blocks?: SourceBlock[];
  /** When they ran, as far as they made nodes; in the order of the forward pass, outer ones before inner ones. */
  executions?: BlockExecution[];
  /** What its gradients may suffer from; absent in traces of old. */
  facts?: Facts;
  console: ConsoleEntry[];
  figures: Figure[];
  /** Graph nodes left out because the run made more than the recorder keeps. */
  omittedNodes: number;
  /** Backward passes left out, unlike all that are kept; absent when there are none. */
  omittedPasses?: number;
  /** Wall time of the program alone. */
  durationMs: number;
}

export interface TraceError {
  /** PyTorch's or JavaScript's class: `RuntimeError`, `TypeError`. Ours are `Exit`, `Stopped`, `Crashed`, and `Uncaught` for what is no Error. */
  name: string;
  message: string;
  /** The innermost place in the user's own text. */
  range?: SourceRange;
  /** The user's frames, innermost first. */
  stack: { function?: string; range: SourceRange }[];
}

/** A value seen at one place of the text, however often that place ran. */
export interface Capture {
  /** `variable`: a declared or assigned name; `expression`: a call that yielded a tensor. */
  kind: "variable" | "expression";
  /** The variable's name; the source text of an expression, shortened. */
  name: string;
  /** The name at its declaration or assignment, or the expression. */
  range: SourceRange;
  /** Other ranges that read the same variable, so that a hover there finds it. */
  uses?: SourceRange[];
  /** How often the place ran. */
  count: number;
  /** What it held the last time. */
  last: ValueSummary;
  /** A scalar's course (numbers and one-element tensors), thinned to at most {@link HISTORY_MAX} points. */
  history?: History;
}

export const HISTORY_MAX = 512;
/** `values` are every `stride`-th from the first; `total` is how many there were. */
export interface History {
  stride: number;
  total: number;
  values: Num[];
  /** The backward pass, counted from 0 over the whole run, of each value; absent where the i-th is that of pass `i · stride`. */
  at?: number[];
}

export type ValueSummary =
  | {
      kind: "tensor";
      tensor: TensorSummary /** Index into {@link Trace.nodes} of its grad_fn (a leaf's AccumulateGrad). */;
      node?: number;
    }
  | { kind: "number"; value: Num }
  | { kind: "other"; type: string; text: string };

/** Tensors up to this many elements come with their values. */
export const VALUES_MAX = 1024;

export interface Numbers {
  /** `String(tensor)`: PyTorch's own text. */
  text: string;
  /** Row-major, when there are at most {@link VALUES_MAX}. */
  values?: Num[];
  /** Of a larger matrix. */
  preview?: Preview;
  stats: Statistics;
}

/** A matrix made small: the means of equal blocks. */
export interface Preview {
  shape: [number, number];
  values: Num[];
}

export interface Statistics {
  numel: number;
  min: Num;
  max: Num;
  mean: Num;
  /** Euclidean norm over all elements. */
  norm: Num;
  zeros: number;
  nan: number;
  inf: number;
  /** Counts in equal bins from `min` to `max` over the finite values; absent for scalars and empty tensors. */
  histogram?: number[];
}

export interface TensorSummary extends Numbers {
  shape: number[];
  /** `float32`, without the `torch.` */
  dtype: string;
  requires_grad: boolean;
  is_leaf: boolean;
  /** `SinBackward0`, or null. */
  grad_fn: string | null;
  /** In-place changes since it was captured; the values are those at the end of the run. */
  modified: number;
  gradient?: Gradient;
}

export interface Gradient extends Numbers {
  shape: number[];
  /**
   * `grad`: what `.grad` holds. `flow`: what the last backward carried through here while `.grad` is null,
   * which is so for every non-leaf tensor without `retain_grad()`.
   */
  source: "grad" | "flow";
}

/** One grad_fn. Repetitions of the same structure (the steps of a loop) share one node and keep their history. */
export interface GraphNode {
  /** `SinBackward0`; `AccumulateGrad` without its `torch::autograd::`. */
  name: string;
  /** The variable that first held the result (`b`), or the leaf's own name for an AccumulateGrad. */
  variable?: string;
  /** The innermost expression that made it. */
  range?: SourceRange;
  /** Of the tensors it made in forward (of the leaf, for AccumulateGrad), one per output. */
  shapes: number[][];
  dtype: string;
  /** PyTorch's `_sequence_nr` in the first repetition: the order of the forward pass. */
  sequence: number;
  /** Of the gradient that arrived last, all outputs together; text and values of at most {@link FLOW_TEXT_MAX} elements. */
  gradient?: Gradient;
  /** Norm of the arriving gradient, once per backward pass that reached it. */
  norms?: History;
  /** How many structurally equal grad_fns this node stands for. */
  repeats: number;
  /** Milliseconds that its backward took, of all repetitions together. */
  time?: number;
  /** How many tensors it keeps for backward. */
  saved?: number;
  /** Its result took the place of its input. */
  inPlace?: true;
  /** The innermost module call that made it: index into {@link Trace.calls}. */
  call?: number;
  /** With `create_graph`: the node whose backward made this one, so that it is part of a derivative's graph. */
  derivativeOf?: number;
}

/** One call of an `nn.Module`. Of a training loop's steps, all alike, there is one. */
export interface ModuleCall {
  /** The call it was made in: index into {@link Trace.calls}; -1 for none. */
  parent: number;
  /** As the caller's `named_modules()` has it (`blocks.0`); the variable's name, or the class, of an outermost one. */
  name: string;
  /** The class: `Linear`. */
  type: string;
  /** Which call of this name within its parent, from 0: a cell that runs in a loop. */
  repetition: number;
}

/** A function or a loop in the text. */
export interface SourceBlock {
  kind: "function" | "loop";
  /** `attend`, `Block.forward`; `for`, `while` or `do`. */
  name: string;
  range: SourceRange;
}

/** One run of a function's body, or of a loop's: it made the nodes with these sequence numbers, both included. */
export interface BlockExecution {
  /** Index into {@link Trace.blocks}. */
  block: number;
  first: number;
  last: number;
}

/** `next_functions[input]` of `from` is `[to, output]`. */
export interface GraphEdge {
  from: number;
  to: number;
  input: number;
  output: number;
  /** Of the tensor that went along it in forward. */
  shape: number[];
  /** What the last backward pass sent along it, before other edges' parts are added; absent where none came by. */
  flow?: Flow;
}

/** Tensors up to this many elements are told as text where many of them stand together. */
export const FLOW_TEXT_MAX = 8;

export interface Flow {
  norm: Num;
  /** `String(tensor)`, of at most {@link FLOW_TEXT_MAX} elements, and these. */
  text?: string;
  values?: Num[];
}

/** One call of `backward()` or `autograd.grad()`, or many alike. */
export interface BackwardPass {
  /** Node indices of the roots. */
  roots: number[];
  /** Node indices in the order they ran. */
  order: number[];
  /** The `backward()` call. */
  range?: SourceRange;
  repeats: number;
  /** Which passes of the run these were, counted from 0; thinned to at most {@link HISTORY_MAX}. Absent for all, every one. */
  at?: number[];
  createGraph: boolean;
}

/** A leaf that learns. Histories have one value for each backward pass that reached it. */
export interface Parameter {
  /** `model.fc1.weight`, as the module names it; else the variable's name. */
  name: string;
  /** Its AccumulateGrad in {@link Trace.nodes}; absent when no graph of the run had it. */
  node?: number;
  shape: number[];
  dtype: string;
  /** At the end of the run. */
  value: Statistics;
  /** What `.grad` holds at the end of the run. */
  gradient?: Statistics;
  /** Of the arriving gradients. */
  gradientNorms?: History;
  /** Euclidean norms of the value at the time of the pass; kept only where a panel was in sight, like all below. */
  valueNorms?: History;
  /** ‖Δw‖ / ‖w‖ from this pass to the next, or to the end of the run. */
  updates?: History;
  gradientBins?: Distribution[];
  valueBins?: Distribution[];
}

/** Distributions kept of a parameter, thinned by halves. */
export const DISTRIBUTIONS_MAX = 32;

/** How the finite elements were distributed at one pass: counts in equal bins from `min` to `max`. */
export interface Distribution {
  /** Counted over the passes that reached the parameter. */
  step: number;
  min: number;
  max: number;
  counts: number[];
}

export interface ConsoleEntry {
  level: "log" | "info" | "warn" | "error" | "debug";
  text: string;
  range?: SourceRange;
}

/** A pyplot figure as a Vega-Lite specification, without theme colours for text and axes. */
export interface Figure {
  title?: string;
  spec: Record<string, unknown>;
  /** The `plt.show()` or the last plotting call. */
  range?: SourceRange;
}
