import { describe, expect, it } from "vitest";
import { formatDuration, formatNumber, scaleColor, shorten, viewOf } from "../../../src/graph";
import type { Trace } from "../../../src/trace/model";
import { article, gradient } from "../fixtures/article";

describe("the view of a trace", () => {
  const view = viewOf(article);

  it("names a card by its variable and says its op below", () => {
    expect(view.nodes[3]).toMatchObject({
      kind: "op",
      title: "b",
      named: true,
      subtitle: "SinBackward0",
      norm: "10",
      line: 5,
    });
    expect(view.nodes[4]).toMatchObject({ kind: "leaf", title: "x", subtitle: "AccumulateGrad" });
    expect(view.edges[3]).toMatchObject({ from: 3, to: 4, label: "[25]" });
  });

  it("names a card without a variable by its op, over its shape", () => {
    const { variable: _, ...anonymous } = article.nodes[1]!;
    expect(viewOf({ nodes: [anonymous], edges: [] }).nodes[0]).toMatchObject({
      title: "AddBackward0",
      named: false,
      subtitle: "[25]",
    });
  });

  it("says everything in a sentence", () => {
    expect(view.nodes[3]!.description).toBe("SinBackward0 b, shape 25, gradient norm 10, line 5");
    expect(view.nodes[0]!.description).toBe("SumBackward0 out, scalar, gradient norm 1, line 8");
  });

  it("scales norms by their logarithm", () => {
    // 1 and 10 are the ends; √25 = 5 stands at log10 5 = 0.699.
    expect(view.scale).toEqual({ low: 1, high: 10 });
    expect(view.nodes.map((node) => node.level)).toEqual([
      0,
      expect.closeTo(0.699, 3),
      expect.closeTo(0.699, 3),
      1,
      expect.closeTo(0.858, 3),
    ]);
  });

  it("marks NaN, and gives it no place on the scale", () => {
    const arrived = gradient([Number.NaN, 1]);
    const nodes: Trace["nodes"] = [
      { ...article.nodes[1]!, gradient: { ...arrived, stats: { ...arrived.stats, norm: "nan" } } },
    ];
    expect(viewOf({ nodes, edges: [] }).nodes[0]).toMatchObject({ broken: true, level: null, norm: "NaN" });
  });

  it("says a common number of repetitions once", () => {
    const often = (repeats: number[]) =>
      viewOf({ nodes: repeats.map((n) => ({ ...article.nodes[1]!, repeats: n })), edges: [] });
    expect(often([200, 200])).toMatchObject({ repeats: 200, nodes: [{ repeats: "" }, { repeats: "" }] });
    const leaf = { ...article.nodes[4]!, repeats: 1 };
    const op = { ...article.nodes[1]!, repeats: 200 };
    expect(viewOf({ nodes: [op, leaf], edges: [] })).toMatchObject({
      repeats: 200,
      nodes: [{ repeats: "" }, { repeats: "" }],
    });
    expect(often([200, 1])).toMatchObject({ repeats: 1, nodes: [{ repeats: "×200" }, { repeats: "" }] });
  });
});

describe("numbers", () => {
  it.each([
    [8.4853, "8.49"],
    [0.031, "0.031"],
    [200, "200"],
    [-1.5, "−1.5"],
    [1.234e-7, "1.23e-7"],
    [123456.7, "1.23e5"],
    [0, "0"],
    ["nan", "NaN"],
    ["-inf", "−∞"],
  ] as const)("%s reads %s", (value, text) => expect(formatNumber(value)).toBe(text));

  it("shortens in the middle", () => expect(shorten("torch.linspace(0, 1)", 11)).toBe("torch.l… 1)"));

  it("says durations as people do", () => {
    expect([3.21, 450, 1234, 125_000].map(formatDuration)).toEqual(["3.2 ms", "450 ms", "1.2 s", "2 min 5 s"]);
  });
});

describe("the colour scale", () => {
  const lightness = (color: string) =>
    [1, 3, 5].reduce((sum, i, k) => sum + [0.2126, 0.7152, 0.0722][k]! * Number.parseInt(color.slice(i, i + 2), 16), 0);
  const course = (appearance: "light" | "dark") =>
    Array.from({ length: 9 }, (_, i) => lightness(scaleColor(i / 8, appearance)));

  it("only darkens on light and only lightens on dark, for any colour vision", () => {
    expect(course("light")).toEqual(course("light").toSorted((a, b) => b - a));
    expect(course("dark")).toEqual(course("dark").toSorted((a, b) => a - b));
  });
});
