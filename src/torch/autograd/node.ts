/** grad_fn nodes: what the backward pass walks. */
import { copyOf } from "../kernels/copy";
import { addInto } from "../kernels/elementwise";
import { seam } from "../observer";
import type { KeptCall, Tensor, TensorMeta } from "../tensor";
import { anomaly } from "./anomaly";
import { isOwn, letGo, show } from "./buffers";
import type { Pass } from "./engine";
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

/** What few nodes have: it is kept apart, because a graph may have a million nodes. */
class Rarities {
  metadata: Record<string, unknown> | null = null;
  address = 0;
  edges: Edge[] | null = null;
  hooksOfOutputs: (HookList | undefined)[] | null = null;
  retaining: (WeakRef<Tensor> | undefined)[] | null = null;
  forwardStack: string | null = null;
  preHooks: HookList<NodePreHook> | null = null;
  postHooks: HookList<NodeHook> | null = null;
  kept: KeptCall | null = null;
}

const NOTHING: never[] = [];

/** The number that the next node will get. */
export const sequenceNow = (): number => nextSequence;

/** Numbers the next nodes from `sequence` on; to be called when the nodes from there on are gone. */
export function rewindSequence(sequence: number): void {
  nextSequence = sequence;
}

/** A function of the graph: it turns the gradients of its outputs into those of its inputs. */
export abstract class Node {
  /** @internal How many entries `next_functions` has. */
  edgeCount = 0;
  // Most nodes have one or two edges: these need no array.
  #first: Node | null = null;
  #second: Node | null = null;
  #others: (Node | null)[] | null = null;
  /** Which outputs of those they lead to; null: the first of each. */
  #outputNumbers: number[] | null = null;
  /** @internal The backward pass that the next four belong to; see `engine.ts`. */
  pass: Pass | null = null;
  /** @internal How many users of its outputs are still to run. */
  waiting = 0;
  /** @internal The sum of the gradients that have arrived at the first output. */
  arrived: Tensor | null = null;
  /** @internal The same for all others. */
  arrivedOthers: (Tensor | null)[] | null = null;
  /** @internal */ sequence: number;
  /** @internal */ rare: Rarities | null = null;
  /** Of each output, for checking what arrives; one output stands by itself. */
  #outputs: TensorMeta | TensorMeta[] = NOTHING;

  constructor() {
    this.sequence = nextSequence++;
    if (anomaly.enabled) this.rarities().forwardStack = new Error().stack ?? null;
    seam.observer?.nodeMade?.(this);
  }

  /** @internal */
  rarities(): Rarities {
    this.rare ??= new Rarities();
    return this.rare;
  }

  /** `[function, which of its outputs]` for each tensor input; the same array each time. */
  get next_functions(): Edge[] {
    const rare = this.rarities();
    rare.edges ??= Array.from({ length: this.edgeCount }, (_, i): Edge => {
      const node = this.target(i);
      return node === null ? [null, 0] : [node, this.targetOutput(i)];
    });
    return rare.edges;
  }

  set next_functions(edges: readonly Edge[]) {
    this.makeEdges(edges.length);
    for (let i = 0; i < edges.length; i++) this.setEdge(i, edges[i][0], edges[i][1]);
    if (this.rare !== null) this.rare.edges = null;
  }

  /** @internal Room for so many edges, which lead nowhere yet. */
  makeEdges(count: number): void {
    this.edgeCount = count;
    this.#others = count > 2 ? new Array(count - 2).fill(null) : null;
    this.#outputNumbers = null;
  }

  /** @internal */
  setEdge(i: number, node: Node | null, output: number): void {
    if (i === 0) this.#first = node;
    else if (i === 1) this.#second = node;
    else this.#others![i - 2] = node;
    if (output === 0 && this.#outputNumbers === null) return;
    this.#outputNumbers ??= new Array(this.edgeCount).fill(0);
    this.#outputNumbers[i] = output;
  }

  /** @internal The function of an entry of `next_functions`, null where no gradient goes. */
  target(i: number): Node | null {
    return i === 0 ? this.#first : i === 1 ? this.#second : this.#others![i - 2];
  }

  /** @internal Which of its outputs. */
  targetOutput(i: number): number {
    return this.#outputNumbers === null ? 0 : this.#outputNumbers[i];
  }

  /** @internal Shape and dtype of each output. */
  get outputs(): readonly TensorMeta[] {
    return Array.isArray(this.#outputs) ? this.#outputs : [this.#outputs];
  }

  set outputs(outputs: readonly TensorMeta[]) {
    this.#outputs = outputs.length === 1 ? outputs[0] : [...outputs];
  }

  /** @internal */
  get outputCount(): number {
    return Array.isArray(this.#outputs) ? this.#outputs.length : 1;
  }

  /** @internal Shape and dtype of output `i`. */
  output(i: number): TensorMeta {
    return Array.isArray(this.#outputs) ? this.#outputs[i] : this.#outputs;
  }

  /** @internal The only output. */
  setOutput(meta: TensorMeta): void {
    this.#outputs = meta;
  }

  /** Free for users, as in PyTorch. */
  get metadata(): Record<string, unknown> {
    const rare = this.rarities();
    rare.metadata ??= {};
    return rare.metadata;
  }

  /** @internal The call that made it, where an observer wants to see it later. */
  get kept(): KeptCall | null {
    return this.rare?.kept ?? null;
  }

  set kept(call: KeptCall | null) {
    if (call !== this.kept) this.rarities().kept = call;
  }

  /** @internal Where an anomaly would point: the stack at the time of the forward call. */
  get forwardStack(): string | null {
    return this.rare?.forwardStack ?? null;
  }

  /** As PyTorch says it: `SinBackward0`. */
  abstract name(): string;

  /** @internal Gradients of the inputs, one for each of `next_functions`. */
  abstract apply(grads: (Tensor | null)[]): (Tensor | null)[];

  /** @internal Whether a declared derivative makes the gradients, and keeps neither them nor what has arrived. */
  get makesGradients(): boolean {
    return false;
  }

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
    const rare = this.rarities();
    rare.postHooks ??= new HookList();
    return rare.postHooks.add(hook);
  }

  /** Called with the gradients of the outputs before this node runs; what it returns replaces them. */
  register_prehook(hook: NodePreHook): Handle {
    const rare = this.rarities();
    rare.preHooks ??= new HookList();
    return rare.preHooks.add(hook);
  }

  /** @internal The hooks of the tensor that is output `output`. */
  tensorHooks(output: number): HookList {
    const rare = this.rarities();
    rare.hooksOfOutputs ??= [];
    rare.hooksOfOutputs[output] ??= new HookList();
    return rare.hooksOfOutputs[output];
  }

  /** @internal The tensor that is output `output` keeps its gradient; it is told after every hook. */
  retain(output: number, tensor: Tensor): void {
    const rare = this.rarities();
    rare.retaining ??= [];
    rare.retaining[output] = new WeakRef(tensor);
  }

  toString(): string {
    const rare = this.rarities();
    if (rare.address === 0) {
      rare.address = nextAddress;
      nextAddress += 0x30;
    }
    return `<${this.name().split("::").pop()} object at 0x${rare.address.toString(16)}>`;
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
    this.setOutput(variable);
  }

  name(): string {
    return "torch::autograd::AccumulateGrad";
  }

  apply(grads: (Tensor | null)[]): (Tensor | null)[] {
    let grad = grads[0];
    if (grad === null) return [];
    const { variable } = this;
    const hooks = variable.rare?.hooks ?? null;
    if (hooks !== null) for (const hook of hooks) grad = hook(grad) ?? grad;
    const unseen = hooks === null && this.rare === null && seam.observer === null;
    if (!unseen) show(grads);
    variable.gradient = accumulate(variable, grad, isOwn(grad), unseen);
    if (variable.gradient !== grad) letGo(grad);
    const after = variable.rare?.accumulateHooks ?? null;
    if (after !== null) for (const hook of after) hook(variable);
    return [];
  }
}

/** What `.grad` becomes. Until somebody reads it, its memory is the variable's alone, if it was `unseen` before. */
function accumulate(variable: Tensor, grad: Tensor, own: boolean, unseen: boolean): Tensor {
  const old = variable.gradient;
  if (old !== null) {
    // With create_graph the sum is itself differentiable, so it may not overwrite anything.
    if (old.requires_grad || grad.requires_grad) return old.add(grad);
    return addInto(old, grad) ? old : old.add_(grad);
  }
  if (own && !grad.requires_grad) {
    grad.versions.n = 0;
    return grad;
  }
  // A gradient of our own: the arriving one may be an input that somebody holds.
  if (grad.requires_grad) return grad.clone();
  const copy = copyOf(grad);
  if (unseen) copy.storageOf.holders = 1;
  return copy;
}
