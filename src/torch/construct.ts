/** `torch.tensor`: from nested arrays to a tensor. */
import { checkDevice, type Device } from "./device";
import { bool, type DType, get_default_dtype, int64 } from "./dtype";
import { RuntimeError, ValueError } from "./errors";
import { castTo } from "./kernels/copy";
import { isKeywords } from "./keywords";
import { allocate, fromData, Tensor } from "./tensor";

/** Nested arrays of numbers, booleans, bigints or tensors; typed arrays too. */
export type TensorData = number | boolean | bigint | Tensor | ArrayLike<any>;

export interface TensorOptions {
  device?: string | Device | null;
  dtype?: DType | null;
  requires_grad?: boolean;
}

type Leaf = number | boolean | bigint;

const isList = (value: unknown): value is ArrayLike<unknown> => Array.isArray(value) || ArrayBuffer.isView(value);

function shapeOf(data: TensorData): number[] {
  const shape: number[] = [];
  let level: unknown = data;
  while (isList(level)) {
    shape.push(level.length);
    level = level[0];
  }
  if (level instanceof Tensor) shape.push(...level.shape);
  return shape;
}

function flatten(data: unknown, shape: readonly number[], dim: number, out: Leaf[]): void {
  if (data instanceof Tensor) data = data.tolist();
  if (dim === shape.length) {
    if (isList(data)) throw new TypeError(`not a sequence: expected a number at dim ${dim} but got a list`);
    if (typeof data !== "number" && typeof data !== "boolean" && typeof data !== "bigint") {
      throw new TypeError(`tensor(): numbers, booleans or nested arrays of them expected, but got ${describe(data)}`);
    }
    out.push(data);
    return;
  }
  if (!isList(data)) throw new TypeError(`expected sequence of length ${shape[dim]} at dim ${dim}`);
  if (data.length !== shape[dim]) {
    throw new ValueError(`expected sequence of length ${shape[dim]} at dim ${dim} (got ${data.length})`);
  }
  for (let i = 0; i < data.length; i++) flatten(data[i], shape, dim + 1, out);
}

function describe(value: unknown): string {
  return value === null || value === undefined ? String(value) : typeof value;
}

/** A number is Python's float, whole or not; booleans and bigints say bool and int64. */
function inferDtype(data: TensorData, values: readonly Leaf[]): DType {
  if (values.length === 0) return get_default_dtype();
  const inner = firstTensor(data);
  if (inner !== null) return inner.dtype;
  if (values.every((v) => typeof v === "boolean")) return bool;
  if (values.every((v) => typeof v === "bigint" || typeof v === "boolean")) return int64;
  return get_default_dtype();
}

function firstTensor(data: unknown): Tensor | null {
  while (isList(data)) data = data[0];
  return data instanceof Tensor ? data : null;
}

/**
 * A leaf with a copy of the data: nested arrays of one shape, numbers, booleans, bigints.
 * Numbers give float32 (the default dtype), booleans bool, bigints int64; `dtype` says otherwise.
 * Throws ValueError for ragged arrays, RangeError for an integer beyond 2^53.
 */
export function tensor(data: TensorData, dtype?: DType | TensorOptions | null, requires_grad?: boolean): Tensor {
  const options: TensorOptions = isKeywords(dtype) ? dtype : { dtype: dtype as DType, requires_grad };
  for (const key of Object.keys(options)) {
    if (!["dtype", "requires_grad", "device"].includes(key)) {
      throw new TypeError(`tensor() got an unexpected keyword argument '${key}'`);
    }
  }
  checkDevice(options.device);
  let out: Tensor;
  if (data instanceof Tensor) {
    out = castTo(fromData(data.flatData(), data.dtype, data.shape), options.dtype ?? data.dtype);
  } else {
    const shape = shapeOf(data);
    const values: Leaf[] = [];
    flatten(data, shape, 0, values);
    out = allocate(shape, options.dtype ?? inferDtype(data, values));
    const { cast } = out.dtype;
    for (let i = 0; i < values.length; i++) {
      const v = Number(values[i]);
      if (out.dtype === int64 && Math.abs(v) > Number.MAX_SAFE_INTEGER) {
        throw new RangeError(`${values[i]} is beyond 2^53: int64 holds whole numbers up to there exactly`);
      }
      out.storageOf.data[i] = cast(v);
    }
  }
  return asLeaf(out, options.requires_grad);
}

/** A new tensor that the user asked to require grad, or not. Throws RuntimeError for integers. */
export function asLeaf(t: Tensor, requires_grad = false): Tensor {
  if (requires_grad && !t.dtype.is_floating_point) {
    throw new RuntimeError("Only Tensors of floating point and complex dtype can require gradients");
  }
  if (requires_grad) t.requires_grad = true;
  return t;
}

/** The tensor itself where it is one of that dtype, else `tensor(data)`. */
export function as_tensor(data: TensorData, dtype?: DType | TensorOptions | null): Tensor {
  const type = isKeywords(dtype) ? (dtype as TensorOptions).dtype : (dtype as DType | null | undefined);
  if (data instanceof Tensor) return type == null ? data : data.to(type);
  return tensor(data, { dtype: type });
}
