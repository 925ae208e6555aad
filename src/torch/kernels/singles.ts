/**
 * Elementary functions in single precision with the bits of PyTorch's vectorised ones: the steps of Sleef's functions with
 * fused multiply–adds (Shibata and Petrogalli, 2020), long trainings being as sensitive to a last bit as they are.
 * Where a float is not enough the steps carry a pair, its second part what the first rounds away.
 */
const f = Math.fround;

/** a b + c, rounded once. */
const fma = (a: number, b: number, c: number): number => f(a * b + c);

const HALF_WAY = 6755399441055744;
/** The nearest whole number, ties to even. */
const nearest = (x: number): number => x + HALF_WAY - HALF_WAY;

const LOG2E = f(Math.LOG2E);
/** ln 2 in two parts. */
const LN2_HIGH = f(0.693145751953125);
const LN2_LOW = f(1.428606765330187045e-6);

const EXP = [
  0.00139304355252534151077271, 0.00833336077630519866943359, 0.0416664853692054748535156, 0.166666671633720397949219,
  0.5,
].map(f);
const EXP_FIRST = f(0.000198527617612853646278381);

/** eˣ */
export function exp32(x: number): number {
  if (!(x >= -104 && x <= 100)) return Math.exp(x);
  const q = nearest(f(x * LOG2E));
  const s = fma(q, -LN2_LOW, fma(q, -LN2_HIGH, x));
  let u = EXP_FIRST;
  for (let i = 0; i < EXP.length; i++) u = fma(u, s, EXP[i]);
  return f(f(fma(f(s * s), u, s) + 1) * 2 ** q);
}

/** 2^(i / 32) */
const ROOTS = Float64Array.from({ length: 32 }, (_, i) => 2 ** (i / 32));
/** Of 2^(r / 32), |r| ≤ 1/2, from the third power down to the first. */
const POWERS = [0.05550361559341535 / 32 ** 3, 0.2402284522445722 / 32 ** 2, 0.6931471806916203 / 32];

/** eˣ as the C library has it, which computes what is left of vectors: a table and a cubic in doubles, rounded once. */
export function plainExp32(x: number): number {
  if (!(x >= -87 && x <= 88)) return f(Math.exp(x));
  const z = x * (32 * Math.LOG2E);
  const n = nearest(z);
  const r = z - n;
  const root = ROOTS[n & 31] * 2 ** Math.floor(n / 32);
  return f(((POWERS[0] * r + POWERS[1]) * (r * r) + (POWERS[2] * r + 1)) * root);
}

/** x / (1 + e⁻ˣ) */
export const silu32 = (x: number): number => x / f(1 + exp32(-x));

/** ln (1 / (1 + e⁻ˣ)) */
export const logSigmoid32 = (x: number): number => Math.min(x, 0) - log1p32(exp32(-Math.abs(x)));

/** 1 / (1 + e⁻ˣ) */
export const sigmoid32 = (x: number): number => f(1 / f(1 + exp32(-x)));

// ── pairs: each function leaves its second part in `low` ────────────────────────────────────────────────────────

let low = 0;

/** The two parts of x + y; |x| ≥ |y| is not needed. */
function twoSum(x: number, y: number): number {
  const s = f(x + y);
  const v = f(s - x);
  low = f(f(x - f(s - v)) + f(y - v));
  return s;
}

/** (xh, xl) y */
function pairTimes(xh: number, xl: number, y: number): number {
  const s = f(xh * y);
  low = fma(xl, y, f(xh * y - s));
  return s;
}

/** (xh, xl) (yh, yl) */
function pairTimesPair(xh: number, xl: number, yh: number, yl: number): number {
  const s = f(xh * yh);
  low = fma(xh, yl, fma(xl, yh, f(xh * yh - s)));
  return s;
}

/** (nh, nl) / (dh, dl) */
function pairOverPair(nh: number, nl: number, dh: number, dl: number): number {
  const t = f(1 / dh);
  const s = f(nh * t);
  const u = f(t * nh - s);
  const v = fma(-dl, t, fma(-dh, t, 1));
  low = fma(s, v, fma(nl, t, u));
  return s;
}

const expPair = (x: number): number => expOfPair(x, 0);

/** e to the power of a pair, as a pair. */
function expOfPair(xh: number, xl: number): number {
  const q = nearest(f(f(xh + xl) * LOG2E));
  let sh = twoSum(xh, f(q * -LN2_HIGH));
  let sl = f(low + xl);
  sh = twoSum(sh, f(q * -LN2_LOW));
  sl = f(low + sl);
  let u = f(0.1980960224e-3);
  u = fma(u, sh, f(0.1394256484e-2));
  u = fma(u, sh, f(0.8333456703e-2));
  u = fma(u, sh, f(0.4166637361e-1));
  let th = pairTimes(sh, sl, u);
  let tl = low;
  th = twoSum(th, f(0.166666659414234244790680580464));
  tl = f(low + tl);
  th = pairTimesPair(sh, sl, th, tl);
  tl = low;
  th = twoSum(th, 0.5);
  tl = f(low + tl);
  const square = f(sh * sh);
  const squareLow = fma(f(sh + sh), sl, f(sh * sh - square));
  th = pairTimesPair(square, squareLow, th, tl);
  tl = low;
  const sum = twoSum(sh, th);
  tl = f(low + f(sl + tl));
  const y = f(1 + sum);
  const scale = 2 ** q;
  low = f(f(f(f(1 - y) + sum) + tl) * scale);
  return f(y * scale);
}

/** (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ) */
export function tanh32(x: number): number {
  const a = Math.abs(x);
  if (!(a <= f(8.664339742))) return Number.isNaN(x) ? x : Math.sign(x);
  const dh = expPair(a);
  const dl = low;
  const eh = f(1 / dh);
  const el = f(eh * fma(-dl, eh, fma(-dh, eh, 1)));
  const nh = f(dh - eh);
  const nl = f(f(f(f(dh - nh) - eh) + dl) - el);
  const sh = f(dh + eh);
  const sl = f(f(f(f(dh - sh) + eh) + dl) + el);
  const y = pairOverPair(nh, nl, sh, sl);
  return x < 0 || Object.is(x, -0) ? -f(y + low) : f(y + low);
}

const bits = new DataView(new ArrayBuffer(4));
const LOG_SCALE = f(1 / 0.75);
const LN2 = [0.69314718246459960938, -1.904654323148236017e-9].map(f);

/** ln of m 2ᵉ from the pair (m − 1) / (m + 1). */
function logOf(e: number, nh: number, nl: number, dh: number, dl: number): number {
  let sh = pairTimes(LN2[0], LN2[1], e);
  let sl = low;
  const xh = pairOverPair(nh, nl, dh, dl);
  const xl = low;
  const square = f(xh * xh);
  let t = f(0.3027294874);
  t = fma(t, square, f(0.3996108174));
  t = fma(t, square, f(0.666669488));
  const a = sh;
  sh = f(a + f(xh * 2));
  sl = f(f(f(f(a - sh) + f(xh * 2)) + sl) + f(xl * 2));
  const b = sh;
  const rest = f(f(square * xh) * t);
  sh = f(b + rest);
  sl = f(f(f(b - sh) + rest) + sl);
  return f(sh + sl);
}

/** ln x */
export function log32(x: number): number {
  if (!(x > 0 && x < Number.POSITIVE_INFINITY)) return Math.log(x);
  const raised = x < 2 ** -126;
  const d = raised ? x * 2 ** 64 : x;
  bits.setFloat32(0, f(d * LOG_SCALE));
  const e = (bits.getUint32(0) >>> 23) - 127;
  const m = f(d * 2 ** -e);
  const nh = twoSum(-1, m);
  const nl = low;
  const dh = twoSum(1, m);
  return logOf(raised ? e - 64 : e, nh, nl, dh, low);
}

/** ln (1 + x) */
export function log1p32(x: number): number {
  if (!(x > -1 && x < 1e38) || x === 0) return Math.log1p(x);
  const u = f(x + 1);
  const raised = u < 2 ** -126;
  bits.setFloat32(0, f((raised ? u * 2 ** 64 : u) * LOG_SCALE));
  const e = (bits.getUint32(0) >>> 23) - 127;
  const t = 2 ** -e;
  const m = fma(x, t, f(t - 1));
  const dh = f(2 + m);
  return logOf(raised ? e - 64 : e, m, 0, dh, f(f(2 - dh) + m));
}

const INVERSE_PI = f(1 / Math.PI);
/** π in three parts. */
const PI = [3.1414794921875, 0.00011315941810607910156, 1.9841872589410058936e-9].map(f);
/** Beyond this the reduction below loses digits. */
const TURNS = 125;

/** sin of the pair (th, tl), |t| ≤ π / 2. */
function sineOf(th: number, tl: number): number {
  const s = f(th * th);
  const sl = fma(f(th + th), tl, f(th * th - s));
  let u = f(2.6083159809786593541503e-6);
  u = fma(u, s, f(-0.0001981069071916863322258));
  u = fma(u, s, f(0.00833307858556509017944336));
  const first = f(-0.166666597127914428710938);
  const c = f(u * s);
  const ch = f(first + c);
  const ph = pairTimesPair(ch, f(f(first - ch) + c), s, sl);
  const pl = low;
  const xh = f(1 + ph);
  const xl = f(f(f(1 - xh) + ph) + pl);
  return fma(th, xh, fma(tl, xh, f(th * xl)));
}

/** sin x */
export function sin32(x: number): number {
  if (!(Math.abs(x) < TURNS) || x === 0) return Math.sin(x);
  const q = nearest(f(x * INVERSE_PI));
  const h = twoSum(fma(q, -PI[0], x), f(q * -PI[1]));
  const l = low;
  const c = f(q * -PI[2]);
  const th = f(h + c);
  const y = sineOf(th, f(f(f(h - th) + c) + l));
  return (q & 1) === 1 ? -y : y;
}

/** cos x */
export function cos32(x: number): number {
  if (!(Math.abs(x) < TURNS)) return Math.cos(x);
  const q = fma(nearest(fma(x, INVERSE_PI, -0.5)), 2, 1);
  let h = twoSum(x, f(q * f(-PI[0] * 0.5)));
  let l = low;
  h = twoSum(h, f(q * f(-PI[1] * 0.5)));
  l = f(low + l);
  h = twoSum(h, f(q * f(-PI[2] * 0.5)));
  const y = sineOf(h, f(low + l));
  return (q & 2) === 0 ? -y : y;
}

/** eˣ − 1 */
export function expm132(x: number): number {
  if (!(x >= f(-16.63553233343869) && x <= f(88.72283172607422)) || x === 0) return Math.expm1(x);
  const h = expPair(x);
  const l = low;
  const y = twoSum(h, -1);
  return f(y + f(low + l));
}

const pairOf = (x: number): [number, number] => [f(x), f(x - f(x))];
/** |x| < 1.1 (in x²), < 2.4, beyond: a polynomial, then two coefficients in pairs. */
const ERF = [
  [0.7089292194e-4, -0.7768311189e-3, 0.5159463733e-2, -0.2683781274e-1, 0.1128318012],
  [-0.1792667899e-4, 0.393763301e-3, -0.3949181177e-2, 0.244547464e-1, -0.107099615],
  [-0.9495757695e-5, 0.2481465926e-3, -0.2918176819e-2, 0.2059706673e-1, -0.9901899844e-1],
].map((row) => row.map(f));
const ERF_FIRST = [
  -0.376125876000657465175213237214, -0.63458890590841038997121080921, -0.643598050547891613081201721633,
].map(pairOf);
const ERF_LAST = [
  1.12837916021059138255978217023, -1.12879855826694507209862753992, -1.12461487742845562801052956293,
].map(pairOf);

/** (xh, xl) + (yh, yl) */
function pairPlusPair(xh: number, xl: number, [yh, yl]: [number, number]): number {
  const s = twoSum(xh, yh);
  low = f(low + f(xl + yl));
  return s;
}

/** 2 / √π ∫₀ˣ e^(−t²) dt */
export function erf32(x: number): number {
  const a = Math.abs(x);
  if (!(a < 4)) return Number.isNaN(x) ? x : Math.sign(x);
  const part = a < f(1.1) ? 0 : a < f(2.4) ? 1 : 2;
  const u = part === 0 ? f(a * a) : a;
  const [c0, ...rest] = ERF[part];
  const t = rest.reduce((sum, c) => fma(sum, u, c), c0);
  let h = f(t * u);
  h = pairPlusPair(h, f(t * u - h), ERF_FIRST[part]);
  h = pairTimes(h, low, u);
  h = pairPlusPair(h, low, ERF_LAST[part]);
  h = pairTimes(h, low, a);
  if (part > 0) {
    h = expOfPair(h, low);
    const l = low;
    const s = f(1 - h);
    low = f(f(f(1 - s) - h) - l);
    h = s;
  }
  const y = f(h + low);
  return x < 0 || Object.is(x, -0) ? -y : y;
}

// ── what PyTorch leaves to oneDNN ───────────────────────────────────────────────────────────────────────────────

const LN_MIN = f(-87.33654785);
const LN_MAX = f(88.72283173);
const SHORT_EXP = [0.00828929059, 0.0418978221, 0.166676521, 0.499991506, 0.999999701].map(f);

/** eˣ with a shorter polynomial. */
function shortExp32(x: number): number {
  if (x < LN_MIN) return 0;
  const v = Math.min(x, LN_MAX);
  const n = Math.floor(f(f(v * LOG2E) + 0.5));
  const r = fma(-n, f(Math.LN2), v);
  const y = SHORT_EXP.reduce((sum, c) => fma(sum, r, c), 0);
  return f(fma(y, r, 1) * 2 ** n);
}

const ERF_STEP = f(0.3275911);
const SHORT_ERF = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592].map(f);

/** erf x from e^(−x²) (Abramowitz and Stegun, 7.1.26), as oneDNN's gelu has it. */
function shortErf32(x: number, gauss: number): number {
  const t = f(1 / fma(ERF_STEP, Math.abs(x), 1));
  const y = SHORT_ERF.reduce((sum, c) => fma(sum, t, c), 0);
  const size = fma(f(-gauss * t), y, 1);
  return x < 0 || Object.is(x, -0) ? -size : size;
}

const ROOT_HALF = f(Math.SQRT1_2);
/** 1 / √π, one unit short. */
const ROOT_INVERSE_PI = f(0.564189553);

/** x Φ(x) */
export function gelu32(x: number): number {
  const r = f(x * ROOT_HALF);
  const half = f(x * 0.5);
  return fma(shortErf32(r, shortExp32(-f(r * r))), half, half);
}

/** Φ(x) + x φ(x) */
export function geluSlope32(x: number): number {
  const r = f(x * ROOT_HALF);
  const gauss = shortExp32(-f(r * r));
  return fma(shortErf32(r, gauss), 0.5, f(f(f(r * ROOT_INVERSE_PI) * gauss) + 0.5));
}
