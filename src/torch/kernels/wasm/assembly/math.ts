/**
 * Elementary functions of four floats, within 2 ulp over the whole range. The polynomials are minimax fits of the formulas
 * that stand above them; NaN, infinities, signed zeros and denormals come out as IEEE 754 has them.
 */
import { madd32, madd64 } from "./vectors";

// @inline
export function splat(x: f32): v128 {
  return f32x4.splat(x);
}

/** The vector's own elements where the mask is all ones, else the other's. */
// @inline
export function pick(mask: v128, yes: v128, no: v128): v128 {
  return v128.bitselect(yes, no, mask);
}

// @inline
export function magnitude(x: v128): v128 {
  return f32x4.abs(x);
}

/** |x| with the sign of `from`. */
// @inline
export function signed(x: v128, from: v128): v128 {
  return v128.bitselect(from, x, i32x4.splat(<i32>0x80000000));
}

/** 2ⁿ for whole numbers −126 ≤ n ≤ 127. */
// @inline
function power2(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/** r² q(r) = eʳ − 1 − r for |r| ≤ ln 2 / 2 */
// @inline
function expTail(r: v128): v128 {
  let q = splat(0.0013950599823147058);
  q = madd32(q, r, splat(0.008368954062461853));
  q = madd32(q, r, splat(0.04166620597243309));
  q = madd32(q, r, splat(0.166665181517601));
  q = madd32(q, r, splat(0.5));
  return f32x4.mul(f32x4.mul(r, r), q);
}

/** eʳ: what 1 + r rounds away goes to the tail. */
// @inline
function expSmall(r: v128): v128 {
  const first = f32x4.add(r, splat(1.0));
  const lost = f32x4.sub(r, f32x4.sub(first, splat(1.0)));
  return f32x4.add(first, f32x4.add(expTail(r), lost));
}

/** The whole number of ln 2 nearest to x. */
// @inline
function wholes(x: v128): v128 {
  return f32x4.nearest(f32x4.mul(x, splat(Mathf.LOG2E)));
}

/** x − n ln 2, ln 2 in two parts, the first short enough that n times it is exact. */
// @inline
function remainder2(x: v128, n: v128): v128 {
  return f32x4.sub(f32x4.sub(x, f32x4.mul(n, splat(0.693359375))), f32x4.mul(n, splat(-2.1219444e-4)));
}

/** eˣ = 2ⁿ eʳ */
// @inline
export function exp4(x: v128): v128 {
  // Beyond these the result is 0 or ∞; NaN goes through.
  const bounded = f32x4.pmax(f32x4.pmin(x, splat(89.0)), splat(-104.0));
  const n = wholes(bounded);
  const y = expSmall(remainder2(bounded, n));
  // In two steps, so that denormals are reached and 2¹²⁸ is.
  const whole = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(whole, 1);
  return f32x4.mul(f32x4.mul(y, power2(half)), power2(i32x4.sub(whole, half)));
}

/** eˣ − 1 = 2ⁿ (eʳ − 1) + (2ⁿ − 1) */
// @inline
export function expm14(x: v128): v128 {
  const bounded = f32x4.pmax(f32x4.pmin(x, splat(80.0)), splat(-20.0));
  const n = wholes(bounded);
  const r = remainder2(bounded, n);
  const p = f32x4.add(r, expTail(r));
  const t = power2(i32x4.trunc_sat_f32x4_s(n));
  const y = madd32(p, t, f32x4.sub(t, splat(1.0)));
  // −0 stays −0, and large ones have lost their 1.
  return pick(f32x4.eq(x, splat(0.0)), x, pick(f32x4.gt(x, splat(80.0)), exp4(x), y));
}

/**
 * ln of m 2ᵉ, with 1 + f = m near 1: f − f²/2 + s (f²/2 + R), s = f / (2 + f), R = s² (2/3 + 2/5 s² + …)
 */
// @inline
function logOf(f: v128, e: v128): v128 {
  const s = f32x4.div(f, f32x4.add(f, splat(2.0)));
  const z = f32x4.mul(s, s);
  let r = splat(0.23333418369293213);
  r = madd32(r, z, splat(0.2855069935321808));
  r = madd32(r, z, splat(0.4000012278556824));
  r = madd32(r, z, splat(0.6666666865348816));
  const half = f32x4.mul(f32x4.mul(f, f), splat(0.5));
  const low = madd32(s, madd32(r, z, half), f32x4.mul(e, splat(-2.1219444e-4)));
  return f32x4.add(f32x4.mul(e, splat(0.693359375)), f32x4.sub(f, f32x4.sub(half, low)));
}

/** Exponent e (as a whole number) such that x 2⁻ᵉ lies in [√½, √2). */
// @inline
function exponentOf(x: v128): v128 {
  return i32x4.shr_s(i32x4.sub(x, i32x4.splat(0x3f3504f3)), 23);
}

// @inline
export function log4(x: v128): v128 {
  // Denormals are raised by 2²³ first.
  const small = f32x4.lt(x, splat(1.17549435e-38));
  const raised = pick(small, f32x4.mul(x, splat(8388608.0)), x);
  const e = exponentOf(raised);
  const m = i32x4.sub(raised, i32x4.shl(e, 23));
  const exponent = f32x4.sub(f32x4.convert_i32x4_s(e), v128.and(small, splat(23.0)));
  return logarithmOf(x, logOf(f32x4.sub(m, splat(1.0)), exponent));
}

/** `y`, except where x has no finite logarithm. */
// @inline
function logarithmOf(x: v128, y: v128): v128 {
  let out = pick(f32x4.lt(x, splat(Infinity)), y, x);
  out = pick(f32x4.eq(x, splat(0.0)), splat(-Infinity), out);
  return pick(f32x4.lt(x, splat(0.0)), splat(NaN), out);
}

/** ln(1 + x), what 1 + x rounds away given back to f. */
// @inline
export function log1p4(x: v128): v128 {
  const u = f32x4.add(x, splat(1.0));
  const e = exponentOf(u);
  const lost = f32x4.sub(x, f32x4.sub(u, splat(1.0)));
  // 2⁻ᵉ: beyond 2²⁶ nothing is lost, so its bound does no harm.
  const scale = power2(i32x4.max_s(i32x4.neg(e), i32x4.splat(-126)));
  const f = f32x4.add(f32x4.sub(i32x4.sub(u, i32x4.shl(e, 23)), splat(1.0)), f32x4.mul(lost, scale));
  const y = logarithmOf(u, logOf(f, f32x4.convert_i32x4_s(e)));
  return pick(f32x4.eq(x, splat(0.0)), x, y);
}

/** Near 0: x + x³ P(x²); elsewhere 1 − 2 / (e²ˣ + 1) */
// @inline
export function tanh4(x: v128): v128 {
  const a = magnitude(x);
  const z = f32x4.mul(x, x);
  let p = splat(-0.00559100741520524);
  p = madd32(p, z, splat(0.0205388106405735));
  p = madd32(p, z, splat(-0.05370965600013733));
  p = madd32(p, z, splat(0.133310928940773));
  p = madd32(p, z, splat(-0.33333268761634827));
  const near = madd32(f32x4.mul(p, z), x, x);
  const e = exp4(f32x4.pmin(f32x4.add(a, a), splat(40.0)));
  const far = f32x4.sub(splat(1.0), f32x4.div(splat(2.0), f32x4.add(e, splat(1.0))));
  return signed(pick(f32x4.lt(a, splat(0.625)), near, far), x);
}

/** z / (1 + z) or 1 / (1 + z), z = e^−|x|; what 1 + z rounds away is taken off again. */
// @inline
export function sigmoid4(x: v128): v128 {
  const z = exp4(f32x4.neg(magnitude(x)));
  const one = splat(1.0);
  const negative = f32x4.lt(x, splat(0.0));
  const sum = f32x4.add(one, z);
  const lost = f32x4.sub(z, f32x4.sub(sum, one));
  const y = f32x4.div(pick(negative, z, one), sum);
  const reciprocal = pick(negative, f32x4.sub(one, y), y);
  return f32x4.sub(y, f32x4.mul(f32x4.mul(y, reciprocal), lost));
}

/** log σ(x) = min(0, x) − log(1 + e^−|x|) */
// @inline
export function logSigmoid4(x: v128): v128 {
  return f32x4.sub(f32x4.min(x, splat(0.0)), log1p4(exp4(f32x4.neg(magnitude(x)))));
}

/** e^(x²) erfc x for x ≥ 0, times 1 + 2x a polynomial in (x − 2) / (x + 2). */
// @inline
function erfcx4(x: v128): v128 {
  const t = f32x4.div(f32x4.sub(x, splat(2.0)), f32x4.add(x, splat(2.0)));
  let p = splat(-0.00039634323911741376);
  p = madd32(p, t, splat(-0.0012232055887579918));
  p = madd32(p, t, splat(0.0013122825184836984));
  p = madd32(p, t, splat(0.00862625241279602));
  p = madd32(p, t, splat(-0.008060515858232975));
  p = madd32(p, t, splat(-0.05420294031500816));
  p = madd32(p, t, splat(0.16405555605888367));
  p = madd32(p, t, splat(-0.16603153944015503));
  p = madd32(p, t, splat(-0.0927639901638031));
  p = madd32(p, t, splat(1.2769783735275269));
  return f32x4.div(p, madd32(x, splat(2.0), splat(1.0)));
}

/** erf x, given e^(−x²). Near 0: x + x P(x²); elsewhere 1 − e^(−x²) erfcx x */
// @inline
function erfWith(x: v128, gauss: v128): v128 {
  const a = f32x4.pmin(magnitude(x), splat(10.0));
  const z = f32x4.mul(x, x);
  let p = splat(7.889119297033176e-5);
  p = madd32(p, z, splat(-0.0008020841050893068));
  p = madd32(p, z, splat(0.005189535208046436));
  p = madd32(p, z, splat(-0.026854444295167923));
  p = madd32(p, z, splat(0.11283600330352783));
  p = madd32(p, z, splat(-0.3761262595653534));
  p = madd32(p, z, splat(0.12837916612625122));
  const near = madd32(p, x, x);
  const far = f32x4.sub(splat(1.0), f32x4.mul(gauss, erfcx4(a)));
  return pick(f32x4.lt(a, splat(1.0)), near, pick(f32x4.eq(x, x), signed(far, x), x));
}

// @inline
export function erf4(x: v128): v128 {
  return erfWith(x, exp4(f32x4.neg(f32x4.mul(x, x))));
}

/** ½ x (1 + erf (x / √2)), rounded where PyTorch rounds. */
// @inline
export function gelu4(x: v128): v128 {
  const erf = erf4(f32x4.mul(x, splat(Mathf.SQRT1_2)));
  return f32x4.mul(f32x4.mul(x, splat(0.5)), f32x4.add(splat(1.0), erf));
}

/** Φ(x) + x φ(x) */
// @inline
export function geluSlope4(x: v128): v128 {
  const gauss = exp4(f32x4.mul(f32x4.mul(x, x), splat(-0.5)));
  const erf = erfWith(f32x4.mul(x, splat(Mathf.SQRT1_2)), gauss);
  const cdf = f32x4.mul(f32x4.add(splat(1.0), erf), splat(0.5));
  return madd32(x, f32x4.mul(gauss, splat(0.3989422804014327)), cdf);
}

// ── sine and cosine ─────────────────────────────────────────────────────────────────────────────────────────────

/** Up to here the remainder of π/2, taken in doubles, is right to the last bit of a float. */
export const TRIGONOMETRIC_MAX: f32 = 1e6;

const ROUND: f64 = 6755399441055744.0;

/** Quarter turns of two doubles: their count in the low bits of each. */
// @inline
function quarters(x: v128): v128 {
  return f64x2.add(f64x2.mul(x, f64x2.splat(0.6366197723675814)), f64x2.splat(ROUND));
}

/** x − n π/2, π/2 in two parts, the first of 33 bits. */
// @inline
function remainderOf(x: v128, biased: v128): v128 {
  const n = f64x2.sub(biased, f64x2.splat(ROUND));
  const y = f64x2.sub(x, f64x2.mul(n, f64x2.splat(1.5707963267341256)));
  return f64x2.sub(y, f64x2.mul(n, f64x2.splat(6.077100506506192e-11)));
}

/** sin (x + turns π/2) */
// @inline
export function sine4(x: v128, turns: i32): v128 {
  const low = f64x2.promote_low_f32x4(x);
  const high = f64x2.promote_low_f32x4(i32x4.shuffle(x, x, 2, 3, 2, 3));
  const nLow = quarters(low);
  const nHigh = quarters(high);
  const n = i32x4.add(i32x4.shuffle(nLow, nHigh, 0, 2, 4, 6), i32x4.splat(turns));
  const rLow = f32x4.demote_f64x2_zero(remainderOf(low, nLow));
  const rHigh = f32x4.demote_f64x2_zero(remainderOf(high, nHigh));
  const r = i32x4.shuffle(rLow, rHigh, 0, 1, 4, 5);
  const z = f32x4.mul(r, r);
  let s = splat(2.7182743451703573e-6);
  s = madd32(s, z, splat(-0.00019839330343529582));
  s = madd32(s, z, splat(0.008333329111337662));
  s = madd32(s, z, splat(-0.1666666716337204));
  const sine = madd32(f32x4.mul(s, z), r, r);
  let c = splat(2.4438089894829318e-5);
  c = madd32(c, z, splat(-0.0013887364184483886));
  c = madd32(c, z, splat(0.04166664555668831));
  // 1 − z/2 first, what its rounding lost beside the rest
  const half = f32x4.mul(z, splat(0.5));
  const first = f32x4.sub(splat(1.0), half);
  const lost = f32x4.sub(f32x4.sub(splat(1.0), first), half);
  const cosine = f32x4.add(first, madd32(f32x4.mul(c, z), z, lost));
  const odd = i32x4.ne(v128.and(n, i32x4.splat(1)), i32x4.splat(0));
  const flip = i32x4.shl(v128.and(n, i32x4.splat(2)), 30);
  return v128.xor(pick(odd, cosine, sine), flip);
}

// ── powers ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** log₂ of two positive finite doubles: e + s P(s²), s = (m − 1) / (m + 1) */
// @inline
function log2of(x: v128): v128 {
  const e = i64x2.shr_s(i64x2.sub(x, i64x2.splat(0x3fe6a09e667f3bcd)), 52);
  const m = i64x2.sub(x, i64x2.shl(e, 52));
  const s = f64x2.div(f64x2.sub(m, f64x2.splat(1.0)), f64x2.add(m, f64x2.splat(1.0)));
  const z = f64x2.mul(s, s);
  let p = f64x2.splat(0.22573638906521679);
  p = madd64(p, z, f64x2.splat(0.26280066081237363));
  p = madd64(p, z, f64x2.splat(0.320577785637021));
  p = madd64(p, z, f64x2.splat(0.4121988876666544));
  p = madd64(p, z, f64x2.splat(0.5770780144859808));
  p = madd64(p, z, f64x2.splat(0.961796693930749));
  p = madd64(p, z, f64x2.splat(2.8853900817779228));
  const whole = f64x2.convert_low_i32x4_s(i32x4.shuffle(e, e, 0, 2, 0, 2));
  return madd64(s, p, whole);
}

/** 2ˣ of two doubles, |x| ≤ 1000. */
// @inline
function exp2of(x: v128): v128 {
  const n = f64x2.nearest(x);
  const f = f64x2.sub(x, n);
  let p = f64x2.splat(1.326323172426443e-6);
  p = madd64(p, f, f64x2.splat(1.5310136031299876e-5));
  p = madd64(p, f, f64x2.splat(0.00015403416896015616));
  p = madd64(p, f, f64x2.splat(0.001333345042138767));
  p = madd64(p, f, f64x2.splat(0.009618129217027824));
  p = madd64(p, f, f64x2.splat(0.05550410941231796));
  p = madd64(p, f, f64x2.splat(0.2402265069556666));
  p = madd64(p, f, f64x2.splat(0.6931471805460038));
  p = madd64(p, f, f64x2.splat(1.0));
  const exponent = i64x2.extend_low_i32x4_s(i32x4.trunc_sat_f64x2_s_zero(n));
  return f64x2.mul(p, i64x2.shl(i64x2.add(exponent, i64x2.splat(1023)), 52));
}

// @inline
function pow2(x: v128, y: v128): v128 {
  const exponent = f64x2.mul(log2of(f64x2.promote_low_f32x4(x)), f64x2.promote_low_f32x4(y));
  const bounded = f64x2.pmax(f64x2.pmin(exponent, f64x2.splat(400.0)), f64x2.splat(-400.0));
  return f32x4.demote_f64x2_zero(exp2of(bounded));
}

/** x^y for positive finite x and finite y. */
// @inline
export function pow4(x: v128, y: v128): v128 {
  const low = pow2(x, y);
  const high = pow2(i32x4.shuffle(x, x, 2, 3, 2, 3), i32x4.shuffle(y, y, 2, 3, 2, 3));
  return i32x4.shuffle(low, high, 0, 1, 4, 5);
}
