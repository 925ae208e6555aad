import { afterEach, describe, expect, test } from "vitest";
import { Program } from "../../src/runner/execute";
import { HistoryRecorder } from "../../src/trace/history";
import { type GraphNode, HISTORY_MAX, type Trace } from "../../src/trace/model";
import { statistics } from "../../src/trace/statistics";
import { textAt } from "./runner.support";

let program: Program | undefined;
afterEach(() => program?.dispose());

/** Runs in this process; the names of the ambient modules need no import. */
async function record(text: string): Promise<Trace> {
  program = new Program({ path: "/trace-test.ts", text }, { onConsole: () => {} });
  await program.main();
  const trace = program.trace();
  if (trace.error) throw new Error(`${trace.error.name}: ${trace.error.message}`);
  expect(JSON.parse(JSON.stringify(trace))).toEqual(trace);
  return trace;
}

const title = ({ name, variable }: GraphNode) => (variable ? `${name} ${variable}` : name);
const titles = (trace: Trace) => trace.nodes.map(title).sort();
const edges = (trace: Trace) =>
  trace.edges.map(({ from, to, shape }) => `${title(trace.nodes[from]!)} → ${title(trace.nodes[to]!)} [${shape}]`);
const capture = (trace: Trace, name: string) => trace.captures.findLast((each) => each.name === name)!;
function tensor(trace: Trace, name: string) {
  const { last } = capture(trace, name);
  if (last.kind !== "tensor") throw new Error(`${name} is no tensor`);
  return last.tensor;
}

const LEAF = "torch.tensor([1, 2, 3], { requires_grad: true })";

describe("names and places", () => {
  const text = `const x = ${LEAF};\nconst b = torch.sin(x);\nconst out = b.mul(2).add(1).sum();\nout.backward();`;

  test("the innermost expression makes a node, the first variable names it", async () => {
    const trace = await record(text);
    const shown = trace.nodes.map((node) => [title(node), textAt(text, node.range)]);
    expect(Object.fromEntries(shown)).toEqual({
      "AccumulateGrad x": LEAF,
      "SinBackward0 b": "torch.sin(x)",
      MulBackward0: "b.mul(2)",
      AddBackward0: "b.mul(2).add(1)",
      "SumBackward0 out": "b.mul(2).add(1).sum()",
    });
  });

  test("edges are next_functions, with the shape of what went along", async () => {
    expect(edges(await record(text))).toEqual([
      "SinBackward0 b → AccumulateGrad x [3]",
      "MulBackward0 → SinBackward0 b [3]",
      "AddBackward0 → MulBackward0 [3]",
      "SumBackward0 out → AddBackward0 [3]",
    ]);
  });

  test("the pass: its order, its roots, its call", async () => {
    const trace = await record(text);
    const [pass] = trace.passes;
    expect(pass!.order.map((index) => trace.nodes[index]!.name)).toEqual([
      "SumBackward0",
      "AddBackward0",
      "MulBackward0",
      "SinBackward0",
      "AccumulateGrad",
    ]);
    expect([
      pass!.roots.map((index) => trace.nodes[index]!.name),
      textAt(text, pass!.range),
      pass!.repeats,
      pass!.createGraph,
    ]).toEqual([["SumBackward0"], "out.backward()", 1, false]);
  });

  test("what an op makes inside belongs to the call; a leaf inside an expression has its place", async () => {
    const inner = "const y = torch.ones(2, { requires_grad: true }).mul(2).var();\ny.backward();";
    const trace = await record(inner);
    expect(trace.nodes.every(({ range }) => range !== undefined)).toBe(true);
    expect(trace.nodes[0]).toMatchObject({ name: "AccumulateGrad" });
    expect(textAt(inner, trace.nodes[0]!.range)).toBe("torch.ones(2, { requires_grad: true })");
  });

  test("in place, the tensor's name stays", async () => {
    expect(titles(await record(`const x = ${LEAF}; const y = x.mul(1); y.add_(1); y.sum().backward();`))).toEqual([
      "AccumulateGrad x",
      "AddBackward0 y",
      "MulBackward0 y",
      "SumBackward0",
    ]);
  });

  test("parameters of functions, and destructured results", async () => {
    const trace = await record(
      `const f = (p) => p.exp(); const x = ${LEAF}; const { values } = x.max(0); f(x.mul(2)).sum().add(values).backward();`,
    );
    expect(titles(trace)).toEqual([
      "AccumulateGrad x",
      "AddBackward0",
      "ExpBackward0",
      "MaxBackward0 values",
      "MulBackward0 p",
      "SumBackward0",
    ]);
  });
});

describe("values and gradients", () => {
  test("a leaf's .grad, a result's flow, and neither before backward", async () => {
    const trace = await record(
      `const x = ${LEAF}; const y = x.mul(2); const alone = x.exp(); y.sum().backward(); const plain = torch.ones(2);`,
    );
    expect(tensor(trace, "x").gradient).toMatchObject({ source: "grad", values: [2, 2, 2], shape: [3] });
    expect(tensor(trace, "y").gradient).toMatchObject({ source: "flow", values: [1, 1, 1] });
    expect(tensor(trace, "alone").gradient).toBeUndefined();
    expect(tensor(trace, "plain")).toMatchObject({
      requires_grad: false,
      is_leaf: true,
      grad_fn: null,
      dtype: "float32",
      text: "tensor([1., 1.])",
      values: [1, 1],
    });
    expect(tensor(trace, "y")).toMatchObject({ requires_grad: true, is_leaf: false, grad_fn: "MulBackward0" });
  });

  test("changes after the capture are counted, values are the last", async () => {
    const trace = await record("const x = torch.zeros(2); x.add_(1); x.add_(1);");
    expect(trace.captures.find(({ name }) => name === "x")!.last).toMatchObject({
      tensor: { modified: 2, values: [2, 2] },
    });
  });

  test("many values are summed up only", async () => {
    const trace = await record(
      "const big = torch.arange(2000); const small = torch.arange(1024); const view = torch.arange(6).reshape(2, 3).t();",
    );
    expect(tensor(trace, "big").values).toBeUndefined();
    expect(tensor(trace, "big").stats).toMatchObject({ numel: 2000, min: 0, max: 1999, mean: 999.5 });
    expect(tensor(trace, "small").values).toHaveLength(1024);
    expect(tensor(trace, "view").values).toEqual([0, 3, 1, 4, 2, 5]);
  });

  test("NaN and infinities survive JSON", async () => {
    const trace = await record("const x = torch.tensor([NaN, Infinity, -Infinity, 1, 0]); const n = NaN;");
    expect(tensor(trace, "x").values).toEqual(["nan", "inf", "-inf", 1, 0]);
    expect(tensor(trace, "x").stats).toMatchObject({
      nan: 1,
      inf: 2,
      zeros: 1,
      mean: "nan",
      norm: "nan",
      min: "-inf",
      max: "inf",
    });
    expect(capture(trace, "n").last).toEqual({ kind: "number", value: "nan" });
  });

  test("other values are told by type and text", async () => {
    const trace = await record(
      'const o = { a: [1] }, s = "x", n = null, big = 1n; function f() {} const g = f; const D = class A {}; const evil = { get a() { throw 1 }, [Symbol.for("nodejs.util.inspect.custom")]() { throw new Error("no") } };',
    );
    const shown = trace.captures.map(({ name, last }) => [name, last.kind === "other" && `${last.type}: ${last.text}`]);
    expect(shown).toEqual([
      ["o", "Object: { a: [ 1 ] }"],
      ["s", "string: 'x'"],
      ["n", "null: null"],
      ["big", "bigint: 1n"],
      ["g", "function: function f"],
      ["D", "function: class A"],
      ["evil", "object: <throws when looked at: Error: no>"],
    ]);
  });

  test("a module is told as PyTorch prints it, though it can be called", async () => {
    const trace = await record("const net = new nn.Sequential(new nn.Linear(2, 1));");
    const text = "Sequential(\n  (0): Linear(in_features=2, out_features=1, bias=True)\n)";
    expect(capture(trace, "net").last).toEqual({ kind: "other", type: "Sequential", text });
  });
});

describe("loops", () => {
  test("steps share one structure and keep their histories", async () => {
    const trace = await record(
      `const w = torch.tensor([1], { requires_grad: true }); for (let step = 0; step < 5; step++) { const loss = w.mul(step).sum(); w.grad = null; loss.backward(); torch.no_grad(() => w.sub_(1)); }`,
    );
    expect(trace.nodes.map((node) => [title(node), node.repeats, node.norms?.total])).toEqual([
      ["AccumulateGrad w", 1, 5],
      ["MulBackward0", 5, 5],
      ["SumBackward0 loss", 5, 5],
    ]);
    expect(trace.nodes[0]!.norms!.values).toEqual([0, 1, 2, 3, 4]);
    expect(trace.passes.map(({ repeats }) => repeats)).toEqual([5]);
    expect(capture(trace, "loss").history).toMatchObject({ stride: 1, total: 5 });
    expect(trace.captures.find(({ name }) => name === "step")!.count).toBe(1);
    expect(capture(trace, "step").history!.values).toEqual([1, 2, 3, 4, 5]);
  });

  test("a leaf made anew in each step is one node; leaves side by side are not", async () => {
    const fresh = await record(
      "for (const v of [1, 2, 3]) { const x = torch.tensor([v], { requires_grad: true }); x.pow(2).sum().backward(); }",
    );
    expect(fresh.nodes.map((node) => [title(node), node.repeats])).toEqual([
      ["AccumulateGrad x", 3],
      ["PowBackward0", 3],
      ["SumBackward0", 3],
    ]);
    const side = await record(
      "const ws = [1, 2].map((v) => torch.tensor([v], { requires_grad: true })); for (let i = 0; i < 3; i++) ws[0].mul(ws[1]).sum().backward();",
    );
    expect(side.nodes.map(({ name, repeats }) => [name, repeats])).toEqual([
      ["AccumulateGrad", 1],
      ["AccumulateGrad", 1],
      ["MulBackward0", 3],
      ["SumBackward0", 3],
    ]);
  });

  test("the same call twice in one graph is two nodes", async () => {
    const trace = await record(
      `const x = ${LEAF}; const f = (t) => t.sin(); for (let i = 0; i < 2; i++) f(x).add(f(x)).sum().backward();`,
    );
    expect(trace.nodes.map((node) => [title(node), node.repeats])).toEqual([
      ["AccumulateGrad x", 1],
      ["SinBackward0", 2],
      ["SinBackward0", 2],
      ["AddBackward0", 2],
      ["SumBackward0", 2],
    ]);
  });

  test("two backwards through the same nodes do not double them", async () => {
    const trace = await record(
      `const x = ${LEAF}; const h = x.exp(); const a = h.sum(); const b = h.mean(); a.backward({ retain_graph: true }); b.backward({ retain_graph: true }); b.backward();`,
    );
    expect(titles(trace)).toEqual(["AccumulateGrad x", "ExpBackward0 h", "MeanBackward0 b", "SumBackward0 a"]);
    expect(trace.passes.map(({ repeats }) => repeats)).toEqual([1, 2]);
    expect(trace.nodes.find(({ name }) => name === "ExpBackward0")!.norms!.total).toBe(3);
  });

  test("growing chains share what they have in common", async () => {
    const trace = await record(
      "const w = torch.tensor([1], { requires_grad: true }); for (let n = 1; n <= 60; n++) { let h = w; for (let i = 0; i < n; i++) h = h.mul(2); h.backward(); }",
    );
    expect(trace.nodes).toHaveLength(61);
    expect(trace.passes).toHaveLength(60);
  });

  test("a graph that lives through the loop is met once", async () => {
    const trace = await record(
      "const w = torch.tensor([1], { requires_grad: true }); let h = w; for (let n = 0; n < 300; n++) { h = h.mul(1); h.backward(torch.ones(1), { retain_graph: true }); }",
    );
    expect([trace.nodes.length, trace.passes.length]).toEqual([301, 300]);
  });

  test("a very long chain neither overflows nor is kept whole", async () => {
    const trace = await record(
      "let h = torch.tensor([1], { requires_grad: true }); for (let n = 0; n < 60000; n++) h = h.mul(1); h.backward();",
    );
    expect([trace.nodes.length, trace.omittedNodes]).toEqual([50_000, 10_001]);
    expect(trace.passes[0]!.order).toHaveLength(50_000);
  });
});

describe("graphs", () => {
  test("never run backward, they are there all the same", async () => {
    const trace = await record(`const x = ${LEAF}; const list = [x.sin(), x.cos()]; const y = x.exp();`);
    expect(titles(trace)).toEqual(["AccumulateGrad x", "CosBackward0", "ExpBackward0 y", "SinBackward0"]);
    expect(trace.nodes.every(({ gradient }) => gradient === undefined)).toBe(true);
  });

  test("create_graph, and the second backward", async () => {
    const trace = await record(
      `const x = ${LEAF}; const y = x.pow(3).sum(); const [g] = torch.autograd.grad(y, x, { create_graph: true }); g.sum().backward();`,
    );
    expect(trace.passes.map(({ createGraph }) => createGraph)).toEqual([true, false]);
    expect(tensor(trace, "x").gradient?.values).toEqual([6, 12, 18]);
    const { last } = capture(trace, "g");
    expect(last.kind === "tensor" && trace.nodes[last.node!]?.name).toBe("MulBackward0");
  });

  test("a tensor's node is its grad_fn's", async () => {
    const trace = await record(`const x = ${LEAF}; const y = x.sin(); y.sum().backward();`);
    const node = (name: string) => {
      const { last } = capture(trace, name);
      return last.kind === "tensor" ? trace.nodes[last.node!]!.name : "";
    };
    expect([node("x"), node("y")]).toEqual(["AccumulateGrad", "SinBackward0"]);
  });

  test("an error in backward leaves its pass as far as it came", async () => {
    program = new Program(
      { path: "/t.ts", text: `const x = ${LEAF}; const y = x.exp(); y.sum().backward(); y.sum().backward();` },
      {},
    );
    await program.main();
    const trace = program.trace();
    expect(trace.error?.message).toMatch(/^Trying to backward through the graph a second time/);
    expect(trace.passes.map(({ order }) => order.length)).toEqual([3, 2]);
  });
});

describe("histories", () => {
  test.each([0, 1, HISTORY_MAX, HISTORY_MAX + 1, 5000])("%d values are thinned evenly", (total) => {
    const recorder = new HistoryRecorder();
    for (let i = 0; i < total; i++) {
      if (recorder.wanted) recorder.push(i);
      else recorder.skip();
    }
    const { values, stride, total: said } = recorder.finish();
    expect(said).toBe(total);
    expect(values.length).toBeLessThanOrEqual(HISTORY_MAX);
    expect(values).toEqual(Array.from({ length: Math.ceil(total / stride) }, (_, i) => i * stride));
  });
});

describe("statistics", () => {
  test("of nothing, of one, of many", () => {
    expect(statistics([[]])).toMatchObject({ numel: 0, min: "inf", max: "-inf", mean: "nan", norm: 0 });
    expect(statistics([[3]])).toEqual({ numel: 1, min: 3, max: 3, mean: 3, norm: 3, zeros: 0, nan: 0, inf: 0 });
    const many = statistics([
      [0, 1],
      [2, 3, 4],
    ]);
    expect(many.histogram!.reduce((a, b) => a + b)).toBe(5);
    expect([many.mean, many.zeros, many.norm]).toEqual([2, 1, Math.sqrt(30)]);
  });

  test("the histogram counts finite values between the finite ends", () => {
    const { histogram } = statistics([[Number.NEGATIVE_INFINITY, 0, 10, Number.NaN, 5]]);
    expect(histogram!.reduce((a, b) => a + b)).toBe(3);
    expect([histogram![0], histogram!.at(-1)]).toEqual([1, 1]);
  });
});
