import { afterEach, expect, test } from "vitest";
import { passNumbers, Timeline, traceAt } from "../../src/graph/timeline";
import { Program } from "../../src/runner/execute";
import type { Trace } from "../../src/trace/model";

let program: Program | undefined;
afterEach(() => program?.dispose());

async function record(text: string): Promise<Trace> {
  program = new Program({ path: "/timeline-test.ts", text }, { onConsole: () => {} });
  await program.main();
  return program.trace();
}

const title = (trace: Trace, node: number) => trace.nodes[node]!.variable ?? trace.nodes[node]!.name;

// d = a·b + a: a gathers two parts, b and 1 = 4
const TWICE = `const a = torch.tensor(2., { requires_grad: true }), b = torch.tensor(3., { requires_grad: true });
  const c = a.mul(b); const d = c.add(a); d.backward();`;

test("forward in the order of the program, each leaf before its first use; then backward as it ran", async () => {
  const trace = await record(TWICE);
  const { steps, turn } = new Timeline(trace, trace.passes[0]!);
  const names = steps.map(({ node }) => title(trace, node));
  expect(names.slice(0, turn)).toEqual(["a", "b", "c", "d"]);
  expect(names.slice(turn)).toEqual(trace.passes[0]!.order.map((node) => title(trace, node)));
  expect(steps[turn - 1]!.phase).toBe("forward");
});

test("what has gathered where: parts of so many, and their sum", async () => {
  const trace = await record(TWICE);
  const timeline = new Timeline(trace, trace.passes[0]!);
  const told = (at: number) => {
    const { step, waiting } = timeline.standing(timeline.turn + at);
    return [
      title(trace, step.node),
      ...waiting.map(({ node, parts, of, sum }) => `${title(trace, node)} ${parts}/${of} ${sum}`).sort(),
    ];
  };
  expect([0, 1].map(told)).toEqual([
    ["d", "a 1/2 1", "c 1/1 1"],
    ["c", "a 2/2 4", "b 1/1 2"],
  ]);
  const last = timeline.standing(timeline.steps.length - 1);
  expect([last.waiting, last.done.size]).toEqual([[], 4]);
  const { sent } = timeline.standing(timeline.turn + 1);
  expect(sent.map(({ edge, gathering }) => [edge.flow?.text, gathering.sum])).toEqual([
    ["tensor(3.)", [4]],
    ["tensor(2.)", [2]],
  ]);
});

test("a run as it was at one of its passes", async () => {
  // ∇ = 2w, w ← 0.8 w
  const trace = await record(`const w = torch.tensor([1.], { requires_grad: true });
    const opt = new optim.SGD([w], { lr: 0.1 });
    for (let i = 0; i < 5; i++) { opt.zero_grad(); w.mul(w).sum().backward(); opt.step(); }`);
  expect(passNumbers(trace.passes[0]!, 512)).toEqual([0, 1, 2, 3, 4]);
  expect(passNumbers({ ...trace.passes[0]!, repeats: 2000 }, 512)[1]).toBe(4);
  const w = trace.nodes.findIndex(({ variable }) => variable === "w");
  const norms = [0, 1, 4].map((pass) => traceAt(trace, pass).nodes[w]!.gradient?.stats.norm);
  expect(norms).toEqual([2, 1.6, 2 * 0.8 ** 4].map((x) => expect.closeTo(x, 5)));
});

test("before its first gradient a node has none", async () => {
  const trace =
    await record(`const a = torch.tensor(1., { requires_grad: true }), b = torch.tensor(1., { requires_grad: true });
    for (let i = 0; i < 2; i++) { a.mul(2).backward(); b.mul(3).backward(); }`);
  const b = trace.nodes.findIndex(({ variable }) => variable === "b");
  expect(traceAt(trace, 0).nodes[b]!.gradient).toBeUndefined();
  expect(traceAt(trace, 3).nodes[b]!.gradient?.stats.norm).toBe(3);
});
