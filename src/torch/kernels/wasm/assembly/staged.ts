/**
 * Functions whose formula is longer than a processor looks ahead: it would wait for each step of one vector. Here some hundred
 * vectors take one stage after the other, so that several are under way at any time. What a stage leaves to the next stands in
 * columns of `room`, 12 kB that are one thread's own. Source and result may be the same.
 */
import {
  excess,
  exp4,
  exponentAsNumber,
  exponentOf,
  integers,
  isTiny,
  lessLowOfQuotient,
  lessLowOfTimes,
  logarithmOf,
  logOf,
  lostInSum,
  magnitude,
  negative,
  pick,
  power2,
  raised,
  scaled,
  signed,
  splat,
  wholes,
} from "./math";
import { at32, fused32, fusedLess32 } from "./vectors";

/** Bytes of a column: of the vectors that take a stage together. */
const COLUMN: usize = 2048;

/** 1 / (1 + e⁻ˣ) */
export function sigmoid32(from: usize, to: usize, n: i32): void {
  const one = at32(memory.data<f32>([1.0]));
  for (const end = from + ((<usize>n) << 2); from < end; from += COLUMN, to += COLUMN) {
    const size = min(COLUMN, end - from);
    for (let i: usize = 0; i < size; i += 16) v128.store(to + i, f32x4.add(one, exp4(negative(v128.load(from + i)))));
    for (let i: usize = 0; i < size; i += 16) v128.store(to + i, f32x4.div(one, v128.load(to + i)));
  }
}

// ── e to the power of a pair ────────────────────────────────────────────────────────────────────────────────────

const LN2_HIGH: f32 = -0.693145751953125;
const LN2_LOW: f32 = -1.428606765330187045e-6;

/** The pair, less n ln 2, in columns 0 and 1; n in column 2. The low part `xl` is nothing unless `hasLow`. */
// @inline
function expReduced(t: usize, xh: v128, xl: v128, hasLow: bool): void {
  const n = wholes(hasLow ? f32x4.add(xh, xl) : xh);
  const a = f32x4.mul(n, at32(memory.data<f32>([LN2_HIGH])));
  const first = f32x4.add(xh, a);
  const b = f32x4.mul(n, at32(memory.data<f32>([LN2_LOW])));
  const sh = f32x4.add(first, b);
  const lostFirst = lostInSum(xh, a, first);
  v128.store(t, sh);
  v128.store(t + COLUMN, f32x4.add(lostInSum(first, b, sh), hasLow ? f32x4.add(lostFirst, xl) : lostFirst));
  v128.store(t + 2 * COLUMN, n);
}

/** Of eˢ = 1 + s + s² (½ + s r): s r in columns 3 and 4, the latter less than nothing. */
// @inline
function expInner(t: usize): void {
  const sh = v128.load(t);
  const sl = v128.load(t + COLUMN);
  let u = at32(memory.data<f32>([0.1980960224e-3]));
  u = fused32(u, sh, at32(memory.data<f32>([0.1394256484e-2])));
  u = fused32(u, sh, at32(memory.data<f32>([0.8333456703e-2])));
  u = fused32(u, sh, at32(memory.data<f32>([0.4166637361e-1])));
  const third = at32(memory.data<f32>([0.166666659414234244790680580464]));
  const ph = f32x4.mul(sh, u);
  const lessPl = fusedLess32(sl, u, excess(sh, u, ph));
  const qh = f32x4.add(ph, third);
  const ql = f32x4.sub(lostInSum(ph, third, qh), lessPl);
  const rh = f32x4.mul(sh, qh);
  v128.store(t + 3 * COLUMN, rh);
  v128.store(t + 4 * COLUMN, fusedLess32(sh, ql, fusedLess32(sl, qh, excess(sh, qh, rh))));
}

/** The result, a pair in columns 0 and 1; between −104 and 89, or where `isSmall` between −30 and 30. */
// @inline
function expOuter(t: usize, isSmall: bool): void {
  const sh = v128.load(t);
  const sl = v128.load(t + COLUMN);
  const n = v128.load(t + 2 * COLUMN);
  const rh = v128.load(t + 3 * COLUMN);
  const half = at32(memory.data<f32>([0.5]));
  const one = at32(memory.data<f32>([1.0]));
  const vh = f32x4.add(rh, half);
  const vl = f32x4.sub(lostInSum(rh, half, vh), v128.load(t + 4 * COLUMN));
  const square = f32x4.mul(sh, sh);
  const lessSquareLow = fusedLess32(f32x4.add(sh, sh), sl, excess(sh, sh, square));
  const wh = f32x4.mul(square, vh);
  const lessWl = fusedLess32(square, vl, fused32(lessSquareLow, vh, excess(square, vh, wh)));
  const sum = f32x4.add(sh, wh);
  const tl = f32x4.add(lostInSum(sh, wh, sum), f32x4.sub(sl, lessWl));
  const y = f32x4.add(one, sum);
  const yl = f32x4.add(f32x4.add(f32x4.sub(one, y), sum), tl);
  if (isSmall) {
    const power = power2(integers(n));
    v128.store(t, f32x4.mul(y, power));
    v128.store(t + COLUMN, f32x4.mul(yl, power));
  } else {
    v128.store(t, scaled(y, n));
    v128.store(t + COLUMN, scaled(yl, n));
  }
}

/** The stages between `expReduced` and the use of the result, for `size` bytes. */
// @inline
function expStages(room: usize, size: usize, isSmall: bool): void {
  for (let i: usize = 0; i < size; i += 16) expInner(room + i);
  for (let i: usize = 0; i < size; i += 16) expOuter(room + i, isSmall);
}

/** eˣ − 1 */
export function expm132(from: usize, to: usize, n: i32, room: usize): void {
  for (const end = from + ((<usize>n) << 2); from < end; from += COLUMN, to += COLUMN) {
    const size = min(COLUMN, end - from);
    for (let i: usize = 0; i < size; i += 16) {
      const x = v128.load(from + i);
      const bounded = f32x4.pmax(f32x4.pmin(x, at32(memory.data<f32>([89.0]))), at32(memory.data<f32>([-20.0])));
      expReduced(room + i, bounded, bounded, false);
    }
    expStages(room, size, false);
    for (let i: usize = 0; i < size; i += 16) {
      v128.store(to + i, lessOne(v128.load(from + i), v128.load(room + i), v128.load(room + i + COLUMN)));
    }
  }
}

/** e − 1 for e = eˣ as a pair. */
// @inline
function lessOne(x: v128, h: v128, l: v128): v128 {
  const minusOne = at32(memory.data<f32>([-1.0]));
  const s = f32x4.add(h, minusOne);
  let y = f32x4.add(s, f32x4.add(lostInSum(h, minusOne, s), l));
  y = pick(f32x4.gt(x, at32(memory.data<f32>([88.72283172607421875]))), at32(memory.data<f32>([Infinity])), y);
  y = pick(f32x4.lt(x, at32(memory.data<f32>([-16.63553233343869]))), minusOne, y);
  // −0 stays −0.
  return pick(f32x4.eq(x, splat(0.0)), x, pick(f32x4.eq(x, x), y, x));
}

export function tanh32(from: usize, to: usize, n: i32, room: usize): void {
  for (const end = from + ((<usize>n) << 2); from < end; from += COLUMN, to += COLUMN) {
    const size = min(COLUMN, end - from);
    for (let i: usize = 0; i < size; i += 16) {
      const a = f32x4.pmin(magnitude(v128.load(from + i)), at32(memory.data<f32>([10.0])));
      expReduced(room + i, a, a, false);
    }
    expStages(room, size, true);
    for (let i: usize = 0; i < size; i += 16) {
      v128.store(to + i, tanhOf(v128.load(from + i), v128.load(room + i), v128.load(room + i + COLUMN)));
    }
  }
}

/** (e − 1/e) / (e + 1/e) for e = e^|x| as a pair. */
// @inline
function tanhOf(x: v128, dh: v128, dl: v128): v128 {
  const one = at32(memory.data<f32>([1.0]));
  const eh = f32x4.div(one, dh);
  const el = f32x4.mul(eh, fusedLess32(dl, eh, fusedLess32(dh, eh, one)));
  const nh = f32x4.sub(dh, eh);
  const nl = f32x4.sub(f32x4.add(f32x4.sub(f32x4.sub(dh, nh), eh), dl), el);
  const sh = f32x4.add(dh, eh);
  const sl = f32x4.add(f32x4.add(f32x4.add(f32x4.sub(dh, sh), eh), dl), el);
  const t = f32x4.div(one, sh);
  const h = f32x4.mul(nh, t);
  const near = f32x4.sub(h, lessLowOfQuotient(nh, nl, sh, sl, t, h));
  const y = pick(f32x4.gt(magnitude(x), at32(memory.data<f32>([8.664339742]))), one, near);
  return pick(f32x4.eq(x, x), signed(y, x), x);
}

/** erf x: a polynomial near 0, 1 − e to the power of one farther away. */
export function erf32(from: usize, to: usize, n: i32, room: usize): void {
  for (const end = from + ((<usize>n) << 2); from < end; from += COLUMN, to += COLUMN) {
    const size = min(COLUMN, end - from);
    for (let i: usize = 0; i < size; i += 16) erfPolynomial(v128.load(from + i), room + i);
    for (let i: usize = 0; i < size; i += 16) {
      const l = v128.load(room + i + 4 * COLUMN);
      const h = v128.load(room + i + 3 * COLUMN);
      v128.store(room + i + 5 * COLUMN, f32x4.add(h, l));
      expReduced(room + i, h, l, true);
    }
    expStages(room, size, true);
    for (let i: usize = 0; i < size; i += 16) {
      const p = v128.load(room + i + 5 * COLUMN);
      v128.store(to + i, erfOf(v128.load(from + i), p, v128.load(room + i), v128.load(room + i + COLUMN)));
    }
  }
}

/** One of three numbers: |x| < 1.1, < 2.4, beyond. */
// @inline
function part(near: v128, middle: v128, three: usize): v128 {
  return pick(near, at32(three), pick(middle, at32(three + 4), at32(three + 8)));
}

/** The polynomial, a pair in columns 3 and 4. */
// @inline
function erfPolynomial(x: v128, t: usize): void {
  const a = f32x4.pmin(magnitude(x), at32(memory.data<f32>([4.0])));
  const near = f32x4.lt(a, at32(memory.data<f32>([1.1])));
  const middle = f32x4.lt(a, at32(memory.data<f32>([2.4])));
  const u = pick(near, f32x4.mul(a, a), a);
  let p = part(near, middle, memory.data<f32>([0.7089292194e-4, -0.1792667899e-4, -0.9495757695e-5]));
  p = fused32(p, u, part(near, middle, memory.data<f32>([-0.7768311189e-3, 0.393763301e-3, 0.2481465926e-3])));
  p = fused32(p, u, part(near, middle, memory.data<f32>([0.5159463733e-2, -0.3949181177e-2, -0.2918176819e-2])));
  p = fused32(p, u, part(near, middle, memory.data<f32>([-0.2683781274e-1, 0.244547464e-1, 0.2059706673e-1])));
  p = fused32(p, u, part(near, middle, memory.data<f32>([0.1128318012, -0.107099615, -0.9901899844e-1])));
  const ph = f32x4.mul(p, u);
  const first = part(near, middle, memory.data<f32>([-0.3761258760006575, -0.6345889059084084, -0.6435980505478916]));
  const firstLow = part(
    near,
    middle,
    memory.data<f32>([-3.865495035171307e-9, -8.680169472086163e-9, 2.9133504497735885e-8]),
  );
  const q = f32x4.add(ph, first);
  const ql = f32x4.add(lostInSum(ph, first, q), f32x4.sub(firstLow, excess(p, u, ph)));
  const r = f32x4.mul(q, u);
  const last = part(near, middle, memory.data<f32>([1.1283791602105914, -1.1287985582669451, -1.1246148774284556]));
  const lastLow = part(
    near,
    middle,
    memory.data<f32>([5.368898570168312e-8, 4.574459211426074e-8, -4.264299491296697e-8]),
  );
  const s = f32x4.add(r, last);
  const sl = f32x4.add(lostInSum(r, last, s), f32x4.sub(lastLow, lessLowOfTimes(q, ql, u, r)));
  const h = f32x4.mul(s, a);
  v128.store(t + 3 * COLUMN, h);
  v128.store(t + 4 * COLUMN, negative(lessLowOfTimes(s, sl, a, h)));
}

/** erf x from the polynomial's value p, and e to the power of it as a pair. */
// @inline
function erfOf(x: v128, p: v128, e: v128, low: v128): v128 {
  const one = at32(memory.data<f32>([1.0]));
  const a = magnitude(x);
  const far = f32x4.sub(one, e);
  const farLow = f32x4.sub(f32x4.sub(f32x4.sub(one, far), e), low);
  const y = pick(f32x4.lt(a, at32(memory.data<f32>([1.1]))), p, f32x4.add(far, farLow));
  return pick(f32x4.eq(x, x), signed(pick(f32x4.lt(a, at32(memory.data<f32>([4.0]))), y, one), x), x);
}

// ── logarithms ──────────────────────────────────────────────────────────────────────────────────────────────────

export function log32(from: usize, to: usize, n: i32, room: usize): void {
  for (const end = from + ((<usize>n) << 2); from < end; from += COLUMN, to += COLUMN) {
    const size = min(COLUMN, end - from);
    for (let i: usize = 0; i < size; i += 16) logReduced(v128.load(from + i), room + i);
    for (let i: usize = 0; i < size; i += 16) logQuotient(room + i);
    for (let i: usize = 0; i < size; i += 16) {
      v128.store(to + i, logarithmOf(v128.load(from + i), logOfColumns(room + i)));
    }
  }
}

/** x = m 2ᵉ: m in column 0, e in column 2. */
// @inline
function logReduced(x: v128, t: usize): void {
  const tiny = isTiny(x);
  const d = raised(x, tiny);
  const e = exponentOf(d);
  v128.store(t, i32x4.sub(d, i32x4.shl(e, 23)));
  v128.store(t + 2 * COLUMN, exponentAsNumber(e, tiny));
}

/** (m − 1) / (m + 1) in columns 0 and 1, the latter with the other sign. */
// @inline
function logQuotient(t: usize): void {
  const one = at32(memory.data<f32>([1.0]));
  const minusOne = at32(memory.data<f32>([-1.0]));
  const m = v128.load(t);
  const nh = f32x4.add(minusOne, m);
  const dh = f32x4.add(one, m);
  const inverse = f32x4.div(one, dh);
  const xh = f32x4.mul(nh, inverse);
  const lessXl = lessLowOfQuotient(nh, lostInSum(minusOne, m, nh), dh, lostInSum(one, m, dh), inverse, xh);
  v128.store(t, xh);
  v128.store(t + COLUMN, lessXl);
}

// @inline
function logOfColumns(t: usize): v128 {
  return logOf(v128.load(t + 2 * COLUMN), v128.load(t), v128.load(t + COLUMN));
}

/** ln (1 + x) */
export function log1p32(from: usize, to: usize, n: i32, room: usize): void {
  for (const end = from + ((<usize>n) << 2); from < end; from += COLUMN, to += COLUMN) {
    const size = min(COLUMN, end - from);
    for (let i: usize = 0; i < size; i += 16) log1pReduced(v128.load(from + i), room + i);
    for (let i: usize = 0; i < size; i += 16) log1pQuotient(room + i);
    for (let i: usize = 0; i < size; i += 16) v128.store(to + i, log1pOf(v128.load(from + i), room + i));
  }
}

/** log σ(x) = min(0, x) − log(1 + e^−|x|) */
export function logsigmoid32(from: usize, to: usize, n: i32, room: usize): void {
  for (const end = from + ((<usize>n) << 2); from < end; from += COLUMN, to += COLUMN) {
    const size = min(COLUMN, end - from);
    const powers = room + 3 * COLUMN;
    for (let i: usize = 0; i < size; i += 16) {
      v128.store(powers + i, exp4(negative(magnitude(v128.load(from + i)))));
    }
    for (let i: usize = 0; i < size; i += 16) log1pReduced(v128.load(powers + i), room + i);
    for (let i: usize = 0; i < size; i += 16) log1pQuotient(room + i);
    for (let i: usize = 0; i < size; i += 16) {
      const log = log1pOf(v128.load(powers + i), room + i);
      v128.store(to + i, f32x4.sub(f32x4.min(v128.load(from + i), splat(0.0)), log));
    }
  }
}

/** 1 + x = (1 + m) 2ᵉ: m in column 0, e in column 2. */
// @inline
function log1pReduced(x: v128, t: usize): void {
  const one = at32(memory.data<f32>([1.0]));
  const u = f32x4.add(x, one);
  const tiny = isTiny(u);
  const e = exponentOf(raised(u, tiny));
  // 2⁻ᵉ, or four times that and a quarter of x, where it would be a denormal.
  const large = f32x4.gt(x, at32(memory.data<f32>([1e38])));
  const power = power2(i32x4.neg(i32x4.add(e, i32x4.add(large, large))));
  const part = pick(large, f32x4.mul(x, at32(memory.data<f32>([0.25]))), x);
  v128.store(t, fused32(part, power, f32x4.sub(power, one)));
  v128.store(t + 2 * COLUMN, exponentAsNumber(e, tiny));
}

/** m / (m + 2) in columns 0 and 1, the latter with the other sign. */
// @inline
function log1pQuotient(t: usize): void {
  const one = at32(memory.data<f32>([1.0]));
  const two = at32(memory.data<f32>([2.0]));
  const m = v128.load(t);
  const dh = f32x4.add(two, m);
  const dl = f32x4.add(f32x4.sub(two, dh), m);
  const inverse = f32x4.div(one, dh);
  const xh = f32x4.mul(m, inverse);
  const v = fusedLess32(dl, inverse, fusedLess32(dh, inverse, one));
  v128.store(t, xh);
  v128.store(t + COLUMN, fusedLess32(xh, v, excess(inverse, m, xh)));
}

// @inline
function log1pOf(x: v128, t: usize): v128 {
  const y = logarithmOf(f32x4.add(x, at32(memory.data<f32>([1.0]))), logOfColumns(t));
  return pick(f32x4.eq(x, splat(0.0)), x, y);
}

// ── sine and cosine ─────────────────────────────────────────────────────────────────────────────────────────────

/** Beyond this the reduction by π in three parts loses digits. */
const TRIGONOMETRIC_MAX: f32 = 125.0;

const PI_0: f32 = -3.1414794921875;
const PI_1: f32 = -0.00011315941810607910156;
const PI_2: f32 = -1.9841872589410058936e-9;

/** All ones where a kernel has no result. */
// @inline
function isBeyond(x: v128): v128 {
  return f32x4.gt(magnitude(x), at32(memory.data<f32>([TRIGONOMETRIC_MAX])));
}

// @inline
function circular(from: usize, to: usize, n: i32, room: usize, cosine: bool): i32 {
  let beyond = i32x4.splat(0);
  for (const end = from + ((<usize>n) << 2); from < end; from += COLUMN, to += COLUMN) {
    const size = min(COLUMN, end - from);
    for (let i: usize = 0; i < size; i += 16) {
      const x = v128.load(from + i);
      beyond = v128.or(beyond, isBeyond(x));
      if (cosine) cosineReduced(x, room + i);
      else sineReduced(x, room + i);
    }
    for (let i: usize = 0; i < size; i += 16) {
      if (cosine) {
        v128.store(to + i, sineOf(room + i, 2));
      } else {
        const x = v128.load(from + i);
        v128.store(to + i, pick(f32x4.eq(x, splat(0.0)), x, sineOf(room + i, 1)));
      }
    }
  }
  return i32(v128.any_true(beyond));
}

/** 1 when there are elements too large for it, whose results mean nothing. */
export function sin32(from: usize, to: usize, n: i32, room: usize): i32 {
  return circular(from, to, n, room, false);
}

/** As `sin32`. */
export function cos32(from: usize, to: usize, n: i32, room: usize): i32 {
  return circular(from, to, n, room, true);
}

/** g cos x, as `cos32`. */
export function sin_backward32(g: usize, from: usize, to: usize, n: i32, room: usize): i32 {
  let beyond = i32x4.splat(0);
  for (const end = from + ((<usize>n) << 2); from < end; from += COLUMN, to += COLUMN, g += COLUMN) {
    const size = min(COLUMN, end - from);
    for (let i: usize = 0; i < size; i += 16) {
      const x = v128.load(from + i);
      beyond = v128.or(beyond, isBeyond(x));
      cosineReduced(x, room + i);
    }
    for (let i: usize = 0; i < size; i += 16) v128.store(to + i, f32x4.mul(v128.load(g + i), sineOf(room + i, 2)));
  }
  return i32(v128.any_true(beyond));
}

/** x − n π, a pair in columns 0 and 1, n in column 2. */
// @inline
function sineReduced(x: v128, t: usize): void {
  const n = f32x4.nearest(f32x4.mul(x, at32(memory.data<f32>([0.3183098861837907]))));
  const a = fused32(n, at32(memory.data<f32>([PI_0])), x);
  const b = f32x4.mul(n, at32(memory.data<f32>([PI_1])));
  const h = f32x4.add(a, b);
  const c = f32x4.mul(n, at32(memory.data<f32>([PI_2])));
  const th = f32x4.add(h, c);
  v128.store(t, th);
  v128.store(t + COLUMN, f32x4.add(f32x4.add(f32x4.sub(h, th), c), lostInSum(a, b, h)));
  v128.store(t + 2 * COLUMN, integers(n));
}

/** cos x = −sin (x − (2 n + 1) π/2) for even n, + for odd n: as `sineReduced`, in column 2 the bits of not (2 n + 1). */
// @inline
function cosineReduced(x: v128, t: usize): void {
  const n = f32x4.nearest(fused32(x, at32(memory.data<f32>([0.3183098861837907])), at32(memory.data<f32>([-0.5]))));
  const u = fused32(n, at32(memory.data<f32>([2.0])), at32(memory.data<f32>([1.0])));
  const a = f32x4.mul(u, at32(memory.data<f32>([PI_0 * 0.5])));
  const b = f32x4.mul(u, at32(memory.data<f32>([PI_1 * 0.5])));
  const c = f32x4.mul(u, at32(memory.data<f32>([PI_2 * 0.5])));
  const f = f32x4.add(x, a);
  const g = f32x4.add(f, b);
  const h = f32x4.add(g, c);
  const l = f32x4.add(lostInSum(f, b, g), lostInSum(x, a, f));
  v128.store(t, h);
  v128.store(t + COLUMN, f32x4.add(lostInSum(g, c, h), l));
  v128.store(t + 2 * COLUMN, v128.not(integers(u)));
}

/** sin of a pair between −π/2 and π/2, its sign turned where the bit of column 2 is set. */
// @inline
function sineOf(t: usize, bit: i32): v128 {
  const th = v128.load(t);
  const tl = v128.load(t + COLUMN);
  const s = f32x4.mul(th, th);
  const lessSl = fusedLess32(f32x4.add(th, th), tl, excess(th, th, s));
  let u = at32(memory.data<f32>([2.6083159809786593541503e-6]));
  u = fused32(u, s, at32(memory.data<f32>([-0.0001981069071916863322258])));
  u = fused32(u, s, at32(memory.data<f32>([0.00833307858556509017944336])));
  const first = at32(memory.data<f32>([-0.166666597127914428710938]));
  const one = at32(memory.data<f32>([1.0]));
  const c = f32x4.mul(u, s);
  const ch = f32x4.add(first, c);
  const cl = f32x4.add(f32x4.sub(first, ch), c);
  const ph = f32x4.mul(ch, s);
  const lessPl = fused32(ch, lessSl, fusedLess32(cl, s, excess(ch, s, ph)));
  const xh = f32x4.add(one, ph);
  const xl = f32x4.sub(f32x4.add(f32x4.sub(one, xh), ph), lessPl);
  const y = fused32(th, xh, fused32(tl, xh, f32x4.mul(th, xl)));
  return v128.xor(y, i32x4.shl(v128.and(v128.load(t + 2 * COLUMN), i32x4.splat(bit)), bit === 1 ? 31 : 30));
}
