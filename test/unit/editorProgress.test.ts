import { describe, expect, it } from "vitest";
import { healthOf } from "../../src/editor/health";
import { progressOf, progressText } from "../../src/editor/progress";
import { tensorsTree } from "../../src/editor/tensorsModel";
import type { GraphNode, Parameter } from "../../src/trace/model";
import { article, statistics } from "./fixtures/article";

describe("how far a program is", () => {
  it("is its steps, their rate since it was last told, and the loss", () => {
    // The article's one pass starts from `out`, which holds 25.
    const now = progressOf({
      ...article,
      durationMs: 2000,
      passes: article.passes.map((p) => ({ ...p, repeats: 1204 })),
    });
    expect(now).toEqual({ steps: 1204, at: 2000, loss: { name: "out", value: 25 } });
    expect(progressText(now, undefined)).toBe("1,204 steps · 602/s · out 25");
    expect(progressText(now, { steps: 1184, at: 1000 })).toBe("1,204 steps · 20/s · out 25");
  });

  it("is nothing before the first backward pass", () => {
    expect(progressText(progressOf({ ...article, passes: [] }), undefined)).toBe("");
  });
});

describe("the health of a gradient", () => {
  const leaf = (values: number[]): GraphNode => ({
    name: "AccumulateGrad",
    shapes: [[values.length]],
    dtype: "float32",
    sequence: 0,
    repeats: 1,
    gradient: { shape: [values.length], text: "", source: "flow", stats: statistics(values) },
  });
  const health = healthOf([leaf([1, 1]), leaf([0.5]), leaf([2])]);

  it.each([
    [[1, 1], "healthy"],
    [[1e-7, 0], "vanishing"],
    [[0, 0], "zero"],
    [[1e9], "exploding"],
  ])("of %j beside gradients near 1 is %s", (values, expected) => expect(health(statistics(values))).toBe(expected));

  it("is broken by one NaN", () => expect(health({ ...statistics([1]), nan: 1 })).toBe("broken"));

  it("is a matter of ratio: small numbers among small ones are fine", () => {
    expect(healthOf([leaf([1e-9]), leaf([2e-9])])(statistics([1e-9]))).toBe("healthy");
  });
});

describe("the tree of tensors", () => {
  const [x] = article.captures;
  const stats = statistics([1, 2]);
  const parameter = (name: string): Parameter => ({
    name,
    shape: [2],
    dtype: "float32",
    value: stats,
    gradient: stats,
    node: 4,
  });
  const trace = {
    ...article,
    captures: [
      ...article.captures,
      { ...x!, name: "model", last: { kind: "other" as const, type: "Sequential", text: "" } },
    ],
    parameters: [parameter("model.0.weight"), parameter("model.0.bias"), parameter("x")],
  };

  it("has variables in the order of the text, and modules with their parameters", () => {
    const [variables, modules] = tensorsTree(trace, () => false);
    expect(variables!.children.map(({ label }) => label)).toEqual(["x", "b", "c", "d", "out"]);
    expect(variables!.children[0]!.description).toMatch(/^\[25\] float32 · mean \S+ · ‖∇‖ 7\.21$/);
    expect(modules!.children).toMatchObject([
      { label: "model", description: "Sequential · 4 parameters", children: [{ label: "0" }] },
    ]);
    expect(modules!.children[0]!.children[0]!.children).toMatchObject([
      { label: "weight", description: "[2] float32 · mean 1.5 · ‖∇‖ 2.24", node: 4 },
      { label: "bias" },
    ]);
  });

  it("shows pinned ones first, under ids of their own", () => {
    const groups = tensorsTree(trace, (name) => name === "out");
    expect(groups.map(({ label, description }) => [label, description])).toEqual([
      ["Pinned", "1"],
      ["Variables", "5"],
      ["Modules", "1"],
    ]);
    const ids = groups.flatMap(({ children }) => children.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
  });
});
