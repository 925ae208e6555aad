/**
 * Elementary functions of four floats, within 2 ulp over the whole range; NaN, infinities, signed zeros and denormals come
 * out as IEEE 754 has them. The functions that PyTorch vectorises have its bits: the same steps as in `kernels/singles.ts`.
 */
import { at32, at64, fused32, fusedLess32, madd64 } from "./vectors";

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
  return v128.bitselect(from, x, at32(memory.data<i32>([<i32>0x80000000])));
}

/** 2ⁿ for whole numbers −126 ≤ n ≤ 127. */
// @inline
export function power2(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, at32(memory.data<i32>([127]))), 23);
}

const LN2_HIGH: f32 = -0.693145751953125;
const LN2_LOW: f32 = -1.428606765330187045e-6;

/** The whole number of ln 2 nearest to x. */
// @inline
export function wholes(x: v128): v128 {
  return f32x4.nearest(f32x4.mul(x, at32(memory.data<f32>([Mathf.LOG2E]))));
}

/** Whole numbers of less than 31 bits as integers; of NaN anything. */
// @inline
export function integers(n: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_trunc_f32x4_s(n);
  return i32x4.trunc_sat_f32x4_s(n);
}

/** y 2ⁿ, in two steps, so that denormals are reached and 2¹²⁸ is. */
// @inline
export function scaled(y: v128, n: v128): v128 {
  const whole = integers(n);
  const half = i32x4.shr_s(whole, 1);
  return f32x4.mul(f32x4.mul(y, power2(half)), power2(i32x4.sub(whole, half)));
}

/** eˣ = 2ⁿ eʳ */
// @inline
export function exp4(x: v128): v128 {
  // Beyond these the result is 0 or ∞; NaN goes through.
  const bounded = f32x4.pmax(f32x4.pmin(x, at32(memory.data<f32>([89.0]))), at32(memory.data<f32>([-104.0])));
  const n = wholes(bounded);
  const r = fused32(n, at32(memory.data<f32>([LN2_LOW])), fused32(n, at32(memory.data<f32>([LN2_HIGH])), bounded));
  let u = at32(memory.data<f32>([0.000198527617612853646278381]));
  u = fused32(u, r, at32(memory.data<f32>([0.00139304355252534151077271])));
  u = fused32(u, r, at32(memory.data<f32>([0.00833336077630519866943359])));
  u = fused32(u, r, at32(memory.data<f32>([0.0416664853692054748535156])));
  u = fused32(u, r, at32(memory.data<f32>([0.166666671633720397949219])));
  u = fused32(u, r, at32(memory.data<f32>([0.5])));
  return scaled(f32x4.add(fused32(f32x4.mul(r, r), u, r), at32(memory.data<f32>([1.0]))), n);
}

// ── pairs: a number, and what it rounds away, the low part ──────────────────────────────────────────────────────

/** What s = x + y rounds away; |x| ≥ |y| is not needed. */
// @inline
export function lostInSum(x: v128, y: v128, s: v128): v128 {
  const v = f32x4.sub(s, x);
  return f32x4.add(f32x4.sub(x, f32x4.sub(s, v)), f32x4.sub(y, v));
}

// To turn a sign takes V8 three instructions: the low parts of products are kept with the other sign, `less…`, which no rounding
// sees, and taken away where they belong.

/** s − x y, rounded once: what s = x y has too much. */
// @inline
export function excess(x: v128, y: v128, s: v128): v128 {
  return fusedLess32(x, y, s);
}

/** Minus the low part of (xh, xl) y, whose high part is s. */
// @inline
export function lessLowOfTimes(xh: v128, xl: v128, y: v128, s: v128): v128 {
  return fusedLess32(xl, y, excess(xh, y, s));
}

/** Minus the low part of (nh, nl) / (dh, dl), whose high part is s = nh t for t = 1 / dh. */
// @inline
export function lessLowOfQuotient(nh: v128, nl: v128, dh: v128, dl: v128, t: v128, s: v128): v128 {
  const v = fusedLess32(dl, t, fusedLess32(dh, t, at32(memory.data<f32>([1.0]))));
  return fusedLess32(s, v, fusedLess32(nl, t, excess(t, nh, s)));
}

/** −x */
// @inline
export function negative(x: v128): v128 {
  return v128.xor(x, at32(memory.data<i32>([<i32>0x80000000])));
}

/** e such that x 2⁻ᵉ lies in [¾, 1½) */
// @inline
export function exponentOf(x: v128): v128 {
  return i32x4.sub(
    i32x4.shr_u(f32x4.mul(x, at32(memory.data<f32>([1.3333333333333333]))), 23),
    at32(memory.data<i32>([127])),
  );
}

/** ln (m 2ᵉ) from the quotient (m − 1) / (m + 1), a pair whose low part has the other sign. */
// @inline
export function logOf(e: v128, xh: v128, lessXl: v128): v128 {
  const ln2 = at32(memory.data<f32>([0.69314718246459960938]));
  const sh = f32x4.mul(ln2, e);
  const lessSl = lessLowOfTimes(ln2, at32(memory.data<f32>([-1.904654323148236017e-9])), e, sh);
  const square = f32x4.mul(xh, xh);
  let t = at32(memory.data<f32>([0.3027294874]));
  t = fused32(t, square, at32(memory.data<f32>([0.3996108174])));
  t = fused32(t, square, at32(memory.data<f32>([0.666669488])));
  const twice = f32x4.add(xh, xh);
  const a = f32x4.add(sh, twice);
  const al = f32x4.sub(f32x4.sub(f32x4.add(f32x4.sub(sh, a), twice), lessSl), f32x4.add(lessXl, lessXl));
  const rest = f32x4.mul(f32x4.mul(square, xh), t);
  const b = f32x4.add(a, rest);
  const bl = f32x4.add(f32x4.add(f32x4.sub(a, b), rest), al);
  return f32x4.add(b, bl);
}

/** Smaller ones are raised by 2⁶⁴ before their exponent is read. */
// @inline
export function isTiny(x: v128): v128 {
  return f32x4.lt(x, at32(memory.data<f32>([1.17549435e-38])));
}

// @inline
export function raised(x: v128, tiny: v128): v128 {
  return pick(tiny, f32x4.mul(x, at32(memory.data<f32>([18446744073709551616.0]))), x);
}

/** The exponent of x whose `raised` has exponent e, as a number. */
// @inline
export function exponentAsNumber(e: v128, tiny: v128): v128 {
  return f32x4.sub(f32x4.convert_i32x4_s(e), v128.and(tiny, at32(memory.data<f32>([64.0]))));
}

// @inline
export function log4(x: v128): v128 {
  const tiny = isTiny(x);
  const d = raised(x, tiny);
  const e = exponentOf(d);
  const m = i32x4.sub(d, i32x4.shl(e, 23));
  const one = at32(memory.data<f32>([1.0]));
  const minusOne = at32(memory.data<f32>([-1.0]));
  const nh = f32x4.add(minusOne, m);
  const dh = f32x4.add(one, m);
  const inverse = f32x4.div(one, dh);
  const xh = f32x4.mul(nh, inverse);
  const lessXl = lessLowOfQuotient(nh, lostInSum(minusOne, m, nh), dh, lostInSum(one, m, dh), inverse, xh);
  return logarithmOf(x, logOf(exponentAsNumber(e, tiny), xh, lessXl));
}

/** `y`, except where x has no finite logarithm. */
// @inline
export function logarithmOf(x: v128, y: v128): v128 {
  let out = pick(f32x4.lt(x, at32(memory.data<f32>([Infinity]))), y, x);
  out = pick(f32x4.eq(x, splat(0.0)), at32(memory.data<f32>([-Infinity])), out);
  return pick(f32x4.lt(x, splat(0.0)), at32(memory.data<f32>([NaN])), out);
}

/** ½ x (1 + erf (x / √2)), rounded where PyTorch rounds. */
// @inline
export function gelu4(x: v128): v128 {
  const r = f32x4.mul(x, at32(memory.data<f32>([Mathf.SQRT1_2])));
  const half = f32x4.mul(x, at32(memory.data<f32>([0.5])));
  return fused32(shortErf4(r, shortExp4(negative(f32x4.mul(r, r)))), half, half);
}

/** Φ(x) + x φ(x) */
// @inline
export function geluSlope4(x: v128): v128 {
  const r = f32x4.mul(x, at32(memory.data<f32>([Mathf.SQRT1_2])));
  const half = at32(memory.data<f32>([0.5]));
  const gauss = shortExp4(negative(f32x4.mul(r, r)));
  const rest = f32x4.add(f32x4.mul(f32x4.mul(r, at32(memory.data<f32>([0.564189553]))), gauss), half);
  return fused32(shortErf4(r, gauss), half, rest);
}

/** eˣ for x ≤ 0 with oneDNN's shorter polynomial. */
// @inline
function shortExp4(x: v128): v128 {
  const least = at32(memory.data<f32>([-87.33654785]));
  const v = f32x4.max(x, least);
  const n = f32x4.floor(f32x4.add(f32x4.mul(v, at32(memory.data<f32>([Mathf.LOG2E]))), at32(memory.data<f32>([0.5]))));
  const r = fusedLess32(n, at32(memory.data<f32>([Mathf.LN2])), v);
  let y = at32(memory.data<f32>([0.00828929059]));
  y = fused32(y, r, at32(memory.data<f32>([0.0418978221])));
  y = fused32(y, r, at32(memory.data<f32>([0.166676521])));
  y = fused32(y, r, at32(memory.data<f32>([0.499991506])));
  y = fused32(y, r, at32(memory.data<f32>([0.999999701])));
  y = fused32(y, r, at32(memory.data<f32>([1.0])));
  // Twice half of the power of two, which may be too small for a float.
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(126)), 23);
  const scaled = f32x4.mul(f32x4.mul(y, power), at32(memory.data<f32>([2.0])));
  return v128.andnot(scaled, f32x4.lt(x, least));
}

/** erf x from e^(−x²) (Abramowitz and Stegun, 7.1.26). */
// @inline
function shortErf4(x: v128, gauss: v128): v128 {
  const one = at32(memory.data<f32>([1.0]));
  const t = f32x4.div(one, fused32(at32(memory.data<f32>([0.3275911])), f32x4.abs(x), one));
  let y = at32(memory.data<f32>([1.061405429]));
  y = fused32(y, t, at32(memory.data<f32>([-1.453152027])));
  y = fused32(y, t, at32(memory.data<f32>([1.421413741])));
  y = fused32(y, t, at32(memory.data<f32>([-0.284496736])));
  y = fused32(y, t, at32(memory.data<f32>([0.254829592])));
  const size = fusedLess32(f32x4.mul(gauss, t), y, one);
  return v128.xor(size, v128.and(x, i32x4.splat(0x80000000)));
}

// ── powers ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** log₂ of two positive finite doubles: e + s P(s²), s = (m − 1) / (m + 1) */
// @inline
function log2of(x: v128): v128 {
  const e = i64x2.shr_s(i64x2.sub(x, at64(memory.data<i64>([0x3fe6a09e667f3bcd]))), 52);
  const m = i64x2.sub(x, i64x2.shl(e, 52));
  const s = f64x2.div(f64x2.sub(m, at64(memory.data<f64>([1.0]))), f64x2.add(m, at64(memory.data<f64>([1.0]))));
  const z = f64x2.mul(s, s);
  let p = at64(memory.data<f64>([0.22573638906521679]));
  p = madd64(p, z, at64(memory.data<f64>([0.26280066081237363])));
  p = madd64(p, z, at64(memory.data<f64>([0.320577785637021])));
  p = madd64(p, z, at64(memory.data<f64>([0.4121988876666544])));
  p = madd64(p, z, at64(memory.data<f64>([0.5770780144859808])));
  p = madd64(p, z, at64(memory.data<f64>([0.961796693930749])));
  p = madd64(p, z, at64(memory.data<f64>([2.8853900817779228])));
  const whole = f64x2.convert_low_i32x4_s(i32x4.shuffle(e, e, 0, 2, 0, 2));
  return madd64(s, p, whole);
}

/** 2ˣ of two doubles, |x| ≤ 1000. */
// @inline
function exp2of(x: v128): v128 {
  const n = f64x2.nearest(x);
  const f = f64x2.sub(x, n);
  let p = at64(memory.data<f64>([1.326323172426443e-6]));
  p = madd64(p, f, at64(memory.data<f64>([1.5310136031299876e-5])));
  p = madd64(p, f, at64(memory.data<f64>([0.00015403416896015616])));
  p = madd64(p, f, at64(memory.data<f64>([0.001333345042138767])));
  p = madd64(p, f, at64(memory.data<f64>([0.009618129217027824])));
  p = madd64(p, f, at64(memory.data<f64>([0.05550410941231796])));
  p = madd64(p, f, at64(memory.data<f64>([0.2402265069556666])));
  p = madd64(p, f, at64(memory.data<f64>([0.6931471805460038])));
  p = madd64(p, f, at64(memory.data<f64>([1.0])));
  const exponent = i64x2.extend_low_i32x4_s(i32x4.trunc_sat_f64x2_s_zero(n));
  return f64x2.mul(p, i64x2.shl(i64x2.add(exponent, at64(memory.data<i64>([1023]))), 52));
}

// @inline
function pow2(x: v128, y: v128): v128 {
  const exponent = f64x2.mul(log2of(f64x2.promote_low_f32x4(x)), f64x2.promote_low_f32x4(y));
  const bounded = f64x2.pmax(f64x2.pmin(exponent, at64(memory.data<f64>([400.0]))), at64(memory.data<f64>([-400.0])));
  return f32x4.demote_f64x2_zero(exp2of(bounded));
}

/** x^y for positive finite x and finite y. */
// @inline
export function pow4(x: v128, y: v128): v128 {
  const low = pow2(x, y);
  const high = pow2(i32x4.shuffle(x, x, 2, 3, 2, 3), i32x4.shuffle(y, y, 2, 3, 2, 3));
  return i32x4.shuffle(low, high, 0, 1, 4, 5);
}
