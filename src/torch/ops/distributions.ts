/** Random ops: samples of distributions in place and anew, and dropout. PyTorch's CPU stream, draw for draw. */
import { op } from "../dispatch";
import { bool, Category, type DType, float64, int64, significandBits, type TypedArray } from "../dtype";
import { RuntimeError, ValueError } from "../errors";
import { elements, emptyLike } from "../kernels/copy";
import { lgamma } from "../kernels/special";
import { default_generator, type Generator } from "../random";
import { broadcastShapes, numel } from "../shape";
import { allocate, fromData, type Tensor } from "../tensor";

/** A tensor like `t` whose elements are drawn one by one, in the order of memory. */
function drawn(t: Tensor, generator: Generator | null, draw: (g: Generator) => number, dtype: DType = t.dtype): Tensor {
  const g = generator ?? default_generator;
  const out = emptyLike(t, dtype);
  const { data } = out.storageOf;
  const { cast } = dtype;
  for (let i = 0; i < data.length; i++) data[i] = cast(draw(g));
  return out;
}

const noSlope = { self: (g: Tensor) => g.zeros_like() };

function floatsOnly(t: Tensor, name: string): void {
  if (t.dtype.category !== Category.Floating) {
    throw new RuntimeError(`"${name}" not implemented for '${t.dtype.scalarName}'`);
  }
}

// ── in place ────────────────────────────────────────────────────────────────────────────────────────────────────

op("uniform(Tensor self, float from=0, float to=1, *, Generator? generator=None) -> Tensor", {
  doc: "Filled with uniform random numbers in [from, to).",
  forward: (t, from, to, generator) => {
    floatsOnly(t, "check_uniform_bounds");
    if (from > to) {
      throw new RuntimeError(`uniform_ expects to return a [from, to) range, but found from=${from} > to=${to}`);
    }
    const { cast } = t.dtype;
    const [lo, width] = [cast(from), cast(cast(to) - cast(from))];
    // PyTorch rounds once, at the end: the product and the sum are a double's.
    return drawn(t, generator, (g) => g.uniform(t.dtype) * width + lo);
  },
  grad: noSlope,
  inPlace: true,
  variants: ["in-place"],
});

/** Mean 0 numbers are drawn in blocks for a row-major tensor only. */
function normals(t: Tensor, mean: number, std: number, generator: Generator | null): Tensor {
  if (!(std >= 0)) throw new RuntimeError(`normal expects std >= 0.0, but found std ${std}`);
  floatsOnly(t, "normal_kernel_cpu");
  const g = generator ?? default_generator;
  if (!t.is_contiguous()) return drawn(t, g, (source) => source.normal() * std + mean);
  const out = allocate(t.shape, t.dtype);
  g.fillNormal(out.storageOf.data, t.dtype, mean, std);
  return out;
}
op("normal(Tensor self, float mean=0, float std=1, *, Generator? generator=None) -> Tensor", {
  doc: "Filled with normal random numbers of a mean and standard deviation.",
  forward: normals,
  grad: noSlope,
  inPlace: true,
  variants: ["in-place"],
});
op("log_normal(Tensor self, float mean=1, float std=2, *, Generator? generator=None) -> Tensor", {
  doc: "Filled with e to the power of normal random numbers of a mean and standard deviation.",
  forward: (t, mean, std, generator) => {
    if (!(std > 0)) throw new RuntimeError(`log_normal_ expects std > 0.0, but found std=${std}`);
    floatsOnly(t, "log_normal_cpu");
    return drawn(t, generator, (g) => Math.exp(g.normal() * std + mean));
  },
  grad: noSlope,
  inPlace: true,
  variants: ["in-place"],
});

/** −log(1 − u) / λ */
const exponentials = (t: Tensor, rate: number, generator: Generator | null): Tensor =>
  drawn(t, generator, (g) => (-1 / rate) * Math.log1p(-g.uniform64()));

op("exponential(Tensor self, float lambd=1, *, Generator? generator=None) -> Tensor", {
  doc: "Filled with exponentially distributed random numbers of a rate.",
  forward: (t, rate, generator) => {
    if (!(rate >= 0)) throw new RuntimeError(`exponential_ expects lambda >= 0.0, but found lambda=${rate}`);
    floatsOnly(t, "exponential_cpu");
    return exponentials(t, rate, generator);
  },
  grad: noSlope,
  inPlace: true,
  variants: ["in-place"],
});
op("cauchy(Tensor self, float median=0, float sigma=1, *, Generator? generator=None) -> Tensor", {
  doc: "Filled with random numbers of a Cauchy distribution.",
  forward: (t, median, sigma, generator) => {
    if (!(sigma > 0)) throw new RuntimeError(`cauchy_ expects sigma > 0.0, but found sigma=${sigma}`);
    floatsOnly(t, "cauchy_cpu");
    return drawn(t, generator, (g) => median + sigma * Math.tan(Math.PI * (g.uniform64() - 0.5)));
  },
  grad: noSlope,
  inPlace: true,
  variants: ["in-place"],
});
op("geometric(Tensor self, float p, *, Generator? generator=None) -> Tensor", {
  doc: "Filled with the number of trials up to the first success, each of probability p.",
  forward: (t, p, generator) => {
    if (!(p > 0 && p < 1)) throw new RuntimeError(`geometric_ expects p to be in (0, 1), but got p=${p}`);
    return drawn(t, generator, (g) => Math.ceil(Math.log(g.uniform64()) / Math.log(1 - p)));
  },
  grad: noSlope,
  inPlace: true,
  variants: ["in-place"],
});

/** The largest whole number up to which a dtype holds all. */
const wholeRange = (dtype: DType): number => {
  if (dtype.is_floating_point) return 2 ** significandBits(dtype);
  if (dtype === bool) return 1;
  if (dtype === int64)
    throw new RangeError("random_() of int64 would exceed 2^53: name a range, as in random_(2 ** 31)");
  return 2 ** (8 * dtype.itemsize - (dtype.is_signed ? 1 : 0)) - 1;
};

const between = (t: Tensor, from: number, to: number, generator: Generator | null): Tensor => {
  if (from >= to) {
    throw new RuntimeError(`random_ expects 'from' to be less than 'to', but got from=${from} >= to=${to}`);
  }
  return drawn(t, generator, (g) => from + g.below(to - from));
};
op("random.from(Tensor self, int from, int to, *, Generator? generator=None) -> Tensor", {
  doc: "Filled with random whole numbers from `from` up to, not including, `to`.",
  forward: between,
  grad: noSlope,
  inPlace: true,
  variants: ["in-place"],
});
op("random.to(Tensor self, int to, *, Generator? generator=None) -> Tensor", {
  doc: "Filled with random whole numbers from 0 up to, not including, `to`.",
  forward: (t, to, generator) => between(t, 0, to, generator),
  grad: noSlope,
  node: "RandomBackward1",
  inPlace: true,
  variants: ["in-place"],
});
op("random(Tensor self, *, Generator? generator=None) -> Tensor", {
  doc: "Filled with random whole numbers over all that the dtype holds exactly.",
  forward: (t, generator) => {
    const range = wholeRange(t.dtype) + 1;
    if (t.dtype === float64) return drawn(t, generator, (g) => Number(g.bits64() % (2n ** 53n + 1n)));
    return drawn(t, generator, (g) => g.bits32() % range);
  },
  grad: noSlope,
  node: "RandomBackward2",
  inPlace: true,
  variants: ["in-place"],
});

// ── coins ───────────────────────────────────────────────────────────────────────────────────────────────────────

function checkProbability(p: number, text: (p: number) => string): void {
  if (!(p >= 0 && p <= 1)) throw new RuntimeError(text(p));
}

/** 1 with probability p, from 53 random bits. */
function coins(t: Tensor, p: number, generator: Generator | null): Tensor {
  checkProbability(p, (v) => `bernoulli_ expects p to be in [0, 1], but got p=${v}`);
  return drawn(t, generator, (g) => (g.uniform64() < p ? 1 : 0));
}

/** 1 with a probability for each element, in the precision of the probabilities. */
function tosses(shape: number[], p: Tensor, dtype: DType, generator: Generator | null): Tensor {
  const g = generator ?? default_generator;
  const out = allocate(shape, dtype);
  const probabilities = p.expand(shape).flatData();
  probabilities.forEach((v, i) => {
    checkProbability(
      v,
      () =>
        "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message be improved?  If so, please report an enhancement request to PyTorch.)",
    );
    const u = p.dtype === float64 ? g.uniform64() : g.uniform32();
    out.storageOf.data[i] = u < v ? 1 : 0;
  });
  return out;
}

op("bernoulli(Tensor self, *, Generator? generator=None) -> Tensor", {
  doc: "1 with the probability that each element names, else 0.",
  forward: (t, generator) => {
    floatsOnly(t, "bernoulli_tensor_cpu_p_");
    return tosses(t.shape, t, t.dtype, generator);
  },
  grad: noSlope,
});
op("bernoulli.p(Tensor self, float p, *, Generator? generator=None) -> Tensor", {
  doc: "1 with probability p, else 0, in the shape of this tensor.",
  forward: coins,
  grad: noSlope,
  node: "BernoulliBackward2",
});
op("bernoulli.Tensor(Tensor self, Tensor p, *, Generator? generator=None) -> Tensor", {
  doc: "Filled with 1 with the probability that `p` names for each element, else 0.",
  forward: (t, p, generator) => tosses(t.shape, p, t.dtype, generator),
  grad: { ...noSlope, p: (g) => g.zeros_like() },
  node: "BernoulliBackward1",
  inPlace: true,
  variants: ["in-place"],
});
op("bernoulli.float(Tensor self, float p=0.5, *, Generator? generator=None) -> Tensor", {
  doc: "Filled with 1 with probability p, else 0.",
  forward: coins,
  grad: noSlope,
  node: "BernoulliBackward2",
  inPlace: true,
  variants: ["in-place"],
});

// ── normal numbers of given means ───────────────────────────────────────────────────────────────────────────────

const flat = (g: Tensor) => g.zeros_like();
op("normal.Tensor_Tensor(Tensor mean, Tensor std, *, Generator? generator=None) -> Tensor", {
  doc: "Normal random numbers with a mean and a standard deviation for each element, broadcast.",
  forward: (mean, std, generator) => {
    if (elements(std).some((v) => v < 0)) throw new RuntimeError("normal expects all elements of std >= 0.0");
    const out = normals(allocate(broadcastShapes(mean.shape, std.shape), mean.dtype), 0, 1, generator);
    return out.mul(std).add(mean);
  },
  grad: { mean: flat, std: flat },
  node: "NormalBackward3",
});
op("normal.Tensor_float(Tensor mean, float std=1, *, Generator? generator=None) -> Tensor", {
  doc: "Normal random numbers with a mean for each element.",
  forward: (mean, std, generator) => normals(allocate(mean.shape, mean.dtype), 0, std, generator).add(mean),
  grad: { mean: flat },
  node: "NormalBackward1",
  variants: ["function"],
});
op("normal.float_Tensor(float mean, Tensor std, *, Generator? generator=None) -> Tensor", {
  doc: "Normal random numbers with a standard deviation for each element.",
  forward: (mean, std, generator) => {
    if (elements(std).some((v) => v < 0)) throw new RuntimeError("normal expects all elements of std >= 0.0");
    return normals(allocate(std.shape, std.dtype), 0, 1, generator).mul(std).add(mean);
  },
  grad: { std: flat },
  node: "NormalBackward2",
  variants: ["function"],
});

// ── counts and choices ──────────────────────────────────────────────────────────────────────────────────────────

/** One number of a Poisson distribution: products of uniform numbers for small rates, Hörmann's PTRS (1993) from 10 on. */
function poissonDraw(rate: number, g: Generator): number {
  if (!(rate >= 0)) throw new RuntimeError("invalid Poisson rate, expected rate to be non-negative");
  if (rate === 0) return 0;
  if (rate < 10) {
    const least = Math.exp(-rate);
    let product = 1;
    for (let k = 0; ; k++) {
      product *= g.uniform64();
      if (product <= least) return k;
    }
  }
  const b = 0.931 + 2.53 * Math.sqrt(rate);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const quick = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = g.uniform64() - 0.5;
    const v = g.uniform64();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + rate + 0.43);
    if (us >= 0.07 && v <= quick) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const accept = Math.log(v) + Math.log(inverseAlpha) - Math.log(a / (us * us) + b);
    if (accept <= -rate + k * Math.log(rate) - lgamma(k + 1)) return k;
  }
}
op("poisson(Tensor self, Generator? generator=None) -> Tensor", {
  doc: "Poisson-distributed random counts with the rate that each element names.",
  forward: (t, generator) => {
    floatsOnly(t, "poisson_cpu");
    const g = generator ?? default_generator;
    const out = allocate(t.shape, t.dtype);
    elements(t).forEach((rate, i) => {
      out.storageOf.data[i] = poissonDraw(rate, g);
    });
    return out;
  },
  grad: noSlope,
  variants: ["function"],
});

/** Which share of the running sum a uniform number falls into. */
function withReplacement(
  p: TypedArray,
  start: number,
  n: number,
  dtype: DType,
  out: TypedArray,
  at: number,
  count: number,
  g: Generator,
): void {
  const { cast } = dtype;
  const running = new Float64Array(n);
  let sum = 0;
  for (let i = 0; i < n; i++) running[i] = sum = cast(sum + p[start + i]);
  for (let i = 0; i < n; i++) running[i] = cast(running[i] / sum);
  running[n - 1] = 1;
  for (let k = 0; k < count; k++) {
    const u = g.uniform64();
    let lo = 0;
    let hi = n;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (running[mid] < u) lo = mid + 1;
      else hi = mid;
    }
    out[at + k] = lo;
  }
}

op("multinomial(Tensor self, int num_samples, bool replacement=False, *, Generator? generator=None) -> Tensor", {
  doc: "Random positions in each row, with probabilities in proportion to its elements: `[n] → [samples]`, `[m, n] → [m, samples]`; int64.",
  forward: (t, samples, replacement, generator) => {
    if (t.ndim === 0 || t.ndim > 2) {
      throw new RuntimeError("prob_dist must be 1 or 2 dim");
    }
    if (t.dtype.category !== Category.Floating) {
      throw new RuntimeError(`multinomial only supports floating-point dtypes for input, got: ${t.dtype.scalarName}`);
    }
    const n = t.shape[t.ndim - 1];
    if (samples <= 0) throw new RuntimeError("cannot sample n_sample <= 0 samples");
    if (!replacement && samples > n) {
      throw new RuntimeError("cannot sample n_sample > prob_dist.size(-1) samples without replacement");
    }
    const g = generator ?? default_generator;
    const p = elements(t);
    if (p.some((v) => !(v >= 0 && v < Infinity))) {
      throw new RuntimeError("probability tensor contains either `inf`, `nan` or element < 0");
    }
    const rows = numel(t.shape.slice(0, -1));
    for (let i = 0; i < rows; i++) {
      if (p.subarray(i * n, (i + 1) * n).every((v) => v === 0)) {
        throw new RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)");
      }
    }
    const shape = [...t.shape.slice(0, -1), samples];
    if (!replacement) {
      // The largest of pᵢ / eᵢ, with e exponentially distributed, is a draw; the next largest are draws from the rest.
      const e = exponentials(t, 1, g);
      const race = fromData(p.slice(), t.dtype, t.shape).div(e);
      return samples === 1 ? race.argmax(-1, true) : race.topk(samples).indices;
    }
    const out = allocate(shape, int64);
    for (let i = 0; i < rows; i++) {
      withReplacement(p, i * n, n, t.dtype, out.storageOf.data, i * samples, samples, g);
    }
    return out;
  },
});

op("randint_like(Tensor self, int high, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor", {
  doc: "Random whole numbers from 0 up to, not including, `high`, with the shape and dtype of another tensor.",
  forward: (t, high, dtype, requires_grad) =>
    between(allocate(t.shape, dtype ?? t.dtype), 0, high, null).requires_grad_(requires_grad),
  variants: ["function"],
});
op(
  "randint_like.low_dtype(Tensor self, int low, int high, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor",
  {
    doc: "Random whole numbers from `low` up to, not including, `high`, with the shape and dtype of another tensor.",
    forward: (t, low, high, dtype, requires_grad) =>
      between(allocate(t.shape, dtype ?? t.dtype), low, high, null).requires_grad_(requires_grad),
    variants: ["function"],
  },
);

// ── dropout ─────────────────────────────────────────────────────────────────────────────────────────────────────

function checkDropout(p: number): void {
  if (!(p >= 0 && p <= 1)) {
    throw new ValueError(`dropout probability has to be between 0 and 1, but got ${p}`);
  }
}

/** Kept elements as 1, dropped ones as 0. */
const kept = (shape: number[], dtype: DType, p: number): Tensor => coins(allocate(shape, dtype), 1 - p, null);

/** x · noise / (1 − p), with noise of a shape that broadcasts to x. */
function dropped(x: Tensor, p: number, train: boolean, shape: number[]): Tensor {
  checkDropout(p);
  if (p === 0 || !train || x.numel() === 0) return x;
  if (p === 1) return x.mul(allocate([], x.dtype));
  return x.mul(kept(shape, x.dtype, p).div(1 - p));
}

/** Self-normalising dropout: dropped elements become −α', then all are scaled so that mean and variance stay. */
function alphaDropped(x: Tensor, p: number, train: boolean, shape: number[]): Tensor {
  checkDropout(p);
  if (p === 0 || !train || x.numel() === 0) return x;
  if (p === 1) return x.mul(allocate([], x.dtype));
  const alpha = 1.7580993408473766;
  const a = 1 / Math.sqrt((alpha * alpha * p + 1) * (1 - p));
  const noise = kept(shape, x.dtype, p);
  const b = noise
    .add(-1)
    .mul(alpha * a)
    .add(alpha * a * p);
  return x.mul(noise.mul(a)).add(b);
}

/** One number for each channel: `[n, c, 1, …]`. */
function channels(x: Tensor): number[] {
  if (x.ndim < 2) throw new RuntimeError("Feature dropout requires at least 2 dimensions in the input");
  return x.shape.map((s, d) => (d < 2 ? s : 1));
}

op("dropout(Tensor input, float p=0.5, bool training=True, bool inplace=False) -> Tensor", {
  doc: "In training each element is dropped (set to 0) with probability p, the others scaled by 1 / (1 − p).",
  forward: (x, p, training, inplace) => {
    const out = dropped(x, p, training, x.shape);
    return inplace && out !== x ? x.copy_(out) : out;
  },
  composite: true,
  variants: ["nn.functional"],
});
op("dropout.train(Tensor input, float p, bool train) -> Tensor", {
  doc: "In training each element is dropped (set to 0) with probability p, the others scaled by 1 / (1 − p).",
  forward: (x, p, train) => dropped(x, p, train, x.shape),
  composite: true,
});
op("feature_dropout(Tensor input, float p, bool train) -> Tensor", {
  doc: "In training each channel is dropped as a whole with probability p, the others scaled by 1 / (1 − p).",
  forward: (x, p, train) => dropped(x, p, train, channels(x)),
  composite: true,
});
for (const [n, batched] of [
  [1, 3],
  [2, 4],
  [3, 5],
] as const) {
  op(
    `dropout${n}d(Tensor input, float p=0.5, bool training=True, bool inplace=False) -> Tensor` as "dropout2d(Tensor input, float p=0.5, bool training=True, bool inplace=False) -> Tensor",
    {
      doc: `In training each channel of ${n} dimension${n === 1 ? "" : "s"} is dropped as a whole with probability p, the others scaled by 1 / (1 − p).`,
      forward: (x, p, training, inplace) => {
        checkDropout(p);
        if (n === 1 && x.ndim !== 2 && x.ndim !== 3) {
          throw new RuntimeError(
            `dropout1d: Expected 2D or 3D input, but received a ${x.ndim}D input. Note that dropout1d exists to provide channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an optional batch dimension (i.e. 2D or 3D inputs).`,
          );
        }
        // A single example has no batch dimension; PyTorch's dropout2d takes its first dimension for one all the same.
        const single = n !== 2 && x.ndim === batched - 1;
        const input = single ? x.unsqueeze(0) : x;
        const out = dropped(input, p, training, channels(input));
        const result = single && out !== input ? out.squeeze(0) : out === input ? x : out;
        return inplace && result !== x ? x.copy_(result) : result;
      },
      composite: true,
      variants: ["nn.functional"],
    },
  );
}
for (const [name, shapeOf, what] of [
  ["alpha_dropout", (x: Tensor) => x.shape, "element"],
  ["feature_alpha_dropout", channels, "channel"],
] as const) {
  op(
    `${name}(Tensor input, float p=0.5, bool training=False, bool inplace=False) -> Tensor` as "alpha_dropout(Tensor input, float p=0.5, bool training=False, bool inplace=False) -> Tensor",
    {
      doc: `In training each ${what} is dropped with probability p such that mean and variance stay what they are (for SELU networks).`,
      forward: (x, p, training, inplace) => {
        const out = alphaDropped(x, p, training, shapeOf(x));
        return inplace && out !== x ? x.copy_(out) : out;
      },
      composite: true,
      variants: ["nn.functional"],
    },
  );
}
