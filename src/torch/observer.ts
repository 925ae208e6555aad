/**
 * The one seam through which anyone listens to the engine: the trace recorder, a profiler, a test.
 * Unset, it costs one null check an op. A listener never changes a result; what it throws comes out of the op.
 */
import type { Node } from "./autograd/node";
import type { Tensor } from "./tensor";

export interface Observer {
  /** An op ran and gave `outputs`; their `grad_fn` stands already. `name` is the schema's (`sum.dim_IntList`). */
  op?(name: string, inputs: readonly unknown[], outputs: readonly Tensor[]): void;
  /** A grad_fn was made: in a forward pass, or in a backward pass that records its own graph. */
  nodeMade?(node: Node): void;
  /** An `nn.Module` is called; `moduleEnd` follows, whatever happens in between. */
  moduleStart?(module: object): void;
  moduleEnd?(): void;
  /** `backward()` or `autograd.grad()` is about to run over a graph that still stands whole. */
  backwardStart?(roots: readonly Tensor[], createGraph: boolean): void;
  /** `node` is about to run (or, for AccumulateGrad, to accumulate) with the gradient of each of its outputs. */
  nodeStart?(node: Node, gradOutputs: readonly (Tensor | null)[]): void;
  /** `node` has run; one entry for each of `next_functions`. */
  nodeEnd?(node: Node, gradInputs: readonly (Tensor | null)[]): void;
  /** The pass is over; `error` is what it threw. */
  backwardEnd?(error?: unknown): void;
}

/** Read by the engine on its hot paths as `seam.observer`; an object, so that bundlers keep one binding. */
export const seam: { observer: Observer | null } = { observer: null };

/** Installs `observer` (null removes it) and returns the one that was there. */
export function setObserver(observer: Observer | null): Observer | null {
  const previous = seam.observer;
  seam.observer = observer;
  return previous;
}
