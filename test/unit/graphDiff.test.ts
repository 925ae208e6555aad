import { describe, expect, test } from "vitest";
import { diffRuns, factorText, summaryOf } from "../../src/graph/diff";
import type { GraphNode, Num, Trace } from "../../src/trace/model";
import { article } from "./fixtures/article";

const norm = (node: GraphNode, value: Num): GraphNode => ({
  ...node,
  gradient: { ...node.gradient!, stats: { ...node.gradient!.stats, norm: value } },
});
const change = (index: number, make: (node: GraphNode) => GraphNode): Trace => ({
  ...article,
  nodes: article.nodes.map((node, i) => (i === index ? make(node) : node)),
});
const kinds = (after: Trace, before: Trace = article) =>
  diffRuns(before, after).changes.map((each) => each?.kind ?? null);

describe("two runs of the article's program", () => {
  test("that are alike differ in nothing", () => {
    const diff = diffRuns(article, article);
    expect(diff.changes.every((each) => each === null)).toBe(true);
    expect(summaryOf(diff)).toBe("Nothing changed.");
  });

  test("a gradient that grew or shrank is told with its factor", () => {
    const was = article.nodes[2]!.gradient!.stats.norm as number;
    const grown = diffRuns(
      article,
      change(2, (node) => norm(node, was * 4)),
    );
    expect(grown.changes[2]).toMatchObject({ kind: "up", ratio: 4 });
    expect(grown.changes[2]!.text).toContain("(×4)");
    const shrunk = diffRuns(
      article,
      change(2, (node) => norm(node, was / 10)),
    );
    expect(shrunk.changes[2]!.text).toContain("(÷10)");
    expect(summaryOf(shrunk)).toBe("gradients: 1 smaller");
  });

  test("a few per cent are no change", () => {
    expect(kinds(change(2, (node) => norm(node, (node.gradient!.stats.norm as number) * 1.03)))[2]).toBeNull();
  });

  test("gradients that broke, mended, came or went", () => {
    const broken = change(1, (node) => norm(node, "nan"));
    expect(kinds(broken)[1]).toBe("broken");
    expect(kinds(article, broken)[1]).toBe("mended");
    const none = change(1, ({ gradient: _, ...node }) => node);
    expect(diffRuns(article, none).changes[1]).toMatchObject({ kind: "down", text: "no gradient any more" });
    expect(kinds(article, none)[1]).toBe("up");
    expect(kinds(broken, broken)[1]).toBeNull();
  });

  test("another shape", () => {
    const diff = diffRuns(
      article,
      change(1, (node) => ({ ...node, shapes: [[5, 5]] })),
    );
    expect(diff.changes[1]).toMatchObject({ kind: "shape", text: "shape [25] → [5, 5]" });
  });

  test("a node more, and a node less", () => {
    // sum ← add ← mul ← sin ← x becomes sum ← add ← mul ← exp ← sin ← x
    const exp: GraphNode = { ...article.nodes[3]!, name: "ExpBackward0", variable: "e" };
    const longer: Trace = {
      ...article,
      nodes: [...article.nodes, exp],
      edges: article.edges.flatMap((edge) =>
        edge.from === 2
          ? [
              { ...edge, to: 5 },
              { ...edge, from: 5, to: edge.to },
            ]
          : [edge],
      ),
    };
    const grown = diffRuns(article, longer);
    expect(grown.changes[5]?.kind).toBe("added");
    expect([...grown.match]).toEqual([0, 1, 2, 3, 4, -1]);
    const shrunk = diffRuns(longer, article);
    expect(shrunk.removed).toEqual([5]);
    expect(summaryOf(shrunk)).toBe("1 removed");
  });
});

test("factors read as times and parts", () => {
  expect([3, 0.25, 1e-9].map(factorText)).toEqual(["×3", "÷4", "÷1e9"]);
});
