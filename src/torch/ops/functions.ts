/** Functions of one number beyond the elementary ones, and their `torch.special` names. */
import { type Declaration, op, type Variant } from "../dispatch";
import { bool, Category, int32 } from "../dtype";
import { RuntimeError } from "../errors";
import { emptyLike } from "../kernels/copy";
import { map, zip } from "../kernels/elementwise";
import { erfinv32 } from "../kernels/inverseErf";
import { erf32 } from "../kernels/singles";
import * as special from "../kernels/special";
import { inSingle, type Mapped, mapped } from "../kernels/wasm/elementwise";
import { floatType, resultType, wrapNumber } from "../promotion";
import type { Scalar } from "../schema";
import type { Tensor } from "../tensor";
import { where } from "./arithmetic";
import { addScalar, mulScalar } from "./scalars";

const toFloat = (f: Mapped) => (t: Tensor) => map(t, f, floatType(t.dtype));

type Unary = "f(Tensor self) -> Tensor";

/** One line for each function below: name, sentence, forward, derivative. */
function unary(
  name: string,
  doc: string,
  forward: (t: Tensor) => Tensor,
  self: NonNullable<Declaration<Unary>["grad"]>[string],
  inPlace = true,
) {
  const variants: Variant[] = name.startsWith("special_") ? ["special"] : ["function", "method"];
  return op(`${name}(Tensor self) -> Tensor` as Unary, { doc, forward, grad: { self }, inPlace, variants });
}

const zeros = (g: Tensor) => g.zeros_like();

// ── angles ──────────────────────────────────────────────────────────────────────────────────────────────────────

const DEGREE = Math.PI / 180;

export const deg2rad = unary(
  "deg2rad",
  "Degrees as radians.",
  toFloat((x) => x * DEGREE),
  (g) => g.deg2rad(),
);
export const rad2deg = unary(
  "rad2deg",
  "Radians as degrees.",
  toFloat((x) => x / DEGREE),
  (g) => g.rad2deg(),
);
// 0 or π: no slope
export const angle = unary(
  "angle",
  "The angle of each element as a complex number: π where negative, 0 elsewhere.",
  toFloat((x) => (x < 0 ? Math.PI : Number.isNaN(x) ? x : 0)),
  zeros,
  false,
);

export const positive = op("positive(Tensor(a) self) -> Tensor(a)", {
  doc: "The tensor itself. Throws RuntimeError for bool.",
  forward: (t) => {
    if (t.dtype === bool) throw new RuntimeError("The `+` operator, on a bool tensor is not supported.");
    return t;
  },
  composite: true,
});
for (const name of ["conj", "resolve_conj", "resolve_neg", "conj_physical"]) {
  op(`${name}(Tensor(a) self) -> Tensor(a)` as "conj(Tensor(a) self) -> Tensor(a)", {
    doc: "The tensor itself, for it is real.",
    forward: (t) => t,
    composite: true,
  });
}

// ── rounding, signs, parts ──────────────────────────────────────────────────────────────────────────────────────

const roundEven = (x: number): number => {
  const r = Math.round(x);
  return Math.abs(x - Math.trunc(x)) === 0.5 && r % 2 !== 0 ? r - 1 : r;
};

// Piecewise constant: no slope anywhere it is defined.
export const roundDecimals = op("round.decimals(Tensor self, *, int decimals) -> Tensor", {
  doc: "Rounded to so many decimals (tens, hundreds, … where negative), ties to even.",
  forward: (t, decimals) => {
    if (t.dtype.category !== Category.Floating) {
      throw new RuntimeError(`"round_cpu" not implemented for '${t.dtype.scalarName}'`);
    }
    const scale = 10 ** Math.abs(decimals);
    // Each step is rounded to the dtype, as a float32 loop does.
    const { cast } = t.dtype;
    if (decimals < 0) return map(t, (x) => roundEven(cast(x / scale)) * scale);
    return map(t, (x) => roundEven(cast(x * scale)) / scale);
  },
  grad: { self: zeros },
  node: "RoundBackward1",
  inPlace: true,
});

export const signbit = op("signbit(Tensor self) -> Tensor", {
  doc: "Whether each element is negative, −0 included; bool.",
  forward: (t) => map(t, (x) => (x < 0 || (t.is_floating_point() && Object.is(x, -0)) ? 1 : 0), bool),
});
export const isreal = op("isreal(Tensor self) -> Tensor", {
  doc: "Whether each element is real: all are.",
  forward: (t) => map(t, () => 1, bool),
});
export const isposinf = op("isposinf(Tensor self) -> Tensor", {
  doc: "Whether each element is +∞; bool.",
  forward: (t) => map(t, (x) => (x === Infinity ? 1 : 0), bool),
});
export const isneginf = op("isneginf(Tensor self) -> Tensor", {
  doc: "Whether each element is −∞; bool.",
  forward: (t) => map(t, (x) => (x === -Infinity ? 1 : 0), bool),
});

/** x = m 2ᵉ with ½ ≤ |m| < 1 */
function split(x: number): [number, number] {
  if (x === 0 || !Number.isFinite(x)) return [x, 0];
  let e = Math.max(-1023, Math.floor(Math.log2(Math.abs(x))) + 1);
  let m = (x * 2 ** -Math.trunc(e / 2)) / 2 ** (e - Math.trunc(e / 2));
  // The logarithm may be rounded across a power of two.
  while (Math.abs(m) < 0.5) {
    m *= 2;
    e--;
  }
  while (Math.abs(m) >= 1) {
    m /= 2;
    e++;
  }
  return [m, e];
}

// m = x / 2ᵉ
export const frexp = op("frexp.Tensor(Tensor self) -> (Tensor mantissa, Tensor exponent)", {
  doc: "`[mantissa, exponent]` with self = mantissa · 2^exponent and ½ ≤ |mantissa| < 1; the exponent is int32.",
  forward: (t) => {
    if (t.dtype.category !== Category.Floating) {
      throw new RuntimeError("torch.frexp() only supports floating-point dtypes");
    }
    const exponent = emptyLike(t, int32);
    let i = 0;
    const mantissa = map(t, (x) => {
      const [m, e] = split(x);
      exponent.storageOf.data[i++] = e;
      return m;
    });
    return [mantissa, exponent];
  },
  grad: { self: ["exponent", (g, s) => (g[0] === null ? null : g[0].div(s.exponent.to(g[0].dtype).exp2()))] },
});

// sinc x = sin πx / πx; d sinc = (cos πx − sinc) / x dx
const sincValue = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
export const sinc = unary("sinc", "sin(πx) / (πx) of each element, 1 at 0.", toFloat(sincValue), [
  "self",
  (g, s) => {
    const pi = s.self.mul(Math.PI);
    const slope = pi.mul(pi.cos()).sub(pi.sin()).div(s.self.mul(pi));
    return g.mul(where(s.self.eq(0), s.self.zeros_like(), slope));
  },
]);

// d logit p = dp / (p (1 − p)), 0 where eps clips
export const logit = op("logit(Tensor self, float? eps=None) -> Tensor", {
  doc: "log(p / (1 − p)) of each element, which `eps` first clips to [eps, 1 − eps].",
  forward: (t, eps) => {
    const dtype = floatType(t.dtype);
    const lo = eps === null ? Number.NEGATIVE_INFINITY : dtype.cast(eps);
    const hi = eps === null ? Number.POSITIVE_INFINITY : dtype.cast(1 - lo);
    return map(
      t,
      (x) => {
        const p = x < lo ? lo : x > hi ? hi : x;
        return Math.log(p / (1 - p));
      },
      dtype,
    );
  },
  grad: {
    self: [
      "self",
      (g, s) => {
        const slope = g.div(s.self.mul(s.self.neg().add(1)));
        if (s.eps === null) return where(s.self.ge(0).logical_and(s.self.le(1)), slope, wrapNumber(Number.NaN));
        return where(s.self.ge(s.eps).logical_and(s.self.le(1 - s.eps)), slope, slope.zeros_like());
      },
    ],
  },
  inPlace: true,
});

// ── error functions ─────────────────────────────────────────────────────────────────────────────────────────────

const TWO_BY_ROOT_PI = 2 / Math.sqrt(Math.PI);

// d erf x = 2/√π e^(−x²) dx
export const erf = unary(
  "erf",
  "The error function 2/√π ∫₀ˣ e^(−t²) dt of each element.",
  toFloat(mapped("erf32", special.erf, erf32)),
  ["self", (g, s) => s.self.pow(2).neg().exp().mul(TWO_BY_ROOT_PI).mul(g)],
);
export const erfc = unary("erfc", "1 − erf of each element, without cancellation.", toFloat(special.erfc), [
  "self",
  (g, s) => s.self.pow(2).neg().exp().mul(-TWO_BY_ROOT_PI).mul(g),
]);
// d erf⁻¹ y = √π/2 e^((erf⁻¹ y)²) dy
export const erfinv = unary(
  "erfinv",
  "The inverse of the error function, for elements in [−1, 1].",
  toFloat(inSingle(special.erfinv, erfinv32)),
  [
    "self",
    (g, s) =>
      s.self
        .erfinv()
        .pow(2)
        .exp()
        .mul(0.5 * Math.sqrt(Math.PI))
        .mul(g),
  ],
);
// d erfcx x = 2 (x erfcx x − 1/√π) dx
export const erfcx = unary(
  "special_erfcx",
  "e^(x²) erfc(x) of each element.",
  toFloat(special.erfcx),
  [
    "self result",
    (g, s) =>
      s.self
        .mul(s.result)
        .sub(1 / Math.sqrt(Math.PI))
        .mul(2)
        .mul(g),
  ],
  false,
);
// d Φ⁻¹(p) = √(2π) e^(Φ⁻¹(p)²/2) dp
export const ndtri = unary(
  "special_ndtri",
  "The quantile of the standard normal distribution at each element.",
  toFloat(special.ndtri),
  [
    "result",
    (g, s) =>
      g.mul(
        s.result
          .square()
          .div(2)
          .exp()
          .mul(Math.sqrt(2 * Math.PI)),
      ),
  ],
  false,
);
// d log Φ(x) = √(2/π) / erfcx(−x/√2) dx
export const logNdtr = unary(
  "special_log_ndtr",
  "The logarithm of the standard normal distribution function of each element.",
  toFloat(special.logNdtr),
  ["self", (g, s) => g.div(erfcx(s.self.mul(-Math.SQRT1_2))).mul(Math.sqrt(2 / Math.PI))],
  false,
);
export const ndtr = op("special_ndtr(Tensor self) -> Tensor", {
  doc: "The standard normal distribution function (1 + erf(x/√2)) / 2 of each element.",
  forward: (t) => mulScalar(addScalar(erf(mulScalar(t, Math.SQRT1_2)), 1), 0.5),
  composite: true,
  variants: ["special"],
});
// d (−x log x) = −(log x + 1) dx
export const entr = unary(
  "special_entr",
  "−x log x of each element, 0 at 0, −∞ where negative.",
  toFloat((x) => (Number.isNaN(x) ? x : x > 0 ? -x * Math.log(x) : x === 0 ? 0 : -Infinity)),
  ["self", (g, s) => g.mul(s.self.log().neg().sub(1))],
  false,
);

// ── gamma functions ─────────────────────────────────────────────────────────────────────────────────────────────

// d ln|Γ| = ψ dx
export const lgamma = unary("lgamma", "log |Γ(x)| of each element.", toFloat(special.lgamma), [
  "self",
  (g, s) => g.mul(s.self.digamma()),
]);
export const digamma = unary("digamma", "ψ(x), the slope of log Γ, at each element.", toFloat(special.digamma), [
  "self",
  (g, s) => g.mul(s.self.polygamma(1)),
]);

const polygammaValue = (n: number, t: Tensor) => {
  if (n < 0) throw new RuntimeError("polygamma(n, x) does not support negative n.");
  const dtype = floatType(t.dtype);
  return map(t, (x) => special.polygamma(n, x, dtype.cast), dtype);
};
// dψ⁽ⁿ⁾ = ψ⁽ⁿ⁺¹⁾ dx
export const polygamma = op("polygamma(int n, Tensor self) -> Tensor", {
  doc: "The n-th derivative of ψ at each element.",
  forward: polygammaValue,
  grad: { self: ["self", (g, s) => g.mul(polygamma_(s.self, s.n + 1))] },
  variants: ["function"],
});
const polygamma_ = op("polygamma.method(Tensor self, int n) -> Tensor", {
  doc: "The n-th derivative of ψ at each element.",
  forward: (t, n) => polygammaValue(n, t),
  grad: { self: ["self", (g, s) => g.mul(s.self.polygamma(s.n + 1))] },
  inPlace: true,
  variants: ["method"],
});

// d ln Γₚ = Σ_{j<p} ψ(x − j/2) dx
export const mvlgamma = op("mvlgamma(Tensor self, int p) -> Tensor", {
  doc: "The logarithm of the multivariate gamma function of dimension p at each element.",
  forward: (t, p) => {
    if (p < 1) throw new RuntimeError("p has to be greater than or equal to 1");
    const constant = (p * (p - 1) * Math.log(Math.PI)) / 4;
    return toFloat((x) => {
      let sum = constant;
      for (let j = 0; j < p; j++) sum += special.lgamma(x - j / 2);
      return sum;
    })(t);
  },
  grad: {
    self: [
      "self",
      (g, s) => {
        const parts = Array.from({ length: s.p }, (_, j) => (j === 0 ? s.self : s.self.sub(j / 2)).digamma());
        return g.mul(parts.reduce((a, b) => a.add(b)));
      },
    ],
  },
  inPlace: true,
});

// ── Bessel functions ────────────────────────────────────────────────────────────────────────────────────────────

/** f(x) / x, the limit ½ at 0 (for I₁ and its like). */
const overX = (f: Tensor, x: Tensor): Tensor => {
  const origin = x.eq(0);
  return where(origin, x.zeros_like().add(0.5), f.div(where(origin, x.ones_like(), x)));
};

// dI₀ = I₁ dx
export const i0 = unary("i0", "The modified Bessel function I₀ of each element.", toFloat(special.i0), [
  "self",
  (g, s) => g.mul(i1(s.self)),
]);
// d e^(−|x|) I₀ = (e^(−|x|) I₁ − sign x · e^(−|x|) I₀) dx
export const i0e = unary(
  "special_i0e",
  "e^(−|x|) I₀(x) of each element.",
  toFloat(special.i0e),
  ["self result", (g, s) => g.mul(i1e(s.self).sub(s.self.sgn().mul(s.result)))],
  false,
);
// dI₁ = (I₀ − I₁ / x) dx
export const i1 = unary(
  "special_i1",
  "The modified Bessel function I₁ of each element.",
  toFloat(special.i1),
  ["self result", (g, s) => g.mul(s.self.i0().sub(overX(s.result, s.self)))],
  false,
);
// d e^(−|x|) I₁ = (e^(−|x|) I₀ − e^(−|x|) I₁ (sign x + 1/x)) dx
export const i1e = unary(
  "special_i1e",
  "e^(−|x|) I₁(x) of each element.",
  toFloat(special.i1e),
  ["self result", (g, s) => g.mul(i0e(s.self).sub(overX(s.result, s.self)).sub(s.self.sgn().mul(s.result)))],
  false,
);

const plain: [string, string, (x: number) => number][] = [
  ["airy_ai", "The Airy function Ai", special.airyAi],
  ["bessel_j0", "The Bessel function J₀", special.j0],
  ["bessel_j1", "The Bessel function J₁", special.j1],
  ["bessel_y0", "The Bessel function Y₀", special.y0],
  ["bessel_y1", "The Bessel function Y₁", special.y1],
  ["modified_bessel_i0", "The modified Bessel function I₀", special.i0],
  ["modified_bessel_i1", "The modified Bessel function I₁", special.i1],
  ["modified_bessel_k0", "The modified Bessel function K₀", special.k0],
  ["modified_bessel_k1", "The modified Bessel function K₁", special.k1],
  ["scaled_modified_bessel_k0", "eˣ K₀(x)", special.k0e],
  ["scaled_modified_bessel_k1", "eˣ K₁(x)", special.k1e],
  ["spherical_bessel_j0", "The spherical Bessel function sin x / x", special.sphericalJ0],
];
for (const [name, text, f] of plain) {
  op(`special_${name}(Tensor self) -> Tensor` as Unary, {
    doc: `${text} of each element. Not differentiable, as in PyTorch.`,
    forward: toFloat(f),
    variants: ["special"],
  });
}

// ── functions of two numbers ────────────────────────────────────────────────────────────────────────────────────

const both = (a: Tensor, b: Tensor, f: (x: number, y: number) => number): Tensor =>
  zip(a, b, f, floatType(resultType(a, b)));

const unknownSlope = () => {
  throw new RuntimeError("the derivative for 'zeta' is not implemented.");
};
const zetaDoc = "Hurwitz' zeta function Σ (other + k)^(−self), k = 0, 1, …; broadcast.";

// ∂ζ(x, q)/∂q = −x ζ(x + 1, q)
export const zeta = op("special_zeta(Tensor self, Tensor other) -> Tensor", {
  doc: zetaDoc,
  forward: (x, q) => both(x, q, special.zeta),
  grad: {
    self: unknownSlope,
    other: ["self other", (g, s) => g.mul(s.self.neg()).mul(zeta_(s.self.add(1), s.other))],
  },
  variants: ["special"],
});
const zeta_ = (x: Tensor, q: Tensor): Tensor => zeta(x, q);
export const zetaOfNumber = op("special_zeta.self_scalar(Scalar self, Tensor other) -> Tensor", {
  doc: zetaDoc,
  forward: (x, q) => both(wrapNumber(x), q, special.zeta),
  grad: { other: ["other", (g, s) => g.mul(-Number(s.self)).mul(zetaNumber_(Number(s.self) + 1, s.other))] },
  node: "SpecialZetaBackward1",
  variants: ["special"],
});
const zetaNumber_ = (x: Scalar, q: Tensor): Tensor => zetaOfNumber(x, q);
op("special_zeta.other_scalar(Tensor self, Scalar other) -> Tensor", {
  doc: zetaDoc,
  forward: (x, q) => both(x, wrapNumber(q), special.zeta),
  grad: { self: unknownSlope },
  node: "SpecialZetaBackward2",
  variants: ["special"],
});

const polynomials: [string, string, (x: number, n: number) => number][] = [
  ["chebyshev_polynomial_t", "The Chebyshev polynomial Tₙ(x) of the first kind", special.chebyshevT],
  ["chebyshev_polynomial_u", "The Chebyshev polynomial Uₙ(x) of the second kind", special.chebyshevU],
  ["chebyshev_polynomial_v", "The Chebyshev polynomial Vₙ(x) of the third kind", special.chebyshevV],
  ["chebyshev_polynomial_w", "The Chebyshev polynomial Wₙ(x) of the fourth kind", special.chebyshevW],
  ["hermite_polynomial_h", "The physicist's Hermite polynomial Hₙ(x)", special.hermiteH],
  ["hermite_polynomial_he", "The probabilist's Hermite polynomial Heₙ(x)", special.hermiteHe],
  ["laguerre_polynomial_l", "The Laguerre polynomial Lₙ(x)", special.laguerreL],
  ["legendre_polynomial_p", "The Legendre polynomial Pₙ(x)", special.legendreP],
  ...(["t", "u", "v", "w"] as const).map((kind): [string, string, (x: number, n: number) => number] => {
    const f = { t: special.chebyshevT, u: special.chebyshevU, v: special.chebyshevV, w: special.chebyshevW }[kind];
    const text = `The Chebyshev polynomial ${kind.toUpperCase()}ₙ(2x − 1), shifted to [0, 1]`;
    return [`shifted_chebyshev_polynomial_${kind}`, text, (x, n) => f(2 * x - 1, n)];
  }),
];
for (const [name, text, f] of polynomials) {
  op(`special_${name}(Tensor x, Tensor n) -> Tensor` as "f(Tensor x, Tensor n) -> Tensor", {
    doc: `${text}, for each pair of x and degree n; broadcast. Not differentiable, as in PyTorch.`,
    forward: (x, n) => both(x, n, f),
    numbers: true,
    variants: ["special"],
  });
}
