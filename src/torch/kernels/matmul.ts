/** Matrix products. */
import { RuntimeError } from "../errors";
import { allocate, type Tensor } from "../tensor";
import { elements } from "./copy";

/** `[n, k] · [k, m] → [n, m]`. Throws PyTorch's texts where ranks, dtypes or sizes do not fit. */
export function matrixProduct(a: Tensor, b: Tensor): Tensor {
  if (a.ndim !== 2) throw new RuntimeError("self must be a matrix");
  if (b.ndim !== 2) throw new RuntimeError("mat2 must be a matrix");
  const [n, k] = a.shape;
  const [k2, m] = b.shape;
  if (k !== k2) {
    throw new RuntimeError(`mat1 and mat2 shapes cannot be multiplied (${n}x${k} and ${k2}x${m})`);
  }
  sameDtype(a, b);
  const out = allocate([n, m], a.dtype);
  product(elements(a), elements(b), out.storageOf.data, n, k, m, 0, 0, 0);
  return out;
}

/** `[b, n, k] · [b, k, m] → [b, n, m]`. */
export function batchProduct(a: Tensor, b: Tensor): Tensor {
  if (a.ndim !== 3 || b.ndim !== 3) {
    throw new RuntimeError("batch1 must be a 3D tensor");
  }
  const [batch, n, k] = a.shape;
  const [batch2, k2, m] = b.shape;
  if (batch !== batch2 || k !== k2) {
    throw new RuntimeError(
      `Expected size for first two dimensions of batch2 tensor to be: [${batch}, ${k}] but got: [${batch2}, ${k2}].`,
    );
  }
  sameDtype(a, b);
  const out = allocate([batch, n, m], a.dtype);
  const x = elements(a);
  const y = elements(b);
  for (let i = 0; i < batch; i++) product(x, y, out.storageOf.data, n, k, m, i * n * k, i * k * m, i * n * m);
  return out;
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
