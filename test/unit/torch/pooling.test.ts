/** Maxima of windows with each set of kernels. */
import * as torch from "gradlens";
import { afterEach, expect, it } from "vitest";
import { type KernelSet, useKernels } from "../../../src/torch/kernels/wasm";

afterEach(() => useKernels("best"));

it.each<[string, number[]]>([
  ["even sizes", [2, 3, 16, 24]],
  ["a row and a column left over", [5, 2, 13, 11]],
  ["one plane", [8, 40]],
  ["more planes than go at once", [70, 9, 26, 26]],
])("windows of two by two in the plain loops and in WASM: %s", (_, shape) => {
  const sizes = shape.length === 2 ? [1, ...shape] : shape;
  const x = torch.randn(sizes).mul(2).round();
  const flat = x.view([-1]);
  flat.narrow(0, 5, 1).fill_(Number.NaN);
  flat.narrow(0, 40, 1).fill_(Number.NEGATIVE_INFINITY);
  flat.narrow(0, 60, 2).fill_(-0);
  x.requires_grad_();
  const run = (set: KernelSet) => {
    useKernels(set);
    x.grad = null;
    const [values, indices] = torch.nn.functional.max_pool2d_with_indices(x, [2, 2]);
    values.backward(torch.arange(values.numel()).reshape(values.shape).to(torch.float32));
    return [values.detach(), indices, x.grad!].map((t: torch.Tensor) => [...t.flatData()]);
  };
  const plain = run("typescript");
  expect(run("simd")).toEqual(plain);
  expect(run("relaxed")).toEqual(plain);
});
