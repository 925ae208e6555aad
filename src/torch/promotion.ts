/** In which dtype the operands of an op meet. */
import { mode } from "./autograd/gradMode";
import { bool, Category, type DType, float64, get_default_dtype, int64, promote_types } from "./dtype";
import { RuntimeError } from "./errors";
import type { Scalar } from "./schema";
import { fromData, Tensor } from "./tensor";

/** A JavaScript number is Python's int where it is whole, its float otherwise. */
export function scalarDtype(value: Scalar): DType {
  if (typeof value === "boolean") return bool;
  return Number.isInteger(value) ? int64 : get_default_dtype();
}

/** A number as a zero-dimensional tensor of full precision that promotes by its category only, as Python's numbers do. */
export function wrapNumber(value: Scalar | bigint): Tensor {
  // A program uses few numbers, over and over; −0 would meet 0 in the map.
  if (typeof value !== "number" || value === 0 || mode.inference) return wrapped(value);
  let out = wrappedNumbers.get(value);
  if (out === undefined) {
    if (wrappedNumbers.size >= WRAPPED_NUMBERS) wrappedNumbers.clear();
    out = wrapped(value);
    wrappedNumbers.set(value, out);
  }
  return out;
}

const WRAPPED_NUMBERS = 256;
const wrappedNumbers = new Map<number, Tensor>();

function wrapped(value: Scalar | bigint): Tensor {
  const dtype =
    typeof value === "boolean" ? bool : typeof value === "bigint" || Number.isInteger(value) ? int64 : float64;
  // Not of the memory that a derivative makes and gives back.
  const data = dtype === bool ? new Uint8Array(1) : new Float64Array(1);
  data[0] = Number(value);
  const out = fromData(data, dtype, []);
  out.wrappedNumber = true;
  return out;
}

/** PyTorch's `result_type`: tensors with dimensions decide first, then zero-dimensional ones, then numbers; a later group only by a higher category. */
export function resultType(...operands: (Tensor | Scalar)[]): DType {
  if (operands.length === 2) {
    const [a, b] = operands;
    if (a instanceof Tensor && b instanceof Tensor) return resultTypeOfTwo(a, b);
  }
  return resultTypeOf(operands);
}

/** The same for two tensors, most often of one dtype, or one with dimensions and a number. */
export function resultTypeOfTwo(a: Tensor, b: Tensor): DType {
  if (a.dtype === b.dtype && !a.wrappedNumber && !b.wrappedNumber) return a.dtype;
  if (b.wrappedNumber && !a.wrappedNumber && a.dtype.category === Category.Floating) return a.dtype;
  if (a.wrappedNumber && !b.wrappedNumber && b.dtype.category === Category.Floating) return b.dtype;
  return resultTypeOf([a, b]);
}

function resultTypeOf(operands: readonly (Tensor | Scalar)[]): DType {
  let dims: DType | null = null;
  let zeros: DType | null = null;
  let numbers: DType | null = null;
  for (const operand of operands) {
    if (!(operand instanceof Tensor)) {
      numbers = join(numbers, scalarDtype(operand));
    } else if (operand.wrappedNumber) {
      numbers = join(numbers, operand.dtype === float64 ? get_default_dtype() : operand.dtype);
    } else if (operand.shape.length > 0) {
      dims = join(dims, operand.dtype);
    } else {
      zeros = join(zeros, operand.dtype);
    }
  }
  return higher(higher(dims, zeros), numbers)!;
}

function join(a: DType | null, b: DType): DType {
  return a === null ? b : promote_types(a, b);
}

function higher(first: DType | null, second: DType | null): DType | null {
  if (first === null) return second;
  return second === null || second.category <= first.category ? first : second;
}

/** What integers become where an op gives fractions (`sin`, `mean`, true division). */
export function floatType(dtype: DType): DType {
  return dtype.category === Category.Floating ? dtype : get_default_dtype();
}

/** Throws PyTorch's text when floating values would be written into integers. */
export function checkCanCast(from: DType, to: DType): void {
  if (from.category > to.category) {
    throw new RuntimeError(`result type ${from.scalarName} can't be cast to the desired output type ${to.scalarName}`);
  }
}
