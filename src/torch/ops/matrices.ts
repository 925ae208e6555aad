/** What the linear-algebra ops share: checks in PyTorch's words, batches of matrices, triangles and diagonals. */
import type { DType } from "../dtype";
import { LinAlgError, RuntimeError } from "../errors";
import { elements } from "../kernels/copy";
import { numel } from "../shape";
import { fromData, type Tensor } from "../tensor";

export const rowsOf = (t: { shape: number[] }): number => t.shape[t.shape.length - 2];
export const columnsOf = (t: { shape: number[] }): number => t.shape[t.shape.length - 1];
export const batchOf = (t: { shape: number[] }): number[] => t.shape.slice(0, -2);

export function checkMatrix(t: Tensor, name: string, argument = "A"): void {
  if (t.ndim < 2) throw new RuntimeError(`${name}: The input tensor ${argument} must have at least 2 dimensions.`);
}

export function checkSquare(t: Tensor, name: string, argument = "A"): void {
  checkMatrix(t, name, argument);
  if (rowsOf(t) !== columnsOf(t)) {
    throw new RuntimeError(
      `${name}: ${argument} must be batches of square matrices, but they are ${rowsOf(t)} by ${columnsOf(t)} matrices`,
    );
  }
}

export function checkFloating(t: Tensor, name: string): void {
  if (!t.dtype.is_floating_point) {
    throw new RuntimeError(`${name}: Expected a floating point or complex tensor as input. Got ${t.dtype.scalarName}`);
  }
}

/** Calls `f` with a copy in doubles of each matrix of a batch. */
export function eachMatrix(t: Tensor, f: (matrix: Float64Array, batch: number) => void): void {
  const size = rowsOf(t) * columnsOf(t);
  const data = elements(t);
  const count = numel(batchOf(t));
  for (let i = 0; i < count; i++) f(Float64Array.from(data.subarray(i * size, (i + 1) * size)), i);
}

/** Throws LinAlgError, unless told otherwise, for the first matrix of a batch that failed. */
export function checkInfo(
  info: Tensor,
  name: string,
  text: (info: number) => string,
  error: new (message: string) => Error = LinAlgError,
): void {
  const values = elements(info);
  const bad = values.findIndex((v) => v !== 0);
  if (bad < 0) return;
  const batch = info.ndim === 0 ? "" : `(Batch element ${bad}): `;
  throw new error(`${name}: ${batch}${text(values[bad])}`);
}

/** Exchanges the last two dimensions. */
export const adjoint = (t: Tensor): Tensor => t.transpose(-2, -1);

export function identity(n: number, dtype: DType): Tensor {
  const data = dtype.allocate(n * n);
  for (let i = 0; i < n; i++) data[i * n + i] = 1;
  return fromData(data, dtype, [n, n]);
}

/** Diagonal matrices of vectors. */
export const diagonalMatrix = (v: Tensor): Tensor => v.unsqueeze(-1).mul(identity(v.shape[v.ndim - 1], v.dtype));

/** The trace's parts: the diagonal of square matrices. */
export const diagonalOf = (t: Tensor): Tensor => t.mul(identity(columnsOf(t), t.dtype)).sum([-1]);

/** A vector per batch, rather than a matrix, on the right of `A X = B`. */
export function isVectorSide(a: Tensor, b: Tensor): boolean {
  const batch = a.shape.slice(0, -1);
  return b.ndim === 1 || (a.ndim - 1 === b.ndim && batch.every((s, i) => s === b.shape[i]));
}
