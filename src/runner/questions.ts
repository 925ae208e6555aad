/** What a run answers after it is done, while its process lives. No VS Code, no Node, no DOM in here. */
import type { Num, Statistics } from "../trace/model";

/** A tensor of the last time that a node of the trace ran. */
export type TensorRef =
  /** Its result number `index`; of an AccumulateGrad the leaf. */
  | { of: "output"; node: number; index: number }
  /** What went into it, by position among its inputs. */
  | { of: "input"; node: number; index: number }
  /** The gradient that arrived for its result number `index`. */
  | { of: "arrived"; node: number; index: number }
  /** The gradient that it sent along its edge `index`. */
  | { of: "sent"; node: number; index: number }
  | { of: "saved"; node: number; index: number }
  /** ∂ output / ∂ input `index`: where the output is one number, or where each element depends on its own alone. */
  | { of: "local"; node: number; index: number }
  /** A leaf's `.grad`. */
  | { of: "grad"; node: number; index: 0 }
  /** The last Jacobian or product that was asked for. */
  | { of: "jacobian" }
  | { of: "product" };

/** A direction to multiply a Jacobian with; `unit` has a 1 at one row-major place, `arrived` is the last backward's gradient. */
export type Vector =
  | { kind: "ones" }
  | { kind: "unit"; index: number }
  | { kind: "arrived" }
  | { kind: "values"; values: number[] };

/** A node's result number `output`; an AccumulateGrad's is the leaf. */
export interface Result {
  node: number;
  output: number;
}

export type Question =
  /** `elementwise`: each element of the node's result depends on the same element of its inputs alone. */
  | { type: "inspect"; node: number; elementwise: boolean }
  /** A part of the matrix of the last two dimensions, the leading ones fixed at `at`; ends are not included. */
  | { type: "values"; tensor: TensorRef; at: number[]; rows: [number, number]; columns: [number, number] }
  /** The same matrix, shrunk to at most so many cells, each its element of largest magnitude. */
  | { type: "picture"; tensor: TensorRef; at: number[]; rows: number; columns: number }
  /** All that a captured place of the trace held last, and its gradient. Answered whether the run kept anything or not. */
  | { type: "elements"; capture: number }
  /** ∂ of / ∂ by, both flat. */
  | { type: "jacobian"; of: Result; by: Result }
  /** `vJ`: v has the shape of `of`'s result, as in backward. `Jv`: that of `by`'s, as in forward mode. */
  | { type: "product"; of: Result; by: Result; side: "vJ" | "Jv"; v: Vector };

export interface TensorFacts {
  ref: TensorRef;
  shape: number[];
  dtype: string;
  /** PyTorch's own text. */
  text: string;
  stats: Statistics;
}

export interface InputFacts {
  /** The argument's name in PyTorch's schema. */
  name: string;
  /** What the program calls it. */
  variable?: string;
  shape: number[];
  /** Index of the grad_fn that made it, or of the leaf's AccumulateGrad. */
  node?: number;
  /** Its place in `next_functions`; absent where the op takes no gradient by it. */
  edge?: number;
  /** Absent where its values are not there any more. */
  tensor?: TensorFacts;
  /** A number given in a tensor's place. */
  number?: string;
}

export interface NodeFacts {
  /** PyTorch's schema and our sentence about the op; absent for what is no declared op. */
  schema?: string;
  doc?: string;
  /** By output; null where the values are gone or no gradient arrived. */
  outputs: (TensorFacts | null)[];
  arrived: (TensorFacts | null)[];
  inputs: InputFacts[];
  /** By edge, as `next_functions`. */
  sent: (TensorFacts | null)[];
  /** By edge; null where it is no single tensor: ask for the Jacobian. */
  local: (TensorFacts | null)[];
  saved: { name: string; tensor: TensorFacts }[];
  /** Arguments that are no tensors: `dim`, `keepdim`. */
  attributes: { name: string; text: string }[];
  /** A leaf's `.grad`. */
  grad?: TensorFacts;
}

export interface Values {
  /** As PyTorch prints each, row by row. */
  rows: string[][];
}

export interface Elements {
  /** Row-major. */
  values: Num[];
  gradient?: Num[];
}

export interface Picture {
  rows: number;
  columns: number;
  /** Row-major. */
  values: Num[];
  /** Largest magnitude of a finite element. */
  largest: number;
  /** Elements that a cell stands for, down and across; 1 where it is exact. */
  pooled: [number, number];
}

export interface Jacobian {
  facts: TensorFacts;
  /** Shapes of the two results; the matrix is [numel, numel]. */
  of: number[];
  by: number[];
  picture: Picture;
}

export interface Product {
  facts: TensorFacts;
}

export interface Answers {
  inspect: NodeFacts;
  values: Values;
  elements: Elements;
  picture: Picture;
  jacobian: Jacobian;
  product: Product;
}
export type Answer = Answers[Question["type"]];
export type AnswerTo<Q extends Question> = Answers[Q["type"]];

/**
 * Why there is no answer. `gone`: the process is no more. `unkept`: the run kept nothing, for no panel was in sight.
 * `running`: the program goes on. `unrelated`: the one does not depend on the other. `large`: it would take too much.
 */
export type Refusal = "gone" | "unkept" | "running" | "unrelated" | "large" | "cancelled" | "failed";

export class AnswerError extends Error {
  constructor(
    readonly reason: Refusal,
    message: string,
  ) {
    super(message);
  }
}
