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
  /** `backward()` or `autograd.grad()` (`capture`: nothing is accumulated) is about to run over a graph that still stands whole. */
  backwardStart?(roots: readonly Tensor[], createGraph: boolean, capture: boolean): void;
  /** `node` is about to run (or, for AccumulateGrad, to accumulate) with the gradient of each of its outputs. */
  nodeStart?(node: Node, gradOutputs: readonly (Tensor | null)[]): void;
  /** `node` has run; one entry for each of `next_functions`. */
  nodeEnd?(node: Node, gradInputs: readonly (Tensor | null)[]): void;
  /** The pass is over; `error` is what it threw. */
  backwardEnd?(error?: unknown): void;
  /** `tensor` was given to `backward()` or `autograd.grad()`, which is about to throw: no gradient can start or arrive there. */
  refused?(tensor: Tensor): void;
  /** Backward asks for a saved tensor that was changed in place since its `version`, and is about to throw. */
  changed?(tensor: Tensor, version: number): void;
  /** Values leave the graph without an op: by `x.data` or `x.detach_()` as a tensor, by `x.item()` or `x.tolist()` as numbers. */
  taken?(tensor: Tensor, by: "data" | "detach_" | "item" | "tolist", values: unknown): void;
  /** `tensor.data = source`. */
  replaced?(tensor: Tensor, source: Tensor): void;
  /** The program set a leaf's `requires_grad`. */
  asked?(tensor: Tensor, value: boolean): void;
  /** `no_grad`, `enable_grad` or their like begins (`enabled`: what it sets), or ends. */
  modeEnter?(enabled: boolean): void;
  modeExit?(): void;
  /** An optimiser is given parameters. */
  optimises?(parameters: readonly Tensor[]): void;
  /** An optimiser begins a step over its `parameters`, or has made it. */
  stepStart?(optimizer: object, parameters: Iterable<Tensor>): void;
  stepEnd?(optimizer: object, parameters: Iterable<Tensor>): void;
}

/** One observer that tells `first`, then `second`. */
export function both(first: Observer, second: Observer): Observer {
  const combined: Record<string, unknown> = { ...first };
  for (const [event, tell] of Object.entries(second) as [keyof Observer, (...args: unknown[]) => void][]) {
    const before = first[event] as ((...args: unknown[]) => void) | undefined;
    combined[event] = before
      ? (...args: unknown[]) => {
          before(...args);
          tell(...args);
        }
      : tell;
  }
  return combined;
}

/** Read by the engine on its hot paths as `seam.observer`; an object, so that bundlers keep one binding. */
export const seam: { observer: Observer | null } = { observer: null };

/** Installs `observer` (null removes it) and returns the one that was there. */
export function setObserver(observer: Observer | null): Observer | null {
  const previous = seam.observer;
  seam.observer = observer;
  return previous;
}
