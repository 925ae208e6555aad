import { describe, expect, test } from "vitest";
import { callPath } from "../../../src/graph";
import { record } from "../record";

describe("module calls", () => {
  test("each grad_fn knows the innermost call that made it; leaves belong to none", async () => {
    const trace = await record(
      `const model = new nn.Sequential(new nn.Linear(2, 3), new nn.Tanh()); model(torch.ones(1, 2)).sum().backward();`,
    );
    const paths = trace.nodes.map(({ name, call }) => `${name} ${callPath(trace.calls, call)}`);
    expect(paths).toContain("TanhBackward0 model/1");
    expect(paths).toContain("AddmmBackward0 model/0");
    expect(paths).toContain("SumBackward0 ");
    expect(paths.filter((path) => path.startsWith("AccumulateGrad"))).toEqual(["AccumulateGrad ", "AccumulateGrad "]);
    expect(trace.calls!.map(({ type }) => type)).toEqual(expect.arrayContaining(["Sequential", "Linear", "Tanh"]));
  });

  test("a module that is called in a loop has a call for each time, the same in every training step", async () => {
    const trace = await record(`const cell = new nn.RNNCell(1, 2);
for (let step = 0; step < 5; step++) {
  let h = torch.zeros(1, 2);
  for (let i = 0; i < 3; i++) h = cell(torch.ones(1, 1), h);
  h.sum().backward();
}`);
    expect(trace.calls!.map(({ name, repetition }) => [name, repetition])).toEqual([
      ["cell", 0],
      ["cell", 1],
      ["cell", 2],
    ]);
    for (const { name, repeats } of trace.nodes) if (name !== "AccumulateGrad") expect(repeats).toBe(5);
  });

  test("calls that make no grad_fn leave no trace and do not count", async () => {
    const trace = await record(`const f = new nn.Linear(1, 1);
for (let step = 0; step < 3; step++) {
  torch.no_grad(() => f(torch.ones(1, 1)));
  f(torch.ones(1, 1)).sum().backward();
}`);
    expect(trace.calls).toEqual([{ parent: -1, name: "f", type: "Linear", repetition: 0 }]);
    expect(trace.passes).toHaveLength(1);
  });

  test("an exception in forward does not leave the call open", async () => {
    const trace = await record(`class Bad extends nn.Module { forward(x: any) { x.sin(); throw new Error("no"); } }
try { new Bad()(torch.ones(1)); } catch {}
const y = torch.ones(1, { requires_grad: true }).sin(); y.backward();`);
    expect(trace.nodes.every(({ call }) => call === undefined)).toBe(true);
  });
});

test("a derivative's graph says whose backward made it", async () => {
  const trace = await record(`const x = torch.ones(3, { requires_grad: true });
const y = x.pow(3).sum();
const [g] = torch.autograd.grad(y, x, { create_graph: true });
g.sum().backward();`);
  const sources = trace.nodes.flatMap(({ derivativeOf }) =>
    derivativeOf === undefined ? [] : [trace.nodes[derivativeOf]!.name],
  );
  expect(new Set(sources)).toContain("PowBackward0");
  expect(trace.nodes.find(({ name }) => name === "SumBackward0")!.derivativeOf).toBeUndefined();
});

test("functions, methods and loops of the text, outer ones first", async () => {
  const trace = await record(`const f = (x: number) => x + 1;
class A { run() { for (const i of [1]) f(i); } }
while (false) {}
`);
  expect(trace.blocks!.map(({ kind, name, range }) => [kind, name, range.start.line])).toEqual([
    ["function", "f", 0],
    ["function", "A.run", 1],
    ["loop", "for", 1],
    ["loop", "while", 2],
  ]);
});
