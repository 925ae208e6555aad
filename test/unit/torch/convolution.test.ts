/** Convolutions in WASM against the plain loops. */

import fc from "fast-check";
import * as torch from "gradlens";
import { afterEach, describe, expect, test } from "vitest";
import {
  type Axis,
  convolve,
  convolveInput,
  convolveWeight,
  type Geometry,
} from "../../../src/torch/kernels/convolution";
import { type KernelSet, useKernels } from "../../../src/torch/kernels/wasm";

afterEach(() => useKernels("best"));

const axis = fc
  .record({
    output: fc.integer({ min: 1, max: 13 }),
    kernel: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 3 }),
    dilation: fc.integer({ min: 1, max: 2 }),
    padding: fc.integer({ min: 0, max: 2 }),
    // Behind what the outputs reach.
    rest: fc.integer({ min: 0, max: 3 }),
  })
  .map((a): Axis => {
    const span = (a.output - 1) * a.stride + (a.kernel - 1) * a.dilation + 1;
    return { ...a, input: Math.max(1, span - 2 * a.padding + a.rest) };
  });

const geometry = fc
  .record({
    batch: fc.integer({ min: 1, max: 3 }),
    groups: fc.integer({ min: 1, max: 2 }),
    inGroup: fc.integer({ min: 1, max: 11 }),
    outGroup: fc.integer({ min: 1, max: 6 }),
    axes: fc.array(axis, { minLength: 1, maxLength: 2 }),
  })
  .map(
    ({ batch, groups, inGroup, outGroup, axes }): Geometry => ({
      chained: true,
      batch,
      groups,
      inChannels: groups * inGroup,
      outChannels: groups * outGroup,
      axes,
    }),
  );

/** Forward, gradient of the input, gradient of the weight, with one set of kernels. */
function all(set: KernelSet, g: Geometry, dtype: torch.dtype): torch.Tensor[] {
  useKernels(set);
  torch.manual_seed(0);
  const part = (name: "input" | "kernel" | "output") => g.axes.map((a) => a[name]);
  const x = torch.randn([g.batch, g.inChannels, ...part("input")], { dtype });
  const w = torch.randn([g.outChannels, g.inChannels / g.groups, ...part("kernel")], { dtype });
  const dy = torch.randn([g.batch, g.outChannels, ...part("output")], { dtype });
  return [convolve(x, w, null, g), convolveInput(dy, w, g), convolveWeight(x, dy, g)];
}

function compare(set: KernelSet, g: Geometry, dtype: torch.dtype): void {
  const [expected, found] = [all("typescript", g, dtype), all(set, g, dtype)];
  const tolerance = dtype === torch.float32 ? 0 : 1e-12;
  expected.forEach((t, i) => void expect(found[i].sub(t).abs().max().item()).toBeLessThanOrEqual(tolerance));
}

describe.each(["simd", "relaxed"] as const)("%s", (set) => {
  test.each([torch.float32, torch.float64])("%s convolutions of any geometry", (dtype) => {
    fc.assert(
      fc.property(geometry, (g) => compare(set, g, dtype)),
      { numRuns: 60 },
    );
  });

  test("what is not a number stays with the taps that meet it", () => {
    useKernels(set);
    const x = torch.ones(2, 3, 9, 9);
    x.select(-1, 8).fill_(Number.NaN);
    const w = torch.ones(4, 3, 3, 3, { requires_grad: true });
    torch.nn.functional.conv2d(x, w).sum().backward();
    expect(w.grad.isnan().select(-1, 2).all().item()).toBe(true);
    expect(w.grad.isnan().narrow(-1, 0, 2).any().item()).toBe(false);
  });

  test("volumes, and single elements as one long row", () => {
    const three = { input: 5, kernel: 2, output: 4, stride: 1, padding: 0, dilation: 1 };
    const one = { input: 4, kernel: 1, output: 4, stride: 1, padding: 0, dilation: 1 };
    compare(
      set,
      { chained: true, batch: 2, inChannels: 3, outChannels: 5, groups: 1, axes: [three, three, three] },
      torch.float32,
    );
    compare(
      set,
      { chained: true, batch: 2, inChannels: 20, outChannels: 9, groups: 1, axes: [one, one] },
      torch.float32,
    );
  });
});
