/** Loops that fold dimensions away. Sums run in doubles, whatever is stored. */
import type { DType, TypedArray } from "../dtype";
import { IndexError } from "../errors";
import { numel, wrapDim } from "../shape";
import { alias, allocate, forEachOffset, type Tensor } from "../tensor";
import { castTo } from "./copy";
import { isFloatSum, sumColumns, sumRun, sumStrided } from "./sum";

/** The shape without `dims` (which count from the front), or with 1 in their place. */
export function reducedShape(shape: readonly number[], dims: readonly number[], keepdim: boolean): number[] {
  if (keepdim) return shape.map((s, i) => (dims.includes(i) ? 1 : s));
  return shape.filter((_, i) => !dims.includes(i));
}

/** Kept dimensions first and reduced ones last, so that each result comes from one row-major run of `length` elements. */
export function rows(t: Tensor, dims: readonly number[]): { data: TypedArray; count: number; length: number } {
  const kept = t.shape.map((_, i) => i).filter((i) => !dims.includes(i));
  const order = [...kept, ...dims];
  const shape = order.map((i) => t.shape[i]);
  const moved = alias(
    t,
    shape,
    order.map((i) => t.strides[i]),
    t.offset,
  );
  const length = numel(dims.map((i) => t.shape[i]));
  const data = moved.is_contiguous() ? t.storageOf.data.subarray(t.offset, t.offset + numel(shape)) : moved.flatData();
  return { data, count: numel(kept.map((i) => t.shape[i])), length };
}

/** `f` of each run of elements along `dims`. */
export function reduce(
  t: Tensor,
  dims: readonly number[],
  keepdim: boolean,
  dtype: DType,
  f: (data: TypedArray, start: number, end: number) => number,
): Tensor {
  const { data, count, length } = rows(t, dims);
  const out = allocate(reducedShape(t.shape, dims, keepdim), dtype);
  const to = out.storageOf.data;
  const { cast } = dtype;
  for (let i = 0; i < count; i++) to[i] = cast(f(data, i * length, (i + 1) * length));
  return out;
}

/** Sum of each run of elements along `dims`. */
export function sumReduce(t: Tensor, dims: readonly number[], keepdim: boolean, dtype: DType): Tensor {
  if (!isFloatSum(dtype)) {
    return reduce(t, dims, keepdim, dtype, (data, start, end) => {
      let sum = 0;
      for (let i = start; i < end; i++) sum += data[i];
      return sum;
    });
  }
  t = castTo(t, dtype);
  const out = allocate(reducedShape(t.shape, dims, keepdim), dtype);
  const to = out.storageOf.data;
  const block = middleBlock(t, dims);
  if (block !== null) {
    const { outer, folded, inner } = block;
    for (let i = 0; i < outer; i++) {
      sumColumns(t.storageOf.data, t.offset + i * folded * inner, folded, inner, dtype, to, i * inner);
    }
    return out;
  }
  const trailing = [...dims].sort((a, b) => a - b);
  if (t.is_contiguous() && trailing.every((d, i) => d === t.ndim - trailing.length + i)) {
    const { data, count, length } = rows(t, trailing);
    for (let i = 0; i < count; i++) to[i] = sumRun(data, i * length, length, dtype);
    return out;
  }
  sumStridedDims(t, dims, to);
  return out;
}

/** A dimension of a sum: how far its elements are apart, and its results, 0 where it is folded. */
interface Step {
  size: number;
  from: number;
  to: number;
}

/**
 * The steps of a sum in the order in which PyTorch takes them: folded dimensions inside, by their strides, the kept ones outside,
 * by those of the result; what lies in one line is one step.
 */
function stepsOf(t: Tensor, dims: readonly number[]): Step[] {
  const steps: Step[] = [];
  for (let d = t.ndim - 1, to = 1; d >= 0; d--) {
    const folded = dims.includes(d);
    if (t.shape[d] !== 1) steps.push({ size: t.shape[d], from: t.strides[d], to: folded ? 0 : to });
    if (!folded) to *= t.shape[d];
  }
  const folded = steps.filter((s) => s.to === 0).sort((a, b) => (a.from === 0 || b.from === 0 ? 0 : a.from - b.from));
  const merged: Step[] = [];
  for (const step of [...folded, ...steps.filter((s) => s.to !== 0)]) {
    const last = merged.at(-1);
    if (last && last.size * last.from === step.from && last.size * last.to === step.to) last.size *= step.size;
    else merged.push({ ...step });
  }
  return merged;
}

/** Columns that are summed together where they do not lie side by side. */
const APART = 4;

/** The sum along dimensions of any strides, added to `out`, two steps at a time. */
function sumStridedDims(t: Tensor, dims: readonly number[], out: TypedArray): void {
  const one: Step = { size: 1, from: 0, to: 0 };
  const steps = stepsOf(t, dims);
  // Where nothing is folded each element is a sum.
  if (steps.length > 0 && steps[0].to !== 0) steps.unshift(one);
  const [inner = one, outer = one, ...rest] = steps;
  const { data } = t.storageOf;
  const { dtype } = t;
  const byColumns = inner.from > outer.from && outer.size > 1;
  const width = !byColumns ? 1 : outer.from === 1 ? outer.size : Math.min(APART, outer.size);
  const block = dtype.allocate(inner.size * width);
  const sums = dtype.allocate(width);
  const sum = inner.from === 1 ? sumRun : (values: TypedArray) => sumStrided(values, 0, inner.size, 1, dtype);
  const two = (from: number, to: number) => {
    for (let j = 0; j < outer.size; j += width) {
      const columns = Math.min(width, outer.size - j);
      for (let i = 0, at = 0; i < inner.size; i++) {
        for (let k = j; k < j + columns; k++) block[at++] = data[from + i * inner.from + k * outer.from];
      }
      if (byColumns) sumColumns(block, 0, inner.size, columns, dtype, sums, 0);
      else sums[0] = sum(block, 0, inner.size, dtype);
      for (let k = 0; k < columns; k++) out[to + (j + k) * outer.to] += sums[k];
    }
  };
  const run = (level: number, from: number, to: number): void => {
    if (level < 0) {
      two(from, to);
      return;
    }
    const step = rest[level];
    for (let i = 0; i < step.size; i++) run(level - 1, from + i * step.from, to + i * step.to);
  };
  run(rest.length - 1, t.offset, 0);
}

/** A row-major tensor as `[outer, folded, inner]` when `dims` are neighbours with dimensions behind them; else null. */
function middleBlock(t: Tensor, dims: readonly number[]): { outer: number; folded: number; inner: number } | null {
  const first = Math.min(...dims);
  const end = first + dims.length;
  const neighbours = dims.length > 0 && Math.max(...dims) === end - 1;
  const inner = numel(t.shape.slice(end));
  if (!neighbours || inner === 1 || !t.is_contiguous()) return null;
  return { outer: numel(t.shape.slice(0, first)), folded: numel(t.shape.slice(first, end)), inner };
}

/** Position (along `dim`) of the element that `better` prefers in each run, the first where several are equal; NaN wins. */
export function argBest(
  t: Tensor,
  dim: number,
  better: (x: number, y: number) => boolean,
  name: string,
): { shape: number[]; positions: Float64Array; data: TypedArray; length: number } {
  const d = wrapDim(dim, t.ndim);
  const dims = t.ndim === 0 ? [] : [d];
  const { data, count, length } = rows(t, dims);
  if (length === 0) throw new IndexError(`${name}: Expected reduction dim ${d} to have non-zero size.`);
  const positions = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const start = i * length;
    let best = 0;
    for (let k = 1; k < length && !Number.isNaN(data[start + best]); k++) {
      const x = data[start + k];
      if (better(x, data[start + best]) || Number.isNaN(x)) best = k;
    }
    positions[i] = best;
  }
  return { shape: reducedShape(t.shape, dims, false), positions, data, length };
}

/** `f` turns each run along `dim` into a run of the same length (softmax, cumsum). */
export function scan(
  t: Tensor,
  dim: number,
  dtype: DType,
  f: (data: TypedArray, start: number, end: number, out: Float64Array) => void,
): Tensor {
  const d = wrapDim(dim, t.ndim);
  const dims = t.ndim === 0 ? [] : [d];
  const { data, count, length } = rows(t, dims);
  const out = allocate(t.shape, dtype);
  const to = out.storageOf.data;
  const run = new Float64Array(length);
  const step = t.ndim === 0 ? 1 : out.strides[d];
  const keptShape = t.shape.filter((_, i) => i !== d || t.ndim === 0);
  const keptStrides = out.strides.filter((_, i) => i !== d || t.ndim === 0);
  if (count === 0 || length === 0) return out;
  let i = 0;
  forEachOffset(keptShape, keptStrides, 0, (at) => {
    f(data, i * length, (i + 1) * length, run);
    for (let k = 0; k < length; k++) to[at + k * step] = run[k];
    i++;
  });
  return out;
}
