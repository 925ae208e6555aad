/** Arithmetic of sizes, strides and dimensions. Sizes and strides are plain arrays of numbers, in elements. */
import { IndexError, RuntimeError } from "./errors";

export function numel(shape: readonly number[]): number {
  let n = 1;
  for (let i = 0; i < shape.length; i++) n *= shape[i];
  return n;
}

/** Row-major strides. A size-0 or size-1 dimension counts as 1, as in PyTorch. */
export function contiguousStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= Math.max(shape[i], 1);
  }
  return strides;
}

export function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] === 0) return true;
    if (shape[i] !== 1) {
      if (strides[i] !== step) return false;
      step *= shape[i];
    }
  }
  return true;
}

/** Whether the elements fill one block of memory, each once, in whatever order of dimensions. */
export function isNonOverlappingDense(shape: readonly number[], strides: readonly number[]): boolean {
  if (isContiguous(shape, strides)) return true;
  const order = shape.map((_, i) => i).filter((i) => shape[i] !== 1);
  order.sort((a, b) => strides[a] - strides[b]);
  let step = 1;
  for (const i of order) {
    if (strides[i] !== step) return false;
    step *= shape[i];
  }
  return true;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The shape two shapes broadcast to. Throws PyTorch's RuntimeError naming the first dimension that does not fit, from the right. */
export function broadcastShapes(a: readonly number[], b: readonly number[]): number[] {
  const n = Math.max(a.length, b.length);
  const out = new Array<number>(n);
  for (let i = n - 1; i >= 0; i--) {
    const sa = a[i - n + a.length] ?? 1;
    const sb = b[i - n + b.length] ?? 1;
    if (sa !== sb && sa !== 1 && sb !== 1) {
      throw new RuntimeError(
        `The size of tensor a (${sa}) must match the size of tensor b (${sb}) at non-singleton dimension ${i}`,
      );
    }
    out[i] = sa === 1 ? sb : sa;
  }
  return out;
}

/** Whether `shape` broadcasts to exactly `target`. */
export function isExpandableTo(shape: readonly number[], target: readonly number[]): boolean {
  if (shape.length > target.length) return false;
  for (let i = 1; i <= shape.length; i++) {
    const s = shape[shape.length - i];
    if (s !== 1 && s !== target[target.length - i]) return false;
  }
  return true;
}

/** A dimension counted from either end, as one from the front. A scalar takes 0 and −1. Throws IndexError. */
export function wrapDim(dim: number, rank: number, allowScalar = true): number {
  const n = rank === 0 && allowScalar ? 1 : rank;
  if (dim < -n || dim >= n) {
    if (n === 0) throw new IndexError(`Dimension specified as ${dim} but tensor has no dimensions`);
    throw new IndexError(`Dimension out of range (expected to be in range of [${-n}, ${n - 1}], but got ${dim})`);
  }
  return dim < 0 ? dim + n : dim;
}

/** The dimensions of a reduction: null or none given means all. Throws on a repeated one. */
export function wrapDims(dims: readonly number[] | null, rank: number): number[] {
  if (dims === null || dims.length === 0) return Array.from({ length: rank }, (_, i) => i);
  const out: number[] = [];
  for (const d of dims) {
    const w = wrapDim(d, rank);
    if (out.includes(w)) throw new RuntimeError(`dim ${w} appears multiple times in the list of dims`);
    out.push(w);
  }
  return rank === 0 ? [] : out;
}

/** Sizes as PyTorch writes them: `[2, 3]`. */
export function sizeText(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

/** `shape` with one −1 worked out from the number of elements. Throws PyTorch's texts. */
export function inferSize(shape: readonly number[], n: number): number[] {
  let unknown = -1;
  let product = 1;
  shape.forEach((s, i) => {
    if (s === -1) {
      if (unknown >= 0) throw new RuntimeError("only one dimension can be inferred");
      unknown = i;
    } else if (s < 0) {
      throw new RuntimeError(`invalid shape dimension ${s}`);
    } else {
      product *= s;
    }
  });
  if (unknown < 0 ? product === n : product > 0 && n % product === 0) {
    return unknown < 0 ? [...shape] : shape.map((s) => (s === -1 ? n / product : s));
  }
  if (unknown >= 0 && product === 0 && n === 0) {
    throw new RuntimeError(
      `cannot reshape tensor of 0 elements into shape ${sizeText(shape)} because the unspecified dimension size -1 can be any value and is ambiguous`,
    );
  }
  throw new RuntimeError(`shape '${sizeText(shape)}' is invalid for input of size ${n}`);
}

/** Strides that show the same memory under another shape, or null when no view can (PyTorch's `computeStride`). */
export function viewStrides(
  shape: readonly number[],
  strides: readonly number[],
  target: readonly number[],
): number[] | null {
  const n = numel(shape);
  if (n === 0) return contiguousStrides(target);
  const out = new Array<number>(target.length);
  let t = target.length - 1;
  let chunkStride = shape.length > 0 ? strides[shape.length - 1] : 1;
  let chunk = 1;
  let covered = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    chunk *= shape[i];
    // A chunk ends where the next dimension to the left does not continue this one in memory.
    if (i === 0 || (shape[i - 1] !== 1 && strides[i - 1] !== chunk * chunkStride)) {
      while (t >= 0 && (covered < chunk || target[t] === 1)) {
        out[t] = covered * chunkStride;
        covered *= target[t];
        t--;
      }
      if (covered !== chunk) return null;
      if (i > 0) {
        chunkStride = strides[i - 1];
        chunk = 1;
        covered = 1;
      }
    }
  }
  for (; t >= 0; t--) out[t] = covered * chunkStride;
  return out;
}
