/** Loops that place elements where an index says. */
import type { DType, TypedArray } from "../dtype";
import { Category } from "../dtype";
import { IndexError, RuntimeError } from "../errors";
import { sizeText } from "../shape";
import { alias, forEachOffset, type Tensor } from "../tensor";
import { integers } from "./copy";

const atLeast1d = (t: Tensor): Tensor => (t.ndim > 0 ? t : alias(t, [1], [1], t.offset));

/** A dimension of a tensor, a scalar's being that of a vector of one. */
export const sizeAlong = (t: Tensor, dim: number): number => (t.ndim === 0 ? 1 : t.shape[dim]);

/** Memory positions of `t` under the shape of an index that may be smaller than it. */
function positionsUnder(shape: readonly number[], strides: readonly number[], offset: number): Float64Array {
  const out = new Float64Array(shape.reduce((a, b) => a * b, 1));
  let i = 0;
  forEachOffset(shape, strides, offset, (at) => {
    out[i++] = at;
  });
  return out;
}

/**
 * For each element of an index in row-major order: where in `target` it points along `dim`, and where in `source` its
 * own place is. Throws PyTorch's texts for an index of the wrong shape or beyond the end.
 */
export function pointedAt(
  target: Tensor,
  dim: number,
  index: Tensor,
  source: Tensor | null,
): { to: Float64Array; from: Float64Array } {
  const [x, at] = [atLeast1d(target), atLeast1d(index)];
  const src = source === null ? null : atLeast1d(source);
  if (index.numel() === 0) return { to: new Float64Array(0), from: new Float64Array(0) };
  if (at.ndim !== x.ndim) {
    throw new RuntimeError("Index tensor must have the same number of dimensions as self tensor");
  }
  if (src !== null && at.ndim !== src.ndim) {
    throw new RuntimeError("Index tensor must have the same number of dimensions as src tensor");
  }
  const tooLarge = at.shape.some((s, d) => (d !== dim && s > x.shape[d]) || (src !== null && s > src.shape[d]));
  if (tooLarge) {
    throw new RuntimeError(
      src === null
        ? `Expected index ${sizeText(index.shape)} to be smaller than self ${sizeText(target.shape)} apart from dimension ${dim}`
        : `Expected index ${sizeText(index.shape)} to be smaller than self ${sizeText(target.shape)} apart from dimension ${dim} and to be smaller size than src ${sizeText(source!.shape)}`,
    );
  }
  const to = positionsUnder(at.shape, x.strides.with(dim, 0), x.offset);
  const n = x.shape[dim];
  const step = x.strides[dim];
  integers(at).forEach((v, i) => {
    if (v < 0 || v >= n) throw new RuntimeError(`index ${v} is out of bounds for dimension ${dim} with size ${n}`);
    to[i] += v * step;
  });
  return { to, from: src === null ? to : positionsUnder(at.shape, src.strides, src.offset) };
}

/** The same for an int64 vector that names slices of `target` along `dim`: slice k of `source` goes to the k-th named one. */
export function slicesAt(
  target: Tensor,
  dim: number,
  index: Tensor,
  source: Tensor,
  name: string,
): { to: Float64Array; from: Float64Array } {
  if (index.ndim > 1) throw new IndexError(`${name}(): Index is supposed to be a vector`);
  const [x, src] = [atLeast1d(target), atLeast1d(source)];
  const n = x.shape[dim];
  const at = integers(atLeast1d(index));
  const slice = src.shape.with(dim, 1);
  const to: number[] = [];
  const from: number[] = [];
  at.forEach((v, k) => {
    if (v < 0 || v >= n) {
      throw new IndexError(
        name === "index_copy_"
          ? `index_copy_(): index ${v} is out of bounds for dimension ${dim} with size ${n}`
          : "index out of range in self",
      );
    }
    forEachOffset(slice, x.strides, x.offset + v * x.strides[dim], (p) => void to.push(p));
    forEachOffset(slice, src.strides, src.offset + k * src.strides[dim], (p) => void from.push(p));
  });
  return { to: Float64Array.from(to), from: Float64Array.from(from) };
}

export type Reduction = "sum" | "prod" | "mean" | "amax" | "amin";

const steps: Record<Reduction, (a: number, b: number) => number> = {
  sum: (a, b) => a + b,
  mean: (a, b) => a + b,
  prod: (a, b) => a * b,
  amax: (a, b) => (Number.isNaN(a) || a > b ? a : b),
  amin: (a, b) => (Number.isNaN(a) || a < b ? a : b),
};
const starts: Record<Reduction, number> = { sum: 0, mean: 0, prod: 1, amax: -Infinity, amin: Infinity };

/** Folds `from[fromAt[i]]` into `data[to[i]]`; what stood there takes part only with `includeSelf`. */
export function reduceInto(
  data: TypedArray,
  to: Float64Array,
  from: TypedArray,
  fromAt: Float64Array,
  reduction: Reduction,
  includeSelf: boolean,
  dtype: DType,
): void {
  const f = steps[reduction];
  const { cast } = dtype;
  const counts = new Map<number, number>();
  for (let i = 0; i < to.length; i++) {
    const p = to[i];
    const seen = counts.get(p);
    if (seen === undefined && !includeSelf) data[p] = cast(f(starts[reduction], from[fromAt[i]]));
    else data[p] = cast(f(data[p], from[fromAt[i]]));
    counts.set(p, (seen ?? Number(includeSelf)) + 1);
  }
  if (reduction !== "mean") return;
  for (const [p, n] of counts) {
    data[p] = dtype.category === Category.Floating ? data[p] / n : Math.floor(data[p] / n);
  }
}
