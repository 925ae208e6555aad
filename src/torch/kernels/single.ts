/**
 * Logarithm, sine and cosine in single precision, step for step as the vectorised loop behind `randn` computes them
 * (Moshier's Cephes polynomials with fused multiply–adds), so that seeded numbers agree in every bit.
 */
const f = Math.fround;
const word = new DataView(new ArrayBuffer(4));

/** a b + c, rounded once. */
const fused = (a: number, b: number, c: number): number => f(a * b + c);

const horner = (coefficients: readonly number[], x: number): number =>
  coefficients.reduce((sum, c) => fused(sum, x, c));

const LOG = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
].map(f);
const SIN = [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1].map(f);
const COS = [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2].map(f);
/** ln 2 and π/4 in parts, so that their products with small whole numbers are exact. */
const [LN2_LOW, LN2_HIGH] = [-2.1219444e-4, 0.693359375].map(f);
const QUARTER = [0.78515625, 2.4187564849853515625e-4, 3.77489497744594108e-8].map(f);
const ROOT_HALF = f(Math.SQRT1_2);
const FOUR_BY_PI = f(4 / Math.PI);

/** ln x for a positive normal float32. */
export function log32(x: number): number {
  word.setFloat32(0, x);
  const bits = word.getInt32(0);
  let exponent = (bits >>> 23) - 126;
  word.setInt32(0, (bits & 0x807fffff) | 0x3f000000);
  let m = word.getFloat32(0);
  if (m < ROOT_HALF) {
    exponent--;
    m = f(f(m - 1) + m);
  } else {
    m = f(m - 1);
  }
  const square = f(m * m);
  const y = fused(f(horner(LOG, m) * m), square, f(exponent * LN2_LOW));
  return fused(exponent, LN2_HIGH, f(m + f(y - square * 0.5)));
}

/** `[sin x, cos x]` for x ≥ 0. */
export function sincos32(x: number): [number, number] {
  const octant = (Math.trunc(f(x * FOUR_BY_PI)) + 1) & ~1;
  const r = QUARTER.reduce((rest, part) => fused(octant, -part, rest), x);
  const square = f(r * r);
  const cosine = f(fused(f(horner(COS, square) * square), square, -f(square * 0.5)) + 1);
  const sine = fused(f(horner(SIN, square) * square), r, r);
  const [s, c] = octant & 2 ? [cosine, sine] : [sine, cosine];
  return [octant & 4 ? -s : s, (octant + 2) & 4 ? -c : c];
}
