/**
 * Sums in the order of PyTorch's vectorised CPU kernel, so that last digits agree.
 *
 * float32 is added up in float32: eight lanes wide (four for float64), four interleaved accumulators a lane, and each
 * accumulator cascades through four levels, which keeps the rounding error near O(log n).
 */
import type { DType, TypedArray } from "../dtype";
import { Category, float32 } from "../dtype";

const LEVELS = 4;
const INTERLEAVE = 4;

type Numbers = Float32Array | Float64Array;

/** Accumulators of the working precision: float32 ones round at every store. */
const accumulators = (like: DType, n: number): Numbers =>
  like === float32 ? new Float32Array(n) : new Float64Array(n);

const ceilLog2 = (n: number): number => (n <= 1 ? 0 : 32 - Math.clz32(n - 1));

/**
 * `out[k] = Σᵢ data[start + i·rowStride + k·columnStride]` for `k < width`, rows cascading through the levels.
 * `acc` holds LEVELS × width zeros.
 */
function cascade(
  data: TypedArray,
  start: number,
  rowStride: number,
  columnStride: number,
  rows: number,
  width: number,
  acc: Numbers,
): void {
  const power = Math.max(4, Math.floor(ceilLog2(rows) / LEVELS));
  const step = 1 << power;
  const mask = step - 1;
  let i = 0;
  let at = start;
  while (i + step <= rows) {
    for (let j = 0; j < step; j++, i++, at += rowStride) {
      for (let k = 0, p = at; k < width; k++, p += columnStride) acc[k] += data[p];
    }
    for (let level = 1; level < LEVELS; level++) {
      const to = level * width;
      for (let k = 0; k < width; k++) {
        acc[to + k] += acc[to - width + k];
        acc[to - width + k] = 0;
      }
      if ((i & (mask << (level * power))) !== 0) break;
    }
  }
  for (; i < rows; i++, at += rowStride) for (let k = 0, p = at; k < width; k++, p += columnStride) acc[k] += data[p];
  for (let level = 1; level < LEVELS; level++) for (let k = 0; k < width; k++) acc[k] += acc[level * width + k];
}

/** Rows of `lanes` numbers folded into one such row: four accumulators take turns. Leaves the result in `acc[0 … lanes)`. */
function interleaved(
  data: TypedArray,
  start: number,
  stride: number,
  laneStride: number,
  lanes: number,
  rows: number,
  dtype: DType,
): Numbers {
  const width = INTERLEAVE * lanes;
  const acc = accumulators(dtype, LEVELS * width);
  const groups = Math.floor(rows / INTERLEAVE);
  if (laneStride * lanes === stride) {
    cascade(data, start, stride * INTERLEAVE, laneStride, groups, width, acc);
  } else {
    for (let k = 0; k < INTERLEAVE; k++) {
      const part = accumulators(dtype, LEVELS * lanes);
      cascade(data, start + k * stride, stride * INTERLEAVE, laneStride, groups, lanes, part);
      acc.set(part.subarray(0, lanes), k * lanes);
    }
  }
  for (let i = groups * INTERLEAVE; i < rows; i++) {
    for (let l = 0; l < lanes; l++) acc[l] += data[start + i * stride + l * laneStride];
  }
  for (let k = 1; k < INTERLEAVE; k++) for (let l = 0; l < lanes; l++) acc[l] += acc[k * lanes + l];
  return acc;
}

const lanesOf = (dtype: DType): number => (dtype === float32 ? 8 : 4);

/** Sum of `n` consecutive floating-point elements of `dtype`. */
export function sumRun(data: TypedArray, start: number, n: number, dtype: DType): number {
  const lanes = lanesOf(dtype);
  if (n < lanes) return sumStrided(data, start, n, 1, dtype);
  const vectors = Math.floor(n / lanes);
  const acc = interleaved(data, start, lanes, 1, lanes, vectors, dtype);
  const total = accumulators(dtype, 1);
  for (let i = vectors * lanes; i < n; i++) total[0] += data[start + i];
  for (let l = 0; l < lanes; l++) total[0] += acc[l];
  return total[0];
}

/** Sum of `n` floating-point elements `stride` apart, one lane wide. */
export function sumStrided(data: TypedArray, start: number, n: number, stride: number, dtype: DType): number {
  return interleaved(data, start, stride, 1, 1, n, dtype)[0];
}

/** Column sums of a row-major `[rows, columns]` block, written to `out` from `at` on. */
export function sumColumns(
  data: TypedArray,
  start: number,
  rows: number,
  columns: number,
  dtype: DType,
  out: TypedArray,
  at: number,
): void {
  const lanes = columns < lanesOf(dtype) ? 1 : lanesOf(dtype);
  const wide = lanes * INTERLEAVE;
  let j = 0;
  for (; j + wide <= columns; j += wide) {
    const acc = accumulators(dtype, LEVELS * wide);
    cascade(data, start + j, columns, 1, rows, wide, acc);
    for (let k = 0; k < wide; k++) out[at + j + k] = acc[k];
  }
  for (; j + lanes <= columns; j += lanes) {
    const acc = interleaved(data, start + j, columns, 1, lanes, rows, dtype);
    for (let k = 0; k < lanes; k++) out[at + j + k] = acc[k];
  }
  for (; j < columns; j++) out[at + j] = sumStrided(data, start + j, rows, columns, dtype);
}

/** Whether a sum in this dtype is one of floating-point numbers. */
export const isFloatSum = (dtype: DType): boolean => dtype.category === Category.Floating;
