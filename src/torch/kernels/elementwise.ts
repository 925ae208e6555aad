/** Loops that take each element by itself. Arithmetic is in doubles and rounded once, when stored. */
import { bool, Category, type DType, float32 } from "../dtype";
import { resultType, resultTypeOfTwo } from "../promotion";
import { broadcastShapes, contiguousStrides, isNonOverlappingDense, numel, sameShape } from "../shape";
import { alias, allocate, fromData, stridedFromData, type Tensor } from "../tensor";
import { broadcastStrides, castTo, elements, emptyLike } from "./copy";
import { unwrittenFloats } from "./memory";
import {
  addFloats as addInWasm,
  type BinaryKernel,
  kernelsFor,
  type Mapped,
  mapFloats,
  mapLines,
  type Strided,
  type UnaryKernel,
  WASM_FROM,
  type Zipped,
  zipFloats,
} from "./wasm/elementwise";

/** `f` of each element, in `dtype`. */
export function map(t: Tensor, f: Mapped, dtype: DType = t.dtype): Tensor {
  const out = mapVectors(t, f, dtype);
  if (f.tail !== undefined && dtype === float32 && t.dtype === float32) mapTails(t, f.tail, out);
  return out;
}

/** PyTorch's loops take sixteen floats of a run at a time, and what is left one by one, by the C library's functions. */
const STEP = 16;

function mapTails(t: Tensor, f: (x: number) => number, out: Tensor): void {
  const n = numel(t.shape);
  if (n === 0) return;
  const to = out.storageOf.data;
  const dense = isNonOverlappingDense(t.shape, t.strides);
  const from = dense ? t.storageOf.data : t.flatData();
  const start = dense ? t.offset : 0;
  const run = dense ? n : innerRun(t);
  for (let end = run; end <= n; end += run) {
    for (let i = end - (run % STEP); i < end; i++) to[i] = f(from[start + i]);
  }
}

/** How many elements lie side by side along the last dimensions. One alone counts as a run of its own. */
function innerRun({ shape, strides }: Tensor): number {
  let run = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    if (shape[d] === 1) continue;
    if (strides[d] !== run) break;
    run *= shape[d];
  }
  return run;
}

function mapVectors(t: Tensor, f: Mapped, dtype: DType): Tensor {
  const n = numel(t.shape);
  if (n >= WASM_FROM && dtype === float32 && f.kernel !== undefined) {
    const out = mapInWasm(t, f.kernel, f);
    if (out !== null) return out;
  }
  if (dtype === float32) f = f.single ?? f;
  const out = emptyLike(t, dtype);
  const to = out.storageOf.data;
  if (dtype === float32 && t.dtype === float32 && t.is_contiguous()) {
    eachFloat(t.storageOf.data as Float32Array, t.offset, to as Float32Array, f);
  } else if (isNonOverlappingDense(t.shape, t.strides)) {
    const from = t.storageOf.data;
    const start = t.offset;
    for (let i = 0; i < n; i++) to[i] = f(from[start + i]);
  } else {
    const from = t.flatData();
    for (let i = 0; i < n; i++) to[i] = f(from[i]);
  }
  return out;
}

/** The loop of `map` where a kernel serves; `f` computes what is beyond it. Null for small tensors and other dtypes. */
export function mapInWasm(t: Tensor, kernel: UnaryKernel, f: (x: number) => number = unreachable): Tensor | null {
  const n = numel(t.shape);
  const wasm = t.dtype === float32 ? kernelsFor(n) : null;
  if (wasm === null) return null;
  const dense = isNonOverlappingDense(t.shape, t.strides);
  const out = stridedFromData(unwrittenFloats(n), float32, t.shape, dense ? t.strides : contiguousStrides(t.shape));
  if (!dense && mapLines(wasm, kernel, f, t.shape, strided(t, t.strides), out.storageOf.data as Float32Array))
    return out;
  const from = (dense ? t.storageOf.data : t.flatData()) as Float32Array;
  mapFloats(wasm, kernel, f, from, dense ? t.offset : 0, out.storageOf.data as Float32Array, n);
  return out;
}

function unreachable(): never {
  throw new Error("This kernel covers every number.");
}

// Loops over one kind of array only: the compiler then knows how to read it.

function eachFloat(from: Float32Array, start: number, to: Float32Array, f: (x: number) => number): void {
  for (let i = 0; i < to.length; i++) to[i] = f(from[start + i]);
}

function eachPair(
  x: Float32Array,
  p: number,
  y: Float32Array,
  q: number,
  to: Float32Array,
  f: (x: number, y: number) => number,
): void {
  for (let i = 0; i < to.length; i++) to[i] = f(x[p + i], y[q + i]);
}

function eachFloatWith(
  x: Float32Array,
  p: number,
  y: number,
  to: Float32Array,
  f: (x: number, y: number) => number,
): void {
  for (let i = 0; i < to.length; i++) to[i] = f(x[p + i], y);
}

/** The everyday case of `zip`: float32 throughout, few elements, one shape (or a single number on the right); null for any other. */
function zipSmall(a: Tensor, b: Tensor, f: (x: number, y: number) => number): Tensor | null {
  if (a.dtype !== float32 || !a.is_contiguous()) return null;
  const x = a.storageOf.data as Float32Array;
  if (b.shape.length === 0) {
    const out = emptyLike(a, float32);
    const number = Math.fround(b.storageOf.data[b.offset]);
    eachFloatWith(x, a.offset, number, out.storageOf.data as Float32Array, f);
    return out;
  }
  if (b.dtype !== float32 || !sameShape(a.shape, b.shape) || !b.is_contiguous()) return null;
  const out = emptyLike(a, float32);
  const y = b.storageOf.data as Float32Array;
  eachPair(x, a.offset, y, b.offset, out.storageOf.data as Float32Array, f);
  return out;
}

/** From so many elements on a sum in place is worth the copies. */
const ADD_FROM = 256;

/** Adds `from` to the memory of `to` where both lie alike, as gradients do; false, and nothing done, where they do not. */
export function addInto(to: Tensor, from: Tensor): boolean {
  if (to.dtype !== from.dtype || to.dtype.category !== Category.Floating || to.dtype.roundsAfterwards) return false;
  if (!sameShape(to.shape, from.shape) || !to.is_contiguous() || !from.is_contiguous()) return false;
  const n = numel(to.shape);
  to.storageOf.aboutToChange();
  if (to.dtype === float32) {
    addFloats(to.storageOf.data as Float32Array, to.offset, from.storageOf.data as Float32Array, from.offset, n);
  } else {
    const x = to.storageOf.data;
    const y = from.storageOf.data;
    for (let i = 0, p = to.offset, q = from.offset; i < n; i++) x[p++] += y[q++];
  }
  to.versions.n++;
  return true;
}

function addFloats(x: Float32Array, p: number, y: Float32Array, q: number, n: number): void {
  const wasm = n < ADD_FROM ? null : kernelsFor(n);
  if (wasm !== null) addInWasm(wasm, x, p, y, q, n);
  else for (let i = 0; i < n; i++) x[p + i] += y[q + i];
}

/** `f` of each pair of elements, broadcast, both cast to `common` first; the result is in `dtype`. */
export function zip(
  a: Tensor,
  b: Tensor,
  f: Zipped,
  common: DType = resultTypeOfTwo(a, b),
  dtype: DType = common,
): Tensor {
  if (common === float32 && dtype === float32 && a.numel() < WASM_FROM) {
    const out = zipSmall(a, b, f);
    if (out !== null) return out;
  }
  const shape = sameShape(a.shape, b.shape) ? a.shape : broadcastShapes(a.shape, b.shape);
  const n = numel(shape);
  if (n === 0) return allocate(shape, dtype);
  a = castTo(a, common);
  b = castTo(b, common);
  if (dtype === float32 && (f.kernel !== undefined || f.k !== undefined)) {
    const out = zipInWasm(a, b, f.kernel ?? "axpy32", f, f.k);
    if (out !== null) return out;
  }
  const x = a.storageOf.data;
  const y = b.storageOf.data;
  if (b.shape.length === 0 && isNonOverlappingDense(a.shape, a.strides)) {
    const out = emptyLike(a, dtype);
    const to = out.storageOf.data;
    const scalar = y[b.offset];
    for (let i = 0, p = a.offset; i < n; i++, p++) to[i] = f(x[p], scalar);
    return out;
  }
  if (sameShape(a.shape, b.shape) && sameShape(a.strides, b.strides) && isNonOverlappingDense(a.shape, a.strides)) {
    const out = emptyLike(a, dtype);
    const to = out.storageOf.data;
    for (let i = 0, p = a.offset, q = b.offset; i < n; i++, p++, q++) to[i] = f(x[p], y[q]);
    return out;
  }
  const out = allocate(shape, dtype);
  zipStrided(out, a, b, f);
  return out;
}

const strided = (t: Tensor, strides: readonly number[]): Strided => ({
  data: t.storageOf.data as Float32Array,
  offset: t.offset,
  strides,
});

/** The loop of `zip` where a kernel serves; `k` is axpy's factor. Null for small tensors and other dtypes. */
export function zipInWasm(
  a: Tensor,
  b: Tensor,
  kernel: BinaryKernel | "axpy32",
  f: (x: number, y: number) => number = unreachable,
  k = 0,
): Tensor | null {
  if (a.dtype !== float32 || b.dtype !== float32) return null;
  const shape = sameShape(a.shape, b.shape) ? a.shape : broadcastShapes(a.shape, b.shape);
  const n = numel(shape);
  const wasm = kernelsFor(n);
  if (wasm === null) return null;
  const loop = { kernel, f, k };
  const isNumber = b.shape.length === 0;
  const alike = isNumber || (sameShape(a.shape, b.shape) && sameShape(a.strides, b.strides));
  if (alike && isNonOverlappingDense(a.shape, a.strides)) {
    const out = stridedFromData(unwrittenFloats(n), float32, a.shape, a.strides);
    zipFloats(wasm, loop, [n], strided(a, [1]), strided(b, [isNumber ? 0 : 1]), out.storageOf.data as Float32Array);
    return out;
  }
  const out = fromData(unwrittenFloats(n), float32, shape);
  const [left, right] = [strided(a, broadcastStrides(a, shape)), strided(b, broadcastStrides(b, shape))];
  zipFloats(wasm, loop, shape, left, right, out.storageOf.data as Float32Array);
  return out;
}

/** Walks two broadcast operands and a row-major result, the innermost dimension in a tight loop. */
function zipStrided(out: Tensor, a: Tensor, b: Tensor, f: (x: number, y: number) => number): void {
  const { shape } = out;
  const to = out.storageOf.data;
  const x = a.storageOf.data;
  const y = b.storageOf.data;
  const sa = broadcastStrides(a, shape);
  const sb = broadcastStrides(b, shape);
  const rank = shape.length;
  if (rank === 0) {
    to[0] = f(x[a.offset], y[b.offset]);
    return;
  }
  const inner = shape[rank - 1];
  const stepA = sa[rank - 1];
  const stepB = sb[rank - 1];
  const index = new Array<number>(rank).fill(0);
  let pa = a.offset;
  let pb = b.offset;
  for (let i = 0; ; ) {
    for (let k = 0, p = pa, q = pb; k < inner; k++, p += stepA, q += stepB) to[i++] = f(x[p], y[q]);
    let d = rank - 2;
    for (; d >= 0; d--) {
      pa += sa[d];
      pb += sb[d];
      if (++index[d] < shape[d]) break;
      pa -= sa[d] * shape[d];
      pb -= sb[d] * shape[d];
      index[d] = 0;
    }
    if (d < 0) return;
  }
}

/** A yes or no for each pair of elements. */
export function compare(a: Tensor, b: Tensor, f: (x: number, y: number) => boolean): Tensor {
  return zip(a, b, f as unknown as (x: number, y: number) => number, resultType(a, b), bool);
}

/** `condition ? a : b`, broadcast, for the elements of three tensors. */
export function select(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  const dtype = resultType(a, b);
  const shape = broadcastShapes(broadcastShapes(condition.shape, a.shape), b.shape);
  const view = (t: Tensor) => elements(alias(t, shape, broadcastStrides(t, shape), t.offset));
  const yes = view(condition);
  const x = view(castTo(a, dtype));
  const y = view(castTo(b, dtype));
  const out = allocate(shape, dtype);
  const to = out.storageOf.data;
  for (let i = 0; i < to.length; i++) to[i] = yes[i] !== 0 ? x[i] : y[i];
  return out;
}

/** `f` of each triple of elements, broadcast, all cast to `dtype` first. */
export function zip3(
  a: Tensor,
  b: Tensor,
  c: Tensor,
  f: (x: number, y: number, z: number) => number,
  dtype: DType = resultType(a, b, c),
): Tensor {
  const shape = broadcastShapes(broadcastShapes(a.shape, b.shape), c.shape);
  const view = (t: Tensor) => {
    const cast = castTo(t, dtype);
    return elements(alias(cast, shape, broadcastStrides(cast, shape), cast.offset));
  };
  const [x, y, z] = [view(a), view(b), view(c)];
  const out = allocate(shape, dtype);
  const to = out.storageOf.data;
  for (let i = 0; i < to.length; i++) to[i] = f(x[i], y[i], z[i]);
  return out;
}
