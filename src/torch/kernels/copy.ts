/** Moving elements: between dtypes, geometries and broadcast shapes. */
import { bool, Category, type DType, float32, float64, int64, type TypedArray } from "../dtype";
import { broadcastShapes, isNonOverlappingDense, numel, sameShape } from "../shape";
import { alias, fromData, stridedFromData, type Tensor, unwritten } from "../tensor";
import { unwrittenFloats } from "./memory";
import { move, type Place } from "./strided";

/** Whether storing a `from` value into `to`'s array is the cast itself. */
function storesAsIs(from: DType, to: DType): boolean {
  if (from === to || to === float32 || to === float64) return true;
  if (to === bool || to.roundsAfterwards) return false;
  return from.category !== Category.Floating;
}

/** The same values in another dtype, row-major or in the source's dense order; the tensor itself when it has that dtype. */
export function castTo(t: Tensor, dtype: DType): Tensor {
  if (t.dtype === dtype) return t;
  const out = emptyLike(t, dtype);
  copyInto(out, t);
  return out;
}

/** Uninitialised, with the source's order of dimensions in memory where that is dense. */
export function emptyLike(t: Tensor, dtype: DType): Tensor {
  if (!isNonOverlappingDense(t.shape, t.strides)) return unwritten(t.shape, dtype);
  const n = numel(t.shape);
  const data = dtype === float32 ? unwrittenFloats(n) : dtype.allocate(n);
  return stridedFromData(data, dtype, t.shape, t.strides);
}

/** The view of `t` under a shape it broadcasts to. */
export function broadcastTo(t: Tensor, shape: number[]): Tensor {
  return alias(t, shape, broadcastStrides(t, shape), t.offset);
}

/** Strides of `t` under a shape it broadcasts to: 0 where it repeats. */
export function broadcastStrides(t: Tensor, shape: readonly number[]): number[] {
  const lead = shape.length - t.shape.length;
  return shape.map((size, i) => (i < lead || (t.shape[i - lead] === 1 && size !== 1) ? 0 : t.strides[i - lead]));
}

/** Writes `source`, broadcast and cast, into the memory of `target`. Throws when it does not broadcast to it. */
export function copyInto(target: Tensor, source: Tensor): void {
  const { shape } = target;
  const n = numel(shape);
  if (n === 0) return;
  if (!sameShape(shape, source.shape)) {
    broadcastShapes(source.shape, shape);
    source = broadcastTo(source, shape);
  }
  const to = target.storageOf.data;
  const from = source.storageOf.data;
  const plain = storesAsIs(source.dtype, target.dtype);
  // An overlap would read what this very copy has written.
  if (to === from && !(target.offset === source.offset && sameShape(target.strides, source.strides))) {
    source = fromData(source.flatData(), source.dtype, shape);
    copyInto(target, source);
    return;
  }
  if (plain && sameShape(target.strides, source.strides) && isNonOverlappingDense(shape, target.strides)) {
    if (to !== from) to.set(from.subarray(source.offset, source.offset + n), target.offset);
    return;
  }
  const [there, here] = [placeOf(target), placeOf(source)];
  move(shape, there, here, plain ? null : target.dtype.cast);
}

const placeOf = (t: Tensor): Place => ({ data: t.storageOf.data, offset: t.offset, strides: t.strides });

/** A copy with memory of its own, in the source's dense order of dimensions. */
export function copyOf(t: Tensor): Tensor {
  const out = emptyLike(t, t.dtype);
  copyInto(out, t);
  return out;
}

/** The tensor itself when it is row-major, a row-major copy otherwise. */
export function contiguous(t: Tensor): Tensor {
  return t.is_contiguous() ? t : fromData(t.flatData(), t.dtype, t.shape);
}

/** The elements in row-major order; the memory itself where it is already so. Do not write to it. */
export function elements(t: Tensor): TypedArray {
  const n = numel(t.shape);
  const { data } = t.storageOf;
  if (!t.is_contiguous()) return t.flatData();
  return t.offset === 0 && data.length === n ? data : data.subarray(t.offset, t.offset + n);
}

/** Int64 elements in row-major order, for indices. */
export function integers(t: Tensor): TypedArray {
  return elements(castTo(t, int64));
}
