/** Activations of `nn.functional`, each with the op that PyTorch's backward is: its graph is what second order sees. */
import { type Op, op, runInPlace } from "../dispatch";
import { type DType, float32 } from "../dtype";
import { RuntimeError } from "../errors";
import { compare, map, select, zip } from "../kernels/elementwise";
import { exp32, gelu32, geluSlope32, log1p32, logSigmoid32, plainExp32, silu32, tanh32 } from "../kernels/singles";
import { inVectors, type Mapped, mapped, zipped } from "../kernels/wasm/elementwise";
import { wrapNumber } from "../promotion";
import { default_generator } from "../random";
import { numel, wrapDim } from "../shape";
import { allocate, type Tensor } from "../tensor";
import { where } from "./arithmetic";
import { cat } from "./joining";
import { zerosFor } from "./padding";
import { addcmul } from "./pointwise";

/**
 * `nn.functional`'s form of an activation, with `inplace`, and the one that ends in an underscore.
 * `parameters` are written as in a schema, each after a comma.
 */
function functional(name: string, parameters: string, base: Op, doc: string): void {
  type Text = "f(Tensor input, bool inplace=False) -> Tensor";
  op(`${name}(Tensor input${parameters}, bool inplace=False) -> Tensor` as Text, {
    doc,
    forward: ((...args: unknown[]) => {
      const given = args.slice(0, -1);
      return args.at(-1) === true
        ? runInPlace(base.spec, given)
        : (base as unknown as (...a: unknown[]) => Tensor)(...given);
    }) as (input: Tensor, inplace: boolean) => Tensor,
    composite: true,
    variants: ["nn.functional"],
  });
  op(`${name}_(Tensor input${parameters}) -> Tensor` as "f_(Tensor input) -> Tensor", {
    doc: `${doc} In place.`,
    forward: ((...args: unknown[]) => runInPlace(base.spec, args)) as (input: Tensor) => Tensor,
    composite: true,
    variants: ["nn.functional"],
  });
}

/** A backward op that lets the gradient through where `passes` says so; flat in x. */
function gate<const P extends string>(
  name: string,
  parameters: P,
  slope: (x: number, ...parameters: number[]) => number,
): (g: Tensor, x: Tensor, ...parameters: (number | boolean)[]) => Tensor {
  const text =
    `${name}(Tensor grad_output, Tensor self${parameters}) -> Tensor` as "gate(Tensor grad_output, Tensor self) -> Tensor";
  const names = parameters
    .split(", ")
    .slice(1)
    .map((p) => p.split(" ")[1]);
  const backward = op(text, {
    doc: "The gradient, scaled by the slope.",
    forward: ((g: Tensor, x: Tensor, ...values: (number | boolean)[]) => {
      const numbers = values.map((v) => x.dtype.cast(Number(v)));
      return zip(g, x, (dy, v) => {
        const k = slope(v, ...numbers);
        return k === 0 ? 0 : dy * k;
      });
    }) as (g: Tensor, x: Tensor) => Tensor,
    grad: {
      grad_output: ["self", (g, s) => again(g, s.self, ...names.map((n) => s[n]))],
      self: (_, s) => zerosFor(s.self),
    },
    variants: [],
  });
  const again = backward as unknown as (g: Tensor, x: Tensor, ...parameters: (number | boolean)[]) => Tensor;
  return again;
}

// ── straight pieces ─────────────────────────────────────────────────────────────────────────────────────────────

const THRESHOLD = "threshold_backward(Tensor grad_output, Tensor self, Scalar threshold) -> Tensor";
const pass = zipped("threshold_backward32", (dy, x) => (x <= 0 ? 0 : dy));
const threshold_backward: Op<typeof THRESHOLD> = op(THRESHOLD, {
  doc: "The gradient above the threshold.",
  forward: (g, x, limit) => {
    const t = x.dtype.cast(Number(limit));
    return zip(g, x, t === 0 ? pass : (dy, v) => (v <= t ? 0 : dy));
  },
  grad: {
    grad_output: ["self", (g, s) => threshold_backward(g, s.self, s.threshold)],
    self: (_, s) => zerosFor(s.self),
  },
  variants: [],
});

const positive = mapped("relu32", (x) => (x > 0 || Number.isNaN(x) ? x : 0));
// d relu x = dx where x > 0
export const relu = op("relu(Tensor self) -> Tensor", {
  doc: "Each element where positive, 0 elsewhere.",
  forward: (t) => map(t, positive),
  grad: { self: ["result", (g, s) => threshold_backward(g, s.result, 0)] },
  inPlace: true,
});
functional("relu", "", relu, "Each element where positive, 0 elsewhere.");

export const threshold = op("threshold(Tensor self, Scalar threshold, Scalar value) -> Tensor", {
  doc: "Each element above the threshold, `value` elsewhere.",
  forward: (x, limit, value) => {
    const [t, v] = [x.dtype.cast(Number(limit)), x.dtype.cast(Number(value))];
    return map(x, (e) => (e <= t ? v : e));
  },
  grad: { self: ["self", (g, s) => threshold_backward(g, s.self, s.threshold)] },
  variants: ["function"],
  inPlace: true,
});
functional("threshold", ", Scalar threshold, Scalar value", threshold, "x above the threshold, `value` elsewhere.");

const leaky_relu_backward = gate("leaky_relu_backward", ", Scalar negative_slope", (x, k) => (x > 0 ? 1 : k));

export const leaky_relu = op("leaky_relu(Tensor self, Scalar negative_slope=0.01) -> Tensor", {
  doc: "x where positive, `negative_slope · x` elsewhere.",
  forward: (x, slope) => {
    const k = x.dtype.cast(Number(slope));
    return map(x, (v) => (v > 0 ? v : v * k));
  },
  grad: { self: ["self", (g, s) => leaky_relu_backward(g, s.self, s.negative_slope)] },
  variants: [],
});
functional(
  "leaky_relu",
  ", Scalar negative_slope=0.01",
  leaky_relu,
  "x where positive, `negative_slope · x` elsewhere.",
);

const hardtanh_backward = gate("hardtanh_backward", ", Scalar min_val, Scalar max_val", (x, lo, hi) =>
  x <= lo || x >= hi ? 0 : 1,
);

export const hardtanh = op("hardtanh(Tensor self, Scalar min_val=-1, Scalar max_val=1) -> Tensor", {
  doc: "x cut off at two bounds.",
  forward: (x, min, max) => {
    const [lo, hi] = [x.dtype.cast(Number(min)), x.dtype.cast(Number(max))];
    return map(x, (v) => (v > hi ? hi : v < lo ? Math.min(lo, hi) : v));
  },
  grad: { self: ["self", (g, s) => hardtanh_backward(g, s.self, s.min_val, s.max_val)] },
  variants: [],
});
functional("hardtanh", ", float min_val=-1, float max_val=1", hardtanh, "x cut off below and above.");

op("relu6(Tensor input, bool inplace=False) -> Tensor", {
  doc: "x cut off below 0 and above 6.",
  forward: (x, inplace) => (inplace ? runInPlace(hardtanh.spec, [x, 0, 6]) : hardtanh(x, 0, 6)),
  composite: true,
  variants: ["nn.functional"],
});

const SIXTH = Math.fround(1 / 6);
const hardsigmoid_backward = gate("hardsigmoid_backward", "", (x) => (x > -3 && x < 3 ? SIXTH : 0));

export const hardsigmoid = op("hardsigmoid(Tensor self) -> Tensor", {
  doc: "(x + 3) / 6, cut off at 0 and 1.",
  forward: (x) => map(x, (v) => x.dtype.cast(Math.min(Math.max(x.dtype.cast(v + 3), 0), 6)) / 6),
  grad: { self: ["self", (g, s) => hardsigmoid_backward(g, s.self)] },
  variants: [],
});
functional("hardsigmoid", "", hardsigmoid, "(x + 3) / 6, cut off at 0 and 1.");

const shrink_backward = (name: string) => gate(name, ", Scalar lambd", (x, l) => (x >= -l && x <= l ? 0 : 1));
const softshrink_backward = shrink_backward("softshrink_backward");
const hardshrink_backward = shrink_backward("hardshrink_backward");

export const softshrink = op("softshrink(Tensor input, Scalar lambd=0.5) -> Tensor", {
  doc: "x moved towards 0 by λ, 0 within λ of it.",
  forward: (x, lambd) => {
    if (Number(lambd) < 0) throw new RuntimeError(`lambda must be greater or equal to 0, but found to be ${lambd}.`);
    const l = x.dtype.cast(Number(lambd));
    return map(x, (v) => (v > l ? v - l : v < -l ? v + l : Number.isNaN(v) ? v : 0));
  },
  grad: { input: ["input", (g, s) => softshrink_backward(g, s.input, s.lambd)] },
  variants: ["nn.functional"],
});

export const hardshrink = op("hardshrink(Tensor self, Scalar lambd=0.5) -> Tensor", {
  doc: "x beyond λ of 0, 0 within.",
  forward: (x, lambd) => {
    const l = x.dtype.cast(Number(lambd));
    return map(x, (v) => (v >= -l && v <= l ? 0 : v));
  },
  grad: { self: ["self", (g, s) => hardshrink_backward(g, s.self, s.lambd)] },
  variants: ["function", "method", "nn.functional"],
});

// d prelu = dx (x > 0), w dx + x dw elsewhere
export const prelu = op("prelu(Tensor self, Tensor weight) -> Tensor", {
  doc: "x where positive, `weight · x` elsewhere, with one weight for all or for each channel.",
  forward: (x, weight) => {
    checkPrelu(x, weight);
    return zip(x, perChannel(weight, x.ndim), (v, w) => (v > 0 ? v : w * v));
  },
  grad: {
    self: ["self weight", (g, s) => preluBackward(g, s.self, perChannel(s.weight, s.self.ndim))],
    weight: [
      "self",
      (g, s) => {
        const share = where(s.self.gt(0), g.zeros_like(), g.mul(s.self));
        const channels = perChannelShape(s.weight.shape, s.self.ndim);
        return share.sum_to_size(channels).reshape(s.weight.shape);
      },
    ],
  },
  variants: ["function", "method", "nn.functional"],
});

const PRELU_BACKWARD = "_prelu_backward(Tensor grad_output, Tensor self, Tensor weight) -> Tensor";
const preluBackward: Op<typeof PRELU_BACKWARD> = op(PRELU_BACKWARD, {
  doc: "The gradient where x is positive, times the weight elsewhere.",
  forward: (g, x, w) =>
    select(
      compare(x, wrapNumber(0), (a, b) => a > b),
      g,
      g.mul(w),
    ),
  grad: {
    grad_output: ["self weight", (g, s) => preluBackward(g, s.self, s.weight)],
    self: (_, s) => zerosFor(s.self),
    weight: [
      "grad_output self",
      (g, s) => where(s.self.gt(0), g.zeros_like(), g.mul(s.grad_output)).sum_to_size(s.weight.shape),
    ],
  },
  node: "PreluBackwardBackward0",
  variants: [],
});

function checkPrelu(x: Tensor, weight: Tensor): void {
  const n = numel(weight.shape);
  if (weight.ndim > 1) {
    throw new RuntimeError(`prelu: Expected \`weight\` to be a scalar or 1D tensor, but got ndim = ${weight.ndim}`);
  }
  if (n === 1) return;
  if (x.ndim === 0) throw new RuntimeError("Not allow zero-dim input tensor.");
  const channels = x.ndim > 1 ? x.shape[1] : 1;
  if (channels !== n) {
    throw new RuntimeError(
      `Mismatch of parameter numbers and input channel size. Found parameter numbers = ${n} and channel size = ${channels}.`,
    );
  }
}

const perChannelShape = (shape: readonly number[], dims: number): number[] => {
  const n = numel(shape);
  if (dims < 2) return dims === 0 ? [] : [n];
  return Array.from({ length: dims }, (_, d) => (d === 1 ? n : 1));
};
const perChannel = (weight: Tensor, dims: number): Tensor => weight.reshape(perChannelShape(weight.shape, dims));

/** As leaky_relu with a slope of its own for each negative element, drawn at random in training. */
const RRELU = "rrelu_with_noise(Tensor self, Tensor noise, Scalar lower, Scalar upper, bool training) -> Tensor";
const rreluWithNoise: Op<typeof RRELU> = op(RRELU, {
  doc: "Randomised leaky rectifier with given slopes.",
  forward: (x, noise, lower, upper, training) => {
    if (training) return zip(x, noise, (v, k) => v * k);
    const k = (Number(lower) + Number(upper)) / 2;
    return map(x, (v) => (v > 0 ? v : v * k));
  },
  grad: {
    self: [
      "self noise",
      (g, s) => (s.training ? g.mul(s.noise) : leaky_relu_backward(g, s.self, (Number(s.lower) + Number(s.upper)) / 2)),
    ],
  },
  variants: [],
});

function drawSlopes(x: Tensor, from: number, to: number): Tensor {
  const out = allocate(x.shape, x.dtype);
  const [lower, upper] = [x.dtype.cast(from), x.dtype.cast(to)];
  const data = x.flatData();
  data.forEach((v, i) => {
    out.storageOf.data[i] = v <= 0 ? lower + (upper - lower) * default_generator.uniform64() : 1;
  });
  return out;
}

const rreluArgs = (x: Tensor, lower: number | boolean, upper: number | boolean, training: boolean) => {
  const noise = training ? drawSlopes(x, Number(lower), Number(upper)) : x.zeros_like();
  return [x, noise, lower, upper, training] as const;
};

op(
  "rrelu(Tensor input, float lower=0.125, float upper=0.3333333333333333, bool training=False, bool inplace=False) -> Tensor",
  {
    doc: "x where positive, r · x elsewhere: r uniform between the bounds in training, their mean otherwise.",
    forward: (x, lower, upper, training, inplace) => {
      const args = rreluArgs(x, lower, upper, training);
      return inplace ? runInPlace(rreluWithNoise.spec, [...args]) : rreluWithNoise(...args);
    },
    composite: true,
    variants: ["function", "nn.functional"],
  },
);

op("rrelu_(Tensor input, float lower=0.125, float upper=0.3333333333333333, bool training=False) -> Tensor", {
  doc: "x where positive, r · x elsewhere; in place.",
  forward: (x, lower, upper, training) => runInPlace(rreluWithNoise.spec, [...rreluArgs(x, lower, upper, training)]),
  composite: true,
  variants: ["function", "nn.functional"],
});

// ── exponentials ────────────────────────────────────────────────────────────────────────────────────────────────

/** low (e^(k v) − 1) for v ≤ 0, high v above; float32 ones rounded where PyTorch rounds. */
function exponentialBelow(dtype: DType, low: number, high: number, k: number): Mapped {
  if (dtype !== float32) return (v: number) => (v <= 0 ? low * Math.expm1(v * k) : v * high);
  const [l, h, scale] = [low, high, k].map(Math.fround);
  const by = (exp: (x: number) => number) => (v: number) =>
    v < 0 ? l * Math.fround(Math.fround(exp(Math.fround(v * scale))) - 1) : v * h;
  return inVectors(by(exp32), by(plainExp32));
}

// For x ≤ 0: d (s α (e^(k x) − 1)) = s α k e^(k x) dx
export const elu = op("elu(Tensor self, Scalar alpha=1, Scalar scale=1, Scalar input_scale=1) -> Tensor", {
  doc: "scale · x where positive, scale · α (e^(input_scale · x) − 1) elsewhere.",
  forward: (x, alpha, scale, inputScale) => {
    const low = Number(alpha) * Number(scale);
    const high = Number(scale);
    return map(x, exponentialBelow(x.dtype, low, high, Number(inputScale)));
  },
  grad: {
    self: ["self", (g, s) => eluGradient(g, s.self, Number(s.alpha), Number(s.scale), Number(s.input_scale))],
  },
  variants: [],
});

function eluGradient(g: Tensor, x: Tensor, alpha: number, scale: number, inputScale: number): Tensor {
  const k = alpha * scale * inputScale;
  const positive = x.gt(0);
  // The branch not taken must not overflow into the derivative of this one, which is 0 at 0 as in PyTorch.
  const safe = where(x.lt(0), x, x.zeros_like());
  const curve = safe.mul(inputScale).exp();
  return where(positive, g.mul(scale), g.mul(k).mul(curve));
}

op("elu(Tensor input, float alpha=1, bool inplace=False) -> Tensor", {
  doc: "x where positive, α (eˣ − 1) elsewhere.",
  forward: (x, alpha, inplace) => (inplace ? runInPlace(elu.spec, [x, alpha, 1, 1]) : elu(x, alpha, 1, 1)),
  composite: true,
  variants: ["nn.functional"],
});
op("elu_(Tensor input, float alpha=1) -> Tensor", {
  doc: "x where positive, α (eˣ − 1) elsewhere; in place.",
  forward: (x, alpha) => runInPlace(elu.spec, [x, alpha, 1, 1]),
  composite: true,
  variants: ["nn.functional"],
});

const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

const seluDoc = "scale · elu(x, α) with the α and scale that keep mean 0 and variance 1 (Klambauer et al., 2017).";
op("selu(Tensor self) -> Tensor", {
  doc: seluDoc,
  forward: (x) => elu(x, SELU_ALPHA, SELU_SCALE, 1),
  composite: true,
  variants: ["function"],
});
op("selu_(Tensor self) -> Tensor", {
  doc: `${seluDoc} In place.`,
  forward: (x) => runInPlace(elu.spec, [x, SELU_ALPHA, SELU_SCALE, 1]),
  composite: true,
  variants: ["function", "nn.functional"],
});
op("selu(Tensor input, bool inplace=False) -> Tensor", {
  doc: seluDoc,
  forward: (x, inplace) =>
    inplace ? runInPlace(elu.spec, [x, SELU_ALPHA, SELU_SCALE, 1]) : elu(x, SELU_ALPHA, SELU_SCALE, 1),
  composite: true,
  variants: ["nn.functional"],
});

const celu = op("celu(Tensor self, Scalar alpha=1) -> Tensor", {
  doc: "x where positive, α (e^(x / α) − 1) elsewhere.",
  forward: (x, alpha) => {
    const a = Number(alpha);
    if (a === 0) throw new RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU");
    return map(x, exponentialBelow(x.dtype, a, 1, 1 / a));
  },
  grad: { self: ["self", (g, s) => eluGradient(g, s.self, Number(s.alpha), 1, 1 / Number(s.alpha))] },
  variants: ["function"],
  inPlace: true,
});
functional("celu", ", float alpha=1", celu, "x where positive, α (e^(x / α) − 1) elsewhere.");

// d softplus = σ(βx) dx
export const softplus = op("softplus(Tensor input, Scalar beta=1, Scalar threshold=20) -> Tensor", {
  doc: "log(1 + e^(βx)) / β, the identity above the threshold.",
  forward: (x, beta, limit) => {
    const b = Number(beta);
    const { cast } = x.dtype;
    const by = (exp: (x: number) => number, log1p: (x: number) => number) => (v: number) =>
      v * b > Number(limit) ? v : cast(log1p(cast(exp(cast(v * b))))) / b;
    const plain = by(x.dtype === float32 ? plainExp32 : Math.exp, Math.log1p);
    return map(x, x.dtype === float32 ? inVectors(by(exp32, log1p32), plain) : plain);
  },
  grad: {
    input: [
      "input",
      (g, s) => {
        const scaled = s.input.mul(s.beta);
        // Above the threshold, where it does not count, it must not overflow.
        const z = scaled.clamp(null, Number(s.threshold)).exp();
        return where(scaled.gt(s.threshold), g, g.mul(z).div(z.add(1)));
      },
    ],
  },
  variants: ["nn.functional"],
});

const logSigmoidOf = mapped("logsigmoid32", (x) => Math.min(0, x) - Math.log1p(Math.exp(-Math.abs(x))), logSigmoid32);
// d log σ(x) = σ(−x) dx
export const logsigmoid = op("log_sigmoid(Tensor self) -> Tensor", {
  doc: "log(sigmoid(x)), without overflow.",
  forward: (x) => map(x, logSigmoidOf),
  grad: {
    self: [
      "self",
      (g, s) => {
        const z = s.self.abs().neg().exp();
        const share = z.div(z.add(1));
        return g.mul(where(s.self.lt(0), share.neg().add(1), share));
      },
    ],
  },
  variants: [],
});
op("logsigmoid(Tensor input) -> Tensor", {
  doc: "log(sigmoid(x)), without overflow.",
  forward: (x) => logsigmoid(x),
  composite: true,
  variants: ["nn.functional"],
});

const siluOf = mapped(
  "silu32",
  (x) => x / (1 + Math.exp(-x)),
  silu32,
  (x) => x / Math.fround(1 + plainExp32(-x)),
);
// d (x σ) = σ (1 + x (1 − σ)) dx
const silu = op("silu(Tensor self) -> Tensor", {
  doc: "x · sigmoid(x).",
  forward: (x) => map(x, siluOf),
  grad: {
    self: [
      "self",
      (g, s) => {
        const sigma = s.self.sigmoid();
        return g.mul(sigma).mul(addcmul(sigma.ones_like(), s.self, sigma.neg().add(1), 1));
      },
    ],
  },
  variants: [],
});
functional("silu", "", silu, "x · sigmoid(x).");

// d (x tanh s) = (tanh s + x σ (1 − tanh² s)) dx, s = softplus x
const mish = op("mish(Tensor self) -> Tensor", {
  doc: "x · tanh(log(1 + eˣ)).",
  forward: (x) => {
    if (x.dtype !== float32) return map(x, (v) => v * Math.tanh(Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)))));
    const { fround } = Math;
    const plain = (v: number) => v * fround(Math.tanh(fround(Math.log1p(plainExp32(v)))));
    return map(
      x,
      inVectors((v) => v * tanh32(log1p32(exp32(v))), plain),
    );
  },
  grad: {
    self: [
      "self",
      (g, s) => {
        const t = softplus(s.self, 1, 20).tanh();
        const slope = addcmul(t.ones_like(), t, t, -1);
        return g.mul(addcmul(t, s.self.mul(s.self.sigmoid()), slope, 1));
      },
    ],
  },
  variants: [],
});
functional("mish", "", mish, "x · tanh(softplus(x)).");

// Between −3 and 3: d (x (x + 3) / 6) = (x / 3 + 1/2) dx
const hardswish = op("hardswish(Tensor self) -> Tensor", {
  doc: "x · hardsigmoid(x).",
  forward: (x) => map(x, (v) => x.dtype.cast(v * Math.min(Math.max(x.dtype.cast(v + 3), 0), 6)) / 6),
  grad: {
    self: [
      "self",
      (g, s) => {
        const inside = g.mul(s.self.div(3).add(0.5));
        return where(s.self.lt(-3), g.zeros_like(), where(s.self.le(3), inside, g));
      },
    ],
  },
  variants: [],
});
functional("hardswish", "", hardswish, "x · hardsigmoid(x).");

const GELU_K = Math.SQRT2 * (2 / Math.sqrt(Math.PI)) * 0.5;
const GELU_CUBE = 0.044715;

const SQRT_2PI = Math.sqrt(2 * Math.PI);

/** Φ(x) + x φ(x); with tanh: ½ (1 + t) + ½ x (1 − t²) u′, t = tanh u, u′ = k (1 + 3 c x²) */
function geluSlope(x: Tensor, approximate: string): Tensor {
  const square = x.mul(x);
  if (approximate === "none") {
    const cdf = x.div(Math.SQRT2).erf().add(1).mul(0.5);
    return cdf.add(
      x.mul(
        square
          .mul(-0.5)
          .exp()
          .mul(1 / SQRT_2PI),
      ),
    );
  }
  const t = geluTanh(x, square);
  const rest = x.mul(t.mul(t).neg().add(1)).mul(geluInner(square));
  return t.add(1).add(rest).mul(0.5);
}

/** ½ x (1 + tanh u), rounded where PyTorch rounds. */
function geluTanh32(v: number): number {
  const f = Math.fround;
  const cube = f(f(v * v) * v);
  const inner = f(f(GELU_K) * f(v + f(GELU_CUBE) * cube));
  return f(0.5 * v) * f(1 + tanh32(inner));
}

/** The gradient of it, rounded where PyTorch rounds. */
function geluTanhGradient(dy: number, x: number): number {
  const f = Math.fround;
  const square = f(x * x);
  const cube = f(square * x);
  const t = tanh32(f(f(GELU_K) * f(x + f(GELU_CUBE) * cube)));
  const inner = f(f(GELU_K) * f(1 + f(3 * f(GELU_CUBE)) * square));
  const left = f(0.5 * x);
  return dy * f(f(f(left * f(1 - t * t)) * inner) + f(0.5 * f(1 + t)));
}

/** tanh u, u = k (x + c x³) */
const geluTanh = (x: Tensor, square: Tensor): Tensor => square.mul(GELU_CUBE).add(1).mul(x).mul(GELU_K).tanh();

/** u′ = k (1 + 3 c x²) */
const geluInner = (square: Tensor): Tensor =>
  square
    .mul(3 * GELU_CUBE)
    .add(1)
    .mul(GELU_K);

/** (2 − x²) φ(x); with tanh: (1 − t²) (u′ + ½ x u″ − x t u′²), u″ = 6 k c x */
function geluCurvature(x: Tensor, approximate: string): Tensor {
  const square = x.mul(x);
  if (approximate === "none")
    return square
      .mul(-0.5)
      .exp()
      .mul(square.neg().add(2))
      .mul(1 / SQRT_2PI);
  const t = geluTanh(x, square);
  const inner = geluInner(square);
  const bend = inner.add(square.mul(3 * GELU_K * GELU_CUBE)).sub(x.mul(t).mul(inner).mul(inner));
  return t.mul(t).neg().add(1).mul(bend);
}

const geluOf = mapped("gelu32", gelu32);
const geluGradient = zipped("gelu_backward32", (dy, x) => dy * geluSlope32(x));

const GELU_BACKWARD = "gelu_backward(Tensor grad_output, Tensor self, *, str approximate='none') -> Tensor";
/** Second order goes through the formula, of which only the first value has a kernel. */
const gelu_backward: Op<typeof GELU_BACKWARD> = op(GELU_BACKWARD, {
  doc: "The gradient times the slope of gelu.",
  forward: (g, x, approximate) =>
    approximate === "none" && x.dtype === float32 && g.dtype === float32
      ? zip(g, x, geluGradient)
      : approximate === "tanh" && x.dtype === float32 && g.dtype === float32
        ? zip(g, x, geluTanhGradient)
        : g.mul(geluSlope(x, approximate)),
  grad: {
    grad_output: ["self", (g, s) => gelu_backward(g, s.self, s.approximate)],
    self: ["grad_output self", (g, s) => g.mul(s.grad_output).mul(geluCurvature(s.self, s.approximate))],
  },
  variants: [],
});

// d (x Φ(x)) = (Φ(x) + x φ(x)) dx; with tanh: u = k (x + c x³), ½ (1 + tanh u) + ½ x (1 − tanh² u) k (1 + 3 c x²)
export const gelu = op("gelu(Tensor input, *, str approximate='none') -> Tensor", {
  doc: 'x · Φ(x), Φ the normal distribution function; with `approximate="tanh"` ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))).',
  forward: (x, approximate) => {
    if (approximate === "none")
      return x.dtype === float32 ? map(x, geluOf) : x.div(Math.SQRT2).erf().add(1).mul(x).mul(0.5);
    if (approximate !== "tanh") throw new RuntimeError("approximate argument must be either none or tanh.");
    return map(
      x,
      x.dtype === float32 ? geluTanh32 : (v) => 0.5 * v * (1 + Math.tanh(GELU_K * (v + GELU_CUBE * v * v * v))),
    );
  },
  grad: {
    input: ["input", (g, s) => gelu_backward(g, s.input, s.approximate)],
  },
  variants: ["nn.functional"],
});

// ── halves, shares and what is made of other ops ────────────────────────────────────────────────────────────────

// d (a σ(b)) = σ(b) da + a σ(b) (1 − σ(b)) db
op("glu(Tensor input, int dim=-1) -> Tensor", {
  doc: "The first half along a dimension times the sigmoid of the second.",
  forward: (x, dim) => {
    if (x.ndim === 0) throw new RuntimeError("glu does not support scalars because halving size must be even");
    const d = wrapDim(dim, x.ndim);
    if (x.shape[d] % 2 !== 0) {
      throw new RuntimeError(`Halving dimension must be even, but dimension ${d} is size ${x.shape[d]}`);
    }
    const half = x.shape[d] / 2;
    return x.narrow(d, 0, half).mul(x.narrow(d, half, half).sigmoid());
  },
  grad: {
    input: [
      "input",
      (g, s) => {
        const d = wrapDim(s.dim, s.input.ndim);
        const half = s.input.shape[d] / 2;
        const sigma = s.input.narrow(d, half, half).sigmoid();
        const right = sigma
          .neg()
          .add(1)
          .mul(sigma)
          .mul(s.input.narrow(d, 0, half))
          .mul(g);
        return cat([g.mul(sigma), right], d);
      },
    ],
  },
  variants: ["nn.functional"],
});

op("softsign(Tensor input) -> Tensor", {
  doc: "x / (1 + |x|).",
  forward: (x) => x.div(x.abs().add(1)),
  composite: true,
  variants: ["nn.functional"],
});
op("tanhshrink(Tensor input) -> Tensor", {
  doc: "x − tanh(x).",
  forward: (x) => x.sub(x.tanh()),
  composite: true,
  variants: ["nn.functional"],
});

/** Which dimension was meant where none was named: the first of 0, 1 or 3 dimensions, else the second. */
const implicitDim = (dims: number): number => (dims === 0 || dims === 1 || dims === 3 ? 0 : 1);

op("softmin(Tensor input, int? dim=None, int _stacklevel=3, ScalarType? dtype=None) -> Tensor", {
  doc: "softmax(−x) along a dimension.",
  forward: (x, dim, _, dtype) => x.neg().softmax(dim ?? implicitDim(x.ndim), { dtype }),
  composite: true,
  variants: ["nn.functional"],
});

op("gumbel_softmax(Tensor logits, float tau=1, bool hard=False, float eps=1e-10, int dim=-1) -> Tensor", {
  doc: "softmax((logits + Gumbel noise) / τ); with `hard` the one-hot vector of its largest element, with the soft one's gradient (Jang et al., 2017).",
  forward: (logits, tau, hard, _, dim) => {
    const gumbels = logits.empty_like().exponential_().log().neg();
    const soft = logits.add(gumbels).div(tau).softmax(dim);
    if (!hard) return soft;
    const index = soft.max(dim, true)[1];
    const one = logits.zeros_like().scatter_add(dim, index, soft.ones_like());
    return one.sub(soft.detach()).add(soft);
  },
  composite: true,
  variants: ["nn.functional"],
});
