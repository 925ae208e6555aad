/**
 * The inverse of the error function in single precision with PyTorch's bits: `nn.init.trunc_normal_` draws through it. A
 * rational start and two steps of Newton's method, on the C library's error function (Sun's fdlibm).
 */
import { plainExp32 } from "./singles";

const f = Math.fround;

/** Σ cᵢ xⁿ⁻ⁱ, the highest power first, each step rounded twice. */
const polynomial = (coefficients: readonly number[], x: number): number =>
  coefficients.reduce((sum, c) => f(f(sum * x) + c));
/** The same with fused steps. */
const fusedPolynomial = (coefficients: readonly number[], x: number): number =>
  coefficients.reduce((sum, c) => f(sum * x + c));

const floats = (values: readonly number[]): number[] => values.map(f);

/** Numerator and denominator by the size of x, the highest powers first. */
const NEAR = [
  floats([-2.3763017452e-5, -5.770270247e-3, -2.8481749818e-2, -3.2504209876e-1, 1.2837916613e-1]),
  floats([-3.9602282413e-6, 1.3249473704e-4, 5.0813062117e-3, 6.50222525e-2, 3.9791721106e-1, 1]),
] as const;
const AROUND_ONE = [
  floats([
    -2.1663755178e-3, 3.5478305072e-2, -1.1089469492e-1, 3.1834661961e-1, -3.7220788002e-1, 4.1485610604e-1,
    -2.3621185683e-3,
  ]),
  floats([1.1984500103e-2, 1.3637083583e-2, 1.2617121637e-1, 7.1828655899e-2, 5.4039794207e-1, 1.0642088205e-1, 1]),
] as const;
const MIDDLE = [
  floats([
    -9.8143291473, -8.1287437439e1, -1.8460508728e2, -1.6239666748e2, -6.2375331879e1, -1.0558626175e1, -6.938585639e-1,
    -9.8649440333e-3,
  ]),
  floats([
    -6.0424413532e-2, 6.5702495575, 1.0863500214e2, 4.2900814819e2, 6.4538726807e2, 4.3456588745e2, 1.3765776062e2,
    1.965127182e1, 1,
  ]),
] as const;
const FAR = [
  floats([
    -4.8351919556e2, -1.0250950928e3, -6.3756646729e2, -1.6063638306e2, -1.7757955551e1, -7.9928326607e-1,
    -9.864943102e-3,
  ]),
  floats([
    -2.2440952301e1, 4.7452853394e2, 2.553050293e3, 3.1998581543e3, 1.5367296143e3, 3.2579251099e2, 3.0338060379e1, 1,
  ]),
] as const;
/** erf 1, a little short. */
const ERF_ONE = f(8.4506291151e-1);
const EIGHT_EFX = f(1.027033329);

const word = new DataView(new ArrayBuffer(4));
/** x with the lower half of its digits gone: its square is exact. */
function upper(x: number): number {
  word.setFloat32(0, x);
  word.setUint32(0, word.getUint32(0) & 0xfffff000);
  return word.getFloat32(0);
}

/** erf x */
export function plainErf32(x: number): number {
  if (Number.isNaN(x)) return x;
  const a = Math.abs(x);
  if (a < f(0.84375)) {
    if (a < 2 ** -28) return a < 2 ** -124 ? f(0.125 * f(f(8 * x) + f(EIGHT_EFX * x))) : f(x + f(f(EIGHT_EFX / 8) * x));
    const z = f(x * x);
    return f(x + f(x * f(polynomial(NEAR[0], z) / polynomial(NEAR[1], z))));
  }
  const sign = Math.sign(x);
  if (a < 1.25) {
    const s = f(a - 1);
    return sign * f(ERF_ONE + f(polynomial(AROUND_ONE[0], s) / polynomial(AROUND_ONE[1], s)));
  }
  if (a >= 6) return sign;
  const s = f(1 / f(a * a));
  const [numerator, denominator] = a < f(1 / 0.35) ? MIDDLE : FAR;
  const ratio = f(polynomial(numerator, s) / polynomial(denominator, s));
  const z = upper(a);
  const r = f(plainExp32(f(f(-z * z) - 0.5625)) * plainExp32(f(f(f(z - a) * f(z + a)) + ratio)));
  return sign * f(1 - f(r / a));
}

const CENTRE = [
  floats([-0.140543331, 0.914624893, -1.645349621, 0.886226899]),
  floats([0.012229801, -0.329097515, 1.442710462, -2.118377725, 1]),
] as const;
const CENTRE_MAX = f(0.7);
const TAIL = [
  floats([1.641345311, 3.429567803, -1.624906493, -1.970840454]),
  floats([1.6370678, 3.5438892, 1]),
] as const;
const TWO_BY_ROOT_PI = f(2 / f(Math.sqrt(Math.PI)));

/** erf⁻¹ y */
export function erfinv32(y: number): number {
  const a = Math.abs(y);
  if (!(a < 1)) return a === 1 ? y * Infinity : Number.NaN;
  let x: number;
  if (a <= CENTRE_MAX) {
    const z = f(y * y);
    x = f(f(y * fusedPolynomial(CENTRE[0], z)) / fusedPolynomial(CENTRE[1], z));
  } else {
    const z = f(Math.sqrt(-f(Math.log(f((1 - a) / 2)))));
    x = f((Math.sign(y) * fusedPolynomial(TAIL[0], z)) / fusedPolynomial(TAIL[1], z));
  }
  for (let i = 0; i < 2; i++) {
    x = f(x - f(f(plainErf32(x) - y) / f(TWO_BY_ROOT_PI * plainExp32(f(-x * x)))));
  }
  return x;
}
