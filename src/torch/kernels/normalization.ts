/**
 * Layer, group and batch normalisation of float32, the order of sums and every rounding as in PyTorch's CPU kernels:
 * eight lanes take turns, moments are merged in chunks (Welford; Chan et al., 1979), a product is fused into the sum it is added to.
 */
import { sumOf } from "./rows";

const f = Math.fround;

/** a b + c, rounded once. */
const fma = (a: number, b: number, c: number): number => f(a * b + c);

const LANES = 8;
/** Vectors of a chunk, whose moments are merged with those of the chunks before. */
const CHUNK = 16;

/** Count, mean and sum of squared distances from it, for each lane of a level. */
class Moments {
  count = 0;
  readonly mean = new Float32Array(LANES);
  readonly squares = new Float32Array(LANES);

  clear(): void {
    this.count = 0;
    this.mean.fill(0);
    this.squares.fill(0);
  }

  merge(from: Moments): void {
    const n = this.count + from.count;
    const share = n === 0 ? 0 : f(from.count / n);
    for (let i = 0; i < LANES; i++) {
      const delta = f(from.mean[i] - this.mean[i]);
      this.mean[i] += f(share * delta);
      this.squares[i] += f(from.squares[i] + f(f(f(delta * delta) * share) * this.count));
    }
    this.count = n;
  }
}

const levels: Moments[] = [];
const chunk = new Moments();
const shares = Float32Array.from({ length: CHUNK }, (_, i) => 1 / (i + 1));

/** What `moments` leaves: the mean and the biased variance. */
const found = { mean: 0, variance: 0 };

/** Mean and variance of the n floats at `start`. */
function moments(x: Float32Array, start: number, n: number): typeof found {
  const vectors = Math.floor(n / LANES);
  const chunks = Math.ceil(vectors / CHUNK);
  const depth = chunks <= 2 ? 1 : 32 - Math.clz32(chunks - 1);
  while (levels.length < depth) levels.push(new Moments());
  for (let i = 0; i < depth; i++) levels[i].clear();
  for (let i = 0, at = start; i < chunks; i++) {
    chunk.clear();
    chunk.count = Math.min(CHUNK, vectors - i * CHUNK);
    const { mean, squares } = chunk;
    for (let j = 0; j < chunk.count; j++) {
      for (let k = 0; k < LANES; k++, at++) {
        const delta = f(x[at] - mean[k]);
        mean[k] += f(delta * shares[j]);
        squares[k] += f(delta * f(x[at] - mean[k]));
      }
    }
    levels[0].merge(chunk);
    for (let j = 1, mask = i + 1; j < depth && (mask & 1) === 0; j++, mask >>= 1) {
      levels[j].merge(levels[j - 1]);
      levels[j - 1].clear();
    }
  }
  for (let i = 1; i < depth; i++) levels[0].merge(levels[i]);
  let count = 0;
  let mean = 0;
  let squares = 0;
  for (let i = start + vectors * LANES; i < start + n; i++) {
    const delta = f(x[i] - mean);
    mean = f(mean + f(delta / ++count));
    squares = f(squares + f(delta * f(x[i] - mean)));
  }
  for (let k = 0; k < LANES && vectors > 0; k++) {
    const share = f(vectors / (count + vectors));
    const delta = f(levels[0].mean[k] - mean);
    mean = f(mean + f(share * delta));
    squares = f(squares + f(levels[0].squares[k] + f(f(f(delta * delta) * share) * count)));
    count += vectors;
  }
  found.mean = mean;
  found.variance = f(squares / n);
  return found;
}

/** Means and 1 / √(variance + ε) of runs of n floats. */
export function runStatistics(x: Float32Array, n: number, eps: number, mean: Float32Array, rstd: Float32Array): void {
  for (let i = 0; i < mean.length; i++) {
    const { mean: m, variance } = moments(x, i * n, n);
    mean[i] = m;
    rstd[i] = 1 / f(Math.sqrt(f(variance + f(eps))));
  }
}

type Maybe = Float32Array | null;

// ── layer ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** `(x s − mean s) weight + bias` of each row of n, s = rstd. */
export function layerRows(
  x: Float32Array,
  weight: Maybe,
  bias: Maybe,
  mean: Float32Array,
  rstd: Float32Array,
  out: Float32Array,
): void {
  const n = x.length / mean.length;
  for (let i = 0, at = 0; i < mean.length; i++) {
    const shift = f(-rstd[i] * mean[i]);
    for (let k = 0; k < n; k++, at++) {
      const hat = fma(x[at], rstd[i], shift);
      out[at] = hat * (weight === null ? 1 : weight[k]) + (bias === null ? 0 : bias[k]);
    }
  }
}

/** The gradient of a row's input: `s g w + b x + c`, b and c from Σ g w x and Σ g w. */
export function layerInput(
  x: Float32Array,
  g: Float32Array,
  weight: Maybe,
  mean: Float32Array,
  rstd: Float32Array,
  out: Float32Array,
): void {
  const n = x.length / mean.length;
  const scale = f(1 / n);
  for (let i = 0; i < mean.length; i++) {
    const start = i * n;
    const products = weight
      ? sumOf(n, (k) => f(g[start + k] * x[start + k]) * weight[k])
      : sumOf(n, (k) => g[start + k] * x[start + k]);
    const sum = weight ? sumOf(n, (k) => g[start + k] * weight[k]) : sumOf(n, (k) => g[start + k]);
    const a = rstd[i];
    const b = f(f(f(f(fma(sum, mean[i], -products) * a) * a) * a) * scale);
    const c = fma(-b, mean[i], -f(f(sum * a) * scale));
    for (let k = 0; k < n; k++) {
      const w = weight === null ? 1 : weight[k];
      out[start + k] = f(fma(b, x[start + k], f(f(a * g[start + k]) * w)) + c);
    }
  }
}

/** The gradient of the weight: Σ g x̂ over the rows, one after the other. */
export function layerWeight(
  x: Float32Array,
  g: Float32Array,
  mean: Float32Array,
  rstd: Float32Array,
  out: Float32Array,
): void {
  for (let i = 0, at = 0; i < mean.length; i++) {
    const shift = f(-rstd[i] * mean[i]);
    for (let k = 0; k < out.length; k++, at++) out[k] += g[at] * fma(rstd[i], x[at], shift);
  }
}

/** Σ of the rows, one after the other: the gradient of a layer's bias. */
export function rowSums(g: Float32Array, out: Float32Array): void {
  for (let at = 0; at < g.length; ) for (let k = 0; k < out.length; k++, at++) out[k] += g[at];
}

// ── groups ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** An input of `examples × channels × inner`, the channels in `groups`. */
export interface Grouping {
  examples: number;
  channels: number;
  inner: number;
  groups: number;
}

/** x̂ of each group, scaled and shifted per channel. */
export function groupRows(
  x: Float32Array,
  weight: Maybe,
  bias: Maybe,
  mean: Float32Array,
  rstd: Float32Array,
  out: Float32Array,
  { channels, inner, groups }: Grouping,
): void {
  const perGroup = channels / groups;
  for (let row = 0, at = 0; at < x.length; row++) {
    const run = Math.floor(row / perGroup);
    const channel = row % channels;
    const plain = weight === null && bias === null;
    const scale = f(rstd[run] * (weight === null ? 1 : weight[channel]));
    const shift = fma(-scale, mean[run], bias === null ? 0 : bias[channel]);
    for (const end = at + inner; at < end; at++) {
      out[at] = plain ? f(x[at] - mean[run]) * rstd[run] : scale * x[at] + shift;
    }
  }
}

/** Σ g x and Σ g of each channel of each example. */
function channelSums(x: Float32Array, g: Float32Array, inner: number): { products: Float32Array; sums: Float32Array } {
  const products = new Float32Array(x.length / inner);
  const sums = new Float32Array(products.length);
  for (let row = 0; row < sums.length; row++) {
    const start = row * inner;
    products[row] = turns(inner, (k) => g[start + k] * x[start + k]);
    sums[row] = turns(inner, (k) => g[start + k]);
  }
  return { products, sums };
}

const lanes = new Float32Array(LANES);

/** Σ of `term(i)`: whole vectors lane by lane, the lanes from the first to the last, then the rest; products are fused. */
function turns(n: number, term: (i: number) => number): number {
  const whole = n - (n % LANES);
  lanes.fill(0);
  for (let i = 0; i < whole; i++) lanes[i % LANES] += term(i);
  let sum = 0;
  for (const lane of lanes) sum = f(sum + lane);
  const four = whole + ((n - whole) & 4);
  for (let i = whole; i < n; i++) sum = f(sum + (i < four ? f(term(i)) : term(i)));
  return sum;
}

/** The gradient of the input. */
export function groupInput(
  x: Float32Array,
  g: Float32Array,
  weight: Maybe,
  mean: Float32Array,
  rstd: Float32Array,
  out: Float32Array,
  { channels, inner, groups }: Grouping,
): void {
  const { products, sums } = channelSums(x, g, inner);
  const perGroup = channels / groups;
  const s = f(1 / (perGroup * inner));
  for (let run = 0, at = 0; run < mean.length; run++) {
    const first = (run % groups) * perGroup;
    const w = (k: number) => (weight === null ? 1 : weight[first + k]);
    const ds = turns(perGroup, (k) => products[run * perGroup + k] * w(k));
    const db = turns(perGroup, (k) => sums[run * perGroup + k] * w(k));
    const r = rstd[run];
    const c2 = f(f(f(f(fma(db, mean[run], -ds) * r) * r) * r) * s);
    const c3 = fma(-c2, mean[run], -f(f(db * r) * s));
    for (let k = 0; k < perGroup; k++) {
      const c1 = f(r * w(k));
      for (const end = at + inner; at < end; at++) out[at] = f(fma(c1, g[at], f(c2 * x[at])) + c3);
    }
  }
}

/** The gradients of the weight, or with `bias` that of the bias: over the examples, one after the other. */
export function groupWeight(
  x: Float32Array,
  g: Float32Array,
  mean: Float32Array,
  rstd: Float32Array,
  out: Float32Array,
  { channels, inner, groups }: Grouping,
  bias: boolean,
): void {
  const { products, sums } = channelSums(x, g, inner);
  const perGroup = channels / groups;
  for (let row = 0; row < sums.length; row++) {
    const run = Math.floor(row / perGroup);
    if (bias) out[row % channels] += sums[row];
    else out[row % channels] += fma(-sums[row], mean[run], products[row]) * rstd[run];
  }
}

// ── batch ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** Channel by channel: the mean, and the sum of squared distances from it; added up in doubles where a channel has rows. */
export function batchStatistics(
  x: Float32Array,
  channels: number,
  inner: number,
): { mean: Float32Array; squares: Float32Array } {
  const n = x.length / channels;
  const step = channels * inner;
  const mean = inner === 1 && n > 1 ? new Float32Array(channels) : new Float64Array(channels);
  const squares = inner === 1 && n > 1 ? new Float32Array(channels) : new Float64Array(channels);
  for (let c = 0; c < channels; c++) {
    for (let start = c * inner; start < x.length; start += step) {
      for (let i = start; i < start + inner; i++) mean[c] += x[i];
    }
    const m = f(mean[c] / n);
    for (let start = c * inner; start < x.length; start += step) {
      for (let i = start; i < start + inner; i++) {
        const off = f(x[i] - m);
        squares[c] += inner === 1 ? off * off : f(off * off);
      }
    }
    mean[c] = m;
  }
  return { mean: Float32Array.from(mean), squares: Float32Array.from(squares) };
}

/** x · alpha + beta, alpha = w / σ and beta = b − mean · alpha. */
export function batchRows(
  x: Float32Array,
  weight: Maybe,
  bias: Maybe,
  mean: Float32Array,
  rstd: Float32Array,
  out: Float32Array,
  inner: number,
): void {
  const channels = mean.length;
  for (let row = 0, at = 0; at < x.length; row++) {
    const c = row % channels;
    const alpha = f(rstd[c] * (weight === null ? 1 : weight[c]));
    const beta = fma(-mean[c], alpha, bias === null ? 0 : bias[c]);
    for (const end = at + inner; at < end; at++) out[at] = x[at] * alpha + beta;
  }
}

/** Σ g and Σ (x − mean) g of each channel: float rows, added up in doubles; without rows in floats. */
export function batchSums(
  x: Float32Array,
  g: Float32Array,
  mean: Float32Array,
  inner: number,
): { sums: Float32Array | Float64Array; products: Float32Array | Float64Array } {
  const channels = mean.length;
  const Sums = inner === 1 ? Float32Array : Float64Array;
  const sums = new Sums(channels);
  const products = new Sums(channels);
  for (let row = 0, at = 0; at < x.length; row++, at += inner) {
    const c = row % channels;
    const m = mean[c];
    if (inner === 1) {
      sums[c] += g[at];
      products[c] += f(x[at] - m) * g[at];
      continue;
    }
    const start = at;
    sums[c] += sumOf(inner, (k) => g[start + k]);
    products[c] += sumOf(inner, (k) => f(x[start + k] - m) * g[start + k]);
  }
  return { sums, products };
}

/** The gradient of the input in training. */
export function batchInput(
  x: Float32Array,
  g: Float32Array,
  weight: Maybe,
  mean: Float32Array,
  rstd: Float32Array,
  out: Float32Array,
  inner: number,
): void {
  const { sums, products } = batchSums(x, g, mean, inner);
  const channels = mean.length;
  const n = x.length / channels;
  for (let row = 0, at = 0; at < x.length; row++) {
    const c = row % channels;
    const r = rstd[c];
    const k = f(f(f(f(products[c]) * r) * r) / n);
    const share = f(sums[c] / n);
    const w = weight === null ? 1 : weight[c];
    for (const end = at + inner; at < end; at++) {
      const off = f(x[at] - mean[c]);
      out[at] = f(fma(-off, k, f(g[at] - share)) * r) * w;
    }
  }
}
