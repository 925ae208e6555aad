/** Softmax and layer normalisation of float32 rows in WASM, a block of rows at a time. */
import type { Kernels } from ".";

export interface RowFunctions {
  softmax32(from: number, to: number, rows: number, n: number): void;
  log_softmax32(from: number, to: number, rows: number, n: number): void;
  softmax_backward32(g: number, y: number, to: number, rows: number, n: number): void;
  log_softmax_backward32(g: number, y: number, to: number, rows: number, n: number): void;
  moments32(from: number, mean: number, rstd: number, rows: number, n: number, eps: number): void;
  normalize32(
    from: number,
    to: number,
    mean: number,
    rstd: number,
    weight: number,
    bias: number,
    rows: number,
    n: number,
  ): void;
  normalize_backward32(
    from: number,
    g: number,
    weight: number,
    mean: number,
    rstd: number,
    to: number,
    products: number,
    rows: number,
    n: number,
    plain: number,
  ): void;
  normalize_weight32(from: number, g: number, mean: number, rstd: number, to: number, rows: number, n: number): void;
}

/** Elements of a block. */
const CHUNK = 1 << 14;
/** A row's last vector may reach past it. */
const SLACK = 16;

/** Calls `run` with the first row of each block and how many it has, the blocks small enough for scratch memory. */
function blocks(rows: number, n: number, run: (first: number, count: number) => void): void {
  const most = Math.max(1, Math.floor(CHUNK / n));
  for (let first = 0; first < rows; first += most) run(first, Math.min(most, rows - first));
}

const roomFor = (rows: number, n: number): number => 4 * Math.min(rows * n, Math.max(n, CHUNK)) + SLACK;

const part = (data: Float32Array, first: number, count: number, n: number): Float32Array =>
  data.subarray(first * n, (first + count) * n);

/** `to = softmax(x)` (or its logarithm) of each row. */
export function softmaxRows(
  wasm: Kernels,
  name: "softmax32" | "log_softmax32",
  x: Float32Array,
  to: Float32Array,
  rows: number,
  n: number,
): void {
  const mark = wasm.mark();
  const [from, out] = [wasm.take(roomFor(rows, n)), wasm.take(roomFor(rows, n))];
  const { f32, call } = wasm;
  blocks(rows, n, (first, count) => {
    f32.set(part(x, first, count, n), from >> 2);
    call[name](from, out, count, n);
    to.set(f32.subarray(out >> 2, (out >> 2) + count * n), first * n);
  });
  wasm.release(mark);
}

/** The gradient of softmax (or its logarithm) from its result, for each row. */
export function softmaxBackwardRows(
  wasm: Kernels,
  name: "softmax_backward32" | "log_softmax_backward32",
  g: Float32Array,
  y: Float32Array,
  to: Float32Array,
  rows: number,
  n: number,
): void {
  const mark = wasm.mark();
  const [dy, result, out] = [0, 1, 2].map(() => wasm.take(roomFor(rows, n)));
  const { f32, call } = wasm;
  blocks(rows, n, (first, count) => {
    f32.set(part(g, first, count, n), dy >> 2);
    f32.set(part(y, first, count, n), result >> 2);
    call[name](dy, result, out, count, n);
    to.set(f32.subarray(out >> 2, (out >> 2) + count * n), first * n);
  });
  wasm.release(mark);
}

/** What a layer's rows are normalised with; null stands for ones and zeros. */
export interface Affine {
  weight: Float32Array | null;
  bias: Float32Array | null;
}

function load(wasm: Kernels, values: Float32Array | null, otherwise: number, n: number, at: number): void {
  if (values === null) wasm.f32.fill(otherwise, at >> 2, (at >> 2) + n);
  else wasm.f32.set(values, at >> 2);
}

/** `to = (x − mean) rstd · weight + bias` of each row, whose mean and rstd are written too. */
export function normalizeRows(
  wasm: Kernels,
  x: Float32Array,
  { weight, bias }: Affine,
  eps: number,
  to: Float32Array,
  mean: Float32Array,
  rstd: Float32Array,
  n: number,
): void {
  const rows = mean.length;
  const mark = wasm.mark();
  const [from, out] = [wasm.take(roomFor(rows, n)), wasm.take(roomFor(rows, n))];
  const [w, b] = [wasm.take(4 * n + SLACK), wasm.take(4 * n + SLACK)];
  const [m, s] = [wasm.take(4 * rows), wasm.take(4 * rows)];
  const { f32, call } = wasm;
  load(wasm, weight, 1, n, w);
  load(wasm, bias, 0, n, b);
  blocks(rows, n, (first, count) => {
    f32.set(part(x, first, count, n), from >> 2);
    const [centre, scale] = [m + 4 * first, s + 4 * first];
    call.moments32(from, centre, scale, count, n, eps);
    call.normalize32(from, out, centre, scale, w, b, count, n);
    to.set(f32.subarray(out >> 2, (out >> 2) + count * n), first * n);
  });
  mean.set(f32.subarray(m >> 2, (m >> 2) + rows));
  rstd.set(f32.subarray(s >> 2, (s >> 2) + rows));
  wasm.release(mark);
}

/** The gradient that reaches the input of `normalizeRows`. */
export function normalizeBackwardRows(
  wasm: Kernels,
  x: Float32Array,
  g: Float32Array,
  weight: Float32Array | null,
  mean: Float32Array,
  rstd: Float32Array,
  to: Float32Array,
  n: number,
): void {
  const rows = mean.length;
  const mark = wasm.mark();
  const [from, dy, out] = [0, 1, 2].map(() => wasm.take(roomFor(rows, n)));
  const [w, products] = [wasm.take(4 * n + SLACK), wasm.take(4 * n + SLACK)];
  const [m, s] = [wasm.take(4 * rows), wasm.take(4 * rows)];
  const { f32, call } = wasm;
  load(wasm, weight, 1, n, w);
  f32.set(mean, m >> 2);
  f32.set(rstd, s >> 2);
  blocks(rows, n, (first, count) => {
    f32.set(part(x, first, count, n), from >> 2);
    f32.set(part(g, first, count, n), dy >> 2);
    call.normalize_backward32(
      from,
      dy,
      w,
      m + 4 * first,
      s + 4 * first,
      out,
      products,
      count,
      n,
      Number(weight === null),
    );
    to.set(f32.subarray(out >> 2, (out >> 2) + count * n), first * n);
  });
  wasm.release(mark);
}

/** The gradient that reaches the weight of `normalizeRows`. */
export function normalizeWeightRows(
  wasm: Kernels,
  x: Float32Array,
  g: Float32Array,
  mean: Float32Array,
  rstd: Float32Array,
  to: Float32Array,
): void {
  const [rows, n] = [mean.length, to.length];
  const mark = wasm.mark();
  const [from, dy] = [wasm.take(roomFor(rows, n)), wasm.take(roomFor(rows, n))];
  const out = wasm.take(4 * n + SLACK);
  const [m, s] = [wasm.take(4 * rows), wasm.take(4 * rows)];
  const { f32, call } = wasm;
  f32.fill(0, out >> 2, (out >> 2) + n);
  f32.set(mean, m >> 2);
  f32.set(rstd, s >> 2);
  blocks(rows, n, (first, count) => {
    f32.set(part(x, first, count, n), from >> 2);
    f32.set(part(g, first, count, n), dy >> 2);
    call.normalize_weight32(from, dy, m + 4 * first, s + 4 * first, out, count, n);
  });
  to.set(f32.subarray(out >> 2, (out >> 2) + n));
  wasm.release(mark);
}
