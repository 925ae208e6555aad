/** Methods whose arguments no schema describes. */
import { type TensorData, type TensorOptions, tensor } from "./construct";
import type { DType } from "./dtype";
import { type Index, index, index_put, index_put_ } from "./ops/indexing";
import { resize_ } from "./ops/resizing";
import { Tensor } from "./tensor";

/** Typed here, and merged into `Tensor` with the generated ones. */
export interface HandwrittenMethods {
  /**
   * Python's `x[…]`: numbers, slice strings (`"1:3"`), `torch.slice(1, 3)`, `"..."`, null for a new axis, booleans, tensors, arrays.
   * Numbers and slices give views, index tensors a copy. Throws IndexError with PyTorch's texts.
   */
  index(...indices: Index[]): Tensor;
  /** Python's `x[indices] = values`, in place. Returns x. */
  index_put_(
    indices: readonly Index[],
    values: Tensor | number | boolean,
    options?: boolean | { accumulate?: boolean },
  ): Tensor;
  /** A copy with `values` placed, or added, where index tensors say. */
  index_put(indices: readonly (Tensor | null)[], values: Tensor, options?: boolean | { accumulate?: boolean }): Tensor;
  /** Other sizes over the same memory, which grows (with zeros) where it must. Returns the tensor. Throws RuntimeError where it requires grad. */
  resize_(...sizes: number[]): this;
  resize_(sizes: readonly number[]): this;
  /** The sizes of another tensor over the same memory. */
  resize_as_(other: Tensor): this;
  /** The tensor itself, for it is real. */
  readonly real: Tensor;
  /** Throws RuntimeError: a real tensor has no imaginary part. */
  readonly imag: Tensor;
  /** A matrix transposed (and conjugated, which for real numbers is nothing); a view. */
  readonly H: Tensor;
  /** The last two dimensions exchanged (and conjugated, which for real numbers is nothing); a view. */
  readonly mH: Tensor;
  /** All dimensions reversed; a view. */
  readonly T: Tensor;
  /** The last two dimensions exchanged; a view. */
  readonly mT: Tensor;
  /** In another dtype; the tensor itself where it has that one. */
  type(dtype: DType): Tensor;
  /** `torch.FloatTensor`. */
  type(): string;
  /** A leaf of this dtype (or another) with a copy of the data: `torch.tensor` without naming the dtype. */
  new_tensor(data: TensorData, options?: TensorOptions): Tensor;
  /** The same memory, cut off the graph in place. */
  detach_(): Tensor;
}

export function installHandwritten(): void {
  const methods: Record<string, (this: Tensor, ...args: any[]) => unknown> = {
    index(...indices) {
      return index(this, ...indices);
    },
    index_put_(indices, values, options) {
      return index_put_(this, indices, values, options);
    },
    index_put(indices, values, options) {
      return index_put(this, indices, values, options);
    },
    resize_(...sizes) {
      return resize_(this, Array.isArray(sizes[0]) ? sizes[0] : sizes);
    },
    resize_as_(other: Tensor) {
      return resize_(this, other.shape);
    },
    type(dtype?: DType) {
      return dtype === undefined ? `torch.${this.dtype.scalarName}Tensor` : this.to(dtype);
    },
    new_tensor(data: TensorData, options: TensorOptions = {}) {
      return tensor(data, { dtype: this.dtype, ...options });
    },
    detach_() {
      this.gradFn = null;
      this.output_nr = 0;
      this.leafRequiresGrad = false;
      return this;
    },
  };
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(Tensor.prototype, name, { value, writable: true, configurable: true });
  }
}
