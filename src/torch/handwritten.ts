/** Methods whose arguments no schema describes. */
import { type TensorData, type TensorOptions, tensor } from "./construct";
import { checkDevice, cpu, type Device } from "./device";
import type { DType } from "./dtype";
import { RuntimeError } from "./errors";
import { seam } from "./observer";
import { type Index, index, index_put, index_put_ } from "./ops/indexing";
import { is_nonzero, is_same_size } from "./ops/queries";
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
  /** Ones (or another number) on the diagonal, in place; in a tall matrix it starts anew below the end with `wrap`. */
  fill_diagonal_(fill_value: number | boolean, wrap?: boolean): this;
  /** The number of elements. */
  nelement(): number;
  /** The number of dimensions. */
  ndimension(): number;
  /** Whether the dtype has negative numbers. */
  is_signed(): boolean;
  /** Whether the dtype is one of complex numbers: none is. */
  is_complex(): boolean;
  /** Whether the one element is not zero. */
  is_nonzero(): boolean;
  /** Whether another tensor has the same sizes. */
  is_same_size(other: Tensor): boolean;
  /** The tensor itself, for there is nowhere else. */
  cpu(): this;
  /** Throws AssertionError: there is no GPU here. */
  cuda(): this;
  /** −1: the CPU has no number. */
  get_device(): number;
  /** Where the memory is. */
  readonly device: Device;
  /** false: there is no GPU here. */
  readonly is_cuda: boolean;
  /** false: every tensor is dense. */
  readonly is_sparse: boolean;
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
    fill_diagonal_(value: number | boolean, wrap = false) {
      if (this.ndim < 2) throw new RuntimeError("dimensions must larger than 1");
      const columns = this.shape[this.ndim - 1];
      const size = Math.min(...this.shape);
      const tall = wrap && this.ndim === 2 && this.shape[0] > columns + 1;
      const step = this.strides.reduce((a, b) => a + b, 0);
      const count = tall ? Math.floor((this.numel() - 1) / (columns + 1)) + 1 : size;
      this.as_strided([count], [step], this.offset).fill_(value);
      return this;
    },
    nelement() {
      return this.numel();
    },
    ndimension() {
      return this.ndim;
    },
    is_signed() {
      return this.dtype.is_signed;
    },
    is_complex() {
      return false;
    },
    is_nonzero() {
      return is_nonzero(this);
    },
    is_same_size(other: Tensor) {
      return is_same_size(this, other);
    },
    cpu() {
      return this;
    },
    cuda() {
      checkDevice("cuda");
    },
    get_device() {
      return -1;
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
      seam.observer?.taken?.(this, "detach_", this);
      this.gradFn = null;
      this.output_nr = 0;
      this.leafRequiresGrad = false;
      return this;
    },
  };
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(Tensor.prototype, name, { value, writable: true, configurable: true });
  }
  for (const [name, value] of Object.entries({ device: cpu, is_cuda: false, is_sparse: false })) {
    Object.defineProperty(Tensor.prototype, name, { value, configurable: true });
  }
}
