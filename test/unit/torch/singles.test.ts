/** The functions that PyTorch vectorises, to the last bit: sums of its bit patterns, with weights that notice an exchange. */
import * as torch from "gradlens";
import { afterEach, describe, expect, test } from "vitest";
import { type KernelSet, useKernels } from "../../../src/torch/kernels/wasm";

afterEach(() => useKernels("best"));

/** Σ (2 i + 1) · bits of element i, modulo 2³². */
function fingerprint(data: ArrayLike<number>): number {
  const bits = new Uint32Array(Float32Array.from(data).buffer);
  return bits.reduce((sum, b, i) => (sum + Math.imul(b, 2 * i + 1)) >>> 0, 0);
}

const functions: [string, number][] = [
  ["exp", 1828573114],
  ["expm1", 1832152965],
  ["tanh", 1234534952],
  ["sigmoid", 2316803488],
  ["sin", 3772971444],
  ["cos", 2320842840],
  ["erf", 1498757923],
  ["log", 1058305831],
  ["log1p", 1606200143],
];

/** Name, length of a row, fingerprints of the result and of the gradient. */
const rows: [string, number, number, number][] = [
  ["softmax", 5, 2157065785, 2830693188],
  ["log_softmax", 5, 3004349525, 3574250643],
  ["softmax", 19, 2267388192, 2791763200],
  ["log_softmax", 19, 620071741, 3861344156],
  ["softmax", 40, 2208220170, 401757228],
  ["log_softmax", 40, 1070187231, 2324765714],
];

describe.each(["typescript", "simd", "relaxed"] as KernelSet[])("%s", (set) => {
  test.each(functions)("%s has PyTorch's bits", (name, bits) => {
    useKernels(set);
    torch.manual_seed(11);
    const x = torch.randn(3000).mul(4);
    const y = (torch as any)[name](name.startsWith("log") ? x.abs() : x);
    expect(fingerprint(y.flatData())).toBe(bits);
  });

  test.each(rows)("%s of rows of %i", (name, n, bits, gradient) => {
    useKernels(set);
    torch.manual_seed(n);
    const x = torch.randn(50, n).mul(2).requires_grad_();
    const g = torch.randn(50, n);
    const y: torch.Tensor = (torch as any)[name](x, 1);
    y.backward(g);
    expect([fingerprint(y.detach().flatData()), fingerprint(x.grad.flatData())]).toEqual([bits, gradient]);
  });
});

const bitsOf = (t: torch.Tensor): number[] => [
  ...new Int32Array(Float32Array.from(t.flatten().tolist() as number[]).buffer),
];

test("erf⁻¹, near zero and in the tails, and what is drawn through it", () => {
  const x = torch.tensor([-0.99, -0.7, -0.3, 0, 1e-20, 0.65, 0.8, 0.999, 1]);
  expect(bitsOf(torch.erfinv(x))).toEqual([
    -1075240141, -1086612146, -1098153924, 0, 505898830, 1059663297, 1063779409, 1075112341, 2139095040,
  ]);
  torch.manual_seed(0);
  const w = torch.nn.init.trunc_normal_(torch.empty(3, 3), { std: 0.02 });
  expect(bitsOf(w)).toEqual([
    -1186674394, 1013985478, -1126353127, -1128858666, -1138433830, 1004573541, -1174260594, 1020178756, -1156442645,
  ]);
});

test("rrelu draws between bounds that are floats", () => {
  torch.manual_seed(0);
  const y = torch.nn.functional.rrelu(torch.ones(5).neg(), { training: true });
  expect(bitsOf(y)).toEqual([-1096320790, -1098153932, -1100873617, -1096665459, -1098592906]);
});
