/** Operators between tensors and numbers, with broadcasting and promotion. */
import { notDifferentiable, type Op, op } from "../dispatch";
import { bool, Category, float32 } from "../dtype";
import { RuntimeError } from "../errors";
import { castTo } from "../kernels/copy";
import { compare, map, select, zip } from "../kernels/elementwise";
import { mapped, plusTimes, zipped } from "../kernels/wasm/elementwise";
import { floatType, resultType, wrapNumber } from "../promotion";
import type { Scalar } from "../schema";
import { alias, type Tensor } from "../tensor";

/** A factor that a float32 loop would see. */
const asFactor = (alpha: Scalar, dtype: { cast(x: number): number }) => dtype.cast(Number(alpha));

function checkAlpha(alpha: Scalar, common: { category: Category }): void {
  if (typeof alpha === "number" && !Number.isInteger(alpha) && common.category !== Category.Floating) {
    throw new RuntimeError("For integral input tensors, argument alpha must not be a floating point number.");
  }
}

/** `g · alpha`, without a needless product. */
const scaled = (g: Tensor, alpha: Scalar): Tensor => (alpha === 1 ? g : g.mul(alpha));

const plus = zipped("add32", (x, y) => x + y);
const minus = zipped("sub32", (x, y) => x - y);
const times = zipped("mul32", (x, y) => x * y);
const quotient = zipped("div32", (x, y) => x / y);
const power = zipped("pow32", (x, y) => x ** y);
const squareOf = mapped("square32", (x) => x * x);
const rootOf = mapped("sqrt32", (x) => Math.sqrt(x));

// d (a + α b) = da + α db
export const add = op("add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor", {
  doc: "`self + alpha · other`, broadcast.",
  forward: (a, b, alpha) => {
    const common = resultType(a, b);
    checkAlpha(alpha, common);
    if (common === bool) return zip(a, b, (x, y) => (x || (alpha && y) ? 1 : 0));
    if (alpha === 1) return zip(a, b, plus, common);
    const k = asFactor(alpha, common);
    // One rounding for both, as PyTorch's fused multiply-add does.
    return zip(a, b, plusTimes(k), common);
  },
  grad: { self: (g) => g, other: (g, s) => scaled(g, s.alpha) },
  numbers: true,
  inPlace: true,
});

export const subNumber = op("sub.NumberFirst(Scalar self, Tensor other, *, Scalar alpha=1) -> Tensor", {
  doc: "`self − alpha · other` with a number on the left.",
  forward: (number, other, alpha) => rsub(other, number, alpha),
  composite: true,
  variants: ["function"],
});

// d (a − α b) = da − α db
export const sub = op("sub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor", {
  doc: "`self − alpha · other`, broadcast. `torch.sub(2, x)` is Python's `2 - x`.",
  forward: (a, b, alpha) => {
    const common = resultType(a, b);
    if (common === bool) {
      throw new RuntimeError(
        "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` operator instead.",
      );
    }
    checkAlpha(alpha, common);
    if (alpha === 1) return zip(a, b, minus, common);
    const k = asFactor(alpha, common);
    return zip(a, b, plusTimes(-k), common);
  },
  grad: { self: (g) => g, other: (g, s) => scaled(g.neg(), s.alpha) },
  numbers: "other",
  inPlace: true,
});

// d (b − a) = −da + db
export const rsub = op("rsub.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor", {
  doc: "`other − alpha · self`: the operator with the number on the left.",
  forward: (a, other, alpha) => {
    const common = resultType(a, other);
    const k = asFactor(alpha, common);
    return zip(wrapNumber(other), a, k === 1 ? minus : plusTimes(-k), common);
  },
  grad: { self: (g, s) => scaled(g.neg(), s.alpha) },
  node: "RsubBackward1",
});

// d (a b) = b da + a db
export const mul = op("mul.Tensor(Tensor self, Tensor other) -> Tensor", {
  doc: "`self · other`, element by element, broadcast.",
  forward: (a, b) => zip(a, b, times),
  grad: { self: ["other", (g, s) => g.mul(s.other)], other: ["self", (g, s) => g.mul(s.self)] },
  numbers: true,
  inPlace: true,
});

/** A number on the left goes with Python's operator, which is `x.reciprocal() * number`. */
export const divNumber = op("div.NumberFirst(Scalar self, Tensor other) -> Tensor", {
  doc: "`self / other` with a number on the left.",
  forward: (number, other) => mul(other.reciprocal(), wrapNumber(number)),
  composite: true,
  variants: ["function"],
});

// d (a / b) = da / b − (a / b) db / b
export const div = op("div.Tensor(Tensor self, Tensor other) -> Tensor", {
  doc: "`self / other`, true division, broadcast. Integers give floating point.",
  forward: (a, b) => zip(a, b, quotient, floatType(resultType(a, b))),
  grad: {
    self: ["other", (g, s) => g.div(s.other)],
    other: ["self other", (g, s) => g.neg().mul(s.self.div(s.other).div(s.other))],
  },
  numbers: "other",
  inPlace: true,
});

const floorQuotient = (x: number, y: number): number => {
  if (y === 0) return x / y;
  // Python's floor division: exact where x / y would round up to a whole number.
  const mod = x % y;
  const whole = (x - mod) / y;
  const down = mod !== 0 && mod < 0 !== y < 0 ? whole - 1 : whole;
  return down === 0 ? (x / y < 0 ? -0 : 0) : Math.floor(down) + (down - Math.floor(down) > 0.5 ? 1 : 0);
};

const checkIntegerDivisor = (b: Tensor, common: { category: Category }): void => {
  if (common.category !== Category.Floating && b.flatData().includes(0)) {
    throw new RuntimeError("ZeroDivisionError");
  }
};

export const floor_divide = op("floor_divide(Tensor self, Tensor other) -> Tensor", {
  doc: "`⌊self / other⌋`, broadcast. Throws RuntimeError for an integer division by zero.",
  forward: (a, b) => {
    const common = resultType(a, b);
    checkIntegerDivisor(b, common);
    return zip(a, b, floorQuotient, common);
  },
  ...notDifferentiable("floor_divide", ["self", "other"]),
  numbers: true,
  inPlace: true,
});

/** a − b ⌊a / b⌋ */
function modulo(a: Tensor, b: Tensor): Tensor {
  const common = resultType(a, b);
  checkIntegerDivisor(b, common);
  return zip(
    a,
    b,
    (x, y) => {
      const mod = x % y;
      return mod !== 0 && mod < 0 !== y < 0 ? mod + y : mod;
    },
    common,
  );
}

export const remainderScalar = op("remainder.Scalar(Tensor self, Scalar other) -> Tensor", {
  doc: "Python's `self % other` for a number, with its sign.",
  forward: (a, other) => modulo(a, wrapNumber(other)),
  grad: { self: (g) => g },
  inPlace: true,
});

// Slope 1 in a, −⌊a / b⌋ in b
export const remainder = op("remainder.Tensor(Tensor self, Tensor other) -> Tensor", {
  doc: "Python's `self % other`, with the sign of the divisor.",
  forward: modulo,
  grad: { self: (g) => g, other: ["self other", (g, s) => g.neg().mul(s.self.div(s.other).floor())] },
  node: "RemainderBackward1",
  numbers: true,
  inPlace: true,
});

function checkIntegerPower(common: { category: Category }, exponents: Iterable<number>): void {
  if (common.category === Category.Floating) return;
  for (const e of exponents) {
    if (e < 0) throw new RuntimeError("Integers to negative integer powers are not allowed.");
  }
}

const f = Math.fround;

/** Powers that PyTorch computes by products, quotients and roots, each rounded. */
const singlePowers = new Map<number, (x: number) => number>([
  [3, (x) => f(x * x) * x],
  [-0.5, (x) => 1 / f(Math.sqrt(x))],
  [-1, (x) => 1 / x],
  [-2, (x) => 1 / f(x * x)],
]);

// d xⁿ = n xⁿ⁻¹ dx
export const powScalar = op("pow.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor", {
  doc: "Each element to a power.",
  forward: (x, exponent) => {
    const common = resultType(x, exponent);
    const n = common.cast(Number(exponent));
    checkIntegerPower(common, [n]);
    if (n === 2) return map(castTo(x, common), squareOf);
    if (n === 0.5) return map(castTo(x, common), rootOf);
    const steps = common === float32 ? singlePowers.get(n) : undefined;
    if (steps !== undefined) return map(castTo(x, common), steps);
    return zip(x, wrapNumber(exponent), power, common);
  },
  grad: {
    self: [
      "self",
      (g, s) => (s.exponent === 0 ? g.zeros_like() : g.mul(s.self.pow(Number(s.exponent) - 1).mul(s.exponent))),
    ],
  },
  inPlace: true,
});

// d aᵇ = b aᵇ⁻¹ da + aᵇ ln a db
export const powTensor = op("pow.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor", {
  doc: "Each element to the power of the matching element, broadcast.",
  forward: (a, b) => {
    const common = resultType(a, b);
    if (common.category !== Category.Floating) checkIntegerPower(common, b.flatData());
    return zip(a, b, power, common);
  },
  grad: {
    self: [
      "self exponent",
      // Where the exponent is 0 the slope is 0, also at a base of 0.
      (g, s) => where(s.exponent.eq(0), s.self.zeros_like(), g.mul(s.exponent.mul(s.self.pow(s.exponent.sub(1))))),
    ],
    exponent: ["self exponent result", (g, s) => g.mul(logTerm(s.self, s.exponent, s.result))],
  },
  node: "PowBackward1",
  inPlace: true,
});

/** aᵇ ln a, 0 where a is 0 and b is not negative. */
function logTerm(base: Tensor, exponent: Tensor, result: Tensor): Tensor {
  const zero = base.eq(0).logical_and(exponent.ge(0));
  return where(zero, result.zeros_like(), result.mul(base.log()));
}

/** A number on the left goes with Python's operator, which makes it a tensor first. */
export const powBase = op("pow.NumberFirst(Scalar self, Tensor exponent) -> Tensor", {
  doc: "A number to the power of each element.",
  forward: (base, exponent) => powTensor(castTo(fromNumber(base), resultType(exponent, base)), exponent),
  composite: true,
  variants: ["function"],
});

/** A number as a tensor like any other, which promotes by its dtype. */
function fromNumber(value: Scalar): Tensor {
  const wrapped = wrapNumber(value);
  return alias(wrapped, [], [], 0);
}

// d atan2(y, x) = (x dy − y dx) / (x² + y²)
export const atan2 = op("atan2(Tensor self, Tensor other) -> Tensor", {
  doc: "The angle of the point (`other`, `self`), in radians.",
  forward: (a, b) => zip(a, b, Math.atan2, floatType(resultType(a, b))),
  grad: {
    self: ["self other", (g, s) => g.mul(s.other.div(s.self.mul(s.self).add(s.other.mul(s.other))))],
    other: ["self other", (g, s) => g.mul(s.self.neg().div(s.self.mul(s.self).add(s.other.mul(s.other))))],
  },
  inPlace: true,
});

/** Where two operands are equal, each takes half of the gradient. */
const share = (g: Tensor, wins: Tensor, a: Tensor, b: Tensor) =>
  where(a.eq(b), g.div(2), where(wins, g, g.zeros_like()));

const larger = zipped("maximum32", (x, y) => (x >= y || Number.isNaN(x) ? x : y));
const smaller = zipped("minimum32", (x, y) => (x <= y || Number.isNaN(x) ? x : y));

export const maximum = op("maximum(Tensor self, Tensor other) -> Tensor", {
  doc: "The larger of each pair of elements; NaN where either is.",
  forward: (a, b) => zip(a, b, larger),
  grad: {
    self: ["self other", (g, s) => share(g, s.self.gt(s.other), s.self, s.other)],
    other: ["self other", (g, s) => share(g, s.other.gt(s.self), s.self, s.other)],
  },
});

export const minimum = op("minimum(Tensor self, Tensor other) -> Tensor", {
  doc: "The smaller of each pair of elements; NaN where either is.",
  forward: (a, b) => zip(a, b, smaller),
  grad: {
    self: ["self other", (g, s) => share(g, s.self.lt(s.other), s.self, s.other)],
    other: ["self other", (g, s) => share(g, s.other.lt(s.self), s.self, s.other)],
  },
});

// Slope 1 within the bounds, 0 outside.
export const clamp = op("clamp(Tensor self, Scalar? min=None, Scalar? max=None) -> Tensor", {
  doc: "Each element, no smaller than `min` and no larger than `max`.",
  forward: (t, min, max) => {
    if (min === null && max === null)
      throw new RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None");
    const common = resultType(t, ...[min, max].filter((v) => v !== null));
    const lo = min === null ? Number.NEGATIVE_INFINITY : common.cast(Number(min));
    const hi = max === null ? Number.POSITIVE_INFINITY : common.cast(Number(max));
    const least = Math.min(lo, hi);
    return map(t, (x) => (x > hi ? hi : x < lo ? least : x), common);
  },
  grad: {
    self: [
      "self",
      (g, s) => {
        let inside: Tensor | null = s.min === null ? null : s.self.ge(s.min);
        if (s.max !== null) inside = inside === null ? s.self.le(s.max) : inside.logical_and(s.self.le(s.max));
        return where(inside!, g, g.zeros_like());
      },
    ],
  },
  node: "ClampBackward1",
  inPlace: true,
});

function comparison(name: string, sign: string, f: (x: number, y: number) => boolean) {
  return op(`${name}.Tensor(Tensor self, Tensor other) -> Tensor` as "eq.Tensor(Tensor self, Tensor other) -> Tensor", {
    doc: `\`self ${sign} other\` for each pair of elements, broadcast; bool.`,
    forward: (a, b) => compare(a, b, f),
    // The node of the in-place form: what is written no longer depends on what was there.
    grad: { self: (g) => g.zeros_like(), other: (g) => g.zeros_like() },
    node: `${name[0].toUpperCase()}${name[1]}Backward1`,
    numbers: true,
    inPlace: true,
  });
}

export const eq = comparison("eq", "==", (x, y) => x === y);
export const ne = comparison("ne", "!=", (x, y) => x !== y);
export const lt = comparison("lt", "<", (x, y) => x < y);
export const le = comparison("le", "<=", (x, y) => x <= y);
export const gt = comparison("gt", ">", (x, y) => x > y);
export const ge = comparison("ge", ">=", (x, y) => x >= y);

function logical(name: string, word: string, f: (x: boolean, y: boolean) => boolean) {
  return op(`${name}(Tensor self, Tensor other) -> Tensor` as "logical_and(Tensor self, Tensor other) -> Tensor", {
    doc: `Logical ${word} of each pair of elements (non-zero counts as true); bool.`,
    forward: (a, b) => compare(a, b, (x, y) => f(x !== 0, y !== 0)),
    inPlace: true,
  });
}

export const logical_and = logical("logical_and", "and", (x, y) => x && y);
export const logical_or = logical("logical_or", "or", (x, y) => x || y);
export const logical_xor = logical("logical_xor", "exclusive or", (x, y) => x !== y);

function bitwise(name: string, word: string, f: (x: bigint, y: bigint) => bigint) {
  return op(
    `${name}.Tensor(Tensor self, Tensor other) -> Tensor` as "bitwise_and.Tensor(Tensor self, Tensor other) -> Tensor",
    {
      doc: `Bitwise ${word} of integers, logical ${word} of booleans.`,
      forward: (a, b) => {
        const common = resultType(a, b);
        if (common.category === Category.Floating) {
          throw new RuntimeError(`"${name}_cpu" not implemented for '${common.scalarName}'`);
        }
        return zip(a, b, (x, y) => Number(f(BigInt(x), BigInt(y))));
      },
      numbers: true,
      inPlace: true,
    },
  );
}

export const bitwise_and = bitwise("bitwise_and", "and", (x, y) => x & y);
export const bitwise_or = bitwise("bitwise_or", "or", (x, y) => x | y);
export const bitwise_xor = bitwise("bitwise_xor", "exclusive or", (x, y) => x ^ y);

const WHERE = "where.self(Tensor condition, Tensor self, Tensor other) -> Tensor";

export const where: Op<typeof WHERE> = op(WHERE, {
  doc: "`self` where the condition holds, `other` elsewhere; all three broadcast.",
  forward: (condition, a, b) => {
    if (condition.dtype !== bool && condition.dtype.name !== "uint8") {
      throw new RuntimeError(
        `where expected condition to be a boolean tensor, but got a tensor with dtype ${condition.dtype.scalarName}`,
      );
    }
    return select(condition, a, b);
  },
  grad: {
    self: ["condition", (g, s) => where(s.condition, g, g.zeros_like())],
    other: ["condition", (g, s) => where(s.condition, g.zeros_like(), g)],
  },
  variants: ["function"],
  numbers: true,
});
export const whereMethod = op("where.method(Tensor self, Tensor condition, Tensor other) -> Tensor", {
  doc: "This tensor where the condition holds, `other` elsewhere; all three broadcast.",
  forward: (self, condition, other) => where(condition, self, other),
  composite: true,
  variants: ["method"],
  numbers: true,
});
