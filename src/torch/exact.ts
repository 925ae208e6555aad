/**
 * Powers and cosines to the last digit of a double, as the C library gives them: schedules are printed in full, and
 * JavaScript's `Math` may be one unit off. Sums and products carry their rounding error along as a second double.
 */

/** An unevaluated sum: the value, and what it misses. */
type Pair = readonly [high: number, low: number];

/** Dekker's product: `a · b` exactly. */
function product(a: number, b: number): Pair {
  const p = a * b;
  const split = (x: number) => {
    const c = 134217729 * x;
    const high = c - (c - x);
    return [high, x - high];
  };
  const [ah, al] = split(a);
  const [bh, bl] = split(b);
  return [p, ah * bh - p + ah * bl + al * bh + al * bl];
}

/** Knuth's sum: `a + b` exactly. */
function sum(a: number, b: number): Pair {
  const s = a + b;
  const t = s - a;
  return [s, a - (s - t) + (b - t)];
}

function multiply(a: Pair, b: Pair): Pair {
  const [p, e] = product(a[0], b[0]);
  return sum(p, e + (a[0] * b[1] + a[1] * b[0]));
}

function add(a: Pair, b: Pair): Pair {
  const [s, e] = sum(a[0], b[0]);
  return sum(s, e + (a[1] + b[1]));
}

function divide(a: Pair, b: number): Pair {
  const q = a[0] / b;
  const [p, e] = product(q, b);
  return sum(q, (a[0] - p - e + a[1]) / b);
}

/** `base` to a whole, non-negative power by squaring; any other exponent goes to `Math.pow`. */
export function power(base: number, exponent: number): number {
  const plain = base ** exponent;
  const size = Math.abs(plain);
  if (!Number.isInteger(exponent) || exponent < 0 || exponent > 2 ** 31 || size < 1e-250 || !(size < 1e250))
    return plain;
  let result: Pair = [1, 0];
  let factor: Pair = [base, 0];
  for (let n = exponent; n > 0; n = Math.floor(n / 2)) {
    if (n % 2 === 1) result = multiply(result, factor);
    if (n > 1) factor = multiply(factor, factor);
  }
  const exact = result[0] + result[1];
  return Number.isFinite(exact) ? exact : plain;
}

/** π/2 in three pieces; the first two have so few bits that a small whole multiple of them is exact. */
const HALF_PI = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21];

/** Cosine of `x` in radians; large arguments go to `Math.cos`. */
export function cosine(x: number): number {
  if (!(Math.abs(x) < 1e6)) return Math.cos(x);
  const quarter = Math.round(x / (Math.PI / 2));
  // x − quarter · π/2, in [−π/4, π/4]
  let r: Pair = sum(x, -quarter * HALF_PI[0]);
  r = add(r, product(-quarter, HALF_PI[1]));
  r = add(r, [-quarter * HALF_PI[2], 0]);
  // cos r = Σ (−1)ⁿ r²ⁿ/(2n)!, sin r = Σ (−1)ⁿ r²ⁿ⁺¹/(2n+1)!
  const sine = Math.abs(quarter % 2) === 1;
  const square = multiply(r, r);
  let term: Pair = sine ? r : [1, 0];
  let total: Pair = term;
  for (let n = sine ? 3 : 2; n < 30; n += 2) {
    const next = divide(multiply(term, square), (n - 1) * n);
    term = [-next[0], -next[1]];
    total = add(total, term);
  }
  const value = total[0] + total[1];
  // cos(r + q π/2) is cos r, −sin r, −cos r, sin r for q = 0, 1, 2, 3
  const turn = ((quarter % 4) + 4) % 4;
  return turn === 1 || turn === 2 ? -value : value;
}
