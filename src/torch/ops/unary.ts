/** Functions of one number, applied to each element. Integers and booleans give floating point, as in PyTorch, unless said otherwise. */
import { forward } from "../autograd/forwardAd";
import { mode } from "../autograd/gradMode";
import { type Declaration, type Op, op } from "../dispatch";
import { bool, float32 } from "../dtype";
import { RuntimeError } from "../errors";
import { map, zip, zipInWasm } from "../kernels/elementwise";
import * as single from "../kernels/singles";
import { type BinaryKernel, type Mapped, mapped, zipped } from "../kernels/wasm/elementwise";
import { seam } from "../observer";
import { floatType } from "../promotion";
import type { Tensor } from "../tensor";

/** To a floating-point result, whatever comes in. */
const toFloat = (f: Mapped) => (t: Tensor) => map(t, f, floatType(t.dtype));

/** Same dtype in and out. */
const same = (f: Mapped) => (t: Tensor) => map(t, f);

type Gradient = Declaration<"f(Tensor self) -> Tensor">["grad"];

/** One line for each function below: name, sentence, forward, derivative. */
function unary(
  name: string,
  doc: string,
  forward: (t: Tensor) => Tensor,
  self: NonNullable<Gradient>[string],
  variants: Declaration<any>["variants"] = ["function", "method"],
) {
  return op(`${name}(Tensor self) -> Tensor`, { doc, forward, grad: { self }, inPlace: true, variants });
}

/** A derivative of several ops as one kernel; null where those ops themselves are asked for, or where none serves. */
const inOneLoop = (g: Tensor, x: Tensor, kernel: BinaryKernel, f?: (a: number, x: number) => number): Tensor | null =>
  mode.grad || seam.observer !== null || forward.level >= 0 ? null : zipInWasm(g, x, kernel, f);

const everywhere: Declaration<any>["variants"] = ["function", "method", "nn.functional"];

// d sin x = cos x dx
export const sin = unary(
  "sin",
  "Sine of each element (radians).",
  toFloat(mapped("sin32", (x) => Math.sin(x), single.sin32)),
  [
    "self",
    (g, s) => inOneLoop(g, s.self, "sin_backward32", (a, x) => a * Math.fround(Math.cos(x))) ?? g.mul(s.self.cos()),
  ],
);
// d cos x = −sin x dx
export const cos = unary(
  "cos",
  "Cosine of each element (radians).",
  toFloat(mapped("cos32", (x) => Math.cos(x), single.cos32)),
  ["self", (g, s) => g.mul(s.self.sin().neg())],
);
// d tan x = (1 + tan² x) dx
export const tan = unary("tan", "Tangent of each element (radians).", toFloat(Math.tan), [
  "result",
  (g, s) => g.mul(s.result.pow(2).add(1)),
]);
// d asin x = dx / √(1 − x²)
export const asin = unary("asin", "Arcsine of each element, in radians.", toFloat(Math.asin), [
  "self",
  (g, s) => g.mul(s.self.mul(s.self).neg().add(1).rsqrt()),
]);
// d acos x = −dx / √(1 − x²)
export const acos = unary("acos", "Arccosine of each element, in radians.", toFloat(Math.acos), [
  "self",
  (g, s) => g.mul(s.self.mul(s.self).neg().add(1).rsqrt().neg()),
]);
// d atan x = dx / (1 + x²)
export const atan = unary("atan", "Arctangent of each element, in radians.", toFloat(Math.atan), [
  "self",
  (g, s) => g.div(s.self.mul(s.self).add(1)),
]);
// d sinh x = cosh x dx
export const sinh = unary("sinh", "Hyperbolic sine of each element.", toFloat(Math.sinh), [
  "self",
  (g, s) => g.mul(s.self.cosh()),
]);
// d cosh x = sinh x dx
export const cosh = unary("cosh", "Hyperbolic cosine of each element.", toFloat(Math.cosh), [
  "self",
  (g, s) => g.mul(s.self.sinh()),
]);
const TANH_BACKWARD = "tanh_backward(Tensor grad_output, Tensor output) -> Tensor";
// g (1 − y²), the bracket one fused multiply-add: slope 1 − y² in g, −2 g y in y
export const tanh_backward: Op<typeof TANH_BACKWARD> = op(TANH_BACKWARD, {
  doc: "The gradient of tanh from its result.",
  forward: (g, y) => {
    const { cast } = g.dtype;
    return zip(g, y, g.dtype === float32 ? tanhSlope : (a, b) => a * cast(1 - b * b));
  },
  grad: {
    grad_output: ["output", (g, s) => tanh_backward(g, s.output)],
    output: ["grad_output output", (g, s) => g.mul(s.output.mul(-2).mul(s.grad_output))],
  },
  variants: [],
});
const tanhSlope = zipped("tanh_backward32", (g, y) => g * Math.fround(1 - y * y));

const SIGMOID_BACKWARD = "sigmoid_backward(Tensor grad_output, Tensor output) -> Tensor";
// g (1 − y) y: slope (1 − y) y in g, g (1 − 2y) in y
export const sigmoid_backward: Op<typeof SIGMOID_BACKWARD> = op(SIGMOID_BACKWARD, {
  doc: "The gradient of sigmoid from its result.",
  forward: (g, y) => {
    const { cast } = g.dtype;
    return zip(g, y, g.dtype === float32 ? sigmoidSlope : (a, b) => cast(a * cast(1 - b)) * b);
  },
  grad: {
    grad_output: ["output", (g, s) => sigmoid_backward(g, s.output)],
    output: ["grad_output output", (g, s) => g.mul(s.grad_output).mul(s.output.mul(-2).add(1))],
  },
  variants: [],
});
const sigmoidSlope = zipped("sigmoid_backward32", (g, y) => Math.fround(g * Math.fround(1 - y)) * y);

// d tanh x = (1 − tanh² x) dx
export const tanh = unary(
  "tanh",
  "Hyperbolic tangent of each element.",
  toFloat(mapped("tanh32", (x) => Math.tanh(x), single.tanh32)),
  ["result", (g, s) => tanh_backward(g, s.result)],
  everywhere,
);
// d asinh x = dx / √(x² + 1)
export const asinh = unary("asinh", "Inverse hyperbolic sine of each element.", toFloat(Math.asinh), [
  "self",
  (g, s) => g.mul(s.self.pow(2).add(1).rsqrt()),
]);
// d acosh x = dx / √(x² − 1)
export const acosh = unary("acosh", "Inverse hyperbolic cosine of each element.", toFloat(Math.acosh), [
  "self",
  (g, s) => g.mul(s.self.pow(2).sub(1).rsqrt()),
]);
// d atanh x = dx / (1 − x²)
export const atanh = unary("atanh", "Inverse hyperbolic tangent of each element.", toFloat(Math.atanh), [
  "self",
  (g, s) => g.div(s.self.pow(2).neg().add(1)),
]);
// d eˣ = eˣ dx
export const exp = unary(
  "exp",
  "e to the power of each element.",
  toFloat(mapped("exp32", (x) => Math.exp(x), single.exp32)),
  ["result", (g, s) => g.mul(s.result)],
);
// d 2ˣ = 2ˣ ln 2 dx
export const exp2 = unary(
  "exp2",
  "2 to the power of each element.",
  toFloat((x) => 2 ** x),
  ["result", (g, s) => g.mul(s.result).mul(Math.LN2)],
);
// d (eˣ − 1) = eˣ dx
export const expm1 = unary(
  "expm1",
  "e to the power of each element, minus 1, exact near 0.",
  toFloat(mapped("expm132", (x) => Math.expm1(x), single.expm132)),
  ["result", (g, s) => g.mul(s.result.add(1))],
);
// d ln x = dx / x
export const log = unary(
  "log",
  "Natural logarithm of each element.",
  toFloat(mapped("log32", (x) => Math.log(x), single.log32)),
  ["self", (g, s) => g.div(s.self)],
);
// d log₂ x = dx / (x ln 2)
export const log2 = unary("log2", "Logarithm to base 2 of each element.", toFloat(Math.log2), [
  "self",
  (g, s) => g.div(s.self.mul(Math.LN2)),
]);
// d log₁₀ x = dx / (x ln 10)
export const log10 = unary("log10", "Logarithm to base 10 of each element.", toFloat(Math.log10), [
  "self",
  (g, s) => g.div(s.self.mul(Math.LN10)),
]);
// d ln(1 + x) = dx / (1 + x)
export const log1p = unary(
  "log1p",
  "Natural logarithm of 1 plus each element, exact near 0.",
  toFloat(mapped("log1p32", (x) => Math.log1p(x), single.log1p32)),
  ["self", (g, s) => inOneLoop(g, s.self, "log1p_backward32") ?? g.div(s.self.add(1))],
);
// d √x = dx / (2 √x)
export const sqrt = unary("sqrt", "Square root of each element.", toFloat(mapped("sqrt32", (x) => Math.sqrt(x))), [
  "result",
  (g, s) => g.div(s.result.mul(2)),
]);
// d x^(−1/2) = −½ x^(−3/2) dx
export const rsqrt = unary(
  "rsqrt",
  "One over the square root of each element.",
  toFloat(
    mapped(
      "rsqrt32",
      (x) => 1 / Math.sqrt(x),
      (x) => 1 / Math.fround(Math.sqrt(x)),
    ),
  ),
  ["result", (g, s) => g.mul(-0.5).mul(s.result.pow(3))],
);
// d (1/x) = −dx / x²
export const reciprocal = unary("reciprocal", "One over each element.", toFloat(mapped("reciprocal32", (x) => 1 / x)), [
  "result",
  (g, s) => g.neg().mul(s.result.mul(s.result)),
]);
// dσ = σ (1 − σ) dx
export const sigmoid = unary(
  "sigmoid",
  "Logistic sigmoid 1 / (1 + e⁻ˣ) of each element.",
  toFloat(
    mapped(
      "sigmoid32",
      (x) => 1 / (1 + Math.exp(-x)),
      single.sigmoid32,
      (x) => 1 / Math.fround(1 + single.plainExp32(-x)),
    ),
  ),
  ["result", (g, s) => sigmoid_backward(g, s.result)],
  everywhere,
);

// d |x| = sign x dx
export const abs = unary(
  "abs",
  "Absolute value of each element, in the dtype of the input.",
  same(mapped("abs32", (x) => Math.abs(x))),
  ["self", (g, s) => g.mul(s.self.sgn())],
);

const minus = mapped("neg32", (x) => -x);
export const neg = op("neg(Tensor self) -> Tensor", {
  doc: "Each element with its sign turned. Throws RuntimeError for bool.",
  forward: (t) => {
    if (t.dtype === bool) {
      throw new RuntimeError(
        "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the `~` or `logical_not()` operator instead.",
      );
    }
    return map(t, minus);
  },
  grad: { self: (g) => g.neg() },
  inPlace: true,
});

/** Ties go to the even neighbour. */
const roundEven = (x: number): number => {
  const r = Math.round(x);
  return Math.abs(x - Math.trunc(x)) === 0.5 && r % 2 !== 0 ? r - 1 : r;
};

// Piecewise constant: no slope anywhere it is defined.
const flat = (g: Tensor) => g.zeros_like();
export const floor = unary("floor", "The largest whole number not above each element.", same(Math.floor), flat);
export const ceil = unary("ceil", "The smallest whole number not below each element.", same(Math.ceil), flat);
export const round = unary("round", "The nearest whole number, ties to even.", same(roundEven), flat);
export const trunc = unary("trunc", "Each element without its fraction.", same(Math.trunc), flat);
export const sign = unary("sign", "−1, 0 or 1 by the sign of each element.", same(Math.sign), flat);
export const sgn = unary("sgn", "−1, 0 or 1 by the sign of each element.", same(Math.sign), flat);
// d (x − ⌊x⌋) = dx
export const frac = unary(
  "frac",
  "The fraction of each element, with its sign.",
  same((x) => x - Math.trunc(x)),
  (g) => g,
);

const test = (name: string, doc: string, f: (x: number) => boolean) =>
  op(`${name}(Tensor self) -> Tensor`, { doc, forward: (t) => map(t, f as unknown as (x: number) => number, bool) });

export const isnan = test("isnan", "Whether each element is NaN.", Number.isNaN);
export const isinf = test("isinf", "Whether each element is infinite.", (x) => x === Infinity || x === -Infinity);
export const isfinite = test("isfinite", "Whether each element is neither NaN nor infinite.", Number.isFinite);
export const logical_not = test("logical_not", "Whether each element is zero.", (x) => x === 0);

export const bitwise_not = op("bitwise_not(Tensor self) -> Tensor", {
  doc: "Each bit turned; logical not for bool.",
  forward: (t) => (t.dtype === bool ? map(t, (x) => 1 - x) : map(t, (x) => -x - 1)),
  inPlace: true,
});
