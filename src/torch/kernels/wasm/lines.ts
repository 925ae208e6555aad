/** Elements of float32 from where they lie into row-major order in WASM. */
import type { Walk } from "../strided";
import { type Kernels, kernels } from ".";

export interface LineFunctions {
  gather32(
    from: number,
    to: number,
    n0: number,
    step0: number,
    n1: number,
    step1: number,
    n2: number,
    step2: number,
    n3: number,
    step3: number,
  ): void;
  compact(from: number, line: number, rows: number, bytes: number): void;
}

/** Fewer elements are moved as fast as they are copied into scratch memory; more would fill it. */
const LEAST = 512;
const MOST = 1 << 18;
/** How many elements of the stretch they lie in come to each that is wanted. */
const SPARSE_MAX = 4;
const DIMS = 4;

/** Whether elements are written one after the other. */
function isPacked({ shape, a }: Walk): boolean {
  let step = 1;
  for (let d = shape.length - 1; d >= 0; step *= shape[d--]) if (a[d] !== step) return false;
  return true;
}

/**
 * `to`, from `p` on, takes the elements of `from` in the order of the walk. False, and nothing done, where `to` is not written
 * one after the other, or where the stretch of `from` is not worth the copy.
 */
export function gather(walk: Walk, to: Float32Array, p: number, from: Float32Array, q: number): boolean {
  const { shape, b } = walk;
  const dims = shape.length;
  if (dims > DIMS) return false;
  let n = 1;
  let span = 1;
  for (let d = 0; d < dims; d++) {
    if (b[d] < 0) return false;
    n *= shape[d];
    span += (shape[d] - 1) * b[d];
  }
  if (n < LEAST || n > MOST || span > SPARSE_MAX * n || !isPacked(walk)) return false;
  const wasm: Kernels | null = kernels();
  if (wasm === null) return false;
  const mark = wasm.mark();
  const [source, out] = [wasm.take(4 * span), wasm.take(4 * n)];
  const { f32, call } = wasm;
  f32.set(from.subarray(q, q + span), source >> 2);
  const size = (i: number) => shape[dims - DIMS + i] ?? 1;
  const step = (i: number) => 4 * (b[dims - DIMS + i] ?? 0);
  call.gather32(source, out, size(0), step(0), size(1), step(1), size(2), step(2), size(3), step(3));
  to.set(f32.subarray(out >> 2, (out >> 2) + n), p);
  wasm.release(mark);
  return true;
}
