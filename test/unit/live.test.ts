import { afterEach, describe, expect, test } from "vitest";
import { Program } from "../../src/runner/execute";
import type { Answer, AnswerTo, Question } from "../../src/runner/questions";
import type { Trace } from "../../src/trace/model";

let program: Program | undefined;
let trace: Trace;
afterEach(() => program?.dispose());

async function run(text: string, live = true): Promise<void> {
  program = new Program({ path: "/live-test.ts", text, live }, { onConsole: () => {} });
  await program.main();
  trace = program.trace();
  if (trace.error) throw new Error(`${trace.error.name}: ${trace.error.message}`);
}

const ask = <Q extends Question>(question: Q): Promise<AnswerTo<Q>> =>
  program!.answer(question, async () => {}) as Promise<Answer> as Promise<AnswerTo<Q>>;
const node = (name: string): number => {
  const index = trace.nodes.findLastIndex((each) => each.variable === name || each.name === name);
  if (index < 0) throw new Error(`${name} is not among ${trace.nodes.map((each) => each.variable ?? each.name)}`);
  return index;
};
const result = (name: string) => ({ node: node(name), output: 0 });
const inspect = (name: string, elementwise = false) => ask({ type: "inspect", node: node(name), elementwise });
const jacobian = async (of: string, by: string) =>
  (await ask({ type: "jacobian", of: result(of), by: result(by) })).picture.values;

const CHAIN = `const a = torch.tensor([1., 2.], { requires_grad: true });
  const b = a.mul(a); const c = b.mul(3).sum(); c.backward();`;

describe("a node", () => {
  test("its inputs, result, gradients, local derivative and what it saved, after the graph was freed", async () => {
    await run(CHAIN);
    const b = await inspect("b", true);
    expect(b.schema).toContain("mul.Tensor");
    expect(b.outputs.map((each) => each?.text)).toEqual(["tensor([1., 4.], grad_fn=<MulBackward0>)"]);
    expect(b.inputs.map(({ name, node: from, tensor }) => [name, from, tensor?.text])).toEqual([
      ["self", node("a"), "tensor([1., 2.], requires_grad=True)"],
      ["other", node("a"), "tensor([1., 2.], requires_grad=True)"],
    ]);
    expect(b.arrived.map((each) => each?.text)).toEqual(["tensor([3., 3.])"]);
    expect(b.sent.map((each) => each?.text)).toEqual(["tensor([3., 6.])", "tensor([3., 6.])"]);
    expect(b.local.map((each) => each?.text)).toEqual(["tensor([1., 2.])", "tensor([1., 2.])"]);
    expect(b.saved.map(({ name }) => name)).toEqual(["self", "other"]);
  });

  test("a number in a tensor's place, attributes, a leaf's .grad", async () => {
    await run(CHAIN);
    const [times] = trace.nodes.flatMap(({ name, variable }, i) => (name === "MulBackward0" && !variable ? [i] : []));
    const facts = await ask({ type: "inspect", node: times!, elementwise: true });
    expect(facts.inputs[1]).toEqual({ name: "other", shape: [], number: "3" });
    expect((await inspect("c")).attributes).toContainEqual({ name: "dtype", text: "None" });
    expect((await inspect("c")).local.map((each) => each?.text)).toEqual(["tensor([1., 1.])"]);
    expect((await inspect("a")).grad?.text).toBe("tensor([ 6., 12.])");
  });

  test("values are those of the pass, whatever the optimiser or the program did since", async () => {
    await run(`const w = torch.tensor([2.], { requires_grad: true }); const opt = new optim.SGD([w], { lr: 1 });
      const y = w.mul(w).sum(); y.backward(); opt.step(); const z = w.mul(1); z.sum().backward();`);
    // ∇ = 2w = 4, w = 2 − 4 = −2 afterwards
    const [square] = trace.nodes.flatMap(({ name, shapes }, i) =>
      name === "MulBackward0" && shapes[0]!.length === 1 && i < node("z") ? [i] : [],
    );
    const facts = await ask({ type: "inspect", node: square!, elementwise: true });
    expect(facts.inputs[0]?.tensor?.text).toBe("tensor([2.])");
    expect(facts.local[0]?.text).toBe("tensor([2.])");
  });

  test("a list of inputs, several results", async () => {
    await run(`const a = torch.ones(2, { requires_grad: true }); const b = torch.zeros(1, { requires_grad: true });
      const both = torch.cat([a, b]); const [first, rest] = both.split([1, 2]); rest.sum().backward();`);
    expect((await inspect("both")).inputs.map(({ name, shape }) => [name, shape])).toEqual([
      ["tensors[0]", [2]],
      ["tensors[1]", [1]],
    ]);
    const split = await inspect("first");
    expect(split.outputs.map((each) => each?.shape)).toEqual([[1], [2]]);
    expect(split.arrived.map((each) => each?.text)).toEqual([undefined, "tensor([1., 1.])"]);
  });

  test("a graph that nobody ran backward through", async () => {
    await run("const a = torch.tensor(2., { requires_grad: true }); const b = a.exp().log();");
    const b = await inspect("b", true);
    expect([b.arrived, b.sent]).toEqual([[null], [null]]);
    expect(b.local[0]?.text).toBe("tensor(0.1353)");
    expect(await jacobian("b", "a")).toEqual([expect.closeTo(1, 6)]);
  });

  test("a Function of the user's own", async () => {
    await run(`class Twice extends torch.autograd.Function {
        static forward(ctx: any, x: any) { ctx.save_for_backward(x); return x.mul(2); }
        static backward(ctx: any, g: any) { return g.mul(2); } }
      const x = torch.tensor([1., 2.], { requires_grad: true }); const y = Twice.apply(x) as any; y.sum().backward();`);
    const y = await inspect("y", true);
    expect(y.outputs[0]?.text).toBe("tensor([2., 4.], grad_fn=<TwiceBackward>)");
    expect(y.saved.map(({ name }) => name)).toEqual(["saved_tensors[0]"]);
    expect(await jacobian("y", "x")).toEqual([2, 0, 0, 2]);
  });
});

test("every element of what a variable holds, and of its gradient, however large and whether kept or not", async () => {
  await run(
    "const x = torch.arange(3000).to(torch.float32).requires_grad_(); const v = x.mul(2).view(30, 100).t(); v.sum().backward();",
    false,
  );
  const at = (name: string) => trace.captures.findIndex((each) => each.name === name);
  const x = await ask({ type: "elements", capture: at("x") });
  expect([x.values.length, x.values[2999], x.gradient?.[2999]]).toEqual([3000, 2999, 2]);
  // Row-major as it is seen: v[1, 0] is element [0, 1] of the memory.
  const v = await ask({ type: "elements", capture: at("v") });
  expect(v.values.slice(0, 3)).toEqual([0, 200, 400]);
});

describe("Jacobians", () => {
  // y = W x with W = [[1, 2], [3, 4], [5, 6]]
  const LINEAR = `const W = torch.tensor([[1., 2.], [3., 4.], [5., 6.]], { requires_grad: true });
    const x = torch.tensor([1., -1.], { requires_grad: true }); const y = W.mv(x); const l = y.pow(2).sum(); l.backward();`;

  test("between any two results, along all ways between them", async () => {
    await run(LINEAR);
    expect(await jacobian("y", "x")).toEqual([1, 2, 3, 4, 5, 6]);
    // l = Σ y², ∂l/∂y = 2y = [−2, −2, −2]
    expect(await jacobian("l", "y")).toEqual([-2, -2, -2]);
    expect(await jacobian("l", "x")).toEqual([-18, -24]);
    expect(await jacobian("y", "y")).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  });

  test("v·J is a backward pass from v, J·v a push of v forward", async () => {
    await run(LINEAR);
    const ends = { of: result("y"), by: result("x") };
    const product = async (side: "vJ" | "Jv", values: number[]) =>
      (await ask({ type: "product", ...ends, side, v: { kind: "values", values } })).facts.text;
    expect(await product("vJ", [1, 0, -1])).toBe("tensor([-4., -4.])");
    expect(await product("Jv", [1, 10])).toBe("tensor([21., 43., 65.])");
    const arrived = await ask({ type: "product", ...ends, side: "vJ", v: { kind: "arrived" } });
    expect(arrived.facts.text).toBe("tensor([-18., -24.])");
    await expect(product("vJ", [1])).rejects.toMatchObject({ reason: "failed", message: /1 numbers.*has 3/ });
  });

  test("J·v where the derivative does not depend on its cotangent's values", async () => {
    await run(`const x = torch.tensor([0.5, 2.], { requires_grad: true }); const y = x.sin().clamp({ min: 0, max: 0.6 });
      y.sum().backward();`);
    const asked = { type: "product", of: result("y"), by: result("x"), side: "Jv", v: { kind: "ones" } } as const;
    // cos 0.5 inside the bounds, 0 outside
    expect((await ask(asked)).facts.text).toBe("tensor([0.8776, 0.0000])");
  });

  test("through a layer that shares its parameters with later steps of a loop", async () => {
    await run(`const net = new nn.Linear(2, 1); torch.nn.init.ones_(net.weight);
      const opt = new optim.SGD(net.parameters(), { lr: 0.5 }); let out: any;
      for (let i = 0; i < 3; i++) { opt.zero_grad(); out = net(torch.ones(1, 2)); out.sum().backward(); opt.step(); }`);
    // ∂out/∂W = x = [1, 1] whatever W is by now
    expect(await jacobian("out", "net.weight")).toEqual([1, 1]);
  });

  test("no way from one to the other, too large a matrix", async () => {
    await run(LINEAR);
    await expect(jacobian("x", "y")).rejects.toMatchObject({ reason: "unrelated" });
    await run(`const x = torch.ones(5000, { requires_grad: true }); const y = x.mul(2); y.sum().backward();`);
    await expect(jacobian("y", "x")).rejects.toMatchObject({ reason: "large", message: /5000 × 5000/ });
  });

  test("a second backward by the program still finds its graph freed", async () => {
    await run(`${LINEAR} try { l.backward(); } catch (error) { console.log(String(error)); }`);
    expect(trace.console[0]?.text).toContain("second time");
  });

  test("can be cancelled", async () => {
    await run("const x = torch.ones(2000, { requires_grad: true }); const y = x.cumsum(0); y.sum().backward();");
    const stop = program!.answer({ type: "jacobian", of: result("y"), by: result("x") }, async () => {
      throw new Error("enough");
    });
    await expect(stop).rejects.toThrow("enough");
  });
});

describe("values", () => {
  test("a part of a large tensor, as it prints", async () => {
    await run(
      "const x = torch.arange(0, 1e6, { dtype: torch.float32 }).reshape(1000, 1000).requires_grad_(); x.mul(1).sum().backward();",
    );
    const tensor = { of: "output", node: node("x"), index: 0 } as const;
    const part = await ask({ type: "values", tensor, at: [], rows: [998, 1200], columns: [0, 2] });
    expect(part.rows).toEqual([
      ["9.9800e+05", "9.9800e+05"],
      ["9.9900e+05", "9.9900e+05"],
    ]);
    const all = ask({ type: "values", tensor, at: [], rows: [0, 1000], columns: [0, 1000] });
    await expect(all).rejects.toMatchObject({ reason: "large" });
  });

  test("a slice of more dimensions, a column, a scalar", async () => {
    await run(`const x = torch.arange(0, 12, { dtype: torch.float32 }).reshape(2, 3, 2).requires_grad_(); const v = x.select(0, 1).select(1, 0);
      const s = v.sum(); s.backward();`);
    const of = (name: string) => ({ of: "output", node: node(name), index: 0 }) as const;
    const all = { rows: [0, 99] as [number, number], columns: [0, 99] as [number, number] };
    const values = async (name: string, at: number[] = []) =>
      (await ask({ type: "values", tensor: of(name), at, ...all })).rows;
    expect(await values("x", [1])).toEqual([
      ["6.", "7."],
      ["8.", "9."],
      ["10.", "11."],
    ]);
    expect(await values("v")).toEqual([["6."], ["8."], ["10."]]);
    expect(await values("s")).toEqual([["24."]]);
    await expect(values("x", [2])).rejects.toMatchObject({ message: /out of range for dimension 0/ });
  });

  test("a picture shows the largest of what a cell stands for, and every NaN", async () => {
    await run(
      `const x = torch.tensor([[1., -5., 0., 2.], [2., 3., NaN, 0.]], { requires_grad: true }); x.sum().backward();`,
    );
    const tensor = { of: "output", node: node("x"), index: 0 } as const;
    expect(await ask({ type: "picture", tensor, at: [], rows: 1, columns: 2 })).toEqual({
      rows: 1,
      columns: 2,
      values: [-5, "nan"],
      largest: 5,
      pooled: [2, 2],
    });
  });
});

test("without a panel nothing was kept, and the answer says so", async () => {
  await run(CHAIN, false);
  await expect(inspect("b")).rejects.toMatchObject({ reason: "unkept" });
});
