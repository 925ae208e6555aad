import { describe, expect, it } from "vitest";
import { type Grouped, groupingsOf, groupsOf, openAtFirst, pathTo, viewOf, wayTo } from "../../../src/graph";
import { syntheticTrace } from "../../webview/traces";
import { record } from "../record";

/** `title(size)` of each group, nested by two blanks. */
function outline(grouped: Grouped): string[] {
  return grouped.groups.map(({ title, size, steps }, g) => {
    const depth = pathTo(grouped, g).length - 1;
    return `${"  ".repeat(depth)}${title}(${size})${steps ? `×${steps.length}` : ""}`;
  });
}

const MODEL = `class Block extends nn.Module {
  a = new nn.Linear(4, 4);
  b = new nn.Linear(4, 4);
  forward(x: torch.Tensor) { return this.b(this.a(x).tanh()).add(x); }
}
const model = new nn.Sequential(new Block(), new Block(), new Block(), new Block());
model(torch.ones(2, 4)).sum().backward();`;

describe("groups by module", () => {
  it("follow the calls, and fold equal blocks in a row", async () => {
    const grouped = groupsOf(await record(MODEL), "module");
    expect(outline(grouped).slice(0, 5)).toEqual([
      "model(40)",
      "  Block(40)×4",
      "    0(10)",
      "      a(4)",
      "      b(4)",
    ]);
    expect(grouped.groups[1]!.subtitle).toBe("0 … 3");
  });

  it("hold the parameters that only they use; a shared one stands outside of both", async () => {
    const trace = await record(`class Tied extends nn.Module {
  w = new nn.Parameter(torch.ones(3, 3));
  a = new nn.Linear(3, 3);
  b = new nn.Linear(3, 3);
  constructor() { super(); this.b.weight = this.a.weight; }
  forward(x: torch.Tensor) { return this.b(this.a(x)); }
}
const tied = new Tied();
tied(torch.ones(1, 3)).sum().backward();`);
    const grouped = groupsOf(trace, "module");
    const groupOf = (variable: string) =>
      grouped.groups[grouped.of[trace.nodes.findIndex((node) => node.variable === variable)]!]!.title;
    expect(groupOf("tied.a.bias")).toBe("a");
    expect(groupOf("tied.b.bias")).toBe("b");
    const weight = trace.nodes.find(({ variable }) => variable?.endsWith("weight"))!.variable!;
    expect(groupOf(weight)).toBe("tied");
  });
});

describe("groups by what the text says", () => {
  it("a function called twice is two groups, with what it calls inside", async () => {
    const trace = await record(`const inner = (x: torch.Tensor) => { const y = x.sin(); return y.cos(); };
const outer = (x: torch.Tensor) => { const z = inner(x.mul(2)); return z.exp(); };
const x = torch.ones(3, { requires_grad: true });
const a = outer(x);
const b = outer(a);
b.sum().backward();`);
    expect(outline(groupsOf(trace, "function"))).toEqual(["outer(5)", "  inner(2)", "outer 2(4)", "  inner(2)"]);
  });

  it("a loop's iterations are its steps, with what they call", async () => {
    const trace = await record(`const step = (h: torch.Tensor) => { const y = h.mul(2); return y.tanh(); };
let h = torch.ones(3, { requires_grad: true });
for (let i = 0; i < 5; i++) {
  h = step(h);
  h = h.add(1);
}
h.sum().backward();`);
    const grouped = groupsOf(trace, "loop");
    expect(outline(grouped)).toEqual(["for(16)×5", "  step 1(4)", ...[2, 3, 4, 5].map((step) => `  step ${step}(3)`)]);
  });

  it("a training loop, whose steps share one graph, is no group", async () => {
    const trace = await record(`const w = torch.ones(3, { requires_grad: true });
for (let i = 0; i < 10; i++) {
  const loss = w.mul(2).sum();
  loss.backward();
}`);
    expect(groupsOf(trace, "loop").groups).toEqual([]);
    expect(groupingsOf(trace)).not.toContain("loop");
  });

  it("lines hold what they made", async () => {
    const trace = await record(`const x = torch.ones(3, { requires_grad: true });
x.mul(2).add(1).tanh().sum().backward();`);
    expect(outline(groupsOf(trace, "line"))).toEqual(["line 2(5)"]);
  });
});

describe("what is seen", () => {
  it("at first stays within the limit, outer groups before inner ones", async () => {
    const trace = await record(MODEL);
    const grouped = groupsOf(trace, "module");
    for (const limit of [3, 10, 20, 30, 100]) {
      const open = openAtFirst(grouped, limit);
      const { nodes } = viewOf(trace, { grouped, open });
      expect(nodes.length).toBeLessThanOrEqual(limit);
      for (const { key, parent } of grouped.groups)
        if (open.has(key) && parent >= 0) expect(open.has(grouped.groups[parent]!.key)).toBe(true);
    }
  });

  it("has a card for each closed group, and each trace node on exactly one card", async () => {
    const trace = await record(MODEL);
    const grouped = groupsOf(trace, "module");
    const view = viewOf(trace, { grouped, open: new Set([grouped.groups[0]!.key]) });
    const run = view.nodes.find(({ group }) => group === 1)!;
    expect(run).toMatchObject({ kind: "group", title: "Block", repeats: "×4", frame: 0 });
    expect(view.frames).toMatchObject([{ title: "model", parent: -1 }]);
    expect([...view.nodeOf].filter((card) => card === run.index)).toHaveLength(40);
    for (const { from, to } of view.edges) expect(from).not.toBe(to);
  });

  it("of an open run is the chosen iteration, the others folded before and after it", async () => {
    const trace = await record(MODEL);
    const grouped = groupsOf(trace, "module");
    const open = new Set(grouped.groups.slice(0, 2).map(({ key }) => key));
    const steps = new Map([[grouped.groups[1]!.key, 2]]);
    const view = viewOf(trace, { grouped, open, steps });
    expect(view.nodes.filter(({ kind }) => kind === "group").map(({ title }) => title)).toEqual(
      expect.arrayContaining(["0 … 1", "2", "3"]),
    );
    expect(view.frames[1]!.steps).toEqual({ count: 4, at: 2 });
  });

  it("includes any node whose way is opened", async () => {
    const trace = await record(MODEL);
    const grouped = groupsOf(trace, "module");
    for (let v = 0; v < trace.nodes.length; v++) {
      const way = wayTo(grouped, v);
      const view = viewOf(trace, { grouped, open: new Set(way.open), steps: new Map(way.steps) });
      expect(view.nodes[view.nodeOf[v]!]!.trace).toBe(v);
    }
  });

  it("is everything, without groups", () => {
    const trace = syntheticTrace(40);
    expect(viewOf(trace).nodes.map(({ trace }) => trace)).toEqual(trace.nodes.map((_, v) => v));
  });

  it("keeps its width whatever the gradients are", () => {
    const trace = syntheticTrace(30);
    const widths = viewOf(trace).nodes.map(({ width }) => width);
    for (const node of trace.nodes) node.gradient!.stats.norm = 1.23456e-7;
    expect(viewOf(trace).nodes.map(({ width }) => width)).toEqual(widths);
  });
});
