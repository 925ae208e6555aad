/** Products with vectors in WASM against the plain loops. */
import fc from "fast-check";
import * as torch from "gradlens";
import { afterEach, describe, expect, test } from "vitest";
import { type KernelSet, useKernels } from "../../../src/torch/kernels/wasm";

afterEach(() => useKernels("best"));

/** A matrix by rows, by columns, and by rows with a gap, each times a vector and a strided one; an inner product. */
function all(set: KernelSet, n: number, k: number): torch.Tensor[] {
  useKernels(set);
  torch.manual_seed(0);
  const [x, y] = [torch.randn(k), torch.randn(k, 2).select(1, 0)];
  const matrices = [torch.randn(n, k), torch.randn(k, n).t(), torch.randn(n, k + 3).narrow(1, 1, k)];
  return [...matrices.flatMap((a) => [a.mv(x), a.mv(y)]), x.dot(matrices[0].select(0, 0))];
}

function compare(set: KernelSet, n: number, k: number): void {
  const [expected, found] = [all("typescript", n, k), all(set, n, k)];
  // With fused operations every bit is the same.
  const tolerance = set === "relaxed" ? 0 : k * 2 ** -20;
  expected.forEach((t, i) => void expect(found[i].sub(t).abs().max().item()).toBeLessThanOrEqual(tolerance));
}

describe.each(["simd", "relaxed"] as const)("%s", (set) => {
  test("products of any size", () => {
    const size = fc.integer({ min: 1, max: 150 });
    fc.assert(
      fc.property(size, size, (n, k) => compare(set, n, k)),
      { numRuns: 60 },
    );
  });

  test.each([
    [5, 9003],
    [9005, 13],
    [700, 530],
  ])("%i × %i goes in blocks", (n, k) => compare(set, n, k));
});
