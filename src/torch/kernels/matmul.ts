/** Matrix products. */
import { float32, float64 } from "../dtype";
import { RuntimeError } from "../errors";
import { allocate, type Tensor, unwritten } from "../tensor";
import { dot, gemm, gemv, type Matrix, plainProduct, type Vector } from "./blas";
import { copyInto, elements } from "./copy";
import { type Kernels, kernels } from "./wasm";
import { multiply, multiplyBatch, SMALLEST_PRODUCT } from "./wasm/gemm";

/**
 * `[n, k] · [k, m] → [n, m]`; float32 ones times `alpha` and on top of `sum`, broadcast, where there is one. Throws PyTorch's
 * texts where ranks, dtypes or sizes do not fit.
 */
export function matrixProduct(a: Tensor, b: Tensor, sum: Tensor | null = null, alpha = 1): Tensor {
  checkMatrices(a, b);
  const [n, k] = a.shape;
  const m = b.shape[1];
  const wasm = kernelsFor(a, n, k, m);
  if (wasm !== null) {
    const out = unwritten([n, m], a.dtype);
    multiply(wasm, matrixOf(a), matrixOf(b), floats(out), 0, n, k, m, alpha, sum && rowsOf(sum, n, m));
    return out;
  }
  const out = allocate([n, m], a.dtype);
  if (sum !== null) copyInto(out, sum);
  if (a.dtype === float32) gemm(matrixOf(a), matrixOf(b), floats(out), 0, n, k, m, alpha);
  else product(elements(a), elements(b), out.storageOf.data, n, k, m, 0, 0, 0);
  return out;
}

/** What broadcasts to `[n, m]` as a matrix of dense rows, all of them the same memory where it is one row. */
function rowsOf(t: Tensor, n: number, m: number): Matrix {
  const { shape, strides } = t;
  const last = shape.length - 1;
  if (last >= 0 && shape[last] === m && strides[last] === 1) {
    const row = last === 0 || shape[0] === 1 ? 0 : strides[0];
    return { data: t.storageOf.data, start: t.offset, row, column: 1 };
  }
  const whole = allocate([n, m], t.dtype);
  copyInto(whole, t);
  return matrixOf(whole);
}

/** `out += a b` of matrices in memory, `out` row-major from `start` on; floats in the order of the BLAS. */
export function addProduct(
  a: Matrix,
  b: Matrix,
  out: Float32Array | Float64Array,
  start: number,
  n: number,
  k: number,
  m: number,
): void {
  const wasm = n * k * m >= SMALLEST_PRODUCT ? kernels() : null;
  if (wasm !== null) multiply(wasm, a, b, out, start, n, k, m, 1, { data: out, start, row: m, column: 1 });
  else if (out instanceof Float32Array) gemm(a, b, out, start, n, k, m);
  else {
    for (let i = 0, to = start; i < n; i++, to += m) {
      for (let p = 0; p < k; p++) {
        const factor = a.data[a.start + i * a.row + p * a.column];
        for (let j = 0, at = b.start + p * b.row; j < m; j++, at += b.column) out[to + j] += factor * b.data[at];
      }
    }
  }
}

export function checkMatrices(a: Tensor, b: Tensor): void {
  if (a.ndim !== 2) throw new RuntimeError("self must be a matrix");
  if (b.ndim !== 2) throw new RuntimeError("mat2 must be a matrix");
  if (a.shape[1] !== b.shape[0]) {
    throw new RuntimeError(`mat1 and mat2 shapes cannot be multiplied (${a.shape.join("x")} and ${b.shape.join("x")})`);
  }
  sameDtype(a, b);
}

/** Matrices with fewer products than this are multiplied without the BLAS, where they come in a batch. */
const SMALL = 400;

/** `[b, n, k] · [b, k, m] → [b, n, m]`, with `sum` and `alpha` as for `matrixProduct`. */
export function batchProduct(a: Tensor, b: Tensor, sum: Tensor | null = null, alpha = 1): Tensor {
  checkBatches(a, b);
  const [batch, n, k] = a.shape;
  const m = b.shape[2];
  const small = a.dtype === float32 && n * k * m < SMALL;
  const wasm = small ? null : kernelsFor(a, n, k, m);
  const out = sum ?? (wasm === null ? allocate([batch, n, m], a.dtype) : unwritten([batch, n, m], a.dtype));
  if (wasm !== null && sum === null && alpha === 1 && batch > 1) {
    const [left, right] = [a, b].map((t) => ({ first: matrixOf(t), step: t.strides[0] }));
    if (multiplyBatch(wasm, left, right, floats(out), batch, n, k, m)) return out;
  }
  if (wasm !== null || a.dtype === float32) {
    for (let i = 0; i < batch; i++) {
      const [x, y] = [matrixOf(a, i), matrixOf(b, i)];
      const added = sum && { data: sum.storageOf.data, start: i * n * m, row: m, column: 1 };
      if (wasm !== null) multiply(wasm, x, y, floats(out), i * n * m, n, k, m, alpha, added);
      else if (small) plainProduct(x, y, floats(out), i * n * m, n, k, m, alpha);
      else gemm(x, y, floats(out), i * n * m, n, k, m, alpha);
    }
    return out;
  }
  const x = elements(a);
  const y = elements(b);
  for (let i = 0; i < batch; i++) product(x, y, out.storageOf.data, n, k, m, i * n * k, i * k * m, i * n * m);
  return out;
}

/** The WASM kernels, where they multiply numbers of this type and the product is worth the way. */
function kernelsFor({ dtype }: Tensor, n: number, k: number, m: number): Kernels | null {
  return n * k * m >= SMALLEST_PRODUCT && (dtype === float32 || dtype === float64) ? kernels() : null;
}

export function checkBatches(a: Tensor, b: Tensor): void {
  if (a.ndim !== 3 || b.ndim !== 3) throw new RuntimeError("batch1 must be a 3D tensor");
  const [batch, , k] = a.shape;
  const [batch2, k2] = b.shape;
  if (batch !== batch2 || k !== k2) {
    throw new RuntimeError(
      `Expected size for first two dimensions of batch2 tensor to be: [${batch}, ${k}] but got: [${batch2}, ${k2}].`,
    );
  }
  sameDtype(a, b);
}

/** `[n, k] · [k] → [n]`, float32 on top of `sum`, where there is one. Ranks and sizes fit. */
export function matrixVectorProduct(a: Tensor, x: Tensor, sum: Tensor | null = null): Tensor {
  const [n, k] = a.shape;
  const out = sum ?? allocate([n], a.dtype);
  sameDtype(a, x);
  if (a.dtype === float32) gemv(matrixOf(a), vectorOf(x), floats(out), n, k);
  else product(elements(a), elements(x), out.storageOf.data, n, k, 1, 0, 0, 0);
  return out;
}

/** `[n] · [n] → []`. Ranks and sizes fit. */
export function innerProduct(a: Tensor, b: Tensor): Tensor {
  const [n] = a.shape;
  const out = allocate([], a.dtype);
  if (a.dtype === float32) out.storageOf.data[0] = dot(vectorOf(a), vectorOf(b), n);
  else product(elements(a), elements(b), out.storageOf.data, 1, n, 1, 0, 0, 0);
  return out;
}

const floats = (t: Tensor): Float32Array => t.storageOf.data as Float32Array;

/** The memory of a matrix, or of one of a batch. */
function matrixOf(t: Tensor, i = 0): Matrix {
  const { strides } = t;
  const last = strides.length - 1;
  return {
    data: t.storageOf.data,
    start: t.offset + (last === 2 ? i * strides[0] : 0),
    row: strides[last - 1],
    column: strides[last],
  };
}

function vectorOf(t: Tensor): Vector {
  return { data: t.storageOf.data, start: t.offset, step: t.strides[0] };
}

function sameDtype(a: Tensor, b: Tensor): void {
  if (a.dtype !== b.dtype) {
    throw new RuntimeError(`expected scalar type ${a.dtype.scalarName} but found ${b.dtype.scalarName}`);
  }
}

type Elements = { readonly [i: number]: number };

/** Rows and columns of the tile whose sums stay in registers. */
const ROWS = 4;
const COLUMNS = 2;

/** `out = a · b`, `[n, k] · [k, m]`, each from its start on; summed in doubles, in the order of k. */
export function product(
  a: Elements,
  b: Elements,
  out: { [i: number]: number },
  n: number,
  k: number,
  m: number,
  startA: number,
  startB: number,
  startOut: number,
): void {
  // Panels of four rows and of two columns, each read from front to back; zeros fill the last ones.
  const left = new Float64Array(Math.ceil(n / ROWS) * ROWS * k);
  for (let i = 0; i < n; i++) {
    const panel = Math.floor(i / ROWS) * ROWS * k + (i % ROWS);
    for (let p = 0, from = startA + i * k; p < k; p++) left[panel + p * ROWS] = a[from + p];
  }
  const right = new Float64Array(Math.ceil(m / COLUMNS) * COLUMNS * k);
  for (let p = 0; p < k; p++) {
    const from = startB + p * m;
    for (let j = 0; j < m; j++) {
      right[(Math.floor(j / COLUMNS) * k + p) * COLUMNS + (j % COLUMNS)] = b[from + j];
    }
  }
  const sums = new Float64Array(ROWS * COLUMNS);
  for (let i = 0; i < n; i += ROWS) {
    for (let j = 0; j < m; j += COLUMNS) {
      tile(left, right, i * k, j * k, k, sums);
      const rows = Math.min(ROWS, n - i);
      const columns = Math.min(COLUMNS, m - j);
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < columns; c++) out[startOut + (i + r) * m + j + c] = sums[r * COLUMNS + c];
      }
    }
  }
}

function tile(a: Float64Array, b: Float64Array, p: number, q: number, k: number, sums: Float64Array): void {
  let s00 = 0;
  let s01 = 0;
  let s10 = 0;
  let s11 = 0;
  let s20 = 0;
  let s21 = 0;
  let s30 = 0;
  let s31 = 0;
  for (let end = p + k * ROWS; p < end; p += ROWS, q += COLUMNS) {
    const b0 = b[q];
    const b1 = b[q + 1];
    const a0 = a[p];
    const a1 = a[p + 1];
    const a2 = a[p + 2];
    const a3 = a[p + 3];
    s00 += a0 * b0;
    s01 += a0 * b1;
    s10 += a1 * b0;
    s11 += a1 * b1;
    s20 += a2 * b0;
    s21 += a2 * b1;
    s30 += a3 * b0;
    s31 += a3 * b1;
  }
  sums[0] = s00;
  sums[1] = s01;
  sums[2] = s10;
  sums[3] = s11;
  sums[4] = s20;
  sums[5] = s21;
  sums[6] = s30;
  sums[7] = s31;
}
