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
function power2(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, at32(memory.data<i32>([127]))), 23);
}

const LN2_HIGH: f32 = -0.693145751953125;
const LN2_LOW: f32 = -1.428606765330187045e-6;

/** The whole number of ln 2 nearest to x. */
// @inline
function wholes(x: v128): v128 {
  return f32x4.nearest(f32x4.mul(x, at32(memory.data<f32>([Mathf.LOG2E]))));
}

/** Whole numbers of less than 31 bits as integers; of NaN anything. */
// @inline
function integers(n: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_trunc_f32x4_s(n);
  return i32x4.trunc_sat_f32x4_s(n);
}

/** y 2ⁿ, in two steps, so that denormals are reached and 2¹²⁸ is. */
// @inline
function scaled(y: v128, n: v128): v128 {
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

/** Where `expOfPair` leaves its low part. */
let low: v128 = i32x4(0, 0, 0, 0);

/** What s = x + y rounds away; |x| ≥ |y| is not needed. */
// @inline
function lostInSum(x: v128, y: v128, s: v128): v128 {
  const v = f32x4.sub(s, x);
  return f32x4.add(f32x4.sub(x, f32x4.sub(s, v)), f32x4.sub(y, v));
}

/** x y − s, rounded once. */
// @inline
function lost(x: v128, y: v128, s: v128): v128 {
  return fused32(x, y, f32x4.neg(s));
}

/** The low part of (xh, xl) y, whose high part is s. */
// @inline
function lowOfTimes(xh: v128, xl: v128, y: v128, s: v128): v128 {
  return fused32(xl, y, lost(xh, y, s));
}

/** The low part of (nh, nl) / (dh, dl), whose high part is s = nh t for t = 1 / dh. */
// @inline
function lowOfQuotient(nh: v128, nl: v128, dh: v128, dl: v128, t: v128, s: v128): v128 {
  const v = fusedLess32(dl, t, fusedLess32(dh, t, at32(memory.data<f32>([1.0]))));
  return fused32(s, v, fused32(nl, t, lost(t, nh, s)));
}

/** e to the power of a pair, as a pair; between −104 and 89, or where `isSmall` between −30 and 30. */
// @inline
function expOfPair(xh: v128, xl: v128, isSmall: bool): v128 {
  const n = wholes(f32x4.add(xh, xl));
  // The parts stay in registers: what goes through `low` goes through memory.
  const a = f32x4.mul(n, at32(memory.data<f32>([LN2_HIGH])));
  const first = f32x4.add(xh, a);
  const b = f32x4.mul(n, at32(memory.data<f32>([LN2_LOW])));
  const sh = f32x4.add(first, b);
  const sl = f32x4.add(lostInSum(first, b, sh), f32x4.add(lostInSum(xh, a, first), xl));
  let u = at32(memory.data<f32>([0.1980960224e-3]));
  u = fused32(u, sh, at32(memory.data<f32>([0.1394256484e-2])));
  u = fused32(u, sh, at32(memory.data<f32>([0.8333456703e-2])));
  u = fused32(u, sh, at32(memory.data<f32>([0.4166637361e-1])));
  const third = at32(memory.data<f32>([0.166666659414234244790680580464]));
  const ph = f32x4.mul(sh, u);
  const pl = fused32(sl, u, lost(sh, u, ph));
  const qh = f32x4.add(ph, third);
  const ql = f32x4.add(lostInSum(ph, third, qh), pl);
  const rh = f32x4.mul(sh, qh);
  const rl = fused32(sh, ql, fused32(sl, qh, lost(sh, qh, rh)));
  const half = at32(memory.data<f32>([0.5]));
  const vh = f32x4.add(rh, half);
  const vl = f32x4.add(lostInSum(rh, half, vh), rl);
  const square = f32x4.mul(sh, sh);
  const squareLow = fused32(f32x4.add(sh, sh), sl, lost(sh, sh, square));
  const wh = f32x4.mul(square, vh);
  const wl = fused32(square, vl, fused32(squareLow, vh, lost(square, vh, wh)));
  const sum = f32x4.add(sh, wh);
  const tl = f32x4.add(lostInSum(sh, wh, sum), f32x4.add(sl, wl));
  const y = f32x4.add(at32(memory.data<f32>([1.0])), sum);
  const yl = f32x4.add(f32x4.add(f32x4.sub(at32(memory.data<f32>([1.0])), y), sum), tl);
  if (isSmall) {
    const power = power2(integers(n));
    low = f32x4.mul(yl, power);
    return f32x4.mul(y, power);
  }
  low = scaled(yl, n);
  return scaled(y, n);
}

/** eˣ − 1 */
// @inline
export function expm14(x: v128): v128 {
  const bounded = f32x4.pmax(f32x4.pmin(x, at32(memory.data<f32>([89.0]))), at32(memory.data<f32>([-20.0])));
  const h = expOfPair(bounded, splat(0.0), false);
  const l = low;
  const minusOne = at32(memory.data<f32>([-1.0]));
  const s = f32x4.add(h, minusOne);
  let y = f32x4.add(s, f32x4.add(lostInSum(h, minusOne, s), l));
  y = pick(f32x4.gt(x, at32(memory.data<f32>([88.72283172607421875]))), at32(memory.data<f32>([Infinity])), y);
  y = pick(f32x4.lt(x, at32(memory.data<f32>([-16.63553233343869]))), at32(memory.data<f32>([-1.0])), y);
  // −0 stays −0.
  return pick(f32x4.eq(x, splat(0.0)), x, pick(f32x4.eq(x, x), y, x));
}

/** e such that x 2⁻ᵉ lies in [¾, 1½) */
// @inline
function exponentOf(x: v128): v128 {
  return i32x4.sub(
    i32x4.shr_u(f32x4.mul(x, at32(memory.data<f32>([1.3333333333333333]))), 23),
    at32(memory.data<i32>([127])),
  );
}

/** ln (m 2ᵉ) from the pairs m − 1 and m + 1. */
// @inline
function logOf(e: v128, nh: v128, nl: v128, dh: v128, dl: v128): v128 {
  const ln2 = at32(memory.data<f32>([0.69314718246459960938]));
  const sh = f32x4.mul(ln2, e);
  const sl = lowOfTimes(ln2, at32(memory.data<f32>([-1.904654323148236017e-9])), e, sh);
  const inverse = f32x4.div(at32(memory.data<f32>([1.0])), dh);
  const xh = f32x4.mul(nh, inverse);
  const xl = lowOfQuotient(nh, nl, dh, dl, inverse, xh);
  const square = f32x4.mul(xh, xh);
  let t = at32(memory.data<f32>([0.3027294874]));
  t = fused32(t, square, at32(memory.data<f32>([0.3996108174])));
  t = fused32(t, square, at32(memory.data<f32>([0.666669488])));
  const twice = f32x4.add(xh, xh);
  const a = f32x4.add(sh, twice);
  const al = f32x4.add(f32x4.add(f32x4.add(f32x4.sub(sh, a), twice), sl), f32x4.add(xl, xl));
  const rest = f32x4.mul(f32x4.mul(square, xh), t);
  const b = f32x4.add(a, rest);
  const bl = f32x4.add(f32x4.add(f32x4.sub(a, b), rest), al);
  return f32x4.add(b, bl);
}

/** Smaller ones are raised by 2⁶⁴ before their exponent is read. */
// @inline
function isTiny(x: v128): v128 {
  return f32x4.lt(x, at32(memory.data<f32>([1.17549435e-38])));
}

// @inline
function raised(x: v128, tiny: v128): v128 {
  return pick(tiny, f32x4.mul(x, at32(memory.data<f32>([18446744073709551616.0]))), x);
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
  const nl = lostInSum(minusOne, m, nh);
  const dh = f32x4.add(one, m);
  const exponent = f32x4.sub(f32x4.convert_i32x4_s(e), v128.and(tiny, at32(memory.data<f32>([64.0]))));
  return logarithmOf(x, logOf(exponent, nh, nl, dh, lostInSum(one, m, dh)));
}

/** `y`, except where x has no finite logarithm. */
// @inline
function logarithmOf(x: v128, y: v128): v128 {
  let out = pick(f32x4.lt(x, at32(memory.data<f32>([Infinity]))), y, x);
  out = pick(f32x4.eq(x, splat(0.0)), at32(memory.data<f32>([-Infinity])), out);
  return pick(f32x4.lt(x, splat(0.0)), at32(memory.data<f32>([NaN])), out);
}

/** ln(1 + x) */
// @inline
export function log1p4(x: v128): v128 {
  const one = at32(memory.data<f32>([1.0]));
  const two = at32(memory.data<f32>([2.0]));
  const u = f32x4.add(x, one);
  const tiny = isTiny(u);
  const e = exponentOf(raised(u, tiny));
  // 2⁻ᵉ, or four times that and a quarter of x, where it would be a denormal.
  const large = f32x4.gt(x, at32(memory.data<f32>([1e38])));
  const t = power2(i32x4.neg(i32x4.add(e, i32x4.add(large, large))));
  const m = fused32(pick(large, f32x4.mul(x, at32(memory.data<f32>([0.25]))), x), t, f32x4.sub(t, one));
  const dh = f32x4.add(two, m);
  const dl = f32x4.add(f32x4.sub(two, dh), m);
  const exponent = f32x4.sub(f32x4.convert_i32x4_s(e), v128.and(tiny, at32(memory.data<f32>([64.0]))));
  const y = logarithmOf(u, logOf(exponent, m, splat(0.0), dh, dl));
  return pick(f32x4.eq(x, splat(0.0)), x, y);
}

/** (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ) */
// @inline
export function tanh4(x: v128): v128 {
  const a = f32x4.pmin(magnitude(x), at32(memory.data<f32>([10.0])));
  const dh = expOfPair(a, splat(0.0), true);
  const dl = low;
  const eh = f32x4.div(at32(memory.data<f32>([1.0])), dh);
  const el = f32x4.mul(eh, fusedLess32(dl, eh, fusedLess32(dh, eh, at32(memory.data<f32>([1.0])))));
  const nh = f32x4.sub(dh, eh);
  const nl = f32x4.sub(f32x4.add(f32x4.sub(f32x4.sub(dh, nh), eh), dl), el);
  const sh = f32x4.add(dh, eh);
  const sl = f32x4.add(f32x4.add(f32x4.add(f32x4.sub(dh, sh), eh), dl), el);
  const t = f32x4.div(at32(memory.data<f32>([1.0])), sh);
  const h = f32x4.mul(nh, t);
  const l = lowOfQuotient(nh, nl, sh, sl, t, h);
  const y = pick(f32x4.gt(a, at32(memory.data<f32>([8.664339742]))), at32(memory.data<f32>([1.0])), f32x4.add(h, l));
  return pick(f32x4.eq(x, x), signed(y, x), x);
}

/** 1 / (1 + e⁻ˣ) */
// @inline
export function sigmoid4(x: v128): v128 {
  return f32x4.div(at32(memory.data<f32>([1.0])), f32x4.add(at32(memory.data<f32>([1.0])), exp4(f32x4.neg(x))));
}

/** log σ(x) = min(0, x) − log(1 + e^−|x|) */
// @inline
export function logSigmoid4(x: v128): v128 {
  return f32x4.sub(f32x4.min(x, splat(0.0)), log1p4(exp4(f32x4.neg(magnitude(x)))));
}

/** One of three numbers: |x| < 1.1, < 2.4, beyond. */
// @inline
function part(near: v128, middle: v128, three: usize): v128 {
  return pick(near, at32(three), pick(middle, at32(three + 4), at32(three + 8)));
}

/** erf x: a polynomial near 0, 1 − e to the power of one farther away. */
// @inline
export function erf4(x: v128): v128 {
  const a = f32x4.pmin(magnitude(x), at32(memory.data<f32>([4.0])));
  const near = f32x4.lt(a, at32(memory.data<f32>([1.1])));
  const middle = f32x4.lt(a, at32(memory.data<f32>([2.4])));
  const u = pick(near, f32x4.mul(a, a), a);
  let t = part(near, middle, memory.data<f32>([0.7089292194e-4, -0.1792667899e-4, -0.9495757695e-5]));
  t = fused32(t, u, part(near, middle, memory.data<f32>([-0.7768311189e-3, 0.393763301e-3, 0.2481465926e-3])));
  t = fused32(t, u, part(near, middle, memory.data<f32>([0.5159463733e-2, -0.3949181177e-2, -0.2918176819e-2])));
  t = fused32(t, u, part(near, middle, memory.data<f32>([-0.2683781274e-1, 0.244547464e-1, 0.2059706673e-1])));
  t = fused32(t, u, part(near, middle, memory.data<f32>([0.1128318012, -0.107099615, -0.9901899844e-1])));
  const p = f32x4.mul(t, u);
  const first = part(near, middle, memory.data<f32>([-0.3761258760006575, -0.6345889059084084, -0.6435980505478916]));
  const firstLow = part(
    near,
    middle,
    memory.data<f32>([-3.865495035171307e-9, -8.680169472086163e-9, 2.9133504497735885e-8]),
  );
  const q = f32x4.add(p, first);
  const ql = f32x4.add(lostInSum(p, first, q), f32x4.add(lost(t, u, p), firstLow));
  const r = f32x4.mul(q, u);
  const rl = lowOfTimes(q, ql, u, r);
  const last = part(near, middle, memory.data<f32>([1.1283791602105914, -1.1287985582669451, -1.1246148774284556]));
  const lastLow = part(
    near,
    middle,
    memory.data<f32>([5.368898570168312e-8, 4.574459211426074e-8, -4.264299491296697e-8]),
  );
  const s = f32x4.add(r, last);
  const sl = f32x4.add(lostInSum(r, last, s), f32x4.add(rl, lastLow));
  const h = f32x4.mul(s, a);
  const l = lowOfTimes(s, sl, a, h);
  const e = expOfPair(h, l, true);
  const far = f32x4.sub(at32(memory.data<f32>([1.0])), e);
  const farLow = f32x4.sub(f32x4.sub(f32x4.sub(at32(memory.data<f32>([1.0])), far), e), low);
  const y = pick(near, f32x4.add(h, l), f32x4.add(far, farLow));
  return pick(
    f32x4.eq(x, x),
    signed(pick(f32x4.lt(a, at32(memory.data<f32>([4.0]))), y, at32(memory.data<f32>([1.0]))), x),
    x,
  );
}

/** ½ x (1 + erf (x / √2)), rounded where PyTorch rounds. */
// @inline
export function gelu4(x: v128): v128 {
  const r = f32x4.mul(x, at32(memory.data<f32>([Mathf.SQRT1_2])));
  const half = f32x4.mul(x, at32(memory.data<f32>([0.5])));
  return fused32(shortErf4(r, shortExp4(f32x4.neg(f32x4.mul(r, r)))), half, half);
}

/** Φ(x) + x φ(x) */
// @inline
export function geluSlope4(x: v128): v128 {
  const r = f32x4.mul(x, at32(memory.data<f32>([Mathf.SQRT1_2])));
  const half = at32(memory.data<f32>([0.5]));
  const gauss = shortExp4(f32x4.neg(f32x4.mul(r, r)));
  const rest = f32x4.add(f32x4.mul(f32x4.mul(r, at32(memory.data<f32>([0.564189553]))), gauss), half);
  return fused32(shortErf4(r, gauss), half, rest);
}

/** eˣ for x ≤ 0 with oneDNN's shorter polynomial. */
// @inline
function shortExp4(x: v128): v128 {
  const least = at32(memory.data<f32>([-87.33654785]));
  const v = f32x4.max(x, least);
  const n = f32x4.floor(f32x4.add(f32x4.mul(v, at32(memory.data<f32>([Mathf.LOG2E]))), at32(memory.data<f32>([0.5]))));
  const r = fused32(f32x4.neg(n), at32(memory.data<f32>([Mathf.LN2])), v);
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
  const size = fused32(f32x4.mul(f32x4.neg(gauss), t), y, one);
  return v128.xor(size, v128.and(x, i32x4.splat(0x80000000)));
}

// ── sine and cosine ─────────────────────────────────────────────────────────────────────────────────────────────

/** Beyond this the reduction by π in three parts loses digits. */
export const TRIGONOMETRIC_MAX: f32 = 125.0;

const PI_0: f32 = -3.1414794921875;
const PI_1: f32 = -0.00011315941810607910156;
const PI_2: f32 = -1.9841872589410058936e-9;

/** sin of a pair between −π/2 and π/2, its sign turned where the bit of q is set. */
// @inline
function sineOf(th: v128, tl: v128, q: v128, bit: i32): v128 {
  const s = f32x4.mul(th, th);
  const sl = fused32(f32x4.add(th, th), tl, lost(th, th, s));
  let u = at32(memory.data<f32>([2.6083159809786593541503e-6]));
  u = fused32(u, s, at32(memory.data<f32>([-0.0001981069071916863322258])));
  u = fused32(u, s, at32(memory.data<f32>([0.00833307858556509017944336])));
  const first = at32(memory.data<f32>([-0.166666597127914428710938]));
  const c = f32x4.mul(u, s);
  const ch = f32x4.add(first, c);
  const cl = f32x4.add(f32x4.sub(first, ch), c);
  const ph = f32x4.mul(ch, s);
  const pl = fused32(ch, sl, fused32(cl, s, lost(ch, s, ph)));
  const xh = f32x4.add(at32(memory.data<f32>([1.0])), ph);
  const xl = f32x4.add(f32x4.add(f32x4.sub(at32(memory.data<f32>([1.0])), xh), ph), pl);
  const y = fused32(th, xh, fused32(tl, xh, f32x4.mul(th, xl)));
  return v128.xor(y, i32x4.shl(v128.and(q, i32x4.splat(bit)), bit === 1 ? 31 : 30));
}

/** sin x */
// @inline
export function sin4(x: v128): v128 {
  const u = f32x4.nearest(f32x4.mul(x, at32(memory.data<f32>([0.3183098861837907]))));
  const a = fused32(u, at32(memory.data<f32>([PI_0])), x);
  const b = f32x4.mul(u, at32(memory.data<f32>([PI_1])));
  const h = f32x4.add(a, b);
  const l = lostInSum(a, b, h);
  const c = f32x4.mul(u, at32(memory.data<f32>([PI_2])));
  const th = f32x4.add(h, c);
  const tl = f32x4.add(f32x4.add(f32x4.sub(h, th), c), l);
  const y = sineOf(th, tl, integers(u), 1);
  return pick(f32x4.eq(x, splat(0.0)), x, y);
}

/** cos x = −sin (x − (2 n + 1) π/2) for even n, + for odd n */
// @inline
export function cos4(x: v128): v128 {
  const n = f32x4.nearest(fused32(x, at32(memory.data<f32>([0.3183098861837907])), at32(memory.data<f32>([-0.5]))));
  const u = fused32(n, at32(memory.data<f32>([2.0])), at32(memory.data<f32>([1.0])));
  const a = f32x4.mul(u, at32(memory.data<f32>([PI_0 * 0.5])));
  const b = f32x4.mul(u, at32(memory.data<f32>([PI_1 * 0.5])));
  const c = f32x4.mul(u, at32(memory.data<f32>([PI_2 * 0.5])));
  const f = f32x4.add(x, a);
  const g = f32x4.add(f, b);
  const h = f32x4.add(g, c);
  const l = f32x4.add(lostInSum(f, b, g), lostInSum(x, a, f));
  return sineOf(h, f32x4.add(lostInSum(g, c, h), l), v128.not(integers(u)), 2);
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
