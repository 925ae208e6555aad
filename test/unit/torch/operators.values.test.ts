/** Details of values that a real PyTorch 1.13 shows and tolerances would hide. */
import * as torch from "gradlens";
import { describe, expect, test } from "vitest";

const scores = torch.tensor([3, 1, 3, 2, 1, 3, 0, 2, 1, 3, 2, 0, 3, 1, 2, 2, 3, 0, 1, 2]);

describe("which of several equal elements is named", () => {
  test.each([
    ["topk", () => scores.topk(5).indices, [5, 9, 0, 12, 2]],
    ["topk of the smallest", () => scores.topk(5, { largest: false }).indices, [17, 6, 11, 8, 13]],
    ["kthvalue", () => scores.kthvalue(9).indices, 7],
    ["median", () => scores.median(0).indices, 7],
    ["mode", () => scores.mode(0).indices, 3],
    ["sort", () => scores.sort().indices, [17, 6, 11, 1, 18, 4, 8, 13, 19, 15, 14, 10, 7, 3, 12, 9, 5, 16, 2, 0]],
    [
      "stable sort",
      () => scores.sort({ stable: true }).indices,
      [6, 11, 17, 1, 4, 8, 13, 18, 3, 7, 10, 14, 15, 19, 0, 2, 5, 9, 12, 16],
    ],
    [
      "sort, descending",
      () => scores.sort({ descending: true }).indices,
      [2, 16, 5, 12, 0, 9, 10, 19, 15, 14, 7, 3, 8, 13, 4, 18, 1, 11, 6, 17],
    ],
    ["cummax", () => scores.cummax(0).indices, [0, 0, 2, 2, 2, 5, 5, 5, 5, 9, 9, 9, 12, 12, 12, 12, 16, 16, 16, 16]],
    ["unique, unsorted", () => torch.unique(scores, { sorted: false }), [0.0, 2.0, 1.0, 3.0]],
  ] as [string, () => torch.Tensor, unknown][])("%s", (_, f, expected) => {
    expect(f().tolist()).toEqual(expected);
  });
});

describe("ranges in every bit", () => {
  test.each([
    [
      "linspace",
      () => torch.linspace(0.44, -0.55, 17),
      [
        0.4399999976158142, 0.37812501192092896, 0.3162499964237213, 0.25437498092651367, 0.19249999523162842,
        0.13062500953674316, 0.06874999403953552, 0.006874978542327881, -0.05500000715255737, -0.11687500774860382,
        -0.17875000834465027, -0.24062500894069672, -0.30250000953674316, -0.3643749952316284, -0.42625001072883606,
        -0.4881250262260437, -0.550000011920929,
      ],
    ],
    [
      "linspace of whole numbers",
      () => torch.linspace(0, -3, 20, { dtype: torch.int64 }),
      [0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1, -2, -2, -2, -3],
    ],
    [
      "arange",
      () => torch.arange(-1.38, 33.59, 2.11),
      [
        -1.3799999952316284, 0.7300000190734863, 2.8399999141693115, 4.949999809265137, 7.059999942779541,
        9.170000076293945, 11.279999732971191, 13.390000343322754, 15.5, 17.610000610351562, 19.719999313354492,
        21.829999923706055, 23.940000534057617, 26.049999237060547, 28.15999984741211, 30.270000457763672,
        32.380001068115234,
      ],
    ],
    [
      "arange, double",
      () => torch.arange(-1.38, 33.59, 2.11, { dtype: torch.float64 }),
      [
        -1.38, 0.73, 2.84, 4.949999999999999, 7.06, 9.17, 11.28, 13.389999999999999, 15.5, 17.61, 19.72, 21.83,
        23.939999999999998, 26.049999999999997, 28.159999999999997, 30.269999999999996, 32.379999999999995,
      ],
    ],
  ] as [string, () => torch.Tensor, unknown][])("%s", (_, f, expected) => {
    expect(f().tolist()).toEqual(expected);
  });
});

test("in-place forms of views have nodes of their own, and gradients find their way back", () => {
  const x = torch.ones(2, 3, { requires_grad: true });
  const y = x.mul(1).t_();
  expect([y.grad_fn.name(), y.shape, y._version]).toEqual(["TBackward1", [3, 2], 1]);
  y.mul(torch.arange(6).reshape(3, 2)).sum().backward();
  // y[i][j] = x[j][i], so the weight of x[j][i] is 2 i + j.
  expect(x.grad.tolist()).toEqual([
    [0, 2, 4],
    [1, 3, 5],
  ]);
});

test("a list with one entry has a gradient like any other", () => {
  const x = torch.ones(4, { requires_grad: true });
  x.split(4)[0].mul(2).sum().backward();
  expect(x.grad.tolist()).toEqual([2, 2, 2, 2]);
});

test("several results have names", () => {
  const { mantissa, exponent } = torch.frexp(torch.tensor([0, 3, -0.1]));
  expect([mantissa.tolist(), exponent.tolist()]).toEqual([
    [0, 0.75, Math.fround(-0.1) * 8],
    [0, 2, -3],
  ]);
  const { hist, bin_edges } = torch.histogram(torch.tensor([1, 2, 1]), 2, { range: [0, 4] });
  expect([hist.tolist(), bin_edges.tolist()]).toEqual([
    [2, 1],
    [0, 2, 4],
  ]);
});

test("aliases are the op, grad_fn included", () => {
  const x = torch.ones(2, { requires_grad: true });
  expect(x.arctan().grad_fn.name()).toBe("AtanBackward0");
  expect(torch.special.expit(x).grad_fn.name()).toBe("SigmoidBackward0");
  expect(x.mul(1).clip_(0).grad_fn.name()).toBe("ClampBackward1");
  expect(torch.moveaxis(torch.zeros(2, 3), 0, 1).shape).toEqual([3, 2]);
});

test("NaN and infinities", () => {
  const t = torch.tensor([3, Number.NaN, 1, -Infinity]);
  expect(t.sort().values.tolist()).toEqual([-Infinity, 1, 3, Number.NaN]);
  expect(t.median(0).indices.item()).toBe(1);
  expect(t.nanmedian().item()).toBe(1);
  expect(t.nansum().item()).toBe(-Infinity);
  expect(t.cummax(0).values.tolist()).toEqual([3, Number.NaN, Number.NaN, Number.NaN]);
  expect(t.nan_to_num({ nan: 7, neginf: -1 }).tolist()).toEqual([3, 7, 1, -1]);
  expect(torch.fmax(t, torch.zeros(4)).tolist()).toEqual([3, 0, 1, 0]);
  expect(torch.logaddexp(torch.tensor([Infinity, -Infinity]), torch.tensor([Infinity, -Infinity])).tolist()).toEqual([
    Infinity,
    -Infinity,
  ]);
});
