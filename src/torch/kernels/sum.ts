/**
 * Sums in the order of PyTorch's vectorised CPU kernel, so that last digits agree.
 *
 * float32 is added up in float32: eight lanes wide (four for float64), four interleaved accumulators a lane, and each
 * accumulator cascades through four levels, which keeps the rounding error near O(log n).
 */
import type { DType, TypedArray } from "../dtype";
import { Category, float32 } from "../dtype";
import { columnsAtOnce, foldRows, foldRun, sumKernels } from "./wasm/sums";

const LEVELS = 4;
const INTERLEAVE = 4;

type Numbers = Float32Array | Float64Array;

const kept = { single: [] as Numbers[], double: [] as Numbers[] };

/** Zeroed accumulators of the working precision: float32 ones round at every store. The next call for as many takes them. */
function accumulators(like: DType, n: number): Numbers {
  const known = like === float32 ? kept.single : kept.double;
  known[n] ??= like === float32 ? new Float32Array(n) : new Float64Array(n);
  return known[n].fill(0);
}

const ceilLog2 = (n: number): number => (n <= 1 ? 0 : 32 - Math.clz32(n - 1));

/** Rows of a level are 2 to this power. */
const powerOf = (rows: number): number => Math.max(4, Math.floor(ceilLog2(rows) / LEVELS));

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
  const power = powerOf(rows);
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
  return joined(acc, data, start, stride, laneStride, lanes, groups * INTERLEAVE, rows);
}

/** The last rows, fewer than there are accumulators, go to the first one; then all of them are added up. */
function joined(
  acc: Numbers,
  data: TypedArray,
  start: number,
  stride: number,
  laneStride: number,
  lanes: number,
  from: number,
  rows: number,
): Numbers {
  for (let i = from; i < rows; i++) {
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
  const acc = runInWasm(data, start, lanes, vectors) ?? interleaved(data, start, lanes, 1, lanes, vectors, dtype);
  const total = accumulators(dtype, 1);
  for (let i = vectors * lanes; i < n; i++) total[0] += data[start + i];
  for (let l = 0; l < lanes; l++) total[0] += acc[l];
  return total[0];
}

/** `interleaved` of consecutive vectors where the WASM kernels serve. */
function runInWasm(data: TypedArray, start: number, lanes: number, vectors: number): Numbers | null {
  const wasm = sumKernels(data, vectors * lanes);
  if (wasm === null) return null;
  const width = INTERLEAVE * lanes;
  const groups = Math.floor(vectors / INTERLEAVE);
  const acc = foldRun(wasm, data as Float32Array, start, groups, width, powerOf(groups));
  return joined(acc, data, start, lanes, 1, lanes, groups * INTERLEAVE, vectors);
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
  let j = lanes === 1 ? 0 : columnsInWasm(data, start, rows, columns, out, at);
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

/** The first columns, whole vectors of them, where the WASM kernels serve; how many. */
function columnsInWasm(
  data: TypedArray,
  start: number,
  rows: number,
  columns: number,
  out: TypedArray,
  at: number,
): number {
  const wasm = sumKernels(data, rows * columns);
  const lanes = lanesOf(float32);
  const wide = lanes * INTERLEAVE;
  const whole = columns - (columns % lanes);
  const most = columnsAtOnce(rows, columns);
  if (wasm === null || most === 0) return 0;
  const mark = wasm.mark();
  const from = wasm.take(4 * rows * Math.min(most, columns));
  const base = from >> 2;
  for (let first = 0; first < whole; first += most) {
    const stride = Math.min(most, columns - first);
    if (stride === columns) wasm.f32.set((data as Float32Array).subarray(start, start + rows * columns), base);
    else {
      for (let i = 0, row = start + first; i < rows; i++, row += columns) {
        wasm.f32.set((data as Float32Array).subarray(row, row + stride), base + i * stride);
      }
    }
    const end = Math.min(stride, whole - first);
    let j = 0;
    for (; j + wide <= end; j += wide) {
      const sums = foldRows(wasm, from + 4 * j, stride, rows, wide, powerOf(rows));
      for (let k = 0; k < wide; k++) out[at + first + j + k] = sums[k];
    }
    for (; j < end; j += lanes) {
      // Four interleaved accumulators: each takes every fourth row.
      const groups = Math.floor(rows / INTERLEAVE);
      const acc = accumulators(float32, wide);
      for (let k = 0; k < INTERLEAVE; k++) {
        const row = from + 4 * (j + k * stride);
        acc.set(foldRows(wasm, row, stride * INTERLEAVE, groups, lanes, powerOf(groups)), k * lanes);
      }
      joined(acc, wasm.f32, base + j, stride, 1, lanes, groups * INTERLEAVE, rows);
      for (let k = 0; k < lanes; k++) out[at + first + j + k] = acc[k];
    }
  }
  wasm.release(mark);
  return whole;
}

/** Whether a sum in this dtype is one of floating-point numbers. */
export const isFloatSum = (dtype: DType): boolean => dtype.category === Category.Floating;
