/** The tensor: strided memory, and its place in the autograd graph. Its ops live in `ops/`; their typings come with `TensorMethods`. */

import { mode } from "./autograd/gradMode";
import type { Edge, Node } from "./autograd/node";
import { AccumulateGrad, type GradHook, type Handle, HookList } from "./autograd/node";
import { type DType, float32, type TypedArray } from "./dtype";
import { RuntimeError, ValueError } from "./errors";
import type { TensorMethods } from "./generated/methods";
import { giveBack, unwrittenFloats } from "./kernels/memory";
import { move } from "./kernels/strided";
import { seam } from "./observer";
import { tensorText } from "./printing";
import { typeText } from "./pythonText";
import { contiguousStrides, isContiguous, numel, sameShape } from "./shape";

/** Counts in-place changes; a tensor and its views share one. */
export interface VersionCounter {
  n: number;
  /** Some node keeps this memory for backward, or did. */
  saved?: boolean;
}

/** The memory of one or more tensors; garbage-collected, like all of ours. It counts the changes of the tensor it was made for. */
export class Storage implements VersionCounter {
  n = 0;
  saved = false;
  /** @internal How many nodes of a backward pass, or leaves, hold this gradient, where nobody else can: see `autograd/buffers.ts`. */
  holders = 0;
  /** @internal Set by who wants the present values kept: a change in place first hands it a copy. */
  keeper: Keeper | null = null;

  constructor(readonly data: TypedArray) {}

  /** @internal Whoever keeps these values gets a copy of them, once. */
  aboutToChange(): void {
    if (this.keeper === null) return;
    this.keeper.data = this.data.slice();
    this.keeper = null;
  }
}

/** The values of a storage at one time: `data` is null while they still stand there. */
export interface Keeper {
  data: TypedArray | null;
}

/** A tensor as it was at one version. */
export interface KeptTensor {
  tensor: Tensor;
  version: number;
  /** null: a change in place is not waited for. */
  keeper: Keeper | null;
}

/** A call of an op: tensors among the arguments are kept, in lists too; null where a change in place took the value. */
export interface KeptCall {
  inputs: readonly unknown[];
  outputs: readonly KeptTensor[];
}

/** What the engine keeps of a tensor whose values it does not need. */
export interface TensorMeta {
  readonly shape: number[];
  readonly dtype: DType;
}

export type BackwardOptions = {
  gradient?: Tensor | null;
  retain_graph?: boolean | null;
  create_graph?: boolean;
  inputs?: Tensor | readonly Tensor[] | null;
};

enum Flag {
  RequiresGrad = 1,
  WrappedNumber = 2,
  Inference = 4,
}

type ViewOrigin = "no_grad" | "one of several" | null;

/** What few tensors have: leaves of a graph, and views that may not be changed. */
class Rarities {
  accumulator: AccumulateGrad | null = null;
  /** Of a leaf; those of a result live on its grad_fn. */
  hooks: HookList | null = null;
  accumulateHooks: HookList<(variable: Tensor) => unknown> | null = null;
  retains = false;
  viewOrigin: ViewOrigin = null;
}

// Its methods come from the op declarations.
export interface Tensor extends TensorMethods {}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: its methods come from the op declarations
export class Tensor {
  /** Sizes, a plain array. */
  readonly shape: number[];
  readonly dtype: DType;
  /** Which output of `grad_fn` this is. */
  output_nr = 0;
  /** The tensor this one is a view of, or null. */
  _base: Tensor | null = null;
  /** @internal */ readonly storageOf: Storage;
  /** @internal */ readonly strides: number[];
  /** @internal */ readonly offset: number;
  /** @internal */ versions: VersionCounter;
  /** Flags, as bits. */
  #flags: number;
  /** @internal Stale for a view whose base changed: read `grad_fn`. */
  gradFn: Node | null = null;
  /** @internal The version at which `gradFn` of a view was made. */
  gradFnVersion = 0;
  /** @internal What `grad` gives; who reads it here keeps nothing of it. */ gradient: Tensor | null = null;
  /** @internal What only some tensors have. */ rare: Rarities | null = null;

  /** @internal Users make tensors by `torch.tensor` and its like. */
  constructor(
    storage: Storage,
    dtype: DType,
    shape: number[],
    strides: number[],
    offset: number,
    versions: VersionCounter = { n: 0 },
  ) {
    this.storageOf = storage;
    this.dtype = dtype;
    this.shape = shape;
    this.strides = strides;
    this.offset = offset;
    this.versions = versions;
    this.#flags = mode.inference ? Flag.Inference : 0;
  }

  /** @internal The flag of a leaf; a result requires grad because it has a grad_fn. */
  get leafRequiresGrad(): boolean {
    return (this.#flags & Flag.RequiresGrad) !== 0;
  }

  set leafRequiresGrad(value: boolean) {
    this.#set(Flag.RequiresGrad, value);
  }

  /** @internal A Python number among tensors: it takes part in promotion by category only. */
  get wrappedNumber(): boolean {
    return (this.#flags & Flag.WrappedNumber) !== 0;
  }

  set wrappedNumber(value: boolean) {
    this.#set(Flag.WrappedNumber, value);
  }

  /** @internal Made in inference mode. */
  get inference(): boolean {
    return (this.#flags & Flag.Inference) !== 0;
  }

  set inference(value: boolean) {
    this.#set(Flag.Inference, value);
  }

  #set(flag: Flag, value: boolean): void {
    this.#flags = value ? this.#flags | flag : this.#flags & ~flag;
  }

  /** @internal */
  rarities(): Rarities {
    this.rare ??= new Rarities();
    return this.rare;
  }

  /** @internal The node at the end of the graph, where this is a leaf that took part in one. */
  get accumulator(): AccumulateGrad | null {
    return this.rare?.accumulator ?? null;
  }

  set accumulator(node: AccumulateGrad | null) {
    this.rarities().accumulator = node;
  }

  /** @internal How a view came to be, where that forbids changing it in place. */
  get viewOrigin(): ViewOrigin {
    return this.rare?.viewOrigin ?? null;
  }

  set viewOrigin(origin: ViewOrigin) {
    if (origin !== this.viewOrigin) this.rarities().viewOrigin = origin;
  }

  /** The function that made this tensor in the graph, or null for a leaf. */
  get grad_fn(): Node {
    // Typed as present: `x.grad_fn.name()` must type-check without `!`.
    return gradFnOf(this) as Node;
  }

  /** Whether gradients flow to this tensor. */
  get requires_grad(): boolean {
    return this.leafRequiresGrad || this.gradFn !== null || (this._base !== null && gradFnOf(this) !== null);
  }

  /** Only a leaf's flag may change. Throws RuntimeError otherwise. */
  set requires_grad(value: boolean) {
    if (gradFnOf(this) !== null) {
      if (value) return;
      throw new RuntimeError(
        "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a subgraph that doesn't require differentiation use var_no_grad = var.detach().",
      );
    }
    if (value && !this.dtype.is_floating_point) {
      throw new RuntimeError("only Tensors of floating point and complex dtype can require gradients");
    }
    this.leafRequiresGrad = value;
    seam.observer?.asked?.(this, value);
  }

  /** Made by the user, not by a recorded op: backward stores its gradient in `grad`. */
  get is_leaf(): boolean {
    return gradFnOf(this) === null;
  }

  /** The accumulated gradient of a leaf (or of a tensor that retains it); null before the first backward. */
  get grad(): Tensor {
    // From now on others may hold it.
    if (this.gradient !== null) this.gradient.storageOf.holders = 0;
    // Typed as present: `x.grad.add(…)` must type-check without `!`.
    return this.gradient as Tensor;
  }

  /** Throws RuntimeError unless shape and dtype are this tensor's. */
  set grad(value: Tensor | null | undefined) {
    if (value == null) {
      const storage = this.gradient?.storageOf;
      this.gradient = null;
      if (storage?.holders === 1 && seam.observer === null) giveBack(storage.data);
      return;
    }
    if (!(value instanceof Tensor)) {
      throw new TypeError(`assigned grad expected to be a Tensor or None but got grad of type ${typeof value}`);
    }
    if (value === this) throw new RuntimeError("can't assign Variable as its own grad");
    if (value.dtype !== this.dtype) {
      throw new RuntimeError(
        `assigned grad has data of a different type: expected ${this.dtype.scalarName} but got ${value.dtype.scalarName}`,
      );
    }
    if (!sameShape(value.shape, this.shape)) throw new RuntimeError("assigned grad has data of a different size");
    this.gradient = value;
  }

  /** How often this memory was changed in place. */
  get _version(): number {
    return this.versions.n;
  }

  /** The same memory without graph and with a version counter of its own. */
  get data(): Tensor {
    const values = new Tensor(this.storageOf, this.dtype, this.shape, this.strides, this.offset);
    seam.observer?.taken?.(this, "data", values);
    return values;
  }

  /** Puts the tensor over the memory of another, of whatever shape. Throws TypeError for what is no tensor, RuntimeError for integers that would require grad. */
  set data(source: Tensor) {
    if (!(source instanceof Tensor)) {
      throw new TypeError(`Variable data has to be a tensor, but got ${typeText(source)}`);
    }
    if (this.requires_grad && !source.dtype.is_floating_point) {
      throw new RuntimeError("data set to a tensor that requires gradients must be floating point or complex dtype");
    }
    seam.observer?.replaced?.(this, source);
    const { storageOf, dtype, shape, strides, offset } = source;
    Object.assign(this, { storageOf, dtype, shape, strides, offset });
  }

  get retains_grad(): boolean {
    return this.rare?.retains ?? false;
  }

  get ndim(): number {
    return this.shape.length;
  }

  dim(): number {
    return this.shape.length;
  }

  /** The number of elements. */
  numel(): number {
    return numel(this.shape);
  }

  /** Step to the next element of each dimension, in elements. */
  stride(): number[];
  stride(dim: number): number;
  stride(dim?: number): number[] | number {
    return dim === undefined ? [...this.strides] : this.strides[dim < 0 ? dim + this.ndim : dim];
  }

  size(): number[];
  size(dim: number): number;
  size(dim?: number): number[] | number {
    return dim === undefined ? [...this.shape] : this.shape[dim < 0 ? dim + this.ndim : dim];
  }

  storage_offset(): number {
    return this.offset;
  }

  is_contiguous(): boolean {
    return isContiguous(this.shape, this.strides);
  }

  is_floating_point(): boolean {
    return this.dtype.is_floating_point;
  }

  is_inference(): boolean {
    return this.inference;
  }

  element_size(): number {
    return this.dtype.itemsize;
  }

  /** The one element as a number or a boolean. Throws ValueError for any other count. */
  item(): number {
    if (this.numel() !== 1) {
      throw new ValueError("only one element tensors can be converted to Python scalars");
    }
    const value = this.storageOf.data[this.offset];
    seam.observer?.taken?.(this, "item", value);
    return (this.dtype.name === "bool" ? value !== 0 : value) as number;
  }

  /** Nested arrays of numbers (booleans for bool); a number for a scalar. */
  tolist(): any {
    const { data } = this.storageOf;
    const asBool = this.dtype.name === "bool";
    const level = (dim: number, at: number): any => {
      if (dim === this.ndim) return asBool ? data[at] !== 0 : data[at];
      return Array.from({ length: this.shape[dim] }, (_, i) => level(dim + 1, at + i * this.strides[dim]));
    };
    const values = level(0, this.offset);
    seam.observer?.taken?.(this, "tolist", values);
    return values;
  }

  /** The elements in row-major order in an array of their own. */
  flatData(): TypedArray {
    const n = this.numel();
    const { data } = this.storageOf;
    const contiguous = this.is_contiguous();
    const out = data instanceof Float32Array ? unwrittenFloats(n) : this.dtype.allocate(n);
    if (contiguous) {
      out.set(data.length === n ? data : data.subarray(this.offset, this.offset + n));
      return out;
    }
    const here = { data, offset: this.offset, strides: this.strides };
    move(this.shape, { data: out, offset: 0, strides: contiguousStrides(this.shape) }, here, null);
    return out;
  }

  /** Sets the leaf's flag in place and returns the tensor. Throws RuntimeError on a result. */
  requires_grad_(requires_grad = true): this {
    if (requires_grad && !this.dtype.is_floating_point && this.is_leaf) {
      throw new RuntimeError("only Tensors of floating point dtype can require gradients");
    }
    this.requires_grad = requires_grad;
    return this;
  }

  /** Keeps `.grad` of a result in the coming backwards; nothing to do for a leaf. */
  retain_grad(): void {
    if (!this.requires_grad) throw new RuntimeError("can't retain_grad on Tensor that has requires_grad=False");
    if (this.is_leaf || this.retains_grad) return;
    this.rarities().retains = true;
    this.grad_fn.retain(this.output_nr, this);
  }

  /**
   * Calls `hook` with the gradient of this tensor in every backward; what it returns, unless null or undefined, replaces the gradient.
   * Throws RuntimeError when no gradient will come.
   */
  register_hook(hook: GradHook): Handle {
    if (!this.requires_grad) {
      throw new RuntimeError("cannot register a hook on a tensor that doesn't require gradient");
    }
    const fn = gradFnOf(this);
    if (fn === null) {
      const rare = this.rarities();
      rare.hooks ??= new HookList();
      return rare.hooks.add(hook);
    }
    return fn.tensorHooks(this.output_nr).add(hook);
  }

  /** Calls `hook` with this leaf each time its `.grad` has been added to. Throws RuntimeError for a result. */
  register_post_accumulate_grad_hook(hook: (variable: Tensor) => unknown): Handle {
    if (!this.requires_grad) {
      throw new RuntimeError("cannot register a hook on a tensor that doesn't require gradient");
    }
    if (!this.is_leaf) {
      throw new RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors");
    }
    const rare = this.rarities();
    rare.accumulateHooks ??= new HookList();
    return rare.accumulateHooks.add(hook);
  }

  /**
   * Computes the gradient of this tensor with respect to the leaves of its graph, adding to their `grad`.
   * `gradient` has this tensor's shape and may be left out for a scalar. Throws RuntimeError with PyTorch's texts.
   */
  backward(
    gradient?: Tensor | null | BackwardOptions,
    retain_graph?: boolean | null | BackwardOptions,
    create_graph?: boolean | BackwardOptions,
    inputs?: Tensor | readonly Tensor[] | null,
  ): void {
    autogradEntry.backward(this, gradient, retain_graph, create_graph, inputs);
  }

  /** Rows, as in Python. Throws TypeError for a scalar. */
  *[Symbol.iterator](): Iterator<Tensor> {
    if (this.ndim === 0) throw new TypeError("iteration over a 0-d tensor");
    yield* this.unbind(0);
  }

  /** PyTorch's text to the letter. */
  toString(): string {
    return tensorText(this);
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** A scalar counts as its number in arithmetic and comparisons; text is PyTorch's. */
  [Symbol.toPrimitive](hint: string): string | number {
    return hint === "string" || this.numel() !== 1 ? this.toString() : Number(this.item());
  }
}

// A bundler may rename a class that speaks of itself.
Object.defineProperty(Tensor, "name", { value: "Tensor" });

/** Filled in by `autograd/index.ts`; a tensor must not import the engine that imports it. */
export const autogradEntry = {
  backward: undefined as unknown as (root: Tensor, ...args: unknown[]) => void,
  regenerateViewGradFn: undefined as unknown as (view: Tensor) => void,
};

/** The true grad_fn, null for a leaf. A view whose base was changed in place gets a new one here. */
export function gradFnOf(tensor: Tensor): Node | null {
  if (tensor._base !== null && tensor.gradFnVersion !== tensor.versions.n) autogradEntry.regenerateViewGradFn(tensor);
  return tensor.gradFn;
}

/** Where the gradient of `tensor` goes: its grad_fn, a leaf's AccumulateGrad, or nowhere. It is output `output_nr` there. */
export function gradientTarget(tensor: Tensor): Node | null {
  const fn = gradFnOf(tensor);
  if (fn !== null) return fn;
  if (!tensor.leafRequiresGrad) return null;
  tensor.accumulator ??= new AccumulateGrad(tensor);
  return tensor.accumulator;
}

/** The same as an entry of `next_functions`. */
export function gradientEdge(tensor: Tensor): Edge {
  const target = gradientTarget(tensor);
  return target === null ? [null, 0] : [target, tensor.output_nr];
}

/** A row-major tensor over `data`, which it owns from now on. */
export function fromData(data: TypedArray, dtype: DType, shape: number[]): Tensor {
  return stridedFromData(data, dtype, shape, contiguousStrides(shape));
}

/** A tensor of any dense geometry over `data`, which it owns from now on. */
export function stridedFromData(data: TypedArray, dtype: DType, shape: number[], strides: number[]): Tensor {
  const storage = new Storage(data);
  return new Tensor(storage, dtype, shape, strides, 0, storage);
}

/** A fresh row-major tensor of zeros. */
export function allocate(shape: number[], dtype: DType): Tensor {
  return fromData(dtype.allocate(numel(shape)), dtype, shape);
}

/** The same of arbitrary numbers, for who writes them all. */
export function unwritten(shape: number[], dtype: DType): Tensor {
  return dtype === float32 ? fromData(unwrittenFloats(numel(shape)), dtype, shape) : allocate(shape, dtype);
}

/** Another geometry over the same memory, without any graph. */
export function alias(t: Tensor, shape: number[], strides: number[], offset: number): Tensor {
  return new Tensor(t.storageOf, t.dtype, shape, strides, offset);
}

/** Calls `f` with the memory position of each element in row-major order. */
export function forEachOffset(
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
  f: (at: number) => void,
): void {
  const rank = shape.length;
  if (rank === 0) f(offset);
  if (rank === 0 || numel(shape) === 0) return;
  const index = new Array<number>(rank).fill(0);
  const inner = shape[rank - 1];
  const step = strides[rank - 1];
  let at = offset;
  for (;;) {
    for (let i = 0, p = at; i < inner; i++, p += step) f(p);
    let d = rank - 2;
    for (; d >= 0; d--) {
      at += strides[d];
      if (++index[d] < shape[d]) break;
      at -= strides[d] * shape[d];
      index[d] = 0;
    }
    if (d < 0) return;
  }
}
