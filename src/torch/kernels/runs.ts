/** Loops over the runs of elements along one dimension, each giving a run of results. */
import type { DType, TypedArray } from "../dtype";
import { wrapDim } from "../shape";
import { allocate, forEachOffset, type Tensor } from "../tensor";
import { rows } from "./reduce";

/** One run along a dimension: `data[start … end)` in, an array for each result out. */
export type RunFunction = (data: TypedArray, start: number, end: number, outs: Float64Array[]) => void;

/**
 * `f` of each run along `dim`. The results have `length` elements along it (0: the dimension is gone), the same number
 * of elements when `length` is undefined. A scalar is one run of one element, and its results are scalars.
 */
export function mapRuns(t: Tensor, dim: number, dtypes: readonly DType[], f: RunFunction, length?: number): Tensor[] {
  const d = wrapDim(dim, t.ndim);
  const scalar = t.ndim === 0;
  const { data, count, length: n } = rows(t, scalar ? [] : [d]);
  const size = length ?? n;
  const gone = size === 0 && length === 0;
  const shape = scalar ? [] : t.shape.with(d, gone ? 1 : size);
  const outs = dtypes.map((dtype) => allocate(shape, dtype));
  const run = dtypes.map(() => new Float64Array(Math.max(1, size)));
  if (count > 0 && (n > 0 || length !== undefined)) {
    const { strides } = outs[0];
    const step = scalar ? 1 : strides[d];
    let i = 0;
    forEachOffset(scalar ? [] : shape.with(d, 1), strides, 0, (at) => {
      f(data, i * n, (i + 1) * n, run);
      outs.forEach((out, o) => {
        const to = out.storageOf.data;
        const { cast } = out.dtype;
        for (let k = 0; k < (scalar || gone ? 1 : size); k++) to[at + k * step] = cast(run[o][k]);
      });
      i++;
    });
  }
  return gone && !scalar ? outs.map((out) => out.squeeze(d)) : outs;
}

/** NaN counts as the largest number. */
export const ascending = (x: number, y: number): number =>
  x < y ? -1 : x > y ? 1 : x === y ? 0 : Number(Number.isNaN(x)) - Number(Number.isNaN(y));

/** Positions 0 … n − 1 of a run in the order of its elements; equal ones stay in their order. */
export function order(data: TypedArray, start: number, end: number, descending = false): Int32Array {
  const at = Int32Array.from({ length: end - start }, (_, i) => i);
  return descending
    ? at.sort((i, j) => ascending(data[start + j], data[start + i]) || i - j)
    : at.sort((i, j) => ascending(data[start + i], data[start + j]) || i - j);
}
