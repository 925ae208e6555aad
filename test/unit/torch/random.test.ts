/** What PyTorch draws after `torch.manual_seed(3)`, and that a stream can be put back. */
import * as torch from "gradlens";
import { beforeEach, expect, test } from "vitest";

beforeEach(() => void torch.manual_seed(3));

test.each([
  [
    "torch.zeros(3).exponential_(2)",
    () => torch.zeros(3).exponential_(2),
    [0.017351727932691574, 0.1689547896385193, 0.7412153482437134],
  ],
  [
    "torch.zeros(3).uniform_(-1, 3)",
    () => torch.zeros(3).uniform_(-1, 3),
    [-0.9829459190368652, -0.5777225494384766, 0.1433699131011963],
  ],
  [
    "torch.zeros(3).log_normal_(0.5, 0.25)",
    () => torch.zeros(3).log_normal_(0.5, 0.25),
    [2.0154027938842773, 1.7223821878433228, 1.685807228088379],
  ],
  [
    "torch.zeros(3).cauchy_()",
    () => torch.zeros(3).cauchy_(),
    [-9.296612739562988, -0.792214035987854, 1.1554373502731323],
  ],
  ["torch.zeros(8).geometric_(0.3)", () => torch.zeros(8).geometric_(0.3), [10.0, 4.0, 1.0, 5.0, 1.0, 2.0, 5.0, 3.0]],
  ["torch.zeros(8).bernoulli_(0.4)", () => torch.zeros(8).bernoulli_(0.4), [1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0]],
  [
    "torch.bernoulli(torch.full([8], 0.3))",
    () => torch.bernoulli(torch.full([8], 0.3)),
    [1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0],
  ],
  ["torch.zeros(3).random_()", () => torch.zeros(3).random_(), [71389.0, 1771142.0, 4795460.0]],
  [
    "torch.zeros(3, { dtype: torch.int64 }).random_(5, 2 ** 40)",
    () => torch.zeros(3, { dtype: torch.int64 }).random_(5, 2 ** 40),
    [455616498704, 1073113814116, 790819487604],
  ],
  [
    "torch.poisson(torch.tensor([0.5, 3, 12, 50]))",
    () => torch.poisson(torch.tensor([0.5, 3, 12, 50])),
    [0.0, 2.0, 15.0, 43.0],
  ],
  ["torch.multinomial(torch.tensor([1, 2, 3]), 2)", () => torch.multinomial(torch.tensor([1, 2, 3]), 2), [0, 1]],
  [
    "torch.multinomial(torch.tensor([1, 2, 3]), 5, true)",
    () => torch.multinomial(torch.tensor([1, 2, 3]), 5, true),
    [0, 1, 2, 1, 2],
  ],
  [
    "torch.normal(torch.tensor([1, 10]), 0.5)",
    () => torch.normal(torch.tensor([1, 10]), 0.5),
    [1.4016380310058594, 10.087416648864746],
  ],
] as [string, () => torch.Tensor, number[]][])("%s", (_, draw, expected) => {
  expect(draw().tolist()).toEqual(expected);
});

test("a block of normal numbers is PyTorch's in every bit", () => {
  expect(torch.randn(1600).tolist().slice(-4)).toEqual([
    0.06383565068244934, -0.3654032349586487, -1.1117626428604126, 0.459693044424057,
  ]);
});

test("a transposed tensor is filled in the order of its memory", () => {
  const filled = torch.zeros(2, 3).t().uniform_();
  torch.manual_seed(3);
  expect(filled.t().tolist()).toEqual(torch.rand(2, 3).tolist());
});

test("the state of a generator is PyTorch's, and what it is set to goes on from there", () => {
  const g = new torch.Generator().manual_seed(5);
  torch.randn(1, { generator: g });
  const state = g.get_state();
  expect([state.dtype, state.shape]).toEqual([torch.uint8, [5056]]);
  expect(state.tolist().slice(0, 24)).toEqual([
    5, 0, 0, 0, 0, 0, 0, 0, 109, 2, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0,
  ]);
  const next = torch.randn(3, { generator: g }).tolist();
  expect(torch.randn(3, { generator: new torch.Generator().set_state(state) }).tolist()).toEqual(next);
});

test("fork_rng leaves the stream where it was", () => {
  const first = torch.random.fork_rng(() => torch.rand(4).tolist());
  expect(torch.rand(4).tolist()).toEqual(first);
});

test("dropout keeps the mean, drops nothing outside training, and its gradient is its mask", () => {
  const x = torch.ones(1000, { requires_grad: true });
  const y = torch.nn.functional.dropout(x, 0.25);
  y.sum().backward();
  expect(x.grad.tolist()).toEqual(y.tolist());
  expect(new Set(y.tolist())).toEqual(new Set([0, Math.fround(1 / 0.75)]));
  expect(torch.nn.functional.dropout(x, 0.25, false)).toBe(x);
});

test("samples in place belong to the graph, with a gradient of zeros", () => {
  const x = torch.ones(3, { requires_grad: true });
  const y = x.mul(2).exponential_();
  expect(y.grad_fn.name()).toBe("ExponentialBackward0");
  y.sum().backward();
  expect(x.grad.tolist()).toEqual([0, 0, 0]);
});
