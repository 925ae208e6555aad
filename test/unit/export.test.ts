import { describe, expect, it } from "vitest";
import { exportGraph } from "../../src/export";
import type { Trace } from "../../src/trace/model";
import { article } from "./fixtures/article";

const hostile: Trace = { ...article, nodes: article.nodes.map((node) => ({ ...node, variable: '<b>&"\\\u0000' })) };

describe("SVG", () => {
  const svg = exportGraph(article, "svg");

  it("shows every node, edge and shape", () => {
    for (const { name } of article.nodes) expect(svg).toContain(name);
    expect(svg.match(/class="edge"/g)).toHaveLength(4);
    expect(svg.match(/>\[25\]</g)).toHaveLength(4);
    expect(svg).toContain("‖∇‖ 10");
  });

  it("needs nothing from elsewhere and follows the reader's appearance", () => {
    expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(/https?:|<script|@import/);
    expect(svg).toContain("prefers-color-scheme:dark");
  });

  it("escapes what is the user's", () => {
    const text = exportGraph(hostile, "svg");
    expect(text).toContain("&lt;b&gt;&amp;&quot;\\");
    expect(text).not.toContain("<b>");
    expect(text).not.toContain("\u0000");
  });

  it("is drawn for an empty graph too", () => {
    expect(exportGraph({ ...article, nodes: [], edges: [] }, "svg")).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
  });
});

describe("DOT", () => {
  it("has the edges of next_functions", () => {
    expect(exportGraph(article, "dot").match(/n\d -> n\d/g)).toEqual(["n0 -> n1", "n1 -> n2", "n2 -> n3", "n3 -> n4"]);
  });

  it("quotes", () => {
    expect(exportGraph(hostile, "dot")).toContain('label="<b>&\\"\\\\');
  });
});

describe("JSON", () => {
  it("is the graph with its places", () => {
    const graph = JSON.parse(exportGraph(article, "json"));
    expect(graph.nodes[3]).toMatchObject({ name: "SinBackward0", variable: "b", rank: 3, gradient: { norm: 10 } });
    expect(graph.edges[0]).toMatchObject({ from: 0, to: 1, shape: [25] });
    expect(graph.nodes[0].y).toBeLessThan(graph.nodes[4].y);
  });
});
