/** Softmax and its logarithm of float32 rows, the order of sums and every rounding as in PyTorch's vectorised kernels. */
import type { TypedArray } from "../dtype";
import { exp32, log32, plainExp32 } from "./singles";

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

// ── along a dimension that is not the last ──────────────────────────────────────────────────────────────────────

/** A dimension of n, with `inner` elements behind each place of it: eight of those go together where there are as many. */
export interface Along {
  n: number;
  inner: number;
}

/** Calls `run` with where each line begins and whether it is one of eight side by side. */
function lines(size: number, { n, inner }: Along, run: (start: number, together: boolean) => void): void {
  const whole = inner - (inner % 8);
  for (let outer = 0; outer < size; outer += n * inner) {
    for (let i = 0; i < inner; i++) run(outer + i, i < whole);
  }
}

function largestAlong(data: TypedArray, start: number, { n, inner }: Along): number {
  let most = data[start];
  for (let i = 1, at = start + inner; i < n; i++, at += inner) if (!(data[at] <= most)) most = data[at];
  return most;
}

/** `eˣ⁻ᵐ / Σ` of each line along a dimension. */
export function softmaxAlong(data: TypedArray, along: Along, out: Float32Array): void {
  const { n, inner } = along;
  lines(out.length, along, (start, together) => {
    const most = largestAlong(data, start, along);
    const exp = together ? exp32 : plainExp32;
    let sum = 0;
    for (let i = 0, at = start; i < n; i++, at += inner) {
      out[at] = exp(f(data[at] - most));
      sum = f(sum + out[at]);
    }
    for (let i = 0, at = start; i < n; i++, at += inner) out[at] /= sum;
  });
}

/** `x − m − log Σ eˣ⁻ᵐ` of each line along a dimension. */
export function logSoftmaxAlong(data: TypedArray, along: Along, out: Float32Array): void {
  const { n, inner } = along;
  lines(out.length, along, (start, together) => {
    const most = largestAlong(data, start, along);
    const [exp, log] = together ? [exp32, log32] : [plainExp32, Math.log];
    let sum = 0;
    for (let i = 0, at = start; i < n; i++, at += inner) sum = f(sum + f(exp(f(data[at] - most))));
    const rest = f(log(sum));
    for (let i = 0, at = start; i < n; i++, at += inner) out[at] = f(data[at] - most) - rest;
  });
}

/** `(g − Σ g y) y` of each line. */
export function softmaxBackwardAlong(g: TypedArray, y: TypedArray, along: Along, out: Float32Array): void {
  const { n, inner } = along;
  lines(out.length, along, (start) => {
    let share = 0;
    for (let i = 0, at = start; i < n; i++, at += inner) share = f(share + g[at] * y[at]);
    for (let i = 0, at = start; i < n; i++, at += inner) out[at] = f(g[at] - share) * y[at];
  });
}

/** `g − eʸ Σ g` of each line. */
export function logSoftmaxBackwardAlong(g: TypedArray, y: TypedArray, along: Along, out: Float32Array): void {
  const { n, inner } = along;
  lines(out.length, along, (start, together) => {
    const exp = together ? exp32 : plainExp32;
    let share = 0;
    for (let i = 0, at = start; i < n; i++, at += inner) share = f(share + g[at]);
    for (let i = 0, at = start; i < n; i++, at += inner) out[at] = g[at] - exp(y[at]) * share;
  });
}
