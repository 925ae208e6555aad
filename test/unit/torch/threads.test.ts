/** Large work on one thread and on several: no bit differs. */
import { execFileSync } from "node:child_process";
import * as torch from "gradlens";
import { afterEach, beforeAll, expect, test } from "vitest";
import { availableSets, sharedKernels, useKernels } from "../../../src/torch/kernels/wasm";
import { bundle } from "../runner.support";

const cores = torch.get_num_threads();

/** Workers come up while the program goes on. */
async function workers(): Promise<void> {
  for (let i = 0; i < 400 && sharedKernels(1e7) === null; i++) await new Promise((resolve) => setTimeout(resolve, 25));
  expect(sharedKernels(1e7)?.pool?.threads).toBeGreaterThan(1);
}

function gradientOf(x: torch.Tensor, f: (x: torch.Tensor) => torch.Tensor): torch.Tensor {
  x.requires_grad_();
  f(x).backward(torch.randn(x.shape));
  return x.grad;
}

const work: [string, () => torch.Tensor][] = [
  ["a product", () => torch.randn(300, 200).matmul(torch.randn(200, 260))],
  ["one with a few rows more than the threads take", () => torch.randn(101, 400).matmul(torch.randn(400, 333))],
  ["a transposed one", () => torch.randn(64, 256).t().matmul(torch.randn(64, 784))],
  ["one in blocks", () => torch.randn(60, 1500).matmul(torch.randn(1500, 1100))],
  ["one of doubles", () => torch.randn(200, 200, { dtype: torch.float64 }).matmul(torch.randn(200, 200).double())],
  ["a layer", () => torch.nn.functional.linear(torch.randn(128, 500), torch.randn(301, 500), torch.randn(301))],
  ["tanh", () => torch.randn(200_001).tanh()],
  ["log1p of a part", () => torch.rand(300_000).narrow(0, 7, 299_000).log1p()],
  ["the gradient of gelu", () => gradientOf(torch.randn(150_000), (x) => torch.nn.functional.gelu(x))],
  ["powers, some of negative numbers", () => torch.randn(150_000).pow(torch.randn(150_000).round())],
  ["sin of numbers beyond its kernel", () => torch.randn(300_000).mul(100).sin()],
];

beforeAll(() => torch.set_num_threads(3));
afterEach(() => useKernels("best"));

test.each(availableSets().filter((set) => set !== "typescript"))(
  "%s kernels compute the same bits",
  async (set) => {
    useKernels(set);
    for (const [name, compute] of work) {
      const results: torch.Tensor[] = [];
      for (const threads of [1, 3]) {
        torch.set_num_threads(threads);
        if (threads > 1) await workers();
        torch.manual_seed(0);
        results.push(compute());
      }
      expect([name, torch.equal(results[0].nan_to_num(7), results[1].nan_to_num(7))]).toEqual([name, true]);
    }
  },
  120_000,
);

test("the number of threads is PyTorch's to set", () => {
  expect(cores).toBeGreaterThan(0);
  torch.set_num_threads(3);
  expect(torch.get_num_threads()).toBe(3);
  expect(() => torch.set_num_threads(0)).toThrow("set_num_threads expects a positive integer");
  expect(() => torch.set_num_threads(1.5)).toThrow("set_num_threads expects an int, but got float");
});

test.each(["", "process.exit(0);"])("sleeping workers keep no process alive; it ends with: %s", async (end) => {
  const engine = await bundle("torch/index.ts", "torch.mjs", "esm");
  const program = `
    import * as torch from ${JSON.stringify(engine)};
    torch.set_num_threads(3);
    const a = torch.randn(400, 400);
    for (let i = 0; i < 60; i++) a.matmul(a);
    console.log(a.matmul(a).shape.join());
    ${end}`;
  const out = execFileSync(process.execPath, ["--input-type=module", "-e", program], { timeout: 60_000 });
  expect(String(out).trim()).toBe("400,400");
});
