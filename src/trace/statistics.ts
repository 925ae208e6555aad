/** Numbers about tensors, read straight from their memory. */
import { isNonOverlappingDense } from "../torch/shape";
import { forEachOffset, type Tensor } from "../torch/tensor";
import { type Numbers, type Statistics, VALUES_MAX } from "./model";
import { toNum } from "./num";

const BINS = 20;
/** Fewer where there are many of them. */
const DISTRIBUTION_BINS = 12;

/** The elements in row-major order; shares memory with a contiguous tensor. */
export function elements(tensor: Tensor): ArrayLike<number> {
  const { data } = tensor.storageOf;
  const count = tensor.numel();
  if (tensor.is_contiguous()) return data.subarray(tensor.storage_offset(), tensor.storage_offset() + count) as never;
  const out = new Float64Array(count);
  let i = 0;
  forEachOffset(tensor.shape, tensor.stride(), tensor.storage_offset(), (at) => {
    out[i++] = Number(data[at]);
  });
  return out;
}

/** The elements in whatever order they lie in memory, for what does not depend on it; shares memory with a transposed tensor too. */
export function unordered(tensor: Tensor): ArrayLike<number> {
  if (!isNonOverlappingDense(tensor.shape, tensor.strides)) return elements(tensor);
  const start = tensor.storage_offset();
  return tensor.storageOf.data.subarray(start, start + tensor.numel()) as never;
}

const known = new WeakMap<Tensor, { version: number; stats: Statistics }>();

/** {@link statistics} of one tensor, which is often seen at several places, and again when a trace is asked for again. */
export function statisticsOf(tensor: Tensor): Statistics {
  const before = known.get(tensor);
  if (before?.version === tensor._version) return before.stats;
  const stats = statistics([unordered(tensor)]);
  known.set(tensor, { version: tensor._version, stats });
  return stats;
}

/** Text, statistics and, if there are few, values of tensors taken together. */
export function numbersOf(tensors: readonly Tensor[]): Numbers {
  const [one, another] = tensors;
  const stats = one && !another ? statisticsOf(one) : statistics(tensors.map(unordered));
  const numbers: Numbers = { text: tensors.map(String).join("\n"), stats };
  if (stats.numel <= VALUES_MAX) numbers.values = tensors.flatMap((tensor) => Array.from(elements(tensor), toNum));
  return numbers;
}

/**
 * NaN is left out of `min` and `max` and counted; `mean` and `norm` are NaN if there is one, as PyTorch's are.
 * An empty tensor has `min` inf and `max` -inf.
 */
export function statistics(parts: readonly ArrayLike<number>[]): Statistics {
  let numel = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let low = min;
  let high = max;
  let sum = 0;
  let zeros = 0;
  let nan = 0;
  let inf = 0;
  for (const part of parts) {
    numel += part.length;
    for (let i = 0; i < part.length; i++) {
      const x = part[i]!;
      sum += x;
      if (x === 0) zeros++;
      if (x < min) min = x;
      if (x > max) max = x;
      if (!Number.isFinite(x)) {
        if (Number.isNaN(x)) nan++;
        else inf++;
        continue;
      }
      if (x < low) low = x;
      if (x > high) high = x;
    }
  }
  const stats: Statistics = {
    numel,
    min: toNum(min),
    max: toNum(max),
    mean: toNum(sum / numel),
    norm: toNum(norm(parts)),
    zeros,
    nan,
    inf,
  };
  if (numel > 1 && low <= high) stats.histogram = histogram(parts, low, high, BINS);
  return stats;
}

/** Of the finite elements; null if there are none. */
export function distribution(part: ArrayLike<number>): { min: number; max: number; counts: number[] } | null {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < part.length; i++) {
    const x = part[i]!;
    if (x < low && x !== Number.NEGATIVE_INFINITY) low = x;
    if (x > high && x !== Number.POSITIVE_INFINITY) high = x;
  }
  return low <= high ? { min: low, max: high, counts: histogram([part], low, high, DISTRIBUTION_BINS) } : null;
}

/** Euclidean norm over all elements. */
export function norm(parts: readonly ArrayLike<number>[]): number {
  let sum = 0;
  for (const part of parts) for (let i = 0; i < part.length; i++) sum += part[i]! * part[i]!;
  return Math.sqrt(sum);
}

function histogram(parts: readonly ArrayLike<number>[], low: number, high: number, bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  const scale = high > low ? bins / (high - low) : 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i++) {
      const x = part[i]!;
      if (x >= low && x <= high) counts[Math.min(Math.floor((x - low) * scale), bins - 1)]!++;
    }
  }
  return counts;
}
