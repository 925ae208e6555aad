/** `nn.functional` beyond the recorded cases: layouts, modes, side effects, the graph's second order, and texts. */
import * as torch from "gradlens";
import { expect, test } from "vitest";

const F = torch.nn.functional;
const close = (a: torch.Tensor, b: torch.Tensor, within = 1e-5) => {
  expect(a.shape).toEqual(b.shape);
  expect(Number(a.sub(b).abs().max().item())).toBeLessThan(within);
};
const long = (...v: number[]) => torch.tensor(v, { dtype: torch.int64 });

test("a convolution is a matrix product over unfolded patches", () => {
  const x = torch.randn(2, 3, 6, 5);
  const w = torch.randn(4, 3, 3, 2);
  const columns = F.unfold(x, [3, 2], { padding: 1, stride: [2, 1] });
  const product = w.reshape([4, -1]).matmul(columns).reshape([2, 4, 3, 6]);
  close(F.conv2d(x, w, null, [2, 1], 1), product);
});

test("a transposed convolution is the derivative of a convolution", () => {
  const x = torch.randn(1, 2, 7, { requires_grad: true });
  const w = torch.randn(3, 2, 3);
  const g = torch.randn(1, 3, 3);
  F.conv1d(x, w, null, 2).backward(g);
  close(F.conv_transpose1d(g, w, null, 2), x.grad);
});

test("memory order does not change a result", () => {
  const x = torch.randn(2, 3, 6, 6);
  const turned = x.transpose(0, 3).contiguous().transpose(0, 3);
  const w = torch.randn(4, 3, 2, 2);
  close(F.conv2d(turned, w), F.conv2d(x, w));
  close(F.max_pool2d(turned, 2), F.max_pool2d(x, 2));
  close(F.interpolate(turned, { size: 4, mode: "bicubic" }), F.interpolate(x, { size: 4, mode: "bicubic" }));
});

test("unpooling puts maxima back where they stood", () => {
  const x = torch.arange(16).float().reshape([1, 1, 4, 4]);
  const [values, indices] = F.max_pool2d(x, 2, { return_indices: true });
  expect(indices.tolist()).toEqual([
    [
      [
        [5, 7],
        [13, 15],
      ],
    ],
  ]);
  expect(F.max_unpool2d(values, indices, 2).sum().item()).toBe(5 + 7 + 13 + 15);
});

test("batch_norm moves running statistics in training only, and counts as a change in place", () => {
  const x = torch.tensor([[1], [3]]);
  const [mean, variance] = [torch.zeros(1), torch.ones(1)];
  F.batch_norm(x, mean, variance, null, null, true, 0.1);
  // 0.9 · 0 + 0.1 · 2; 0.9 · 1 + 0.1 · 2 (over n − 1)
  close(mean, torch.tensor([0.2]));
  close(variance, torch.tensor([1.1]));
  expect(mean._version).toBe(1);
  F.batch_norm(x, mean, variance);
  expect(mean._version).toBe(1);
});

test("in-place activations return their argument", () => {
  const x = torch.tensor([-1, 2]);
  expect(F.relu(x, { inplace: true })).toBe(x);
  expect(x.tolist()).toEqual([0, 2]);
  const y = torch.tensor([-1, 2]);
  expect(F.leaky_relu_(y, 0.5)).toBe(y);
  expect(y.tolist()).toEqual([-0.5, 2]);
});

test("a piecewise linear op has a second derivative of zeros, not none", () => {
  const x = torch.tensor([-1, 2], { requires_grad: true });
  for (const f of [F.relu, F.relu6, F.hardtanh, F.hardshrink, (t: torch.Tensor) => F.leaky_relu(t, 0.1)]) {
    const [g] = torch.autograd.grad(f(x).sum(), x, { create_graph: true });
    expect(torch.autograd.grad(g.sum(), x)[0].tolist()).toEqual([0, 0]);
  }
});

test("softplus, gelu and elu do not overflow, forward or backward", () => {
  const x = torch.tensor([-200, 0, 200], { requires_grad: true });
  for (const f of [F.softplus, F.gelu, F.elu, F.mish, F.silu, F.logsigmoid]) {
    const [g] = torch.autograd.grad(f(x).sum(), x);
    expect(g.isfinite().all().item()).toBe(true);
  }
});

test("cross_entropy: ignored targets, weights and smoothing", () => {
  const x = torch.tensor([
    [1, 2, 3],
    [1, 1, 1],
  ]);
  // Only the second example counts: log 3.
  expect(F.cross_entropy(x, long(-100, 0)).item()).toBeCloseTo(Math.log(3), 6);
  const smooth = F.cross_entropy(x, long(2, 0), { label_smoothing: 0.3, reduction: "none" });
  const p = torch.tensor([
    [0.1, 0.1, 0.8],
    [0.8, 0.1, 0.1],
  ]);
  close(smooth, F.cross_entropy(x, p, { reduction: "none" }));
});

test("ctc_loss of one frame is the frame's own log-probability", () => {
  const log = torch.tensor([[[0.2, 0.5, 0.3]]]).log();
  expect(F.ctc_loss(log, long(1).reshape([1, 1]), [1], [1]).item()).toBeCloseTo(-Math.log(0.5), 6);
  // Two labels do not fit one frame.
  const impossible = F.ctc_loss(log, torch.tensor([[1, 2]], { dtype: torch.int64 }), [1], [2], { zero_infinity: true });
  expect(impossible.item()).toBe(0);
});

test("a distance of the caller's", () => {
  const [a, p, n] = [torch.zeros(1, 2), torch.ones(1, 2), torch.ones(1, 2).mul(3)];
  const loss = F.triplet_margin_with_distance_loss(a, p, n, {
    distance_function: (x: torch.Tensor, y: torch.Tensor) => x.sub(y).abs().sum([1]),
    margin: 5,
  });
  expect(loss.item()).toBe(2 - 6 + 5);
});

test("the padding row of an embedding gets no gradient, and long rows are shortened in place", () => {
  const w = torch.ones(3, 2, { requires_grad: true });
  F.embedding(long(0, 1, 1), w, 1)
    .sum()
    .backward();
  expect(w.grad.tolist()).toEqual([
    [1, 1],
    [0, 0],
    [0, 0],
  ]);
  const table = torch.tensor([
    [3, 4],
    [3, 4],
  ]);
  F.embedding(long(0), table, { max_norm: 1 });
  close(
    table,
    torch.tensor([
      [0.6, 0.8],
      [3, 4],
    ]),
  );
});

test("grid_sample of the identity grid gives the image back", () => {
  const x = torch.randn(1, 2, 4, 5);
  const theta = torch.tensor([
    [
      [1, 0, 0],
      [0, 1, 0],
    ],
  ]);
  for (const align_corners of [true, false]) {
    const grid = F.affine_grid(theta, [1, 2, 4, 5], align_corners);
    for (const mode of ["bilinear", "nearest", "bicubic"]) close(F.grid_sample(x, grid, { mode, align_corners }), x);
  }
});

test("every head attends by itself", () => {
  const [q, k, v] = [3, 5, 5].map((n) => torch.randn(2, n, 4));
  const [out, weights] = F._scaled_dot_product_attention(q, k, v, { is_causal: true });
  expect(weights.index(0, 0).tolist().slice(1)).toEqual([0, 0, 0, 0]);
  close(out, weights.matmul(v));
});

type Refusal = [what: () => unknown, name: string, message: string];

const x4 = torch.zeros(2, 4, 9, 8);
const refusals: Refusal[] = [
  [
    () => F.conv2d(x4, torch.zeros(6, 3, 3, 2)),
    "RuntimeError",
    "Given groups=1, weight of size [6, 3, 3, 2], expected input[2, 4, 9, 8] to have 3 channels, but got 4 channels instead",
  ],
  [
    () => F.conv2d(torch.zeros(4, 2, 2), torch.zeros(6, 4, 3, 3)),
    "RuntimeError",
    "Calculated padded input size per channel: (2 x 2). Kernel size: (3 x 3). Kernel size can't be greater than actual input size",
  ],
  [
    () => F.conv2d(x4, torch.zeros(6, 4, 3, 3), { stride: 2, padding: "same" }),
    "RuntimeError",
    "padding='same' is not supported for strided convolutions",
  ],
  [
    () => F.max_pool2d(torch.zeros(2, 3, 3), 5),
    "RuntimeError",
    "Given input size: (2x3x3). Calculated output size: (2x0x0). Output size is too small",
  ],
  [
    () => F.pad(torch.zeros(2, 3, 4), [4, 1], "reflect"),
    "RuntimeError",
    "Argument #4: Padding size should be less than the corresponding input dimension, but got: padding (4, 1) at dimension 2 of input [2, 3, 4]",
  ],
  [
    () => F.interpolate(torch.zeros(1, 2, 8), { size: 3, mode: "bilinear" }),
    "NotImplementedError",
    "Got 3D input, but bilinear mode needs 4D input",
  ],
  [() => F.nll_loss(torch.zeros(3, 4), long(0, 4, 1)), "IndexError", "Target 4 is out of bounds."],
  [
    () => F.mse_loss(torch.zeros(3), torch.zeros(3), { reduction: "foo" }),
    "ValueError",
    "foo is not a valid value for reduction",
  ],
  [
    () => F.binary_cross_entropy(torch.tensor([1.5]), torch.tensor([1])),
    "RuntimeError",
    "all elements of input should be between 0 and 1",
  ],
  [() => F.embedding(long(7), torch.zeros(7, 3)), "IndexError", "index out of range in self"],
  [
    () => F.batch_norm(torch.zeros(1, 4), null, null, null, null, true),
    "ValueError",
    "Expected more than 1 value per channel when training, got input size torch.Size([1, 4])",
  ],
  [
    () => F.layer_norm(torch.zeros(2, 4), [3]),
    "RuntimeError",
    "Given normalized_shape=[3], expected input with shape [*, 3], but got input of size[2, 4]",
  ],
  [
    () => F.conv2d(x4, torch.zeros(6, 4, 3, 3), { strides: 2 } as any),
    "TypeError",
    "conv2d() got an unexpected keyword argument 'strides'",
  ],
];

test.each(refusals)("%s", (what, name, message) => {
  expect(what).toThrow(expect.objectContaining({ name, message }));
});

test("where PyTorch refuses a second derivative, so does this", () => {
  const x = torch.randn(3, 4, { requires_grad: true });
  const [g] = torch.autograd.grad(F.multi_margin_loss(x, long(0, 1, 2)), x, { create_graph: true });
  expect(() => g.sum().backward()).toThrow("derivative for aten::multi_margin_loss_backward is not implemented");
});
