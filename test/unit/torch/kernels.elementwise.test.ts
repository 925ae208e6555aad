/** The elementwise WASM kernels beside double precision, and beside the TypeScript loops. */
import * as torch from "gradlens";
import { afterEach, describe, expect, it } from "vitest";
import * as special from "../../../src/torch/kernels/special";
import { type KernelSet, useKernels } from "../../../src/torch/kernels/wasm";

afterEach(() => useKernels("best"));

const SETS = ["simd", "relaxed"] as const;
const N = 1 << 14;

/** float32 of every sign and exponent, the special ones, and many of usual size. */
function samples(): Float32Array {
  const edges = [0, -0, Infinity, -Infinity, Number.NaN, 1e-45, -1e-45, 2 ** -126, -(2 ** -126), 1, -1, 3.4028235e38];
  const out = new Float32Array(4 * N);
  const bits = new Int32Array(out.buffer);
  for (let i = 0; i < N; i++) bits[i] = Math.imul(i, 2 ** 18 + 7919);
  // A NaN's own bits are nobody's concern.
  for (let i = 0; i < N; i++) if (Number.isNaN(out[i])) out[i] = Number.NaN;
  for (const [k, reach] of [2, 20, 110].entries()) {
    for (let i = 0; i < N; i++) out[(k + 1) * N + i] = reach * (((i * 0.6180339887498949) % 1) * 2 - 1);
  }
  out.set(edges);
  return out;
}

/** Units in the last place of the float32 nearest to the truth. */
function ulps(got: number, truth: number): number {
  const nearest = Math.fround(truth);
  if (Object.is(got, nearest)) return 0;
  if (!Number.isFinite(nearest) || !Number.isFinite(got)) {
    return Math.abs(Math.abs(truth) - 2 ** 128) < 2 ** 105 ? 1 : Number.POSITIVE_INFINITY;
  }
  if (got === 0 && nearest === 0) return 2;
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(truth))), -126);
  return Math.abs(got - truth) / 2 ** (exponent - 23);
}

describe.each(SETS)("%s", (set) => {
  it.each([
    ["exp", Math.exp],
    ["expm1", Math.expm1],
    ["log", Math.log],
    ["log1p", Math.log1p],
    ["tanh", Math.tanh],
    // As PyTorch: where e⁻ˣ is beyond the largest float, 0.
    ["sigmoid", (x: number) => 1 / Math.fround(1 + Math.fround(Math.exp(-x))), 4],
    ["erf", special.erf],
    ["sin", Math.sin],
    ["cos", Math.cos],
    ["sqrt", Math.sqrt],
    ["rsqrt", (x: number) => 1 / Math.sqrt(x)],
    ["reciprocal", (x: number) => 1 / x],
    ["neg", (x: number) => -x],
    ["abs", Math.abs],
    ["square", (x: number) => x * x],
    ["relu", (x: number) => (x <= 0 ? 0 : x)],
  ] as [string, (x: number) => number, number?][])(
    "%s is within 2 ulp over the whole range",
    (name, truth, most = 2) => {
      useKernels(set);
      const x = samples();
      const y = (torch.tensor(x) as any)[name]().flatData();
      let worst = 0;
      let at = 0;
      for (let i = 0; i < x.length; i++) {
        const off = ulps(y[i], truth(x[i]));
        if (off > worst) [worst, at] = [off, x[i]];
      }
      expect(worst, `at ${at}`).toBeLessThan(most);
    },
  );

  it("raises to powers within 2 ulp, special bases and exponents included", () => {
    useKernels(set);
    const x = samples();
    const bases = torch.tensor(x);
    for (const exponent of [-1.5, 0.3, 3, -2, 17, 0, Infinity, Number.NaN]) {
      const y = bases.pow(exponent).flatData();
      // The exponent is a float32 too.
      const e = Math.fround(exponent);
      // As in PyTorch the square is rounded before it is turned over: of a tiny base it has few digits.
      const power = (base: number) => (e === -2 ? 1 / Math.fround(base * base) : base ** e);
      for (let i = 0; i < x.length; i++) {
        if (ulps(y[i], power(x[i])) > 2) throw new Error(`${x[i]} ** ${e} is ${power(x[i])}, not ${y[i]}`);
      }
    }
  });

  it.each([
    ["the same shape", [100, 30], [100, 30]],
    ["a row", [100, 30], [30]],
    ["a column", [100, 30], [100, 1]],
    ["a number", [3000], []],
    ["channels", [4, 6, 5, 7], [6, 1, 1]],
    ["both sides", [50, 1, 9], [11, 1]],
    ["more than a block, a row", [3, 40_000], [40_000]],
    ["more than a block, a column", [3, 40_000], [3, 1]],
  ])("broadcasts %s as the plain loops do", (_, left, right) => {
    const shape = (s: number[]) => torch.randn(s).clamp(-3, 3).abs().add(0.5);
    const [a, b] = [shape(left), shape(right)];
    const run = (chosen: KernelSet) => {
      useKernels(chosen);
      const pairs = [a.add(b), a.sub(b), b.mul(a), a.div(b), a.add(b, { alpha: 0.3 }), torch.maximum(a, b)];
      return pairs.map((t) => [t.shape, [...t.flatData()]]);
    };
    expect(run(set)).toEqual(run("typescript"));
  });

  it("reads transposed and sliced operands, and keeps their order in memory", () => {
    const x = torch.randn(40, 50);
    const run = (chosen: KernelSet) => {
      useKernels(chosen);
      const turned = x.t().add(x.t());
      return [
        turned.stride(),
        turned.tolist(),
        x
          .narrow(1, 3, 20)
          .mul(x.narrow(1, 7, 20))
          .tolist(),
        x.t().neg().tolist(),
        x.mul(60).narrow(1, 3, 21).sin().tolist(),
        x.narrow(1, 3, 1).tanh().tolist(),
      ];
    };
    expect(run(set)).toEqual(run("typescript"));
  });

  it.each(["sin", "log1p"] as const)("differentiates %s in one loop to the bits of its ops", (name) => {
    useKernels(set);
    const x = torch.tensor(samples()).requires_grad_();
    const g = torch.randn(x.shape);
    const slope = (create_graph: boolean) => torch.autograd.grad(x[name](), [x], { grad_outputs: g, create_graph })[0];
    expect([...slope(false).flatData()]).toEqual([...slope(true).detach().flatData()]);
  });

  it("adds gradients of one leaf up in place to the bits of the plain loops", () => {
    const [w, g] = [torch.randn(20_000).requires_grad_(), torch.randn(3, 20_000)];
    const run = (chosen: KernelSet) => {
      useKernels(chosen);
      w.grad = null;
      torch.stack([w.mul(g.select(0, 0)), w.mul(g.select(0, 1)), w.mul(g.select(0, 2))]).backward(g);
      return [...w.grad!.flatData()];
    };
    expect(run(set)).toEqual(run("typescript"));
  });

  it("gives the gradients that the plain loops give", () => {
    const x = torch.randn(300).mul(4).requires_grad_();
    const run = (chosen: KernelSet) => {
      useKernels(chosen);
      const { gelu, silu, logsigmoid, relu } = torch.nn.functional;
      return [relu, torch.tanh, torch.sigmoid, gelu, silu, logsigmoid].map((f: any) => {
        const [first] = torch.autograd.grad(f(x).sum(), [x], { create_graph: true });
        const second = first.requires_grad ? torch.autograd.grad(first.sum(), [x])[0] : first;
        return torch.stack([f(x).detach(), first.detach(), second]);
      });
    };
    const [fast, plain] = [run(set), run("typescript")];
    for (const [i, t] of plain.entries()) {
      expect(torch.allclose(fast[i], t, { rtol: 1e-5, atol: 3e-6 }), `function ${i}`).toBe(true);
    }
  });
});

it.each(["elu", "selu", "celu", "silu", "gelu", "softplus", "mish", "hardswish", "logsigmoid", "relu6"] as const)(
  "%s of no elements has none",
  (name) => {
    for (const shape of [[0], [3, 0], [0, 4]]) {
      const x = torch.zeros(shape, { requires_grad: true });
      const y = torch.nn.functional[name](x.t());
      y.sum().backward();
      expect(y.shape).toEqual(x.t().shape);
      expect(x.grad!.shape).toEqual(shape);
    }
  },
);
