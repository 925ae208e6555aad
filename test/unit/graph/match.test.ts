import { describe, expect, it } from "vitest";
import { matchNodes } from "../../../src/graph";
import type { Trace } from "../../../src/trace/model";
import { syntheticTrace } from "../../webview/traces";
import { record } from "../record";

const chain = (ops: string) => `const x = torch.ones(4, { requires_grad: true });
const w = torch.ones(4, { requires_grad: true });
const y = ${ops};
y.sum().backward();`;

/** Pairs as "op in the run before → op in the run after"; the unmatched ones alone. */
function unmatched(before: Trace, after: Trace): { gone: string[]; added: string[] } {
  const match = matchNodes(before, after);
  for (const [v, o] of match.entries()) if (o >= 0) expect(after.nodes[v]!.name).toBe(before.nodes[o]!.name);
  const kept = new Set(match);
  return {
    gone: before.nodes.filter((_, o) => !kept.has(o)).map(({ name }) => name),
    added: after.nodes.filter((_, v) => match[v] === -1).map(({ name }) => name),
  };
}

describe("matchNodes", () => {
  it("matches a graph with itself, one to one", () => {
    const trace = syntheticTrace(400);
    expect([...matchNodes(trace, trace)]).toEqual(trace.nodes.map((_, i) => i));
  });

  it("does not mind that lines moved", async () => {
    const before = await record(chain("x.mul(w).tanh()"));
    const after = await record(`// a line above\n\n${chain("x.mul(w).tanh()")}`);
    expect(unmatched(before, after)).toEqual({ gone: [], added: [] });
  });

  it("finds the one op that was added, and the one that was removed", async () => {
    const before = await record(chain("x.mul(w).tanh().mul(2).exp()"));
    const after = await record(chain("x.mul(w).tanh().sigmoid().mul(2).exp()"));
    expect(unmatched(before, after)).toEqual({ gone: [], added: ["SigmoidBackward0"] });
    expect(unmatched(after, before)).toEqual({ gone: ["SigmoidBackward0"], added: [] });
  });

  it("finds an op that was added last, which takes the variable's name with it", async () => {
    const before = await record(chain("x.mul(w).exp()"));
    const after = await record(chain("x.mul(w).exp().mul(2)"));
    expect(unmatched(before, after)).toEqual({ gone: [], added: ["MulBackward0"] });
    expect(unmatched(after, before)).toEqual({ gone: ["MulBackward0"], added: [] });
  });

  it("does not mind that a variable was renamed", async () => {
    const before = await record(chain("x.mul(w)"));
    const after = await record(chain("x.mul(w)").replaceAll("y", "result"));
    expect(unmatched(before, after)).toEqual({ gone: [], added: [] });
  });

  it("finds an op that was added to every step of a loop", async () => {
    const loop = (body: string) =>
      `const w = torch.ones(4, { requires_grad: true });
let h = w;
for (let i = 0; i < 20; i++) h = ${body};
h.sum().backward();`;
    const before = await record(loop("h.mul(w).tanh()"));
    const after = await record(loop("h.mul(w).sin().tanh()"));
    const { gone, added } = unmatched(before, after);
    expect(gone).toEqual([]);
    expect(added).toEqual(new Array(20).fill("SinBackward0"));
  });

  it("tells the layers of a model apart by their paths", async () => {
    const model = (sizes: string) =>
      `const model = new nn.Sequential(${sizes}); model(torch.ones(1, 3)).sum().backward();`;
    const before = await record(model("new nn.Linear(3, 3), new nn.Tanh(), new nn.Linear(3, 3)"));
    const after = await record(model("new nn.Linear(3, 5), new nn.Tanh(), new nn.Linear(5, 3)"));
    const match = matchNodes(before, after);
    const path = (trace: Trace, v: number) => trace.calls?.[trace.nodes[v]!.call ?? -1]?.name;
    expect([...match].every((o) => o >= 0)).toBe(true);
    for (const [v, o] of match.entries()) expect(path(after, v)).toBe(path(before, o));
  });
});
