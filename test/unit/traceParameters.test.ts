import { afterEach, expect, test } from "vitest";
import { Program } from "../../src/runner/execute";
import { DISTRIBUTIONS_MAX, type Trace } from "../../src/trace/model";

let program: Program | undefined;
afterEach(() => program?.dispose());

async function record(text: string, live = true): Promise<Trace> {
  program = new Program({ path: "/parameters-test.ts", text, live }, { onConsole: () => {} });
  await program.main();
  const trace = program.trace();
  if (trace.error) throw new Error(`${trace.error.name}: ${trace.error.message}`);
  expect(JSON.parse(JSON.stringify(trace))).toEqual(trace);
  return trace;
}

const parameter = (trace: Trace, name: string) => {
  const found = trace.parameters?.find((each) => each.name === name);
  if (!found) throw new Error(`${name} is not among ${trace.parameters?.map((each) => each.name)}`);
  return found;
};

// loss = w², ∇ = 2w, w ← w − 0.1 · 2w = 0.8 w
const DESCENT = (steps: number) =>
  `const w = torch.tensor([3., 4.], { requires_grad: true });
   const opt = new optim.SGD([w], { lr: 0.1 });
   for (let i = 0; i < ${steps}; i++) { opt.zero_grad(); w.mul(w).sum().backward(); opt.step(); }`;

test("norms of value and gradient before each step, and what the step changed", async () => {
  const w = parameter(await record(DESCENT(3)), "w");
  expect(w.gradientNorms?.values.map(Number)).toEqual([10, 8, 6.4].map((x) => expect.closeTo(x, 5)));
  expect(w.valueNorms?.values.map(Number)).toEqual([5, 4, 3.2].map((x) => expect.closeTo(x, 5)));
  expect(w.updates?.values.map(Number)).toEqual([0.2, 0.2, 0.2].map((x) => expect.closeTo(x, 5)));
  expect(Number(w.value.norm)).toBeCloseTo(2.56, 5);
  expect(Number(w.gradient?.norm)).toBeCloseTo(6.4, 5);
  expect(w.gradientBins?.map(({ step, counts }) => [step, counts.reduce((a, b) => a + b)])).toEqual([
    [0, 2],
    [1, 2],
    [2, 2],
  ]);
});

test("a trace may be asked for twice, and the course of a long run is thinned", async () => {
  const trace = await record(DESCENT(300));
  expect(program!.trace().parameters).toEqual(trace.parameters);
  const w = parameter(trace, "w");
  expect(w.updates).toMatchObject({ stride: 4, total: 300 });
  expect(w.gradientBins!.length).toBeGreaterThan(DISTRIBUTIONS_MAX / 2);
  expect(w.gradientBins!.length).toBeLessThanOrEqual(DISTRIBUTIONS_MAX);
});

test("modules name their parameters, one that no graph has included; frozen ones are none", async () => {
  const trace = await record(
    `const net = new nn.Sequential(new nn.Linear(2, 3), new nn.Linear(3, 1));
     const spare = new nn.Linear(1, 1);
     net.get_parameter("1.bias").requires_grad = false;
     net(torch.ones(4, 2)).sum().backward();`,
  );
  expect(trace.parameters?.map(({ name, shape, node }) => [name, shape, node !== undefined])).toEqual([
    ["net.0.weight", [3, 2], true],
    ["net.0.bias", [3], true],
    ["net.1.weight", [1, 3], true],
    ["spare.weight", [1, 1], false],
    ["spare.bias", [1], false],
  ]);
});

test("without a panel only the ends are told", async () => {
  const w = parameter(await record(DESCENT(3), false), "w");
  expect(Number(w.value.norm)).toBeCloseTo(2.56, 5);
  expect([w.updates, w.valueNorms, w.gradientBins]).toEqual([undefined, undefined, undefined]);
});

test("a NaN and zeros are counted", async () => {
  const trace = await record(
    "const w = torch.tensor([0., 1., 4.], { requires_grad: true }); w.sqrt().mul(torch.tensor([0., 1., 1.])).sum().backward();",
  );
  // d√w/dw at 0 is ∞, times 0 is NaN
  expect(parameter(trace, "w")).toMatchObject({ gradient: { nan: 1 }, value: { zeros: 1 } });
});

test("edges tell what went along them, before it is added up", async () => {
  const trace = await record(
    "const x = torch.tensor(3., { requires_grad: true }); const y = x.mul(x); y.backward({ retain_graph: true });",
  );
  const flows = trace.edges.map(({ input, flow }) => [input, flow?.text]);
  expect(flows).toEqual([
    [0, "tensor(3.)"],
    [1, "tensor(3.)"],
  ]);
});

test("alternating passes know their numbers, so that one slider moves them all", async () => {
  const trace = await record(
    `const a = torch.tensor(1., { requires_grad: true }), b = torch.tensor(1., { requires_grad: true });
     for (let i = 0; i < 3; i++) { a.mul(2).backward(); b.mul(3).mul(a).backward(); }`,
  );
  expect(trace.passes.map(({ repeats, at }) => [repeats, at])).toEqual([
    [3, [0, 2, 4]],
    [3, [1, 3, 5]],
  ]);
  const norms = (name: string) => trace.nodes.find(({ variable }) => variable === name)?.norms;
  expect(norms("a")?.at).toBeUndefined();
  expect(norms("b")?.at).toEqual([1, 3, 5]);
});
