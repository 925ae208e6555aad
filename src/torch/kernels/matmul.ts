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

/** Row by row: each row of the result is a combination of rows of `b`, summed in doubles. */
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
  const row = new Float64Array(m);
  for (let i = 0; i < n; i++) {
    row.fill(0);
    for (let p = 0; p < k; p++) {
      const x = a[startA + i * k + p];
      const base = startB + p * m;
      for (let j = 0; j < m; j++) row[j] += x * b[base + j];
    }
    const to = startOut + i * m;
    for (let j = 0; j < m; j++) out[to + j] = row[j];
  }
}
