/** Questions about tensors and dtypes whose answers are no tensors. */
import { Category, type DType } from "../dtype";
import { RuntimeError } from "../errors";
import { resultType } from "../promotion";
import type { Scalar } from "../schema";
import { sameShape } from "../shape";
import { Tensor } from "../tensor";

/** Whether a value is a tensor. */
export const is_tensor = (value: unknown): value is Tensor => value instanceof Tensor;

/** The number of elements. */
export const numel = (input: Tensor): number => input.numel();

/** Whether the dtype is one of floating-point numbers. */
export const is_floating_point = (input: Tensor): boolean => input.dtype.is_floating_point;

/** Whether the dtype is one of complex numbers: none is. */
export const is_complex = (_input: Tensor): boolean => false;

/** Whether the dtype has negative numbers. */
export const is_signed = (input: Tensor): boolean => input.dtype.is_signed;

/** Whether two tensors have the same sizes. */
export const is_same_size = (input: Tensor, other: Tensor): boolean => sameShape(input.shape, other.shape);

/** Whether the one element is not zero. Throws RuntimeError for any other count. */
export function is_nonzero(input: Tensor): boolean {
  const n = input.numel();
  if (n === 0) throw new RuntimeError("Boolean value of Tensor with no values is ambiguous");
  if (n > 1) throw new RuntimeError("Boolean value of Tensor with more than one value is ambiguous");
  return Number(input.item()) !== 0;
}

/** The dtype in which two operands of an op meet. */
export const result_type = (a: Tensor | Scalar, b: Tensor | Scalar): DType => resultType(a, b);

/** Whether numbers of one dtype may be written into another: not from a higher category to a lower one. */
export function can_cast(from: DType, to: DType): boolean {
  return from.category <= to.category && !(to.category === Category.Integer && from.is_signed && !to.is_signed);
}

/** The real parts: the tensor itself. */
export const real = (input: Tensor): Tensor => input;

/** Throws RuntimeError: a real tensor has no imaginary part. */
export const imag = (input: Tensor): Tensor => input.imag;
