/** Softmax and its logarithm of float32 rows, the order of sums and every rounding as in PyTorch's vectorised kernels. */
import type { TypedArray } from "../dtype";
import { exp32, log32 } from "./singles";

const f = Math.fround;

/** Σ of `term(i)` for i < n: eight lanes take turns, then those four apart, two apart, neighbours; fewer than eight one after the other. */
export function sumOf(n: number, term: (i: number) => number): number {
  if (n < 8) {
    let sum = f(term(0));
    for (let i = 1; i < n; i++) sum = f(sum + f(term(i)));
    return sum;
  }
  const lanes = new Float32Array(8);
  // A product that is not rounded here is fused into its lane.
  for (let i = 0; i < n; i++) lanes[i & 7] += term(i);
  const four = (i: number) => f(lanes[i] + lanes[i + 4]);
  return f(f(four(0) + four(2)) + f(four(1) + four(3)));
}

function largest(data: TypedArray, start: number, n: number): number {
  let most = data[start];
  for (let i = 1; i < n; i++) if (!(data[start + i] <= most)) most = data[start + i];
  return most;
}

/** `out = eˣ⁻ᵐ / Σ` of the row of n floats at `start`. */
export function softmaxRow(data: TypedArray, start: number, n: number, out: Float32Array): void {
  const most = largest(data, start, n);
  for (let i = 0; i < n; i++) out[start + i] = exp32(f(data[start + i] - most));
  const scale = f(1 / sumOf(n, (i) => out[start + i]));
  for (let i = 0; i < n; i++) out[start + i] *= scale;
}

/** `out = x − m − log Σ eˣ⁻ᵐ` of the row of n floats at `start`. */
export function logSoftmaxRow(data: TypedArray, start: number, n: number, out: Float32Array): void {
  const most = largest(data, start, n);
  const log = log32(sumOf(n, (i) => exp32(f(data[start + i] - most))));
  for (let i = 0; i < n; i++) out[start + i] = f(data[start + i] - most) - log;
}

/** `out = (g − Σ g y) y` */
export function softmaxBackwardRow(g: TypedArray, y: TypedArray, start: number, n: number, out: Float32Array): void {
  const share = sumOf(n, (i) => g[start + i] * y[start + i]);
  for (let i = start; i < start + n; i++) out[i] = f(g[i] - share) * y[i];
}

/** `out = g − eʸ Σ g` */
export function logSoftmaxBackwardRow(g: TypedArray, y: TypedArray, start: number, n: number, out: Float32Array): void {
  const share = sumOf(n, (i) => g[start + i]);
  for (let i = start; i < start + n; i++) out[i] = g[i] - exp32(y[i]) * share;
}
