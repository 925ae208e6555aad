/** grad_fn nodes: what the backward pass walks. */
import { seam } from "../observer";
import type { KeptCall, Tensor, TensorMeta } from "../tensor";
import { anomaly } from "./anomaly";
import type { SavedTensor } from "./saved";

/** `[function, which of its outputs]`; a null function takes no gradient. */
export type Edge = [Node, number] | [null, number];

export type GradHook = (grad: Tensor) => Tensor | null | undefined | void;

/** Removes a hook; calling it twice is harmless. */
export interface Handle {
  remove(): void;
}

/** Hooks in the order of registration; removing one while they run is safe. */
export class HookList<H extends (...args: any[]) => any = GradHook> {
  #hooks = new Map<number, H>();
  #next = 0;

  add(hook: H): Handle {
    const id = this.#next++;
    this.#hooks.set(id, hook);
    return { remove: () => void this.#hooks.delete(id) };
  }

  get size(): number {
    return this.#hooks.size;
  }

  /** The hooks by number, in order; what is deleted here is no longer called. */
  get entries(): Map<number, H> {
    return this.#hooks;
  }

  [Symbol.iterator](): Iterator<H> {
    return [...this.#hooks.values()][Symbol.iterator]();
  }
}

export type NodeHook = (
  grad_inputs: (Tensor | null)[],
  grad_outputs: (Tensor | null)[],
) => readonly (Tensor | null)[] | Tensor | null | undefined | void;
export type NodePreHook = (
  grad_outputs: (Tensor | null)[],
) => readonly (Tensor | null)[] | Tensor | null | undefined | void;

let nextSequence = 0;
let nextAddress = 0x7f0000001000;

/** A function of the graph: it turns the gradients of its outputs into those of its inputs. */
export abstract class Node {
  /** One entry for each tensor input; the same array each time. */
  next_functions: Edge[] = [];
  /** Free for users, as in PyTorch. */
  metadata: Record<string, unknown> = {};
  /** @internal */ sequence: number;
  /** @internal Of each output, for checking what arrives. */
  outputs: TensorMeta[] = [];
  /** @internal By output number: the hooks of the tensors that this node made. */
  hooksOfOutputs: (HookList | undefined)[] | null = null;
  /** @internal By output number: the tensors that keep their gradient; told after every hook. */
  retaining: (WeakRef<Tensor> | undefined)[] | null = null;
  /** @internal Where an anomaly would point: the stack at the time of the forward call. */
  forwardStack: string | null = null;
  /** @internal */ preHooks: HookList<NodePreHook> | null = null;
  /** @internal */ postHooks: HookList<NodeHook> | null = null;
  /** @internal The call that made it, where an observer wants to see it later. */
  kept: KeptCall | null = null;
  #address = 0;

  constructor() {
    this.sequence = nextSequence++;
    if (anomaly.enabled) this.forwardStack = new Error().stack ?? null;
    seam.observer?.nodeMade?.(this);
  }

  /** As PyTorch says it: `SinBackward0`. */
  abstract name(): string;

  /** @internal Gradients of the inputs, one for each of `next_functions`. */
  abstract apply(grads: (Tensor | null)[]): (Tensor | null)[];

  /** @internal Lets go of saved tensors. */
  release(): void {}

  /** @internal What it keeps of the forward pass, by name. */
  savedTensors(): [name: string, saved: SavedTensor][] {
    return [];
  }

  /** Rises with each node made: backward runs the latest first. */
  _sequence_nr(): number {
    return this.sequence;
  }

  /** Called with the gradients of inputs and outputs after this node ran; what it returns replaces the former. */
  register_hook(hook: NodeHook): Handle {
    this.postHooks ??= new HookList();
    return this.postHooks.add(hook);
  }

  /** Called with the gradients of the outputs before this node runs; what it returns replaces them. */
  register_prehook(hook: NodePreHook): Handle {
    this.preHooks ??= new HookList();
    return this.preHooks.add(hook);
  }

  /** @internal */
  tensorHooks(output: number): HookList {
    this.hooksOfOutputs ??= [];
    this.hooksOfOutputs[output] ??= new HookList();
    return this.hooksOfOutputs[output];
  }

  toString(): string {
    if (this.#address === 0) {
      this.#address = nextAddress;
      nextAddress += 0x30;
    }
    return `<${this.name().split("::").pop()} object at 0x${this.#address.toString(16)}>`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** The end of the graph at a leaf: adds what arrives to `variable.grad`. */
export class AccumulateGrad extends Node {
  constructor(readonly variable: Tensor) {
    super();
    // Leaves first: as soon as a gradient is whole, it is stored (PyTorch gives them the largest number).
    this.sequence = 2 ** 64;
    this.outputs = [variable];
  }

  name(): string {
    return "torch::autograd::AccumulateGrad";
  }

  apply(grads: (Tensor | null)[]): (Tensor | null)[] {
    let grad = grads[0];
    if (grad === null) return [];
    const { variable } = this;
    if (variable.hooks !== null) {
      for (const hook of variable.hooks) grad = hook(grad) ?? grad;
    }
    variable.gradient = accumulate(variable, grad);
    if (variable.accumulateHooks !== null) for (const hook of variable.accumulateHooks) hook(variable);
    return [];
  }
}

function accumulate(variable: Tensor, grad: Tensor): Tensor {
  const old = variable.gradient;
  if (old !== null) {
    // With create_graph the sum is itself differentiable, so it may not overwrite anything.
    return old.requires_grad || grad.requires_grad ? old.add(grad) : old.add_(grad);
  }
  // A gradient of our own: the arriving one may be an input that somebody holds.
  return grad.requires_grad ? grad.clone() : grad.detach().clone();
}
