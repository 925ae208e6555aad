/** In-place changes and views: how their history is rewritten. */
import { RuntimeError } from "../errors";
import { alias, allocate, gradFnOf, gradientEdge, type Tensor } from "../tensor";
import { mode } from "./gradMode";
import { type Edge, Node } from "./node";
import type { SavedTensor } from "./saved";
import { type Geometry, stridedGradient } from "./strided";

/** Throws PyTorch's RuntimeError where changing `self` in place would corrupt the graph; `records`: the change becomes a node. */
export function checkInPlace(self: Tensor, records: boolean): void {
  if (self.inference && !mode.inference) {
    throw new RuntimeError(
      "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a normal tensor before doing inplace update.See https://github.com/pytorch/rfcs/pull/17 for more details.",
    );
  }
  if (self.strides.some((stride, d) => stride === 0 && self.shape[d] > 1)) {
    throw new RuntimeError(
      "unsupported operation: more than one element of the written-to tensor refers to a single memory location. Please clone() the tensor before performing the operation.",
    );
  }
  if (self.viewOrigin === "no_grad" && mode.grad && (records || self._base!.requires_grad)) {
    throw new RuntimeError(
      "A view was created in no_grad mode and is being modified inplace with grad mode enabled. Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by moving both the view and the inplace either both inside the no_grad block (if you don't want the inplace to be tracked) or both outside (if you want the inplace to be tracked).",
    );
  }
  if (!records) return;
  if (self._base !== null) checkView(self, self._base);
  if (self.leafRequiresGrad) {
    throw new RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.");
  }
}

function checkView(self: Tensor, base: Tensor): void {
  if (self.viewOrigin === "one of several") {
    throw new RuntimeError(
      `Output ${self.output_nr} of ${gradFnOf(self)?.name() ?? "a function"} is a view and is being modified inplace. This view is the output of a function that returns multiple views. Such functions do not allow the output views to be modified inplace. You should replace the inplace operation by an out-of-place one.`,
    );
  }
  if (base.leafRequiresGrad) {
    throw new RuntimeError("a view of a leaf Variable that requires grad is being used in an in-place operation.");
  }
}

/** After an in-place op that `node` stands for, `self` belongs to `node`; a view's base does, through CopySlices. */
export function rebaseHistory(self: Tensor, node: Node): void {
  const base = self._base;
  node.outputs = [{ shape: self.shape, dtype: self.dtype }];
  if (base === null) {
    self.gradFn = node;
    self.output_nr = 0;
    return;
  }
  base.gradFn = new CopySlices(base, self, node);
  base.output_nr = 0;
  base.leafRequiresGrad = false;
  // The view gets a grad_fn of its own, derived from the base's new one, at once.
  self.gradFnVersion = -1;
  gradFnOf(self);
}

/** A view whose base was changed in place: its gradient now goes through the base. */
export function regenerateViewGradFn(view: Tensor): void {
  const base = view._base!;
  const requires = base.leafRequiresGrad || base.gradFn !== null;
  if (view.gradFn !== null || requires) {
    view.gradFn = requires ? new AsStridedBackward(base, view) : view.gradFn;
    view.output_nr = 0;
  }
  view.gradFnVersion = view.versions.n;
}

/** Where `view` lies, counted from the first element of `base`. */
function geometryIn(base: Tensor, view: Tensor): Geometry {
  return { shape: view.shape, strides: view.strides, offset: view.offset - base.offset };
}

/** Zeroed memory with the geometry of `base`. */
function like(base: Geometry & { size: number }, grad: Tensor): Tensor {
  const memory = allocate([base.size], grad.dtype);
  return alias(memory, base.shape, base.strides, 0);
}

function extent(t: { shape: number[]; strides: number[] }): number {
  return t.shape.reduce((end, size, i) => end + (size - 1) * t.strides[i], 1);
}

/** A view of a base: its gradient is the view's, in place, and zero around it. */
class AsStridedBackward extends Node {
  readonly #base: Geometry;
  readonly #view: Geometry;

  constructor(base: Tensor, view: Tensor) {
    super();
    this.next_functions = [gradientEdge(base)];
    this.outputs = [{ shape: view.shape, dtype: view.dtype }];
    this.#base = { shape: base.shape, strides: base.strides, offset: 0 };
    this.#view = geometryIn(base, view);
  }

  name(): string {
    return "AsStridedBackward0";
  }

  apply([grad]: (Tensor | null)[]): (Tensor | null)[] {
    return [grad === null ? null : stridedGradient(grad, this.#base, this.#view)];
  }
}

/** An in-place op on a part of `base`: outside that part the gradient passes, inside it goes through the op. */
class CopySlices extends Node {
  readonly #base: Geometry & { size: number };
  readonly #view: Geometry;

  constructor(
    base: Tensor,
    view: Tensor,
    readonly fn: Node,
  ) {
    super();
    const rest: Edge[] = fn.next_functions.slice(1);
    this.next_functions = [gradientEdge(base), ...rest];
    this.outputs = [{ shape: base.shape, dtype: base.dtype }];
    this.#base = { shape: base.shape, strides: base.strides, offset: 0, size: Math.max(extent(base), 0) };
    this.#view = geometryIn(base, view);
  }

  name(): string {
    return "torch::autograd::CopySlices";
  }

  apply([grad]: (Tensor | null)[]): (Tensor | null)[] {
    if (grad === null) return new Array(this.edgeCount).fill(null);
    const result = like(this.#base, grad);
    result.copy_(grad);
    const { shape, strides, offset } = this.#view;
    const slice = result.as_strided(shape, strides, offset);
    const inner = this.fn.apply([slice.clone()]);
    if (mode.grad) {
      // What is recorded may not change.
      const part = inner[0] ?? slice.zeros_like();
      return [result.as_strided_scatter(part, shape, strides, offset), ...inner.slice(1)];
    }
    if (inner[0] === null || inner[0] === undefined) slice.zero_();
    else slice.copy_(inner[0]);
    return [result, ...inner.slice(1)];
  }

  override release(): void {
    this.fn.release();
  }

  override savedTensors(): [string, SavedTensor][] {
    return this.fn.savedTensors();
  }
}
