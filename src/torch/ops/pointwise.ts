/** Functions of two or three operands, element by element, with broadcasting and promotion. */
import { notDifferentiable, type Op, op } from "../dispatch";
import { bfloat16, bool, Category, type DType, float16, float32, float64, largest } from "../dtype";
import { RuntimeError } from "../errors";
import { elements } from "../kernels/copy";
import { compare, map, zip, zip3 } from "../kernels/elementwise";
import { igamma, igammac } from "../kernels/special";
import { floatType, resultType, wrapNumber } from "../promotion";
import type { Scalar } from "../schema";
import { sameShape } from "../shape";
import type { Tensor } from "../tensor";
import { div, eq, mul, powBase, powScalar, powTensor, where } from "./arithmetic";

/** Two operands that meet in a floating-point type. */
const toFloat = (f: (x: number, y: number) => number) => (a: Tensor, b: Tensor) =>
  zip(a, b, f, floatType(resultType(a, b)));

const notForBool = (name: string, common: DType) => {
  if (common === bool) throw new RuntimeError(`"${name}" not implemented for 'Bool'`);
};

// ── bounds ──────────────────────────────────────────────────────────────────────────────────────────────────────

const atMost = (x: number, hi: number) => (Number.isNaN(x) || x < hi ? x : hi);
const atLeast = (x: number, lo: number) => (Number.isNaN(x) || x > lo ? x : lo);

/** The gradient where the condition holds. */
const passes = (g: Tensor, condition: Tensor): Tensor => where(condition, g, g.zeros_like());

// Slope 1 up to the bound, 0 above; the bound's the other way round.
export const clampMax = op("clamp_max(Tensor self, Scalar max) -> Tensor", {
  doc: "Each element, no larger than `max`.",
  forward: (t, max) => {
    const common = resultType(t, max);
    const hi = common.cast(Number(max));
    return zip(t, wrapNumber(max), (x) => atMost(x, hi), common);
  },
  grad: { self: ["self", (g, s) => passes(g, s.self.le(s.max))] },
  inPlace: true,
});
export const clampMaxTensor = op("clamp_max.Tensor(Tensor self, Tensor max) -> Tensor", {
  doc: "Each element, no larger than the matching one of `max`; broadcast.",
  forward: (a, b) => zip(a, b, (x, y) => (Number.isNaN(y) ? y : atMost(x, y))),
  grad: {
    self: ["self max", (g, s) => passes(g, s.self.le(s.max))],
    max: ["self max", (g, s) => passes(g, s.self.gt(s.max))],
  },
  node: "ClampMaxBackward1",
  inPlace: true,
});
export const clampMin = op("clamp_min(Tensor self, Scalar min) -> Tensor", {
  doc: "Each element, no smaller than `min`.",
  forward: (t, min) => {
    const common = resultType(t, min);
    const lo = common.cast(Number(min));
    return zip(t, wrapNumber(min), (x) => atLeast(x, lo), common);
  },
  grad: { self: ["self", (g, s) => passes(g, s.self.ge(s.min))] },
  inPlace: true,
});
export const clampMinTensor = op("clamp_min.Tensor(Tensor self, Tensor min) -> Tensor", {
  doc: "Each element, no smaller than the matching one of `min`; broadcast.",
  forward: (a, b) => zip(a, b, (x, y) => (Number.isNaN(y) ? y : atLeast(x, y))),
  grad: {
    self: ["self min", (g, s) => passes(g, s.self.ge(s.min))],
    min: ["self min", (g, s) => passes(g, s.self.lt(s.min))],
  },
  node: "ClampMinBackward1",
  inPlace: true,
});

/** min(max(x, lo), hi): where the bounds cross, the upper one holds. */
function between(x: Tensor, lo: Tensor | null, hi: Tensor | null): Tensor {
  if (lo === null && hi === null) {
    throw new RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None");
  }
  const raised = lo === null ? x : clampMinTensor(x, lo);
  return hi === null ? raised : clampMaxTensor(raised, hi);
}

export const clampTensor = op("clamp.Tensor(Tensor self, Tensor? min=None, Tensor? max=None) -> Tensor", {
  doc: "Each element, no smaller than the matching one of `min` and no larger than that of `max`; broadcast.",
  forward: between,
  grad: {
    self: [
      "self min max",
      (g, s) => {
        const above: Tensor | null = s.min === null ? null : s.self.ge(s.min);
        const below: Tensor | null = s.max === null ? null : s.self.le(s.max);
        return passes(g, above !== null && below !== null ? above.logical_and(below) : (above ?? below)!);
      },
    ],
    min: [
      "self min max",
      (g, s) => {
        const low: Tensor = s.self.lt(s.min!);
        return passes(g, s.max === null ? low : low.logical_and(s.min!.lt(s.max)));
      },
    ],
    max: [
      "self min max",
      (g, s) => {
        const high: Tensor = s.self.gt(s.max!);
        return passes(g, s.min === null ? high : high.logical_or(s.max!.lt(s.min)));
      },
    ],
  },
  node: "ClampBackward0",
  inPlace: true,
});

// ── three operands ──────────────────────────────────────────────────────────────────────────────────────────────

const times = (t: Tensor, k: Scalar): Tensor => (k === 1 ? t : t.mul(k));

// d (a + v b c) = da + v c db + v b dc
export const addcmul = op("addcmul(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor", {
  doc: "`self + value · tensor1 · tensor2`, broadcast.",
  forward: (a, b, c, value) => {
    const common = resultType(a, b, c);
    const k = common.cast(Number(value));
    const { cast } = common;
    // v b is rounded, the rest is one fused multiply-add.
    return zip3(a, b, c, (x, y, z) => x + cast(k * y) * z, common);
  },
  grad: {
    self: (g) => g,
    tensor1: ["tensor2", (g, s) => times(g.mul(s.tensor2), s.value)],
    tensor2: ["tensor1", (g, s) => times(g.mul(s.tensor1), s.value)],
  },
  inPlace: true,
});

// d (a + v b/c) = da + v db/c − v b dc/c²
export const addcdiv = op("addcdiv(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor", {
  doc: "`self + value · tensor1 / tensor2`, broadcast; floating point only.",
  forward: (a, b, c, value) => {
    const common = resultType(a, b, c);
    if (common.category !== Category.Floating) {
      throw new RuntimeError(
        "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform a true division of tensor1 and tensor2. The historic addcdiv behavior can be implemented as (input + value * torch.trunc(tensor1 / tensor2)).to(input.dtype) for integer inputs and as (input + value * tensor1 / tensor2) for float inputs. The future addcdiv behavior is just the latter implementation: (input + value * tensor1 / tensor2), for all dtypes.",
      );
    }
    const k = common.cast(Number(value));
    const { cast } = common;
    return zip3(a, b, c, (x, y, z) => x + cast(cast(k * y) / z), common);
  },
  grad: {
    self: (g) => g,
    tensor1: ["tensor2", (g, s) => g.mul(s.tensor2.reciprocal().mul(s.value))],
    tensor2: ["tensor1 tensor2", (g, s) => g.neg().mul(s.tensor1.mul(s.value).div(s.tensor2.mul(s.tensor2)))],
  },
  inPlace: true,
});

/** a + w (b − a), from the nearer end, so that w = 1 gives b itself. */
const mix = (a: number, b: number, w: number, cast: (x: number) => number) =>
  Math.abs(w) < 0.5 ? a + w * cast(b - a) : b - cast(b - a) * cast(1 - w);

function checkSameDtype(a: Tensor, b: Tensor, name: string): void {
  if (a.dtype !== b.dtype) {
    throw new RuntimeError(
      `expected dtype ${a.dtype.scalarName.toLowerCase()} for \`${name}\` but got dtype ${b.dtype.scalarName.toLowerCase()}`,
    );
  }
}

// d (a + w (b − a)) = (1 − w) da + w db + (b − a) dw
export const lerp = op("lerp.Scalar(Tensor self, Tensor end, Scalar weight) -> Tensor", {
  doc: "`self + weight · (end − self)`, broadcast.",
  forward: (a, b, weight) => {
    checkSameDtype(a, b, "end");
    const { cast } = a.dtype;
    const w = cast(Number(weight));
    return zip(a, b, (x, y) => mix(x, y, w, cast));
  },
  grad: {
    self: (g, s) => g.mul(1 - Number(s.weight)),
    end: (g, s) => g.mul(s.weight),
  },
  inPlace: true,
});
export const lerpTensor = op("lerp.Tensor(Tensor self, Tensor end, Tensor weight) -> Tensor", {
  doc: "`self + weight · (end − self)` with a weight for each element, broadcast.",
  forward: (a, b, weight) => {
    checkSameDtype(a, b, "end");
    checkSameDtype(a, weight, "weight");
    const { cast } = a.dtype;
    return zip3(a, b, weight, (x, y, w) => mix(x, y, w, cast));
  },
  grad: {
    self: ["weight", (g, s) => g.mul(s.weight.neg().add(1))],
    end: ["weight", (g, s) => g.mul(s.weight)],
    weight: ["self end", (g, s) => g.mul(s.end.sub(s.self))],
  },
  node: "LerpBackward1",
  inPlace: true,
});

// ── division and remainders ─────────────────────────────────────────────────────────────────────────────────────

const DIV_MODE = "div.Tensor_mode(Tensor self, Tensor other, *, str? rounding_mode) -> Tensor";

// Rounded: no slope. Not rounded: d (a / b) = da / b − (a / b) db / b
const divRounded: Op<typeof DIV_MODE> = op(DIV_MODE, {
  doc: 'Division rounded towards zero (`rounding_mode: "trunc"`) or down (`"floor"`).',
  forward: (a, b, mode) => {
    const common = resultType(a, b);
    if (mode === "floor") return a.floor_divide(b);
    if (mode !== "trunc") {
      throw new RuntimeError(`div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '${mode}'`);
    }
    if (common.category !== Category.Floating && elements(b).includes(0)) throw new RuntimeError("ZeroDivisionError");
    return zip(a, b, (x, y) => Math.trunc(x / y), common);
  },
  grad: { self: (g) => g.zeros_like(), other: (g) => g.zeros_like() },
  node: "DivBackward2",
  numbers: true,
  inPlace: true,
  variants: [],
});

const DIV = "div.mode(Tensor self, Tensor other, *, str? rounding_mode) -> Tensor";
export const divMode: Op<typeof DIV> = op(DIV, {
  doc: 'Division rounded towards zero (`rounding_mode: "trunc"`) or down (`"floor"`), or not at all (null).',
  forward: (a, b, mode) => (mode === null ? div(a, b) : divRounded(a, b, mode)),
  composite: true,
  numbers: true,
});

const truncatedRemainder = (a: Tensor, b: Tensor) => {
  const common = resultType(a, b);
  notForBool("fmod_cpu", common);
  if (common.category !== Category.Floating && elements(b).includes(0)) throw new RuntimeError("ZeroDivisionError");
  return zip(a, b, (x, y) => x % y, common);
};

// a − b trunc(a / b): slope 1 in a, −trunc(a / b) in b
export const fmodScalar = op("fmod.Scalar(Tensor self, Scalar other) -> Tensor", {
  doc: "C's remainder of a division by a number, with the sign of `self`.",
  forward: (a, other) => truncatedRemainder(a, wrapNumber(other)),
  grad: { self: (g) => g },
  inPlace: true,
});
export const fmod = op("fmod.Tensor(Tensor self, Tensor other) -> Tensor", {
  doc: "C's remainder of `self / other`, with the sign of `self`; broadcast.",
  forward: truncatedRemainder,
  grad: { self: (g) => g, other: ["self other", (g, s) => g.neg().mul(divRounded(s.self, s.other, "trunc"))] },
  node: "FmodBackward1",
  inPlace: true,
});

// d (b − α a) = db − α da
export const rsubTensor = op("rsub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor", {
  doc: "`other − alpha · self`, broadcast.",
  forward: (a, b, alpha) => b.sub(a, { alpha }),
  grad: { self: (g, s) => times(g.neg(), s.alpha), other: (g) => g },
});

// ── powers ──────────────────────────────────────────────────────────────────────────────────────────────────────

// d x² = 2 x dx
export const square = op("square(Tensor self) -> Tensor", {
  doc: "Each element times itself.",
  forward: (t) => powScalar(t, 2),
  grad: { self: ["self", (g, s) => g.mul(s.self.pow(1).mul(2))] },
  node: "PowBackward0",
  inPlace: true,
});

const inDouble = (t: Tensor): Tensor => t.to(float64);
export const floatPowerScalar = op("float_power.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor", {
  doc: "Each element to a power, in float64.",
  forward: (t, exponent) => powScalar(inDouble(t), exponent),
  composite: true,
});
export const floatPower = op("float_power.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor", {
  doc: "Each element to the power of the matching one, in float64; broadcast.",
  forward: (a, b) => powTensor(inDouble(a), inDouble(b)),
  composite: true,
});
export const floatPowerBase = op("float_power.Scalar(Scalar self, Tensor exponent) -> Tensor", {
  doc: "A number to the power of each element, in float64.",
  forward: (base, exponent) => powBase(base, inDouble(exponent)),
  composite: true,
  variants: ["function"],
});

export const ldexp = op("ldexp.Tensor(Tensor self, Tensor other) -> Tensor", {
  doc: "`self · 2^other`, broadcast.",
  forward: (a, b) => mul(a, powBase(2, b.is_floating_point() ? b : b.to(float32))),
  composite: true,
});

// ── extremes ────────────────────────────────────────────────────────────────────────────────────────────────────

const firstWins = (f: (x: number, y: number) => boolean) => (x: number, y: number) =>
  Number.isNaN(y) || f(x, y) ? x : y;

// NaN loses; of equal ones the first takes the gradient.
export const fmax = op("fmax(Tensor self, Tensor other) -> Tensor", {
  doc: "The larger of each pair of elements; a number wins over NaN.",
  forward: (a, b) => zip(a, b, (x, y) => (Number.isNaN(x) ? y : firstWins((p, q) => p >= q)(x, y))),
  grad: {
    self: ["self other", (g, s) => passes(g, s.self.ge(s.other).logical_or(s.other.isnan()))],
    other: ["self other", (g, s) => passes(g, s.self.ge(s.other).logical_or(s.other.isnan()).logical_not())],
  },
});
export const fmin = op("fmin(Tensor self, Tensor other) -> Tensor", {
  doc: "The smaller of each pair of elements; a number wins over NaN.",
  forward: (a, b) => zip(a, b, (x, y) => (Number.isNaN(x) ? y : firstWins((p, q) => p <= q)(x, y))),
  grad: {
    self: ["self other", (g, s) => passes(g, s.self.le(s.other).logical_or(s.other.isnan()))],
    other: ["self other", (g, s) => passes(g, s.self.le(s.other).logical_or(s.other.isnan()).logical_not())],
  },
});

// ── logarithms of sums ──────────────────────────────────────────────────────────────────────────────────────────

/** log Σ in the base whose exp and log1p are given. */
const logSum = (unit: number) => (x: number, y: number) => {
  if (x === y && !Number.isFinite(x)) return x;
  const high = Math.max(x, y);
  return high + Math.log1p(Math.exp(-Math.abs(x - y) * unit)) / unit;
};
const floatsOnly = (name: string, a: Tensor, b: Tensor): DType => {
  const common = resultType(a, b);
  if (common.category !== Category.Floating) {
    throw new RuntimeError(`"${name}" not implemented for '${common.scalarName}'`);
  }
  return common;
};

// ∂/∂a log(eᵃ + eᵇ) = eᵃ / (eᵃ + eᵇ) = 1 / (1 + e^(b−a))
export const logaddexp = op("logaddexp(Tensor self, Tensor other) -> Tensor", {
  doc: "log(e^self + e^other), without overflow; broadcast.",
  forward: (a, b) => zip(a, b, logSum(1), floatsOnly("logaddexp_cpu", a, b)),
  grad: {
    self: ["self other", (g, s) => g.div(s.other.sub(s.self).exp().add(1))],
    other: ["self other", (g, s) => g.div(s.self.sub(s.other).exp().add(1))],
  },
});
export const logaddexp2 = op("logaddexp2(Tensor self, Tensor other) -> Tensor", {
  doc: "log₂(2^self + 2^other), without overflow; broadcast.",
  forward: (a, b) => zip(a, b, logSum(Math.LN2), floatsOnly("logaddexp2_cpu", a, b)),
  grad: {
    self: ["self other", (g, s) => g.div(powBase(2, s.other.sub(s.self)).add(1))],
    other: ["self other", (g, s) => g.div(powBase(2, s.self.sub(s.other)).add(1))],
  },
});

const timesLog = (log: (y: number) => number) => (a: Tensor, b: Tensor) => {
  const dtype = floatType(resultType(a, b));
  const { cast } = dtype;
  return zip(a, b, (x, y) => (Number.isNaN(y) ? y : x === 0 ? 0 : x * cast(log(y))), dtype);
};

/** log y, 0 where x is 0 and y admits no logarithm. */
const logOr0 = (x: Tensor, y: Tensor, log: Tensor, least: number): Tensor =>
  where(x.eq(0).logical_and(y.le(least)), y.zeros_like(), log);

// d (x log y) = log y dx + x dy / y
export const xlogy = op("xlogy.Tensor(Tensor self, Tensor other) -> Tensor", {
  doc: "`self · log(other)`, 0 where `self` is 0; broadcast.",
  forward: timesLog(Math.log),
  grad: {
    self: ["self other", (g, s) => g.mul(logOr0(s.self, s.other, s.other.log(), 0))],
    other: ["self other", (g, s) => g.mul(s.self).div(s.other)],
  },
  inPlace: true,
});
export const xlogyNumber = op("xlogy.Scalar_Other(Tensor self, Scalar other) -> Tensor", {
  doc: "`self · log(other)` for a number `other`.",
  forward: (a, other) => timesLog(Math.log)(a, wrapNumber(other)),
  grad: {
    self: [
      "self",
      (g, s) => {
        const log = Math.log(Number(s.other));
        return Number(s.other) > 0 ? g.mul(log) : g.mul(where(s.self.eq(0), s.self.zeros_like(), wrapNumber(log)));
      },
    ],
  },
  node: "XlogyBackward2",
  inPlace: true,
});
export const xlogyFirst = op("xlogy.Scalar_Self(Scalar self, Tensor other) -> Tensor", {
  doc: "`self · log(other)` for a number `self`.",
  forward: (x, b) => timesLog(Math.log)(wrapNumber(x), b),
  grad: { other: ["other", (g, s) => g.mul(s.self).div(s.other)] },
  node: "XlogyBackward1",
  variants: ["function"],
});

// d (x log(1 + y)) = log(1 + y) dx + x dy / (1 + y)
export const xlog1py = op("special_xlog1py(Tensor self, Tensor other) -> Tensor", {
  doc: "`self · log(1 + other)`, 0 where `self` is 0; broadcast.",
  forward: timesLog(Math.log1p),
  grad: {
    self: ["self other", (g, s) => g.mul(logOr0(s.self, s.other, s.other.log1p(), -1))],
    other: ["self other", (g, s) => g.mul(s.self).div(s.other.add(1))],
  },
  variants: ["special"],
});
op("special_xlog1py.other_scalar(Tensor self, Scalar other) -> Tensor", {
  doc: "`self · log(1 + other)` for a number `other`.",
  forward: (a, other) => timesLog(Math.log1p)(a, wrapNumber(other)),
  grad: {
    self: [
      "self",
      (g, s) => {
        const log = Math.log1p(Number(s.other));
        return Number(s.other) > -1 ? g.mul(log) : g.mul(where(s.self.eq(0), s.self.zeros_like(), wrapNumber(log)));
      },
    ],
  },
  node: "SpecialXlog1PyBackward2",
  variants: ["special"],
});
op("special_xlog1py.self_scalar(Scalar self, Tensor other) -> Tensor", {
  doc: "`self · log(1 + other)` for a number `self`.",
  forward: (x, b) => timesLog(Math.log1p)(wrapNumber(x), b),
  grad: { other: ["other", (g, s) => g.mul(s.self).div(s.other.add(1))] },
  node: "SpecialXlog1PyBackward1",
  variants: ["special"],
});

// ── geometry and signs ──────────────────────────────────────────────────────────────────────────────────────────

// d √(a² + b²) = (a da + b db) / √(a² + b²)
export const hypot = op("hypot(Tensor self, Tensor other) -> Tensor", {
  doc: "√(self² + other²), without overflow; broadcast.",
  forward: (a, b) => zip(a, b, Math.hypot, floatsOnly("hypot_cpu", a, b)),
  grad: {
    self: ["self result", (g, s) => g.mul(s.self.div(s.result))],
    other: ["other result", (g, s) => g.mul(s.other.div(s.result))],
  },
  inPlace: true,
});

const negative = (x: number): boolean => x < 0 || Object.is(x, -0);
const withSign = (x: number, y: number): number => (negative(x) === negative(y) ? x : -x);

/** ±1, and 0 where the input is. */
const signRatio = (g: Tensor, self: Tensor, result: Tensor): Tensor =>
  g.mul(where(self.eq(0), self.zeros_like(), result.div(self)));

// d (|x| · ±1) = ±dx; no slope at 0
export const copysign = op("copysign.Tensor(Tensor self, Tensor other) -> Tensor", {
  doc: "The magnitude of `self` with the sign of `other` (of zeros too); broadcast.",
  forward: toFloat(withSign),
  grad: {
    self: ["self result", (g, s) => signRatio(g, s.self, s.result)],
    other: (g) => g.zeros_like(),
  },
  inPlace: true,
});
export const copysignNumber = op("copysign.Scalar(Tensor self, Scalar other) -> Tensor", {
  doc: "The magnitude of `self` with the sign of a number.",
  forward: (a, other) => toFloat(withSign)(a, wrapNumber(other)),
  grad: { self: ["self result", (g, s) => signRatio(g, s.self, s.result)] },
  node: "CopysignBackward1",
  inPlace: true,
});

export const heaviside = op("heaviside(Tensor self, Tensor values) -> Tensor", {
  doc: "0 where negative, 1 where positive, `values` where zero; broadcast.",
  forward: (a, b) => {
    if (a.dtype !== b.dtype) {
      throw new RuntimeError("heaviside is not yet implemented for tensors with different dtypes.");
    }
    return zip(a, b, (x, y) => (x === 0 ? y : x < 0 ? 0 : 1));
  },
  ...notDifferentiable("heaviside", ["self", "values"]),
  inPlace: true,
});

const bits = new DataView(new ArrayBuffer(8));

/** The next number of this type from x towards y. */
function next(x: number, y: number, dtype: DType): number {
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  if (x === y) return y;
  // A bfloat16 is the upper half of a float32.
  const step = dtype === bfloat16 ? 1 << 16 : 1;
  const least = dtype === float64 ? Number.MIN_VALUE : step * 2 ** -149;
  if (x === 0) return y > 0 ? least : -least;
  const away = y > x === x > 0;
  if (dtype !== float64) {
    bits.setFloat32(0, x);
    bits.setInt32(0, bits.getInt32(0) + (away ? step : -step));
    return bits.getFloat32(0);
  }
  bits.setFloat64(0, x);
  bits.setBigInt64(0, bits.getBigInt64(0) + (away ? 1n : -1n));
  return bits.getFloat64(0);
}

export const nextafter = op("nextafter(Tensor self, Tensor other) -> Tensor", {
  doc: "The next floating-point number after `self` towards `other`; broadcast.",
  forward: (a, b) => {
    const common = floatsOnly("nextafter_cpu", a, b);
    if (common === float16) throw new RuntimeError(`"nextafter_cpu" not implemented for 'Half'`);
    return zip(a, b, (x, y) => next(x, y, common), common);
  },
  ...notDifferentiable("nextafter", ["self", "other"]),
  inPlace: true,
});

// ── greatest common divisors ────────────────────────────────────────────────────────────────────────────────────

const integersOnly = (name: string, a: Tensor, b: Tensor): DType => {
  const common = resultType(a, b);
  if (common.category !== Category.Integer) {
    throw new RuntimeError(`"${name}" not implemented for '${common.scalarName}'`);
  }
  return common;
};
const divisor = (x: number, y: number): number => {
  x = Math.abs(x);
  y = Math.abs(y);
  while (y !== 0) [x, y] = [y, x % y];
  return x;
};
export const gcd = op("gcd(Tensor self, Tensor other) -> Tensor", {
  doc: "The greatest common divisor of each pair of integers; broadcast.",
  forward: (a, b) => zip(a, b, divisor, integersOnly("gcd_cpu", a, b)),
  inPlace: true,
});
export const lcm = op("lcm(Tensor self, Tensor other) -> Tensor", {
  doc: "The least common multiple of each pair of integers; broadcast.",
  forward: (a, b) =>
    zip(
      a,
      b,
      (x, y) => {
        const d = divisor(x, y);
        return d === 0 ? 0 : Math.abs((x / d) * y);
      },
      integersOnly("lcm_cpu", a, b),
    ),
  inPlace: true,
});

function shift(name: "bitwise_left_shift" | "bitwise_right_shift", f: (x: bigint, y: bigint) => bigint) {
  return op(
    `${name}.Tensor(Tensor self, Tensor other) -> Tensor` as "bitwise_left_shift.Tensor(Tensor self, Tensor other) -> Tensor",
    {
      doc: `Bits shifted to the ${name === "bitwise_left_shift" ? "left" : "right"}; broadcast.`,
      forward: (a, b) => {
        const common = resultType(a, b);
        return zip(a, b, (x, y) => common.cast(Number(f(BigInt(x), BigInt(y)))), common);
      },
      numbers: true,
      inPlace: true,
    },
  );
}
export const leftShift = shift("bitwise_left_shift", (x, y) => x << y);
export const rightShift = shift("bitwise_right_shift", (x, y) => x >> y);

// ── incomplete gamma functions ──────────────────────────────────────────────────────────────────────────────────

const unknownSlope = (name: string) => () => {
  throw new RuntimeError(`the derivative for '${name}' is not implemented.`);
};

/** x^(a−1) e^(−x) / Γ(a), the density of the gamma distribution. */
const gammaDensity = (a: Tensor, x: Tensor): Tensor => x.log().mul(a.sub(1)).sub(x).sub(a.lgamma()).exp();

// ∂P(a, x)/∂x = x^(a−1) e^(−x) / Γ(a)
export const igammaOp = op("igamma(Tensor self, Tensor other) -> Tensor", {
  doc: "P(self, other), the regularised lower incomplete gamma function; broadcast. Its slope in `self` is not implemented, as in PyTorch.",
  forward: (a, b) => zip(a, b, igamma, floatsOnly("igamma_cpu", a, b)),
  grad: {
    self: unknownSlope("igamma: input"),
    other: ["self other", (g, s) => g.mul(gammaDensity(s.self, s.other))],
  },
  inPlace: true,
});
export const igammacOp = op("igammac(Tensor self, Tensor other) -> Tensor", {
  doc: "Q(self, other) = 1 − P(self, other), the regularised upper incomplete gamma function; broadcast.",
  forward: (a, b) => zip(a, b, igammac, floatsOnly("igammac_cpu", a, b)),
  grad: {
    self: unknownSlope("igammac: input"),
    other: ["self other", (g, s) => g.mul(gammaDensity(s.self, s.other)).neg()],
  },
  inPlace: true,
});

// ── closeness ───────────────────────────────────────────────────────────────────────────────────────────────────

export const isclose = op(
  "isclose(Tensor self, Tensor other, float rtol=1e-05, float atol=1e-08, bool equal_nan=False) -> Tensor",
  {
    doc: "Whether |self − other| ≤ atol + rtol · |other|, for each pair; bool.",
    forward: (a, b, rtol, atol, equal_nan) => {
      if (a.dtype !== b.dtype) throw new RuntimeError(`${a.dtype.scalarName} did not match ${b.dtype.scalarName}`);
      if (rtol < 0) throw new RuntimeError(`rtol must be greater than or equal to zero, but got ${rtol}`);
      if (atol < 0) throw new RuntimeError(`atol must be greater than or equal to zero, but got ${atol}`);
      return compare(a, b, (x, y) => {
        if (x === y) return true;
        if (Number.isNaN(x) && Number.isNaN(y)) return equal_nan;
        return Number.isFinite(y) && Math.abs(x - y) <= atol + Math.abs(rtol * y);
      });
    },
  },
);

export const allclose = op(
  "allclose(Tensor self, Tensor other, float rtol=1e-05, float atol=1e-08, bool equal_nan=False) -> bool",
  {
    doc: "Whether every pair of elements is close: |self − other| ≤ atol + rtol · |other|.",
    forward: (a, b, rtol, atol, equal_nan) => elements(isclose(a, b, rtol, atol, equal_nan)).every((v) => v !== 0),
  },
);

export const equal = op("equal(Tensor self, Tensor other) -> bool", {
  doc: "Whether two tensors have the same shape and the same elements.",
  forward: (a, b) => {
    return sameShape(a.shape, b.shape) && elements(eq(a, b)).every((v) => v !== 0);
  },
});

/** A number for each NaN and infinity. */
export const nanToNum = op(
  "nan_to_num(Tensor self, float? nan=None, float? posinf=None, float? neginf=None) -> Tensor",
  {
    doc: "NaN replaced by `nan` (0), infinities by `posinf` and `neginf` (the largest and smallest number of the dtype).",
    forward: (t, nan, posinf, neginf) => {
      if (!t.is_floating_point()) return t.clone();
      const most = largest(t.dtype);
      const high = posinf ?? most;
      const low = neginf ?? -most;
      return map(t, (x) => (Number.isNaN(x) ? (nan ?? 0) : x === Infinity ? high : x === -Infinity ? low : x));
    },
    // slope 1 where the number is itself
    grad: { self: ["self", (g, s) => g.mul(s.self.isfinite())] },
    inPlace: true,
  },
);
