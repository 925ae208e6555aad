/**
 * Products of float32 matrices and vectors, added up in the order of the BLAS behind PyTorch's CPU build (OpenBLAS with fused
 * multiply–adds, one thread), so that long trainings keep PyTorch's digits.
 *
 * `fround(c + a * b)` in doubles is the fused a b + c: the product of two float32 is exact in a double.
 */
import { kernels } from "./wasm";
import { addColumns, addRows, dotLanes, SMALLEST_VECTOR_PRODUCT } from "./wasm/gemv";

const f = Math.fround;

/** Memory seen as a matrix: element (i, j) is `data[start + i · row + j · column]`. */
export interface Matrix {
  readonly data: { readonly [i: number]: number };
  readonly start: number;
  readonly row: number;
  readonly column: number;
}

/** Rows and columns of the tile whose sums stay in registers. */
const ROWS = 2;
const COLUMNS = 4;
/** Longest run of k, and of columns, that goes through the kernel at once. */
const BLOCK = 320;
/** Columns whose sums stand in one vector register. */
const LANES = 8;

/** Where blocks of a dimension end: 320 each, the last two even in size. */
function blockEnd(start: number, size: number): number {
  const rest = size - start;
  if (rest >= 2 * BLOCK) return start + BLOCK;
  return rest > BLOCK ? start + Math.ceil(Math.floor(rest / 2) / LANES) * LANES : size;
}

/** How the kernel walks over rows: which of them share a register tile decides which sums have two chains. */
const Walk = { Single: 0, UpperSix: 1, LowerSix: 2, Four: 3 };

/** The walk of each pair of rows. The first block of columns takes eight rows as two fours, the others at once. */
function walks(n: number, firstBlock: boolean): Uint8Array {
  const out = new Uint8Array(Math.ceil(n / ROWS));
  let i = 0;
  for (; n - i >= 12; i += 12) {
    out.fill(Walk.UpperSix, i / ROWS, i / ROWS + 3);
    out.fill(Walk.LowerSix, i / ROWS + 3, i / ROWS + 6);
  }
  if (!firstBlock && n - i >= 8) i += 8;
  for (; n - i >= 4; i += 4) out.fill(Walk.Four, i / ROWS, i / ROWS + 2);
  return out;
}

/** Whether a group of eight columns, of `groups` full ones, is summed in two chains: even k and odd k apart. */
function hasTwoChains(walk: number, group: number, groups: number): boolean {
  if (walk === Walk.Single || group >= groups) return false;
  if (walk === Walk.Four) return true;
  if (groups < 2 || groups % 2 !== (walk === Walk.LowerSix ? 1 : 0))
    return walk === Walk.UpperSix && groups > 1 && group === 0;
  return group === groups - 1 || (walk === Walk.UpperSix && group === 0);
}

/** `out += alpha · a b`, `[n, k] · [k, m]`; `out` is row-major from `start` on. */
export function gemm(
  a: Matrix,
  b: Matrix,
  out: Float32Array,
  start: number,
  n: number,
  k: number,
  m: number,
  alpha = 1,
): void {
  const factor = f(alpha);
  if (k <= BLOCK && (m < LANES || n < 4)) {
    singleChains(a, b, out, start, n, k, m, factor);
    return;
  }
  const left = packed(a.data, a.start, a.row, a.column, n, k, ROWS);
  const right = packed(b.data, b.start, b.column, b.row, m, k, COLUMNS);
  const oneVector = n === 1 || m === 1;
  for (let column = 0, end = 0; column < m; column = end) {
    end = blockEnd(column, m);
    const kinds = walks(n, column === 0);
    const groups = oneVector ? 0 : Math.floor((end - column) / LANES);
    for (let p = 0, stop = 0; p < k; p = stop) {
      stop = blockEnd(p, k);
      for (let i = 0; i < n; i += ROWS) {
        const walk = kinds[i / ROWS];
        const rows = Math.min(ROWS, n - i);
        for (let j = column; j < end; j += COLUMNS) {
          const two = hasTwoChains(walk, Math.floor((j - column) / LANES), groups);
          tile(left, right, i * k, j * k, p, stop, two);
          const columns = Math.min(COLUMNS, end - j);
          for (let r = 0; r < rows; r++) {
            for (let c = 0, at = start + (i + r) * m + j; c < columns; c++, at++) {
              out[at] += factor * sums[r * COLUMNS + c];
            }
          }
        }
      }
    }
  }
}

/** A product with too few rows or columns for a second chain, and one block of k: small ones need no panels. */
function singleChains(
  a: Matrix,
  b: Matrix,
  out: Float32Array,
  start: number,
  n: number,
  k: number,
  m: number,
  factor: number,
): void {
  const [left, right] = [a.data, b.data];
  for (let i = 0, to = start; i < n; i++) {
    for (let j = 0; j < m; j++, to++) {
      let sum = 0;
      let from = a.start + i * a.row;
      let at = b.start + j * b.column;
      for (let p = 0; p < k; p++, from += a.column, at += b.row) sum = f(sum + left[from] * right[at]);
      out[to] += factor * sum;
    }
  }
}

/** Panels of `width` lines, each from front to back, in doubles; zeros fill the last one. */
function packed(
  data: Matrix["data"],
  start: number,
  line: number,
  step: number,
  lines: number,
  k: number,
  width: number,
): Float64Array {
  const out = new Float64Array(Math.ceil(lines / width) * width * k);
  for (let i = 0; i < lines; i++) {
    let to = (i - (i % width)) * k + (i % width);
    for (let p = 0, from = start + i * line; p < k; p++, from += step, to += width) out[to] = data[from];
  }
  return out;
}

const sums = new Float64Array(ROWS * COLUMNS);
const oddSums = new Float64Array(ROWS * COLUMNS);

/** The sums over k in [from, to) of one tile, left in `sums`. */
function tile(
  a: Float64Array,
  b: Float64Array,
  atA: number,
  atB: number,
  from: number,
  to: number,
  two: boolean,
): void {
  const even = two ? to - ((to - from) % 8) : from;
  if (even === from) {
    chain(a, b, atA, atB, from, to, 1, true, sums);
    return;
  }
  chain(a, b, atA, atB, from, even, 2, true, sums);
  chain(a, b, atA, atB, from + 1, even, 2, true, oddSums);
  if (even < to) chain(a, b, atA, atB, even, to, 1, false, sums);
  for (let i = 0; i < ROWS * COLUMNS; i++) sums[i] = f(sums[i] + oddSums[i]);
}

/** One fused multiply–add after the other for each sum of a tile: from zero, or going on. */
function chain(
  a: Float64Array,
  b: Float64Array,
  atA: number,
  atB: number,
  from: number,
  to: number,
  step: number,
  fresh: boolean,
  acc: Float64Array,
): void {
  let s00 = fresh ? 0 : acc[0];
  let s01 = fresh ? 0 : acc[1];
  let s02 = fresh ? 0 : acc[2];
  let s03 = fresh ? 0 : acc[3];
  let s10 = fresh ? 0 : acc[4];
  let s11 = fresh ? 0 : acc[5];
  let s12 = fresh ? 0 : acc[6];
  let s13 = fresh ? 0 : acc[7];
  const stop = atA + to * ROWS;
  for (let i = atA + from * ROWS, j = atB + from * COLUMNS; i < stop; i += step * ROWS, j += step * COLUMNS) {
    const a0 = a[i];
    const a1 = a[i + 1];
    const b0 = b[j];
    const b1 = b[j + 1];
    const b2 = b[j + 2];
    const b3 = b[j + 3];
    s00 = f(s00 + a0 * b0);
    s01 = f(s01 + a0 * b1);
    s02 = f(s02 + a0 * b2);
    s03 = f(s03 + a0 * b3);
    s10 = f(s10 + a1 * b0);
    s11 = f(s11 + a1 * b1);
    s12 = f(s12 + a1 * b2);
    s13 = f(s13 + a1 * b3);
  }
  acc[0] = s00;
  acc[1] = s01;
  acc[2] = s02;
  acc[3] = s03;
  acc[4] = s10;
  acc[5] = s11;
  acc[6] = s12;
  acc[7] = s13;
}

/** Memory seen as a vector: element i is `data[start + i · step]`. */
export interface Vector {
  readonly data: { readonly [i: number]: number };
  readonly start: number;
  readonly step: number;
}

/** `y += a x` for `a` of n rows and k columns; `y` is dense from its beginning. */
export function gemv(a: Matrix, x: Vector, y: Float32Array, n: number, k: number): void {
  const byColumns = a.row === 1 && a.column >= Math.max(1, n);
  const v = new Float32Array(k);
  for (let p = 0; p < k; p++) v[p] = x.data[x.start + p * x.step];
  if (byColumns) sumColumns(a, v, y, n, k, x.step === 1 ? 8 : 4);
  else sumRows(a, v, y, n, k);
}

/** Longest part of a row or column that goes through the kernel at once. */
const ROW_BLOCK = 4096;

/** Each row against the vector, in lanes: rows in fours with eight of them, a pair with four, a single one with eight. */
function sumRows(a: Matrix, x: Float32Array, y: Float32Array, n: number, k: number): void {
  const whole = k - (k % 4);
  const lanes = new Float32Array(8);
  const wasm = a.column === 1 && n * k >= SMALLEST_VECTOR_PRODUCT && n >= 4 && whole > 0 ? kernels() : null;
  const fours = n - (n % 4);
  for (let from = 0; from < whole; from += ROW_BLOCK) {
    const to = Math.min(whole, from + ROW_BLOCK);
    if (wasm !== null) {
      addRows(wasm, { ...a, start: a.start + from }, x.subarray(from, to), y, fours, to - from);
    }
    for (let i = wasm === null ? 0 : fours; i < n; i++) {
      const fused = i < n - (n % 4);
      const width = !fused && n % 4 >= 2 && i < n - (n % 2) ? 4 : 8;
      lanes.fill(0);
      // Half a step first, where the length asks for one.
      for (let p = from; p < to; ) {
        const end = p + ((to - p) % width === 0 ? width : 4);
        for (let lane = 0; p < end; p++, lane++) {
          const product = a.data[a.start + i * a.row + p * a.column] * x[p];
          lanes[lane] += fused ? product : f(product);
        }
      }
      y[i] += quarters(lanes);
    }
  }
  if (whole === k) return;
  for (let i = 0; i < n; i++) {
    let tail = 0;
    for (let p = whole; p < k; p++) tail = f(tail + f(a.data[a.start + i * a.row + p * a.column] * x[p]));
    y[i] += tail;
  }
}

/** Eight lanes folded onto four, those in pairs. */
function quarters(lanes: Float32Array): number {
  const half = (i: number) => f(lanes[i] + lanes[i + 4]);
  return f(f(half(0) + half(1)) + f(half(2) + half(3)));
}

/**
 * Columns times their number, `width` of them at once, in one chain; in two, even and odd ones, for the rows before the runs of
 * sixteen. The last n % 4 rows one by one.
 */
function sumColumns(a: Matrix, x: Float32Array, y: Float32Array, n: number, k: number, width: number): void {
  const rows = n - (n % 4);
  const at = (i: number, p: number) => a.data[a.start + i * a.row + p * a.column];
  let p = 0;
  const paired = (block: number) => Math.min(rows - block, ROW_BLOCK) % 16;
  const wasm = n * k >= SMALLEST_VECTOR_PRODUCT && rows > 0 && k >= 4 ? kernels() : null;
  if (wasm !== null) {
    p = k - (k % 4);
    addColumns(wasm, a, x, y, rows, p, width, ROW_BLOCK, paired);
  }
  while (k - p >= 4) {
    const step = k - p >= width ? width : 4;
    for (let i = 0; i < rows; i++) {
      const block = i - (i % ROW_BLOCK);
      const inTwo = i - block < paired(block);
      let even = 0;
      let odd = 0;
      for (let q = p; q < p + step; q++) {
        if (inTwo && (q - p) % 2 === 1) odd = f(odd + at(i, q) * x[q]);
        else even = f(even + at(i, q) * x[q]);
      }
      y[i] += f(even + odd);
    }
    p += step;
  }
  for (; p < k; p++) for (let i = 0; i < rows; i++) y[i] += f(at(i, p) * x[p]);
  // A matrix of one, two or three dense rows takes four products at a time: all of one row, two and two of several.
  const dense = a.column === n && n < 4 && width === 8;
  for (let i = rows; i < n; i++) {
    const product = (q: number) => f(at(i, q) * x[q]);
    let sum = 0;
    let q = 0;
    for (; dense && k - q >= 4; q += 4) {
      if (n === 1) sum = f(sum + f(f(f(product(q) + product(q + 1)) + product(q + 2)) + product(q + 3)));
      else sum = f(f(sum + f(product(q) + product(q + 1))) + f(product(q + 2) + product(q + 3)));
    }
    for (; q < k; q++) sum = f(sum + product(q));
    y[i] += sum;
  }
}

/** The inner product of two vectors of length n: four times eight lanes, the rest in doubles. */
export function dot(a: Vector, b: Vector, n: number): number {
  const product = (i: number) => a.data[a.start + i * a.step] * b.data[b.start + i * b.step];
  let rest = 0;
  let i = 0;
  if (a.step !== 1 || b.step !== 1) {
    for (; i + 1 < n; i += 2) rest += f(f(product(i)) + f(product(i + 1)));
    if (i < n) rest += f(product(i));
    return f(rest);
  }
  const whole = n - (n % 32);
  const wasm = n >= SMALLEST_VECTOR_PRODUCT ? kernels() : null;
  const lanes = wasm === null ? new Float32Array(32) : dotLanes(wasm, a, b, whole);
  if (wasm !== null) i = whole;
  for (; i < whole; i++) lanes[i % 32] += product(i);
  const half = (k: number) => f(lanes[k] + lanes[k + 4]);
  const lane = (k: number) => f(f(half(k) + half(k + 8)) + f(half(k + 16) + half(k + 24)));
  const sum = f(f(lane(0) + lane(1)) + f(lane(2) + lane(3)));
  for (; i < n; i++) rest += f(product(i));
  return f(rest + sum);
}

/** `out += alpha · a b` without fused operations, as small matrices of a batch are multiplied. */
export function plainProduct(
  a: Matrix,
  b: Matrix,
  out: Float32Array,
  start: number,
  n: number,
  k: number,
  m: number,
  alpha = 1,
): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      let sum = out[start + i * m + j];
      for (let p = 0; p < k; p++) {
        const left = a.data[a.start + i * a.row + p * a.column];
        sum = f(sum + f(f(alpha * left) * b.data[b.start + p * b.row + j * b.column]));
      }
      out[start + i * m + j] = sum;
    }
  }
}
