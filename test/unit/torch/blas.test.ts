/** Products of float32 to the last bit: sums of PyTorch's bit patterns, with weights that notice an exchange. */
import * as torch from "gradlens";
import { beforeEach, expect, test } from "vitest";
import { kernels } from "../../../src/torch/kernels/wasm";

const F = torch.nn.functional;

/** Σ (2 i + 1) · bits of element i, modulo 2³². */
function fingerprint(t: torch.Tensor): number {
  const bits = new Uint32Array(Float32Array.from(t.flatten().tolist() as number[]).buffer);
  return bits.reduce((sum, b, i) => (sum + Math.imul(b, 2 * i + 1)) >>> 0, 0);
}

const cases: [string, () => torch.Tensor, number][] = [
  ["a product of 2×3 and 3×4", () => torch.randn(2, 3).matmul(torch.randn(3, 4)), 3691278551],
  ["a product of 13×100 and 100×30", () => torch.randn(13, 100).matmul(torch.randn(100, 30)), 3385827857],
  ["a product of 33×65 and 65×17", () => torch.randn(33, 65).matmul(torch.randn(65, 17)), 901837129],
  ["a product of 5×641 and 641×24", () => torch.randn(5, 641).matmul(torch.randn(641, 24)), 3952523458],
  ["a product of 26×9 and 9×700", () => torch.randn(26, 9).matmul(torch.randn(9, 700)), 737091619],
  ["a layer with bias", () => F.linear(torch.randn(9, 400), torch.randn(24, 400), torch.randn(24)), 1567934747],
  [
    "addmm",
    () => torch.addmm(torch.randn(8, 8), torch.randn(8, 20), torch.randn(20, 8), { beta: 0.5, alpha: 1.7 }),
    3486751063,
  ],
  ["a batch of small matrices", () => torch.randn(3, 5, 6).bmm(torch.randn(3, 6, 7)), 3186444885],
  ["a batch of larger ones", () => torch.randn(3, 8, 16).bmm(torch.randn(3, 16, 8)), 3497929939],
  ["a matrix and a vector", () => torch.randn(7, 30).mv(torch.randn(30)), 1436043796],
  ["a transposed matrix and a vector", () => torch.randn(30, 39).t().mv(torch.randn(30)), 2728293304],
  ["a narrow transposed matrix", () => torch.randn(30, 3).t().mv(torch.randn(30)), 956975596],
  ["an inner product", () => torch.randn(77).dot(torch.randn(77)), 3243460481],
];

beforeEach(() => void torch.manual_seed(0));

// One stream of random numbers runs through all of them, as it did in PyTorch. Without fused operations the last bits differ.
test.skipIf(kernels()?.set === "simd")("every product has PyTorch's bits", () => {
  for (const [name, product, bits] of cases) expect([name, fingerprint(product())]).toEqual([name, bits]);
});

test("gradients of a layer's weight lie in memory as PyTorch lays them", () => {
  const weight = torch.randn(4, 3, { requires_grad: true });
  F.linear(torch.randn(5, 3), weight).sum().backward();
  expect(weight.grad.stride()).toEqual([3, 1]);
});
