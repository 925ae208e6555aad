/** Float32 sums in WASM, in the order of ../sum.ts, so that no digit differs. */
import { type Kernels, kernels } from ".";

export interface SumFunctions {
  cascade32(from: number, stride: number, rows: number, i: number, power: number, vectors: number, acc: number): void;
  add_rows32(from: number, stride: number, rows: number, vectors: number, acc: number): void;
}

/** Elements from which the copy into scratch memory pays. */
const SUM_FROM = 256;
/** What of a tensor is in scratch memory at a time, in floats. */
const MOST = 1 << 18;

export const sumKernels = (data: unknown, n: number): Kernels | null =>
  n >= SUM_FROM && data instanceof Float32Array ? kernels() : null;

/** How many columns of so many rows are taken at a time; 0 where not even one block of them has room. */
export function columnsAtOnce(rows: number, columns: number): number {
  const fit = Math.floor(MOST / rows);
  return fit >= columns ? columns : fit & ~31;
}

/**
 * Rows of `width` floats, a multiple of 4, `stride` floats apart from `from` on in scratch memory, folded into one row.
 * `power` is the cascade's. Returns that row, which the next call overwrites.
 */
export function foldRows(
  wasm: Kernels,
  from: number,
  stride: number,
  rows: number,
  width: number,
  power: number,
): Float32Array {
  const mark = wasm.mark();
  const acc = wasm.take(16 * width);
  const { f32, call } = wasm;
  const at = acc >> 2;
  f32.fill(0, at, at + 4 * width);
  const whole = rows & -(1 << power);
  call.cascade32(from, 4 * stride, whole, 0, power, width >> 2, acc);
  call.add_rows32(from + 4 * stride * whole, 4 * stride, rows - whole, width >> 2, acc);
  for (let level = 1; level < 4; level++) call.add_rows32(acc + 4 * width * level, 0, 1, width >> 2, acc);
  wasm.release(mark);
  return f32.subarray(at, at + width);
}

/** As `foldRows` for the rows of a long run, `width` floats each, that goes through scratch memory in pieces. */
export function foldRun(
  wasm: Kernels,
  data: Float32Array,
  start: number,
  rows: number,
  width: number,
  power: number,
): Float32Array {
  const step = 1 << power;
  const most = Math.max(step, (MOST / width) & -step);
  const mark = wasm.mark();
  const from = wasm.take(4 * Math.min(most, rows) * width);
  const acc = wasm.take(16 * width);
  const { f32, call } = wasm;
  const at = acc >> 2;
  f32.fill(0, at, at + 4 * width);
  const whole = rows & -step;
  for (let i = 0; i < rows; ) {
    const count = Math.min(most, i < whole ? whole - i : rows - i);
    f32.set(data.subarray(start + i * width, start + (i + count) * width), from >> 2);
    if (i < whole) call.cascade32(from, 4 * width, count, i, power, width >> 2, acc);
    else call.add_rows32(from, 4 * width, count, width >> 2, acc);
    i += count;
  }
  for (let level = 1; level < 4; level++) call.add_rows32(acc + 4 * width * level, 0, 1, width >> 2, acc);
  wasm.release(mark);
  return f32.subarray(at, at + width);
}
