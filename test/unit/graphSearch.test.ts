import { describe, expect, test } from "vitest";
import { reach } from "../../src/graph/reach";
import { parseQuery } from "../../src/graph/search";
import type { GraphNode, Trace } from "../../src/trace/model";
import { article } from "./fixtures/article";

const gradient = (norm: number | "nan", more: Partial<{ nan: number; zeros: number }> = {}) =>
  ({
    shape: [2],
    source: "flow",
    text: "",
    stats: { numel: 2, min: norm, max: norm, mean: norm, norm, zeros: 0, nan: 0, inf: 0, ...more },
  }) as GraphNode["gradient"];
const node = (name: string, more: Partial<GraphNode> = {}): GraphNode => ({
  name,
  shapes: [[2]],
  dtype: "float32",
  sequence: 0,
  repeats: 1,
  ...more,
});
const at = (line: number) => ({ file: 0, start: { line: line - 1, column: 0 }, end: { line: line - 1, column: 5 } });

const graph: Pick<Trace, "nodes" | "calls"> = {
  nodes: [
    node("MulBackward0", { variable: "h", shapes: [[64, 16]], range: at(12), gradient: gradient(0.5), sequence: 5 }),
    node("ReluBackward0", {
      shapes: [[64, 16]],
      range: at(13),
      gradient: gradient(2),
      sequence: 6,
      repeats: 200,
      call: 1,
    }),
    node("AccumulateGrad", { variable: "weight", shapes: [[16]], gradient: gradient("nan", { nan: 1 }), sequence: 9 }),
    node("AccumulateGrad", { variable: "leafy", dtype: "float64", gradient: gradient(0, { zeros: 2 }), sequence: 1 }),
    node("MulBackward0", { variable: "h 1", shapes: [[]], sequence: 3 }),
  ],
  calls: [
    { parent: -1, name: "model", type: "Net", repetition: 0 },
    { parent: 0, name: "blocks.0", type: "Block", repetition: 0 },
  ],
};

function find(text: string): number[] | string | undefined {
  const query = parseQuery(text);
  return query && ("error" in query ? query.error : query.matches(graph));
}

describe("a query", () => {
  test.each<[string, number[]]>([
    ["mul", [4, 0]],
    ["h", [4, 0, 2]],
    ['"h 1"', [4]],
    ["op:mul", [4, 0]],
    ["name:h", [4, 0, 2]],
    ["blocks.0", [1]],
    ["module:model", [1]],
    ["module:block", [1]],
    ["block", [1]],
    ["Net", []],
    ["dtype:float64", [3]],
    ["norm>1", [1]],
    ["norm>=0.5", [0, 1]],
    ["norm<1e-3", [3]],
    ["norm=0", [3]],
    ["repeats>1", [1]],
    ["numel>100", [0, 1]],
    ["dim=0", [4]],
    ["nan", [2]],
    ["zero", [3]],
    ["nograd", [4]],
    ["leaf", [3, 2]],
    ['"leaf"', [3]],
    ["is:leaf", [3, 2]],
    ["[64, *]", [0, 1]],
    ["shape:64x16", [0, 1]],
    ["[]", [4]],
    ["line:12", [0]],
    ["line:10-13", [0, 1]],
    ["line>12", [1]],
  ])("%s", (text, nodes) => expect(find(text)).toEqual(nodes));

  test.each<[string, number[]]>([
    ["op:Mul line:12", [0]],
    ["leaf -nan", [3]],
    ["-leaf norm>1", [1]],
    ["nan | norm>1", [1, 2]],
    ["mul norm<1 | weight", [0, 2]],
    ["norm>1 norm<1", []],
  ])("of several terms: %s", (text, nodes) => expect(find(text)).toEqual(nodes));

  test.each([
    ["", undefined],
    ["   ", undefined],
    ["|", undefined],
  ])("of nothing asks nothing: %j", (text, answer) => expect(find(text)).toBe(answer));

  test.each([
    ["norm>", "norm> needs a number, as in norm>1e-3"],
    ["norm>big", "norm> needs a number, as in norm>1e-3"],
    ["weight>1", "weight is no number; there are norm, min, max, mean, numel, dim, repeats, line"],
    ["line:x", "line: needs a number or two, as in line:12 or line:10-20"],
    ["shape:big", "A shape is sizes and stars, as in [64, *] or shape:64x16"],
    ["op:", "op: needs a word, as in op:Mul"],
    ["is:red", "is: takes leaf, nan, inf, zero, nograd"],
  ])("that cannot be understood says so: %s", (text, error) => expect(find(text)).toBe(error));
});

describe("where gradients come from and go", () => {
  // 0 → 1 → 3, 0 → 2 → 3, 2 → 4
  const pairs = [
    [0, 1],
    [0, 2],
    [1, 3],
    [2, 3],
    [2, 4],
  ] as const;
  const diamond = {
    nodes: Array.from({ length: 6 }, () => article.nodes[0]!),
    edges: pairs.map(([from, to]) => ({ from, to, input: 0, output: 0, shape: [] })),
  };
  const sorted = (set: Set<number>) => [...set].sort();

  test("down, up, and both", () => {
    expect(sorted(reach(diamond, 2, ["down"]))).toEqual([2, 3, 4]);
    expect(sorted(reach(diamond, 3, ["up"]))).toEqual([0, 1, 2, 3]);
    expect(sorted(reach(diamond, 2, ["up", "down"]))).toEqual([0, 2, 3, 4]);
    expect(sorted(reach(diamond, 5, ["up", "down"]))).toEqual([5]);
  });

  test("a chain of a hundred thousand", () => {
    const count = 100_000;
    const chain = {
      nodes: Array.from({ length: count }, () => article.nodes[0]!),
      edges: Array.from({ length: count - 1 }, (_, i) => ({ from: i, to: i + 1, input: 0, output: 0, shape: [] })),
    };
    expect(reach(chain, 0, ["down"]).size).toBe(count);
  });
});
