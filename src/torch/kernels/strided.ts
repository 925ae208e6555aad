/** Moves elements from one geometry to another of the same shape. */
import type { TypedArray } from "../dtype";
import { gather } from "./wasm/lines";

/** A walk over two memories at once: sizes, and the step of each dimension in both. */
export interface Walk {
  shape: number[];
  a: number[];
  b: number[];
}

/** The same walk in as few dimensions as it takes: neighbours that follow on in both memories become one. */
export function merged(shape: readonly number[], a: readonly number[], b: readonly number[]): Walk {
  const walk: Walk = { shape: [], a: [], b: [] };
  for (let d = 0; d < shape.length; d++) {
    const size = shape[d];
    if (size === 1) continue;
    const last = walk.shape.length - 1;
    if (last >= 0 && walk.a[last] === a[d] * size && walk.b[last] === b[d] * size) {
      walk.shape[last] *= size;
      walk.a[last] = a[d];
      walk.b[last] = b[d];
    } else {
      walk.shape.push(size);
      walk.a.push(a[d]);
      walk.b.push(b[d]);
    }
  }
  if (walk.shape.length === 0) return { shape: [1], a: [0], b: [0] };
  return walk;
}

/** Where a tensor's elements stand. */
export interface Place {
  data: TypedArray;
  offset: number;
  strides: readonly number[];
}

/** Below this a loop is faster than a call that copies. */
const SHORT = 24;
/** Rows and columns of a square that stays in the first-level cache while it is turned. */
const TILE = 16;

/** `to[…] = from[…]` for every index of `shape`, through `cast` unless it is null. */
export function move(shape: readonly number[], to: Place, from: Place, cast: ((x: number) => number) | null): void {
  for (const size of shape) if (size === 0) return;
  const walk = merged(shape, to.strides, from.strides);
  if (cast !== null) moveCast(walk, 0, to.data, to.offset, from.data, from.offset, cast);
  else if (to.data instanceof Float32Array && from.data instanceof Float32Array) {
    if (gather(walk, to.data, to.offset, from.data, from.offset)) return;
    moveFloats(walk, 0, to.data, to.offset, from.data, from.offset);
  } else moveAny(walk, 0, to.data, to.offset, from.data, from.offset);
}

// One body for each kind of memory: the compiler then knows how to read it.

function moveFloats(walk: Walk, dim: number, to: Float32Array, p: number, from: Float32Array, q: number): void {
  const { shape, a, b } = walk;
  const n = shape[dim];
  const stepTo = a[dim];
  const stepFrom = b[dim];
  const last = shape.length - 1;
  if (dim === last) {
    if (stepTo === 1 && stepFrom === 1 && n > SHORT) to.set(from.subarray(q, q + n), p);
    else if (stepTo === 1 && stepFrom === 0) to.fill(from[q], p, p + n);
    else for (let i = 0; i < n; i++, p += stepTo, q += stepFrom) to[p] = from[q];
    return;
  }
  if (dim === last - 1 && b[last] !== 1 && n >= TILE && shape[last] >= TILE) {
    turn(to, p, from, q, n, shape[last], stepTo, a[last], stepFrom, b[last]);
    return;
  }
  for (let i = 0; i < n; i++) moveFloats(walk, dim + 1, to, p + i * stepTo, from, q + i * stepFrom);
}

/** Two dimensions in squares, so that neither memory is read line by line for one element each. */
function turn(
  to: Float32Array,
  p: number,
  from: Float32Array,
  q: number,
  rows: number,
  columns: number,
  rowTo: number,
  columnTo: number,
  rowFrom: number,
  columnFrom: number,
): void {
  for (let i = 0; i < rows; i += TILE) {
    const endRow = Math.min(rows, i + TILE);
    for (let j = 0; j < columns; j += TILE) {
      const endColumn = Math.min(columns, j + TILE);
      for (let r = i; r < endRow; r++) {
        let x = p + r * rowTo + j * columnTo;
        let y = q + r * rowFrom + j * columnFrom;
        for (let c = j; c < endColumn; c++, x += columnTo, y += columnFrom) to[x] = from[y];
      }
    }
  }
}

function moveAny(walk: Walk, dim: number, to: TypedArray, p: number, from: TypedArray, q: number): void {
  const { shape, a, b } = walk;
  const n = shape[dim];
  if (dim < shape.length - 1) {
    for (let i = 0; i < n; i++) moveAny(walk, dim + 1, to, p + i * a[dim], from, q + i * b[dim]);
    return;
  }
  const stepTo = a[dim];
  const stepFrom = b[dim];
  if (stepTo === 1 && stepFrom === 1 && n > SHORT) to.set(from.subarray(q, q + n), p);
  else for (let i = 0; i < n; i++, p += stepTo, q += stepFrom) to[p] = from[q];
}

function moveCast(
  walk: Walk,
  dim: number,
  to: TypedArray,
  p: number,
  from: TypedArray,
  q: number,
  cast: (x: number) => number,
): void {
  const { shape, a, b } = walk;
  const n = shape[dim];
  if (dim < shape.length - 1) {
    for (let i = 0; i < n; i++) moveCast(walk, dim + 1, to, p + i * a[dim], from, q + i * b[dim], cast);
    return;
  }
  for (let i = 0; i < n; i++, p += a[dim], q += b[dim]) to[p] = cast(from[q]);
}
