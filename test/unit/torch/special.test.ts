/** Special functions in double precision against values of 17 digits (mpmath). */
import * as torch from "gradlens";
import { describe, expect, test } from "vitest";

const { special } = torch;
type Function = (...args: any[]) => torch.Tensor;

const values: [string, number[], Function, number][] = [
  ["erf", [0.3], (x) => x.erf(), 0.32862675945912742],
  ["erf", [2.5], (x) => x.erf(), 0.99959304798255504],
  ["erfc", [4.2], (x) => x.erfc(), 2.8554941795921842e-9],
  ["erfinv", [0.999], (x) => x.erfinv(), 2.3267537655135245],
  ["special.erfcx", [7.5], special.erfcx, 0.074573693062876683],
  ["special.ndtri", [0.001], special.ndtri, -3.0902323061678135],
  ["special.log_ndtr", [-12.5], special.log_ndtr, -81.575967870743883],
  ["lgamma", [1.00001], (x) => x.lgamma(), -5.7720744027504826e-6],
  ["lgamma", [33.3], (x) => x.lgamma(), 82.603723581654943],
  ["lgamma", [-2.7], (x) => x.lgamma(), -0.071407085315645688],
  ["digamma", [1.4], (x) => x.digamma(), -0.061384544585116237],
  ["digamma", [-3.3], (x) => x.digamma(), 3.6203534605921258],
  ["polygamma 1", [0.7], (x) => torch.polygamma(1, x), 2.8340491566946109],
  ["polygamma 3", [2.2], (x) => torch.polygamma(3, x), 0.35147634620726153],
  ["igamma", [2.5, 1.7], torch.igamma, 0.36143007689620491],
  ["igammac", [150.0, 160.0], torch.igammac, 0.20437381176567754],
  ["special.zeta", [2.5, 0.3], special.zeta, 21.069239202247725],
  ["i0", [3.3], (x) => x.i0(), 6.242630465183028],
  ["special.i1e", [40.0], special.i1e, 0.062482229074442061],
  ["special.modified_bessel_k0", [0.2], special.modified_bessel_k0, 1.7527038555281459],
  ["special.scaled_modified_bessel_k1", [12.5], special.scaled_modified_bessel_k1, 0.36487641350940624],
  ["special.bessel_j0", [7.1], special.bessel_j0, 0.29905138050155012],
  ["special.bessel_j1", [60.0], special.bessel_j1, 0.046598383758166318],
  ["special.bessel_y0", [0.4], special.bessel_y0, -0.60602456842700952],
  ["special.bessel_y1", [11.0], special.bessel_y1, 0.16370553741494285],
  ["special.airy_ai", [-6.2], special.airy_ai, -0.35642107366896142],
  ["special.airy_ai", [3.1], special.airy_ai, 0.0054939963491868364],
  ["special.spherical_bessel_j0", [2.0], special.spherical_bessel_j0, 0.45464871341284085],
  ["special.chebyshev_polynomial_t", [0.3, 9.0], special.chebyshev_polynomial_t, 0.3888276480000001],
  ["special.chebyshev_polynomial_u", [1.2, 5.0], special.chebyshev_polynomial_u, 31.530239999999991],
  ["special.hermite_polynomial_h", [0.7, 6.0], special.hermite_polynomial_h, 125.08153599999998],
  ["special.laguerre_polynomial_l", [1.5, 5.0], special.laguerre_polynomial_l, 0.11640625],
  ["special.legendre_polynomial_p", [0.6, 8.0], special.legendre_polynomial_p, 0.21233919999999995],
  ["mvlgamma 3", [4.4], (x) => x.mvlgamma(3), 6.7931067272434402],
];

const at = (v: number) => torch.tensor([v], { dtype: torch.float64 });

describe("special functions are right to 1e-12", () => {
  test.each(values)("%s(%j)", (_, args, f, expected) => {
    const got = f(...args.map(at)).item();
    expect(Math.abs(got - expected)).toBeLessThanOrEqual(1e-12 * Math.max(Math.abs(expected), 1e-3));
  });
});

test("special functions at the ends of their domains", () => {
  const inf = Infinity;
  const of = (f: (x: torch.Tensor) => torch.Tensor, ...v: number[]) =>
    f(torch.tensor(v, { dtype: torch.float64 })).tolist();
  expect(of((x) => x.lgamma(), 0, -3, inf)).toEqual([inf, inf, inf]);
  expect(of((x) => x.digamma(), 0, -0, -2)).toEqual([-inf, inf, Number.NaN]);
  expect(of((x) => x.erfinv(), 1, -1, 1.5)).toEqual([inf, -inf, Number.NaN]);
  expect(of(special.ndtri, 0, 1, -0.1)).toEqual([-inf, inf, Number.NaN]);
  expect(of(special.entr, 0, -1, Number.NaN)).toEqual([0, -inf, Number.NaN]);
  expect(of(special.modified_bessel_k0, 0, -1)).toEqual([inf, Number.NaN]);
  expect(of(special.bessel_y1, 0, -1)).toEqual([-inf, Number.NaN]);
  expect(of((x) => torch.xlogy(0, x), 0, -1, Number.NaN)).toEqual([0, 0, Number.NaN]);
  expect(special.zeta(1, torch.tensor([2])).item()).toBe(inf);
});
