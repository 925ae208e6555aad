/** Derivatives of the operators, first and second, against central differences. */
import * as torch from "gradlens";
import { describe, expect, test } from "vitest";
import { gradientErrors } from "./gradients";

const { special } = torch;
const positive = [0.3, 0.8, 1.7, 2.4];
const any = [-1.3, 0.4, 0.9, -0.2];
const square = [
  [0.5, -1.2, 0.7],
  [1.4, 0.3, -0.6],
  [-0.9, 1.1, 0.2],
];
const rows = [
  [1.3, -0.8, 2.1],
  [0.6, 1.9, -1.5],
];
const within = [-0.7, -0.1, 0.3, 0.8];
const mask = torch.tensor([
  [true, false, true],
  [false, true, true],
  [true, true, false],
]);
const index = torch.tensor([2n, 0n, 2n] as any);
const places = torch.tensor([
  [0n, 2n, 1n],
  [1n, 1n, 2n],
] as any);

type Case = [name: string, f: (...xs: torch.Tensor[]) => any, ...inputs: unknown[]];

const cases: Case[] = [
  ["erf", (x) => x.erf(), any],
  ["erfc", (x) => x.erfc(), any],
  ["erfinv", (x) => x.erfinv(), within],
  ["special.erfcx", (x) => special.erfcx(x), any],
  ["special.ndtr", (x) => special.ndtr(x), any],
  ["special.ndtri", (x) => special.ndtri(x), [0.1, 0.4, 0.9]],
  ["special.log_ndtr", (x) => special.log_ndtr(x), any],
  ["special.entr", (x) => special.entr(x), positive],
  ["lgamma", (x) => x.lgamma(), [0.3, 1.8, -0.6, 12.5]],
  ["digamma", (x) => x.digamma(), positive],
  ["polygamma", (x) => torch.polygamma(2, x), positive],
  ["mvlgamma", (x) => x.mvlgamma(3), [1.4, 2.5, 3.8]],
  ["i0", (x) => x.i0(), any],
  ["special.i0e", (x) => special.i0e(x), any],
  ["special.i1", (x) => special.i1(x), any],
  ["special.i1e", (x) => special.i1e(x), any],
  ["sinc", (x) => x.sinc(), any],
  ["logit", (x) => x.logit(), [0.2, 0.5, 0.7]],
  ["logit with eps", (x) => x.logit(0.25), [0.2, 0.5, 0.7]],
  ["xlogy", (x, y) => x.xlogy(y), positive, [0.7, 1.2, 0.4, 2.1]],
  ["special.xlog1py", (x, y) => special.xlog1py(x, y), any, positive],
  ["special.zeta in its second argument", (y) => special.zeta(2.5, y), positive],
  [
    "igamma in its second argument",
    (y) => torch.igamma(torch.tensor([1.5, 0.4, 2, 3], { dtype: torch.float64 }), y),
    positive,
  ],
  ["hypot", (x, y) => x.hypot(y), any, positive],
  ["logaddexp", (x, y) => x.logaddexp(y), any, [0.2, 1, -3, 0.5]],
  ["logaddexp2", (x, y) => x.logaddexp2(y), any, [0.2, 1, -3, 0.5]],
  ["copysign", (x, y) => x.copysign(y), any, [1, -1, -1, 1]],
  ["fmod", (x, y) => x.fmod(y), [5.3, -7.1], [2, 3]],
  ["lerp", (x, y, w) => x.lerp(y, w), any, positive, [0.2, 0.6, 0.9, -0.3]],
  ["addcmul", (x, y, z) => x.addcmul(y, z, { value: 1.5 }), any, positive, [1, 2, 3, 4]],
  ["addcdiv, broadcast", (x, y, z) => x.addcdiv(y, z, { value: 1.5 }), [0.5], square, [[1.1], [2.2], [0.7]]],
  ["clamp by tensors", (x, lo, hi) => x.clamp(lo, hi), any, [-1, 0.5, 0, -1], [1, 2, 0.5, -0.5]],
  ["square", (x) => x.square(), any],
  ["float_power", (x, y) => x.float_power(y), positive, any],
  ["fmax", (x, y) => x.fmax(y), any, positive],
  ["sort", (x) => x.sort(0).values, square],
  ["topk", (x) => x.topk(2).values, square],
  ["kthvalue", (x) => x.kthvalue(2, 0, true).values, square],
  ["median", (x) => x.median(1).values, square],
  ["mode", (x) => x.mode(0).values, square],
  ["cummax", (x) => x.cummax(1).values, square],
  ["quantile, in q too", (x, q) => x.quantile(q, 0), square, [0.3, 0.8]],
  ["nanquantile", (x) => x.nanquantile(0.6, 1), square],
  ["diagonal", (x) => x.diagonal(1), square],
  ["diag_embed", (x) => x.diag_embed(1, 0, 2), square],
  ["roll", (x) => x.roll([1, -1], [0, 1]), square],
  ["rot90", (x) => x.rot90(3), square],
  ["unfold", (x) => x.unfold(1, 2, 1), square],
  ["unfold on an inner dimension", (x) => x.unfold(0, 2, 1), square],
  ["as_strided with overlaps", (x) => x.as_strided([3, 3], [1, 1], 1), square],
  ["block_diag", (x, y) => torch.block_diag(x, y), square, [1, 2]],
  ["scatter", (x, y) => x.scatter(0, places, y), square, rows],
  ["scatter_reduce mean", (x, y) => x.scatter_reduce(0, places, y, "mean"), square, rows],
  ["scatter_reduce prod", (x, y) => x.scatter_reduce(0, places, y, "prod"), square, rows],
  [
    "scatter_reduce prod without self",
    (x, y) => x.scatter_reduce(0, places, y, "prod", { include_self: false }),
    square,
    rows,
  ],
  ["scatter_reduce amax", (x, y) => x.scatter_reduce(0, places, y, "amax"), square, rows],
  [
    "index_copy",
    (x, y) => x.index_copy(0, torch.tensor([2n, 0n] as any), y),
    square,
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
  ],
  ["index_fill", (x) => x.index_fill(1, index, 2), square],
  ["index_reduce", (x, y) => x.index_reduce(1, index, y, "prod"), square, square],
  ["put", (x, y) => x.put(index.index([0, 1]), y), square, [7, 8]],
  ["put, accumulating", (x, y) => x.put(index, y, true), square, [7, 8, 9]],
  ["take", (x) => x.take(index), square],
  ["masked_select", (x) => x.masked_select(mask), square],
  ["masked_scatter", (x, y) => x.masked_scatter(mask, y), square, square],
  ["masked_fill with a tensor", (x, v) => x.masked_fill(mask, v), square, 3],
  ["diagonal_scatter", (x, y) => x.diagonal_scatter(y, 1), square, [5, 6]],
  [
    "slice_scatter",
    (x, y) => x.slice_scatter(y, 1, 0, 3, 2),
    square,
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
  ],
  ["repeat_interleave", (x) => x.repeat_interleave(torch.tensor([2n, 0n, 1n] as any), 0), square],
  ["var_mean", (x) => torch.var_mean(x, 0), square],
  ["std_mean", (x) => torch.std_mean(x, 1), square],
  ["nansum", (x) => x.nansum(0), square],
  ["cov", (x) => torch.cov(x), square],
  ["corrcoef", (x) => torch.corrcoef(x), square],
  ["diff", (x) => x.diff({ n: 2, dim: 0 }), square],
  [
    "gradient of second order at the ends",
    (x, at) => torch.gradient(x, { spacing: [at], dim: 0, edge_order: 2 }),
    square,
    [0, 0.7, 1.9],
  ],
  ["trapezoid", (y, x) => torch.trapezoid(y, x), square, [0, 0.5, 2]],
  ["cumulative_trapezoid", (y) => torch.cumulative_trapezoid(y, { dx: 0.3 }), square],
  ["renorm", (x) => x.renorm(2, 0, 1), square],
  ["dist", (x, y) => x.dist(y, 3), any, positive],
  ["logcumsumexp", (x) => x.logcumsumexp(1), square],
  ["norm of every order", (x) => [x.norm(3, 0), x.norm(1.5), x.norm("fro", [0, 1])], square],
  ["prod with a zero", (x) => x.prod(0), [0, 2, 3]],
];

describe("autograd agrees with central differences", () => {
  test.each(cases)("%s", (_, f, ...inputs) => {
    const { first, second } = gradientErrors(f, ...inputs);
    expect(first).toBeLessThan(1e-7);
    expect(second).toBeLessThan(1e-5);
  });
});
