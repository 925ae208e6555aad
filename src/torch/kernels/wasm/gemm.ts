/** Matrix products in WASM: operands of any strides go into scratch memory, whole or in blocks, and results come back. */
import type { TypedArray } from "../../dtype";
import type { Matrix } from "../blas";
import { type Kernels, sharedKernels } from "./index";
import { CALLS_MAX } from "./threads";

type Gemm = (
  a: number,
  rowA: number,
  nextA: number,
  b: number,
  rowB: number,
  nextB: number,
  c: number,
  lineC: number,
  init: number,
  lineInit: number,
  i0: number,
  rows: number,
  columns: number,
  k: number,
  n: number,
  m: number,
  first: boolean,
  alpha: number,
  panels: number,
) => void;

/** What `assembly/gemm.ts` exports. */
export interface GemmFunctions {
  gemm32: Gemm;
  gemm64: Gemm;
}

/** Products of fewer numbers than this are done before a call into WASM would be. */
export const SMALLEST_PRODUCT = 256;

/** Elements of one operand that are in scratch memory at a time. */
const LIMIT = 1 << 20;
/** Columns, rows and k are cut where the kernel would cut them. */
const CUT = 320;
const HEIGHT = 48;
const PANELS = (HEIGHT + CUT) * CUT;
/** The kernel keeps sums in front of them. */
const SUMS = 128;
/** Nanoseconds of a product of two numbers, one of thousands. */
const PRODUCT_NS = 0.05;
/** Fewer rows are no work for a thread: it packs all of the other operand. */
const ROWS_MIN = 24;

type Floats = Float32Array | Float64Array;

/** An operand in scratch memory: address of its first element, bytes from row to row and from column to column. */
interface Staged {
  at: number;
  row: number;
  column: number;
}

/**
 * `out = sum + alpha · a b`, or without a sum: `[n, k] · [k, m]`, row-major from `start` on. The rows of `sum` are dense; it may
 * be `out` itself. All memory is float32, or all is float64, as `out` tells.
 */
export function multiply(
  wasm: Kernels,
  a: Matrix,
  b: Matrix,
  out: Floats,
  start: number,
  n: number,
  k: number,
  m: number,
  alpha: number,
  sum: Matrix | null,
): void {
  if (n === 0 || m === 0 || k === 0) return;
  const bytes = out.BYTES_PER_ELEMENT;
  const width = 32 / bytes;
  if (n >= 2 * ROWS_MIN) wasm = sharedKernels(n * k * m * PRODUCT_NS) ?? wasm;
  const mark = wasm.mark();
  const room = PANELS * bytes + SUMS;
  const panels = wasm.take(room * (wasm.pool?.threads ?? 1));
  const gemm = gemmOf(wasm, bytes, room);
  if (k * m <= LIMIT && n * Math.max(k, m) <= LIMIT) {
    const line = Math.ceil(m / width) * 32;
    const c = wasm.take(Math.ceil(n / 4) * 4 * line);
    const init = stageSum(wasm, sum, bytes, 0, 0, n, m, c, line);
    const left = stage(wasm, a, bytes, 0, 0, n, k);
    const right = stage(wasm, b, bytes, 0, 0, k, m);
    // biome-ignore format: by operand
    gemm(
      left.at, left.row, left.column, right.at, right.row, right.column, c, line, init, init === c ? line : 0,
      0, n, m, k, n, m, true, alpha, panels,
    );
    store(wasm, out, start, m, n, m, c, line);
    wasm.release(mark);
    return;
  }
  const top = wasm.mark();
  const wide = k * m <= LIMIT ? m : CUT;
  const longest = Math.max(CUT, LIMIT / wide - ((LIMIT / wide) % CUT));
  const high = n * Math.max(Math.min(k, longest), wide) <= LIMIT ? n : rowsAtOnce(Math.max(Math.min(k, longest), wide));
  for (let j0 = 0, columns = 0; j0 < m; j0 += columns) {
    columns = wide === m ? m : blockOf(m - j0);
    const line = Math.ceil(columns / width) * 32;
    for (let i0 = 0; i0 < n; i0 += high) {
      const rows = Math.min(high, n - i0);
      const c = wasm.take(Math.ceil(rows / 4) * 4 * line);
      const first = stageSum(wasm, sum, bytes, i0, j0, rows, columns, c, line);
      const inner = wasm.mark();
      for (let p0 = 0, deep = 0; p0 < k; p0 += deep) {
        deep = k - p0 < longest + CUT ? k - p0 : longest;
        const left = stage(wasm, a, bytes, i0, p0, rows, deep);
        const right = stage(wasm, b, bytes, p0, j0, deep, columns);
        const init = p0 === 0 ? first : c;
        // biome-ignore format: by operand
        gemm(
          left.at, left.row, left.column, right.at, right.row, right.column, c, line, init, init === c ? line : 0,
          i0, rows, columns, deep, n, m, j0 === 0, alpha, panels,
        );
        wasm.release(inner);
      }
      store(wasm, out, start + i0 * m + j0, m, rows, columns, c, line);
      wasm.release(top);
    }
  }
  wasm.release(mark);
}

/** Matrices of one shape, the first of them, and how far apart they start. */
export interface Batch {
  first: Matrix;
  step: number;
}

/**
 * `out = a b` for each of `batch` pairs of matrices, whose results lie one after the other: all of them in scratch memory at
 * once. False, and nothing done, where they are too many, or lie scattered.
 */
export function multiplyBatch(
  wasm: Kernels,
  a: Batch,
  b: Batch,
  out: Floats,
  batch: number,
  n: number,
  k: number,
  m: number,
): boolean {
  const bytes = out.BYTES_PER_ELEMENT;
  const line = Math.ceil((m * bytes) / 32) * 32;
  if (n % 4 !== 0 || batch > CALLS_MAX || batch * Math.max(n * k, k * m, n * m) > LIMIT) return false;
  const [spanA, spanB] = [spanOf(a, batch, n, k), spanOf(b, batch, k, m)];
  if (!isCompact(spanA, batch * n * k) || !isCompact(spanB, batch * k * m)) return false;
  wasm = sharedKernels(batch * n * k * m * PRODUCT_NS) ?? wasm;
  const { pool } = wasm;
  const mark = wasm.mark();
  const room = PANELS * bytes + SUMS;
  const panels = wasm.take(room * (pool?.threads ?? 1));
  const c = wasm.take(batch * n * line);
  const [left, right] = [wasm.take(spanA * bytes), wasm.take(spanB * bytes)];
  const memory = viewOf(wasm, bytes);
  copyIn(memory, left / bytes, a.first.data as TypedArray, a.first.start, spanA);
  copyIn(memory, right / bytes, b.first.data as TypedArray, b.first.start, spanB);
  const name = bytes === 4 ? "gemm32" : "gemm64";
  const gemm: Gemm = wasm.call[name];
  const [rowA, nextA, rowB, nextB] = [a.first.row, a.first.column, b.first.row, b.first.column].map((s) => s * bytes);
  for (let i = 0; i < batch; i++) {
    const [x, y, to] = [left + i * a.step * bytes, right + i * b.step * bytes, c + i * n * line];
    if (pool === null) gemm(x, rowA, nextA, y, rowB, nextB, to, line, 0, 0, 0, n, m, k, n, m, true, 1, panels);
    else pool.add(name, [x, rowA, nextA, y, rowB, nextB, to, line, 0, 0, 0, n, m, k, n, m, 1, 1, panels], 18, room);
  }
  pool?.start();
  pool?.finish();
  store(wasm, out, 0, m, batch * n, m, c, line);
  wasm.release(mark);
  return true;
}

const spanOf = ({ first, step }: Batch, batch: number, rows: number, columns: number): number =>
  (batch - 1) * step + (rows - 1) * first.row + (columns - 1) * first.column + 1;

/** Whether a stretch of memory is little longer than what is wanted of it. */
const isCompact = (span: number, count: number): boolean => span <= count + count / 4 + 64;

/** The kernel; where threads share the work, they do so by rows, cut where the order of no sum depends on it. */
function gemmOf(wasm: Kernels, bytes: number, room: number): Gemm {
  const name = bytes === 4 ? "gemm32" : "gemm64";
  const { pool } = wasm;
  if (pool === null) return wasm.call[name];
  return (
    a,
    rowA,
    nextA,
    b,
    rowB,
    nextB,
    c,
    lineC,
    init,
    lineInit,
    i0,
    rows,
    columns,
    k,
    n,
    m,
    first,
    alpha,
    panels,
  ) => {
    const { threads } = pool;
    // Two parts for each thread: one that is held up leaves some to the others.
    const parts = rows >= 4 * HEIGHT * threads ? 2 * threads : threads;
    const high = Math.max(ROWS_MIN, Math.ceil(rows / parts / 12) * 12);
    for (let i = 0; i < rows; i += high) {
      const from = init === 0 ? 0 : init + i * lineInit;
      // biome-ignore format: by operand
      const args = [
        a + i * rowA, rowA, nextA, b, rowB, nextB, c + i * lineC, lineC, from, lineInit,
        i0 + i, Math.min(high, rows - i), columns, k, n, m, first, alpha, panels,
      ];
      pool.add(name, args, args.length - 1, room);
    }
    pool.start();
    pool.finish();
  };
}

/** The kernel's own cut of a dimension: no block is much shorter than its neighbours. */
function blockOf(rest: number): number {
  if (rest >= 2 * CUT) return CUT;
  return rest > CUT ? Math.ceil(Math.floor(rest / 2) / 8) * 8 : rest;
}

const rowsAtOnce = (length: number) => Math.max(HEIGHT, HEIGHT * Math.floor(LIMIT / length / HEIGHT));

const viewOf = (wasm: Kernels, bytes: number): Floats => (bytes === 4 ? wasm.f32 : wasm.f64);

/** Part of a matrix, from (i0, j0) on, in scratch memory: as it lies where that wastes little, line by line otherwise. */
function stage(
  wasm: Kernels,
  { data, start, row, column }: Matrix,
  bytes: number,
  i0: number,
  j0: number,
  rows: number,
  columns: number,
): Staged {
  const from = start + i0 * row + j0 * column;
  const span = (rows - 1) * row + (columns - 1) * column + 1;
  if (isCompact(span, rows * columns)) {
    const at = wasm.take(span * bytes);
    copyIn(viewOf(wasm, bytes), at / bytes, data as TypedArray, from, span);
    return { at, row: row * bytes, column: column * bytes };
  }
  const at = wasm.take(rows * columns * bytes);
  const to = viewOf(wasm, bytes);
  if (row === 1) {
    for (let j = 0; j < columns; j++) copyIn(to, at / bytes + j * rows, data as TypedArray, from + j * column, rows);
    return { at, row: bytes, column: rows * bytes };
  }
  for (let i = 0, t = at / bytes; i < rows; i++, t += columns) {
    if (column === 1) copyIn(to, t, data as TypedArray, from + i * row, columns);
    else for (let j = 0, f = from + i * row; j < columns; j++, f += column) to[t + j] = data[f];
  }
  return { at, row: columns * bytes, column: bytes };
}

/** Shorter runs are copied element by element: a view of an array costs as much. */
const SHORT_RUN = 24;

function copyIn(to: Floats, at: number, data: TypedArray, from: number, count: number): void {
  if (count <= SHORT_RUN) for (let i = 0; i < count; i++) to[at + i] = data[from + i];
  else to.set(from === 0 && count === data.length ? data : data.subarray(from, from + count), at);
}

/** Part of a sum to where the kernel finds it: in the place `c` of the result, or a row for all; 0 where there is none. */
function stageSum(
  wasm: Kernels,
  sum: Matrix | null,
  bytes: number,
  i0: number,
  j0: number,
  rows: number,
  columns: number,
  c: number,
  line: number,
): number {
  if (sum === null) return 0;
  const data = sum.data as TypedArray;
  const start = sum.start + i0 * sum.row + j0;
  if (sum.row === 0) {
    const at = wasm.take(line);
    copyIn(viewOf(wasm, bytes), at / bytes, data, start, columns);
    return at;
  }
  const to = viewOf(wasm, bytes);
  const step = line / bytes;
  if (sum.row === columns && step === columns) copyIn(to, c / bytes, data, start, rows * columns);
  else for (let i = 0; i < rows; i++) copyIn(to, c / bytes + i * step, data, start + i * sum.row, columns);
  return c;
}

/** The result, from scratch memory. */
function store(
  wasm: Kernels,
  out: Floats,
  to: number,
  m: number,
  rows: number,
  columns: number,
  c: number,
  line: number,
): void {
  const bytes = out.BYTES_PER_ELEMENT;
  const from = viewOf(wasm, bytes);
  const width = columns * bytes;
  if (columns === m) {
    if (line !== width) wasm.call.compact(c, line, rows, width);
    out.set(from.subarray(c / bytes, c / bytes + rows * m), to);
    return;
  }
  for (let i = 0; i < rows; i++) {
    const at = (c + i * line) / bytes;
    out.set(from.subarray(at, at + columns), to + i * m);
  }
}
