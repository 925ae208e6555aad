/** What a run did that its gradients may suffer from: facts with their places, which `src/analysis` judges. */
import type { History, Num, SourceRange } from "./model";

export interface Facts {
  /** Tensors without a gradient that somebody asked about. */
  nulls: NullGradient[];
  /** By index into the trace's captures: why the tensor there has no gradient, where anything can be said. */
  captures: { capture: number; why: NullGradient }[];
  nonFinite?: NonFinite;
  /** Activations by their node, as backward passes met them. */
  activations: Activation[];
  /** The program changes gradients between backward and step, by hooks or in place: clipping. */
  clipped: boolean;
  accumulated: Accumulated[];
  kept: Kept[];
  /** What changed a saved tensor before backward asked for it. */
  overwritten?: Overwritten;
}

/** A tensor, or an optimiser, as the program knows it. */
export interface Made {
  name?: string;
  /** The expression that made it. */
  range?: SourceRange;
}

/** Where values went on and the gradient did not. */
export interface Cut {
  kind: "detach" | "no_grad" | "integer" | "number";
  /** `detach`, `argmax`, `item`: what did it; under `no_grad` the op that ran there. */
  by: string;
  range?: SourceRange;
  /** Of `no_grad`: where the block begins. */
  scope?: SourceRange;
}

export interface NullGradient {
  /** Who asked: the program reads `.grad`, an optimiser stepped, backward refused, or nobody yet. */
  asked: "read" | "optimizer" | "backward" | "nobody";
  /** Where. */
  at?: SourceRange;
  /** The tensor. */
  made: Made;
  shape: number[];
  dtype: string;
  floating: boolean;
  requires_grad: boolean;
  is_leaf: boolean;
  retains_grad: boolean;
  /** `backward()` calls before the question; those of the whole run when nobody asks. */
  backwards: number;
  /** `requires_grad` was set to false by the program. */
  frozen: boolean;
  /** Where. */
  frozenAt?: SourceRange;
  /** On the way that its value took (to the last root, for a tensor that requires grad; from its origins, for one that does not). */
  cut?: Cut;
  /** A leaf behind it that does not require grad. */
  source?: Made & { floating: boolean };
  /** The `backward()` call that did not reach it. */
  root?: SourceRange;
  /** The last result that was computed from it, if no backward ran. */
  result?: Made;
}

export interface NonFinite {
  kind: "nan" | "inf";
  phase: "forward" | "backward" | "data";
  /** `log`, `SqrtBackward0`; of data, what made the tensor. */
  by: string;
  /** Of data, the tensor's name. */
  name?: string;
  range?: SourceRange;
  shape: number[];
  /** Of the first such element. */
  index: number[];
  /** What was put in there: elements at that index, or the extremes of a tensor of another shape. */
  inputs: { name: string; value?: Num; min?: Num; max?: Num }[];
  /** The optimiser's step made it so. */
  inStep: boolean;
  reached: "loss" | "gradient";
  /** The backward call that it reached. */
  at?: SourceRange;
}

export interface Activation {
  /** Index into the trace's nodes. */
  node: number;
  kind: "relu" | "tanh" | "sigmoid";
  units: number;
  /** Samples, and places of an image, in one pass. */
  samples: number;
  passes: number;
  /** ReLU: of each unit, how many passes ago any sample of the batch woke it; left out where most did lately. */
  quiet?: number[];
  /** tanh, sigmoid: the share of elements beyond ±0.99, or within 0.01 of 0 or 1, in each pass. */
  saturated?: History;
  /** The construction of the module that ran it, where the program only called a container of it. */
  module?: SourceRange;
}

/** Gradients that had been used in a step were added to, and the sum was used. */
export interface Accumulated {
  backward?: SourceRange;
  step?: SourceRange;
  optimizer?: Made;
  parameters: string[];
  /** Steps taken with such sums. */
  times: number;
}

/** A tensor that holds on to the graphs of earlier passes. */
export interface Kept {
  range?: SourceRange;
  variable?: string;
  /** `list`: an array of results; `chain`: each step's result is computed from the last one's. */
  form: "chain" | "list";
  /** Earlier passes whose graph is reachable. */
  passes: number;
}

export interface Overwritten {
  by: string;
  range?: SourceRange;
  tensor: Made;
  /** An optimiser's step did it. */
  inStep: boolean;
  /** The backward call that wanted the old values. */
  at?: SourceRange;
}
