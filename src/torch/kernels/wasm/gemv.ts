/** Products of float32 with vectors in WASM, a block of memory at a time. */
import type { Matrix, Vector } from "../blas";
import { BLOCK, type Kernels } from "./index";

/** What `assembly/gemv.ts` exports. */
export interface VectorProductFunctions {
  dot32(x: number, y: number, n: number, sums: number): void;
  rows32(a: number, line: number, x: number, y: number, rows: number, k: number): void;
  columns32(
    a: number,
    line: number,
    x: number,
    y: number,
    rows: number,
    paired: number,
    width: number,
    steps: number,
  ): void;
}

/** Products of fewer numbers than this are done before a call into WASM would be. */
export const SMALLEST_VECTOR_PRODUCT = 1024;

const floats = ({ data }: Matrix | Vector) => data as Float32Array;

/** Sums of the products of elements i, i + 32, … of two dense vectors, for the first `n` (a multiple of 32) of them. */
export function dotLanes(wasm: Kernels, a: Vector, b: Vector, n: number): Float32Array {
  const mark = wasm.mark();
  const sums = wasm.take(128);
  const block = Math.min(n, BLOCK / 8);
  const x = wasm.take(4 * block);
  const y = wasm.take(4 * block);
  const { f32 } = wasm;
  f32.fill(0, sums >> 2, (sums >> 2) + 32);
  for (let from = 0; from < n; from += block) {
    const count = Math.min(block, n - from);
    f32.set(floats(a).subarray(a.start + from, a.start + from + count), x >> 2);
    f32.set(floats(b).subarray(b.start + from, b.start + from + count), y >> 2);
    wasm.call.dot32(x, y, count, sums);
  }
  const lanes = f32.slice(sums >> 2, (sums >> 2) + 32);
  wasm.release(mark);
  return lanes;
}

/** `y += a x` for the first `rows` rows and `k` columns (multiples of four, both) of a matrix with dense rows. */
export function addRows(wasm: Kernels, a: Matrix, x: Float32Array, y: Float32Array, rows: number, k: number): void {
  const mark = wasm.mark();
  const high = Math.max(4, Math.floor(BLOCK / 16 / k) * 4);
  const block = wasm.take(4 * k * Math.min(high, rows));
  const vector = wasm.take(4 * k);
  const sums = wasm.take(4 * rows);
  const { f32 } = wasm;
  f32.set(x.subarray(0, k), vector >> 2);
  f32.set(y.subarray(0, rows), sums >> 2);
  for (let i = 0; i < rows; i += high) {
    const count = Math.min(high, rows - i);
    const from = a.start + i * a.row;
    if (a.row === k) f32.set(floats(a).subarray(from, from + count * k), block >> 2);
    else
      for (let r = 0; r < count; r++)
        f32.set(floats(a).subarray(from + r * a.row, from + r * a.row + k), (block >> 2) + r * k);
    wasm.call.rows32(block, 4 * k, vector, sums + 4 * i, count, k);
  }
  y.set(f32.subarray(sums >> 2, (sums >> 2) + rows));
  wasm.release(mark);
}

/**
 * `y += a x` for the first `rows` rows and `k` columns (multiples of four, both) of a matrix with dense columns: `width` columns at a
 * time, then four. `paired` says how many of the rows from i on, up to the next `span`, have two chains.
 */
export function addColumns(
  wasm: Kernels,
  a: Matrix,
  x: Float32Array,
  y: Float32Array,
  rows: number,
  k: number,
  width: number,
  span: number,
  paired: (i: number) => number,
): void {
  const mark = wasm.mark();
  const wide = Math.max(width, Math.floor(BLOCK / 4 / rows / width) * width);
  const block = wasm.take(4 * rows * Math.min(wide, k));
  const vector = wasm.take(4 * k);
  const sums = wasm.take(4 * rows);
  const { f32 } = wasm;
  f32.set(x.subarray(0, k), vector >> 2);
  f32.set(y.subarray(0, rows), sums >> 2);
  for (let p = 0; p < k; ) {
    // Four columns at the end are a step of their own.
    const count = k - p < width ? k - p : Math.min(wide, k - p - ((k - p) % width));
    const step = Math.min(width, count);
    for (let q = 0; q < count; q++) {
      const from = a.start + (p + q) * a.column;
      f32.set(floats(a).subarray(from, from + rows), (block >> 2) + q * rows);
    }
    for (let i = 0; i < rows; i += span) {
      const high = Math.min(span, rows - i);
      wasm.call.columns32(block + 4 * i, 4 * rows, vector + 4 * p, sums + 4 * i, high, paired(i), step, count / step);
    }
    p += count;
  }
  y.set(f32.subarray(sums >> 2, (sums >> 2) + rows));
  wasm.release(mark);
}
