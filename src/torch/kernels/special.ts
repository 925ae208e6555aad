/**
 * Special functions of a number, to about the last digit of a double.
 *
 * Wherever a series of positive terms, a convergent recurrence or a trapezoidal sum (which converges exponentially for
 * an analytic integrand that decays) gives full precision, it stands here instead of a table of fitted coefficients.
 */

const { abs, exp, log, sqrt, sin, cos, PI, floor, pow } = Math;

/** Sum of a Chebyshev series at x in [−1, 1], by Clenshaw's recurrence; the first coefficient counts half. */
function chebyshev(c: readonly number[], x: number): number {
  let b = 0;
  let last = 0;
  for (let i = c.length - 1; i > 0; i--) {
    const next = 2 * x * b - last + c[i];
    last = b;
    b = next;
  }
  return x * b - last + c[0] / 2;
}

// ── error functions ─────────────────────────────────────────────────────────────────────────────────────────────

/** erf(x) / x in u = x² over [0, 1]. */
const ERF = [
  1.950953878765308192, -0.14226120510371364238, 0.010035582187599795576, -0.00057687646997674847651,
  0.000027419931252196061034, -1.1043175507344507604e-6, 3.848875542034503695e-8, -1.180858253387546697e-9,
  3.2334215826050909646e-11, -7.9910159470045487582e-13, 1.7990725113961455612e-14, -3.7186354878186926382e-16,
  7.1035990037142529712e-18,
];

/** e^(x²) erfc(x) / t in t = 2 / (2 + x) over [0, 1]. */
const ERFCX = [
  1.1540674772329393772, 0.35543692127049848731, 0.06509515882878652455, 0.0036711423958366391659,
  -0.0011128447433526324969, -0.00016075829915378079758, 0.000032780315741731370605, 5.4424416455050160333e-6,
  -1.5154665553171481622e-6, -1.4297608181169864917e-7, 8.234608827419493433e-8, -1.2962846852306562536e-9,
  -4.1547216310151983042e-9, 6.3470582783628111814e-10, 1.4320822712256223707e-10, -6.1603901052045855418e-11,
  2.0612138554721696306e-12, 3.571493148847704445e-12, -8.5864228432517964757e-13, -6.145600213790630554e-14,
  7.4187257485966170573e-14, -1.2895042755032325615e-14, -2.3587263857106323568e-15, 1.5729349381685911397e-15,
  -2.2782966239546465174e-16, -6.3123304507564298101e-17, 3.5916763531814922992e-17, -5.0498091498477292793e-18,
];

/** e^(−x²), with the rounding error of the square put back. */
function gauss(x: number): number {
  const high = Math.fround(x);
  const low = x - high;
  return exp(-high * high) * exp(-low * (x + high));
}

/** e^(x²) erfc(x), the scaled complementary error function. */
export function erfcx(x: number): number {
  if (x < 0) return x < -26.7 ? Infinity : 2 / gauss(x) - erfcx(-x);
  if (x === Infinity) return 0;
  const t = 2 / (2 + x);
  return t * chebyshev(ERFCX, 2 * t - 1);
}

/** 2/√π ∫₀ˣ e^(−t²) dt */
export function erf(x: number): number {
  const z = abs(x);
  if (z < 1) return x * chebyshev(ERF, 2 * z * z - 1);
  if (z > 6) return Math.sign(x);
  return Math.sign(x) * (1 - gauss(z) * erfcx(z));
}

/** 1 − erf(x), without cancellation. */
export function erfc(x: number): number {
  if (x < 0.5) return x < -6 ? 2 : 1 - erf(x);
  return x > 27 ? 0 : gauss(x) * erfcx(x);
}

/** Quantile of the standard normal distribution for p ≤ 1/2: Hastings' start, then Halley's steps. */
function lowerQuantile(p: number): number {
  const t = sqrt(-2 * log(p));
  let x = -(t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))));
  for (let i = 0; i < 3; i++) {
    // u = (Φ(x) − p) / φ(x), with Φ(x) / φ(x) = √(π/2) erfcx(−x/√2) so that nothing underflows
    const u = sqrt(PI / 2) * erfcx(-x / Math.SQRT2) - p * sqrt(2 * PI) * exp((x * x) / 2);
    x -= u / (1 + (x * u) / 2);
  }
  return x;
}

/** Inverse of the standard normal distribution function. */
export function ndtri(p: number): number {
  if (p === 0) return -Infinity;
  if (p === 1) return Infinity;
  if (!(p > 0 && p < 1)) return Number.NaN;
  // Near 1/2 the value is small: solve for it, not for the distance from the tail.
  if (p > 0.25 && p < 0.75) return Math.SQRT2 * erfinv(2 * (p - 0.5));
  return p <= 0.5 ? lowerQuantile(p) : -lowerQuantile(1 - p);
}

/** Inverse of the error function. */
export function erfinv(y: number): number {
  const a = abs(y);
  if (!(a <= 1)) return Number.NaN;
  if (a === 1) return y * Infinity;
  if (a > 0.5) return (-Math.sign(y) * lowerQuantile((1 - a) / 2)) / Math.SQRT2;
  // Winitzki's start, then Newton's steps with Halley's correction.
  const l = log(1 - y * y);
  const k = 2 / (PI * 0.147) + l / 2;
  let x = Math.sign(y) * sqrt(sqrt(k * k - l / 0.147) - k);
  for (let i = 0; i < 3; i++) {
    const u = ((erf(x) - y) * sqrt(PI)) / 2 / exp(-x * x);
    x -= u / (1 + x * u);
  }
  return y === 0 ? y : x;
}

/** log of the standard normal distribution function. */
export function logNdtr(x: number): number {
  const z = x / Math.SQRT2;
  return x < -1 ? log(erfcx(-z) / 2) - z * z : Math.log1p(-erfc(z) / 2);
}

// ── gamma and its relatives ─────────────────────────────────────────────────────────────────────────────────────

/** (2k)! / B₂ₖ for k = 1, 2, … */
const EULER_MACLAURIN = [
  12, -720, 30240, -1209600, 47900160, -1.8924375803183791606e9, 7.47242496e10, -2.950130727918164224e12,
  1.1646782814350067249e14, -4.5979787224074726105e15, 1.8152105401943546773e17, -7.1661652561756670113e18,
];

/** Hurwitz' ζ(x, q) = Σ (q + k)^(−x), by Euler and Maclaurin. */
export function zeta(x: number, q: number): number {
  if (x === 1) return Infinity;
  if (Number.isNaN(x) || Number.isNaN(q) || x < 1) return Number.NaN;
  if (q <= 0) {
    if (q === floor(q)) return Infinity;
    if (x !== floor(x)) return Number.NaN;
  }
  let sum = pow(q, -x);
  let a = q;
  let term = 0;
  for (let i = 0; i < 9 || a <= 9; i++) {
    a += 1;
    term = pow(a, -x);
    sum += term;
    if (abs(term) < 1.2e-16 * abs(sum)) return sum;
  }
  sum += (term * a) / (x - 1) - term / 2;
  let factor = 1;
  let power = term;
  for (let i = 0, k = 0; i < EULER_MACLAURIN.length; i++) {
    factor *= x + k++;
    power /= a;
    const t = (factor * power) / EULER_MACLAURIN[i];
    sum += t;
    if (abs(t) < 1.2e-16 * abs(sum)) break;
    factor *= x + k++;
    power /= a;
  }
  return sum;
}

const EULER_GAMMA = 0.5772156649015329;

/** (−1)ᵏ (ζ(k) − 1) / k for k = 2, 3, …: Taylor coefficients of ln Γ at 2. */
const LGAMMA_AT_2 = Array.from({ length: 30 }, (_, i) => ((i % 2 === 0 ? 1 : -1) * zeta(i + 2, 2)) / (i + 2));

/** Σ B₂ₖ / (2k (2k − 1) x^(2k−1)), what Stirling's formula lacks. */
function stirlingRest(x: number): number {
  const u = 1 / (x * x);
  return (1 / 12 - u * (1 / 360 - u * (1 / 1260 - u * (1 / 1680 - u * (1 / 1188 - u * (691 / 360360 - u / 156)))))) / x;
}

/** ln |Γ(x)| */
export function lgamma(x: number): number {
  if (x <= 0) {
    if (x === floor(x)) return Infinity;
    // Γ(x) Γ(1 − x) = π / sin πx
    return log(PI / abs(sinPi(x))) - lgamma(1 - x);
  }
  if (x > 15) return x === Infinity ? x : (x - 0.5) * log(x) - x + 0.9189385332046728 + stirlingRest(x);
  let product = 1;
  while (x > 2.5) {
    x -= 1;
    product *= x;
  }
  if (x < 0.5) return lgamma(x + 1) - log(x);
  if (x < 1.5) return atTwo(x - 1) - log(x);
  return atTwo(x - 2) + log(product);
}

function atTwo(z: number): number {
  let sum = 0;
  for (let i = LGAMMA_AT_2.length - 1; i >= 0; i--) sum = sum * z + LGAMMA_AT_2[i];
  return z * (1 - EULER_GAMMA + z * sum);
}

/** sin πx, exact at whole numbers. */
export function sinPi(x: number): number {
  const r = x - 2 * Math.round(x / 2);
  return abs(r) <= 0.5 ? sin(PI * r) : sin(PI * (Math.sign(r) - r));
}

/** ψ(x) = d ln Γ(x) / dx */
export function digamma(x: number): number {
  if (x === 0) return Object.is(x, -0) ? Infinity : -Infinity;
  if (x < 0) {
    if (x === floor(x)) return Number.NaN;
    // ψ(1 − x) − ψ(x) = π cot πx
    const r = x - Math.trunc(x);
    return digamma(1 - x) - PI / Math.tan(PI * r);
  }
  let shift = 0;
  for (; x < 10; x++) shift += 1 / x;
  const u = 1 / (x * x);
  const rest =
    u * (1 / 12 - u * (1 / 120 - u * (1 / 252 - u * (1 / 240 - u * (1 / 132 - u * (691 / 32760 - u / 12))))));
  return log(x) - 0.5 / x - rest - shift;
}

/** dψ(x) / dx; at a pole the huge number that the rounding of π x (by `round`) makes of it, as in PyTorch. */
export function trigamma(x: number, round = (v: number) => v): number {
  if (x < 0 && x === floor(x)) return (PI / sin(round(round(PI) * x))) ** 2 - trigamma(1 - x);
  // ψ'(1 − x) + ψ'(x) = π² / sin² πx
  if (x < 0.5) return (PI / sinPi(x)) ** 2 - trigamma(1 - x);
  return zeta(2, x);
}

/** The n-th derivative of ψ: (−1)ⁿ⁺¹ n! ζ(n + 1, x) */
export function polygamma(n: number, x: number, round = (v: number) => v): number {
  if (n === 0) return digamma(x);
  if (n === 1) return trigamma(x, round);
  return (n % 2 === 0 ? -1 : 1) * exp(lgamma(n + 1)) * zeta(n + 1, x);
}

/** xᵃ e^(−x) / Γ(a), the common factor of both incomplete gamma functions. */
function gammaFactor(a: number, x: number): number {
  if (a < 15) return exp(a * log(x) - x - lgamma(a));
  // x = a (1 + μ): the exponents cancel to −a (μ − ln(1 + μ)).
  const mu = (x - a) / a;
  return exp(a * log1pMinus(mu) - stirlingRest(a)) * sqrt(a / (2 * PI));
}

/** ln(1 + μ) − μ, without cancellation near 0. */
function log1pMinus(mu: number): number {
  if (abs(mu) > 0.3) return Math.log1p(mu) - mu;
  // With r = μ / (2 + μ): ln(1 + μ) = 2 (r + r³/3 + r⁵/5 + …) and 2r − μ = −μ r
  const r = mu / (2 + mu);
  let sum = 0;
  for (let k = 33; k >= 3; k -= 2) sum = sum * r * r + 1 / k;
  return 2 * r * r * r * sum - mu * r;
}

/** Σ xᵏ / (a (a + 1) … (a + k)), times the common factor. */
function lowerSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let k = 1; k < 100000; k++) {
    term *= x / (a + k);
    sum += term;
    if (term < sum * 1e-17) break;
  }
  return sum * gammaFactor(a, x);
}

/** Legendre's continued fraction, by Lentz' method. */
function upperFraction(a: number, x: number): number {
  const tiny = 1e-300;
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / (b === 0 ? tiny : b);
  let h = d;
  for (let i = 1; i < 100000; i++) {
    const an = -i * (i - a);
    b += 2;
    d = an * d + b;
    if (abs(d) < tiny) d = tiny;
    c = b + an / c;
    if (abs(c) < tiny) c = tiny;
    d = 1 / d;
    const delta = d * c;
    h *= delta;
    if (abs(delta - 1) < 1e-16) break;
  }
  return h * gammaFactor(a, x);
}

/** P(a, x), the regularised lower incomplete gamma function. */
export function igamma(a: number, x: number): number {
  if (Number.isNaN(a) || Number.isNaN(x) || a < 0 || x < 0) return Number.NaN;
  if (a === 0) return x > 0 ? 1 : Number.NaN;
  if (x === 0) return 0;
  if (a === Infinity) return x === Infinity ? Number.NaN : 0;
  if (x === Infinity) return 1;
  return x < a + 1 ? lowerSeries(a, x) : 1 - upperFraction(a, x);
}

/** Q(a, x) = 1 − P(a, x) */
export function igammac(a: number, x: number): number {
  if (Number.isNaN(a) || Number.isNaN(x) || a < 0 || x < 0) return Number.NaN;
  if (a === 0) return x > 0 ? 0 : Number.NaN;
  if (x === 0) return 1;
  if (a === Infinity) return x === Infinity ? Number.NaN : 1;
  if (x === Infinity) return 0;
  return x < a + 1 && !(x > 1.1 && x >= a) ? 1 - lowerSeries(a, x) : upperFraction(a, x);
}

// ── modified Bessel functions ───────────────────────────────────────────────────────────────────────────────────

/** Hankel's asymptotic series of e^(−x) √(2πx) I_ν(x) (sign −1) or e^x √(2x/π) K_ν(x) (sign 1). */
function hankel(nu: number, x: number, sign: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; k < 60; k++) {
    const next = (term * sign * (4 * nu * nu - (2 * k - 1) ** 2)) / (8 * k * x);
    if (abs(next) >= abs(term) || abs(next) < 1e-17) break;
    term = next;
    sum += term;
  }
  return sum;
}

/** e^(−|x|) I_ν(|x|): the power series has positive terms only; from 25 on the asymptotic one is exact to rounding. */
function scaledI(nu: 0 | 1, x: number): number {
  if (x === Infinity) return 0;
  if (x > 25) return hankel(nu, x, -1) / sqrt(2 * PI * x);
  const q = (x * x) / 4;
  let term = nu === 0 ? 1 : x / 2;
  let sum = term;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= q / (k * (k + nu));
    sum += term;
  }
  return sum * exp(-x);
}

export const i0e = (x: number): number => scaledI(0, abs(x));
export const i1e = (x: number): number => Math.sign(x) * scaledI(1, abs(x));
export const i0 = (x: number): number => unscaled(i0e(x), abs(x));
export const i1 = (x: number): number => Math.sign(x) * unscaled(scaledI(1, abs(x)), abs(x));

/** v eˣ in two steps, so that the factor alone does not overflow. */
function unscaled(v: number, x: number): number {
  if (x === Infinity) return Infinity;
  return x > 700 ? v * exp(x / 2) * exp(x / 2) : v * exp(x);
}

/** e^x K_ν(x) = ∫₀^∞ e^(−x (cosh t − 1)) cosh νt dt, by the trapezoidal rule. */
function scaledK(nu: number, x: number): number {
  if (x === 0) return Infinity;
  if (!(x > 0)) return Number.NaN;
  if (x === Infinity) return 0;
  if (x > 25) return hankel(nu, x, 1) * sqrt(PI / (2 * x));
  const h = 1 / 8;
  let sum = 0.5;
  for (let k = 1; ; k++) {
    const t = k * h;
    const s = Math.sinh(t / 2);
    const term = exp(-2 * x * s * s) * Math.cosh(nu * t);
    sum += term;
    if (term < sum * 1e-18) return h * sum;
  }
}

export const k0e = (x: number): number => scaledK(0, x);
export const k1e = (x: number): number => scaledK(1, x);
export const k0 = (x: number): number => (x > 0 ? scaledK(0, x) * exp(-x) : scaledK(0, x));
export const k1 = (x: number): number => (x > 0 ? scaledK(1, x) * exp(-x) : scaledK(1, x));

// ── Bessel functions ────────────────────────────────────────────────────────────────────────────────────────────

/** P and Q of Hankel's expansion: J = √(2/πx) (P cos χ − Q sin χ), Y = √(2/πx) (P sin χ + Q cos χ). */
function phaseSeries(nu: number, x: number): [number, number] {
  let p = 1;
  let q = 0;
  let term = 1;
  for (let k = 1; k < 80; k++) {
    const next = (term * (4 * nu * nu - (2 * k - 1) ** 2)) / (8 * k * x);
    if (abs(next) >= abs(term) && k > nu) break;
    term = next;
    const signed = k % 4 < 2 ? term : -term;
    if (k % 2 === 1) q += signed;
    else p += signed;
    if (abs(term) < 1e-17) break;
  }
  return [p, q];
}

/** J₀ … J_m at x ≤ 25, by Miller's backward recurrence, normalised by J₀ + 2 Σ J₂ₖ = 1. */
function besselJ(x: number): number[] {
  const n = 2 * Math.ceil((x + 30) / 2);
  const out = new Array<number>(n + 1).fill(0);
  let next = 0;
  let current = 1e-280;
  let sum = 0;
  for (let k = n; k >= 0; k--) {
    out[k] = current;
    if (k % 2 === 0) sum += k === 0 ? current : 2 * current;
    const previous = ((2 * k) / x) * current - next;
    next = current;
    current = previous;
  }
  return out.map((v) => v / sum);
}

const FAR = 25;

function phase(nu: 0 | 1, x: number): { c: number; s: number; p: number; q: number; r: number } {
  const [p, q] = phaseSeries(nu, x);
  // cos and sin of x − π/4 (and of x − 3π/4), from those of x.
  const c = (cos(x) + sin(x)) * Math.SQRT1_2;
  const s = (sin(x) - cos(x)) * Math.SQRT1_2;
  return nu === 0 ? { c, s, p, q, r: sqrt(2 / (PI * x)) } : { c: s, s: -c, p, q, r: sqrt(2 / (PI * x)) };
}

function farJ(nu: 0 | 1, x: number): number {
  const { c, s, p, q, r } = phase(nu, x);
  return r * (p * c - q * s);
}

function farY(nu: 0 | 1, x: number): number {
  const { c, s, p, q, r } = phase(nu, x);
  return r * (p * s + q * c);
}

export function j0(x: number): number {
  const z = abs(x);
  if (z < 1e-8) return 1;
  if (z === Infinity) return 0;
  return z > FAR ? farJ(0, z) : z >= 0 ? besselJ(z)[0] : x;
}

export function j1(x: number): number {
  const z = abs(x);
  if (z < 1e-8) return x / 2;
  if (z === Infinity) return 0;
  return z > FAR ? Math.sign(x) * farJ(1, z) : z >= 0 ? Math.sign(x) * besselJ(z)[1] : x;
}

/** Neumann's expansion Y₀ = 2/π (ln(x/2) + γ) J₀ − 4/π Σ (−1)ᵏ J₂ₖ / k */
export function y0(x: number): number {
  if (x === 0) return -Infinity;
  if (!(x > 0)) return Number.NaN;
  if (x === Infinity) return 0;
  if (x > FAR) return farY(0, x);
  const j = x < 1e-8 ? [1] : besselJ(x);
  let sum = 0;
  for (let k = 1; 2 * k < j.length; k++) sum += ((k % 2 === 0 ? 1 : -1) * j[2 * k]) / k;
  return (2 / PI) * ((log(x / 2) + EULER_GAMMA) * j[0] - 2 * sum);
}

/** Y₁ = −Y₀′, with J₀′ = −J₁ and 2 Jₙ′ = Jₙ₋₁ − Jₙ₊₁ in Neumann's expansion. */
export function y1(x: number): number {
  if (x === 0) return -Infinity;
  if (!(x > 0)) return Number.NaN;
  if (x === Infinity) return 0;
  if (x > FAR) return farY(1, x);
  const j = x < 1e-8 ? [1, x / 2] : besselJ(x);
  let sum = 0;
  for (let k = 1; 2 * k + 1 < j.length; k++) {
    sum += ((k % 2 === 0 ? 1 : -1) * (j[2 * k - 1] - j[2 * k + 1])) / k;
  }
  return (2 / PI) * ((log(x / 2) + EULER_GAMMA) * j[1] - j[0] / x + sum);
}

/** sin x / x */
export const sphericalJ0 = (x: number): number => {
  if (abs(x) === Infinity) return 0;
  return abs(x) < 1e-4 ? 1 - (x * x) / 6 : sin(x) / x;
};

// ── Airy ────────────────────────────────────────────────────────────────────────────────────────────────────────

const AI_0 = 0.355028053887817239260063186;
const AI_SLOPE_0 = -0.25881940379280679840518356;

/** One Taylor step of y″ = x y from x by h. */
function airyStep(x: number, y: number, slope: number, h: number): [number, number] {
  // aₙ₊₂ = (x aₙ + aₙ₋₁) / ((n + 1) (n + 2))
  let before = 0;
  let a = y;
  let b = slope;
  let power = 1;
  let value = 0;
  let derivative = 0;
  for (let n = 0; n < 40; n++) {
    value += a * power;
    derivative += (n + 1) * b * power;
    const next = (x * a + before) / ((n + 1) * (n + 2));
    before = a;
    a = b;
    b = next;
    power *= h;
  }
  return [value, derivative];
}

export function airyAi(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x === Infinity) return 0;
  if (x === -Infinity) return Number.NaN;
  if (x > 1) {
    // Ai(x) = √(x/3) K_{1/3}(ζ) / π with ζ = ⅔ x^{3/2}
    const zeta = (2 / 3) * x * sqrt(x);
    return (sqrt(x / 3) / PI) * scaledK(1 / 3, zeta) * exp(-zeta);
  }
  if (x < -15) {
    const z = -x;
    const zeta = (2 / 3) * z * sqrt(z);
    // Ai(−z) = (cos(ζ − π/4) P + sin(ζ − π/4) Q) / (√π z^{1/4}), with the coefficients uₖ of K_{1/3}
    let p = 1;
    let q = 0;
    let term = 1;
    for (let k = 1; k < 60; k++) {
      const next = (term * (6 * k - 5) * (6 * k - 3) * (6 * k - 1)) / (216 * k * (2 * k - 1) * zeta);
      if (next >= term || next < 1e-18) break;
      term = next;
      const signed = k % 4 < 2 ? term : -term;
      if (k % 2 === 1) q += signed;
      else p += signed;
    }
    const angle = zeta - PI / 4;
    return (cos(angle) * p + sin(angle) * q) / (sqrt(PI) * pow(z, 0.25));
  }
  let at = 0;
  let y = AI_0;
  let slope = AI_SLOPE_0;
  while (at !== x) {
    const h = x - at < -0.5 ? -0.5 : x - at;
    [y, slope] = airyStep(at, y, slope, h);
    at = h === x - at ? x : at + h;
  }
  return y;
}

// ── orthogonal polynomials ──────────────────────────────────────────────────────────────────────────────────────

type Recurrence = (x: number, k: number, current: number, previous: number) => number;

/** p₀ = 1, p₁ given, pₖ₊₁ = f(x, k, pₖ, pₖ₋₁); 0 below degree 0. */
function polynomial(first: (x: number) => number, f: Recurrence) {
  return (x: number, degree: number): number => {
    const n = Math.trunc(degree);
    if (n < 0) return 0;
    if (n === 0) return 1;
    let previous = 1;
    let current = first(x);
    for (let k = 1; k < n; k++) {
      const next = f(x, k, current, previous);
      previous = current;
      current = next;
      if (Number.isNaN(current)) break;
    }
    return current;
  };
}

const doubled: Recurrence = (x, _, current, previous) => 2 * x * current - previous;
export const chebyshevT = polynomial((x) => x, doubled);
export const chebyshevU = polynomial((x) => 2 * x, doubled);
export const chebyshevV = polynomial((x) => 2 * x - 1, doubled);
export const chebyshevW = polynomial((x) => 2 * x + 1, doubled);
export const hermiteH = polynomial(
  (x) => 2 * x,
  (x, k, current, previous) => 2 * x * current - 2 * k * previous,
);
export const hermiteHe = polynomial(
  (x) => x,
  (x, k, current, previous) => x * current - k * previous,
);
export const laguerreL = polynomial(
  (x) => 1 - x,
  (x, k, current, previous) => ((2 * k + 1 - x) * current - k * previous) / (k + 1),
);
export const legendreP = polynomial(
  (x) => x,
  (x, k, current, previous) => ((2 * k + 1) * x * current - k * previous) / (k + 1),
);
