import { inflateSync } from "node:zlib";
import { describe, expect, it, test } from "vitest";
import {
  DARK,
  type DrawingFormat,
  drawingOf,
  exportDrawing,
  formatOf,
  LIGHT,
  type ThemeChoice,
} from "../../src/export";
import { type PageParts, toHtml } from "../../src/export/html";
import { escapeMermaid } from "../../src/export/mermaid";
import { toPng } from "../../src/export/png";
import { atOrigin, groupsOf, layoutInput, layoutNested, viewOf } from "../../src/graph";
import type { Trace } from "../../src/trace/model";
import { article } from "./fixtures/article";

const named = (variable: string): Trace => ({
  ...article,
  nodes: article.nodes.map((node) => ({ ...node, variable })),
});
const hostile = named('<b>&"\\\u0000');
const exportGraph = (trace: Trace, format: DrawingFormat, theme?: ThemeChoice) =>
  exportDrawing(drawingOf(trace), format, theme);

test("a file's ending says its format", () => {
  expect(["a.SVG", "b.mmd", "c.html", "d.txt", "e"].map(formatOf)).toEqual([
    "svg",
    "mermaid",
    "html",
    undefined,
    undefined,
  ]);
});

describe("SVG", () => {
  const svg = exportGraph(article, "svg");

  it("shows every node, edge and shape", () => {
    for (const { name } of article.nodes) expect(svg).toContain(name);
    expect(svg.match(/class="edge"/g)).toHaveLength(4);
    expect(svg.match(/class="shape"[^>]*>\[25\]</g)).toHaveLength(4);
    expect(svg).toContain("‖∇‖ 10");
  });

  it("needs nothing from elsewhere and follows the reader's appearance", () => {
    expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(/https?:|<script|@import/);
    expect(svg).toContain("prefers-color-scheme:dark");
  });

  it("has the colours of one theme when told so", () => {
    const dark = exportGraph(article, "svg", DARK);
    expect(dark).toContain(`--page:${DARK.page}`);
    expect(dark).not.toContain("prefers-color-scheme");
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

describe("what is in groups", () => {
  // The article's chain twice over in a module's call: one open group, and one closed.
  const calls = [
    { parent: -1, name: "model", type: "Net", repetition: 0 },
    { parent: -1, name: "head", type: "Linear", repetition: 0 },
  ];
  const trace: Trace = {
    ...article,
    calls,
    nodes: article.nodes.map((node, i) => ({
      ...node,
      ...(i === 1 || i === 2 ? { call: 0 } : i === 3 ? { call: 1 } : {}),
    })),
  };
  const grouped = groupsOf(trace, "module");
  const keyOf = (title: string) => grouped.groups.find((group) => group.title === title)!.key;
  const view = viewOf(trace, { grouped, open: new Set([keyOf("model")]) });
  const drawing = { trace, view, placed: atOrigin(layoutNested(layoutInput(view))) };
  const closed = view.nodes.find(({ kind }) => kind === "group")!;

  it("is seen as in the panel: open ones as frames, closed ones as one card", () => {
    expect(view.frames).toHaveLength(1);
    const svg = exportDrawing(drawing, "svg");
    expect(svg.match(/class="frame"/g)).toHaveLength(1);
    expect(svg).toContain(">model<");
    expect(exportDrawing(drawing, "dot")).toMatch(/subgraph cluster_0 \{\n\s+label="model · Net[^\n]*\n\s+n\d/);
    expect(exportDrawing(drawing, "dot")).toContain(`n${closed.index} [label="head`);
    expect(exportDrawing(drawing, "mermaid")).toMatch(/subgraph g0 \["model · Net[^"]*"\]\n\s+n\d/);
    expect(exportDrawing(drawing, "mermaid")).toContain(`n${closed.index}[["head`);
    expect(toPng(drawing, LIGHT).length).toBeGreaterThan(1000);
  });

  it("keeps every node in the JSON, with the card that shows it", () => {
    const graph = JSON.parse(exportDrawing(drawing, "json"));
    expect(graph.nodes).toHaveLength(trace.nodes.length);
    expect(graph.nodes[3]).toMatchObject({ name: "SinBackward0", card: closed.index });
    expect(graph.frames[0]).toMatchObject({ title: "model", parent: null });
    expect(graph.cards[closed.index]).toMatchObject({ kind: "group", node: null });
  });
});

test("what is in place or a derivative is marked as in the panel", () => {
  const trace: Trace = {
    ...article,
    nodes: article.nodes.map((node, i) =>
      i === 1 ? { ...node, inPlace: true } : i === 2 ? { ...node, derivativeOf: 0 } : node,
    ),
  };
  const drawing = drawingOf(trace);
  const svg = exportDrawing(drawing, "svg", LIGHT);
  expect(svg.match(/class="in-place"/g)).toHaveLength(1);
  expect(svg.match(/class="card derivative"/g)).toHaveLength(1);
  expect(svg).toContain("∂ ");
  const plain = toPng(drawingOf(article), LIGHT);
  expect(toPng(drawing, LIGHT).length).not.toBe(plain.length);
});

describe("Mermaid", () => {
  it("has the edges and the shapes along them", () => {
    const text = exportGraph(article, "mermaid");
    expect(text).toMatch(/^flowchart TB\n {2}n0\("out<br\/>SumBackward0/);
    expect(text.match(/n\d -->\|"\[25\]"\| n\d/g)).toHaveLength(4);
  });

  it.each([
    ['"] --> x["', "#34;] --#62; x[#34;"],
    ["<img onerror=alert(1)>", "#60;img onerror=alert(1)#62;"],
    ["a#quot;", "a#35;quot#59;"],
    ["%%{init: {}}%%", "#37;#37;#123;init: #123;#125;#125;#37;#37;"],
    ["`**bold**`", "#96;**bold**#96;"],
    ["line\nbreak\u2028", "line break "],
  ])("%j is no syntax", (text, escaped) => expect(escapeMermaid(text)).toBe(escaped));
});

describe("PNG", () => {
  /** Rows of a PNG whose every row is the difference from the one above. */
  function decode(png: Uint8Array): { width: number; height: number; at(x: number, y: number): number[] } {
    const file = Buffer.from(png);
    const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)];
    const start = file.indexOf("IDAT") + 4;
    const rows = inflateSync(file.subarray(start, start + file.readUInt32BE(start - 8)));
    const stride = 4 * width;
    for (let y = 1; y < height; y++)
      for (let i = 1; i <= stride; i++) rows[y * (stride + 1) + i]! += rows[(y - 1) * (stride + 1) + i]!;
    return { width, height, at: (x, y) => [...rows.subarray(y * (stride + 1) + 1 + 4 * x).subarray(0, 4)] };
  }
  const drawing = drawingOf(article);

  it("is the same picture in pixels", () => {
    const picture = decode(toPng(drawing, LIGHT));
    expect(picture.width).toBeGreaterThan(2 * drawing.placed.width);
    expect(picture.at(2, 2)).toEqual([255, 255, 255, 255]);
    // The bar of the first card, twice enlarged: 24 of margin, 7 and a half of the card's 4 wide bar.
    const node = drawing.view.nodes[0]!;
    const x = 2 * (24 + drawing.placed.x[0]! - node.width / 2 + 9);
    const y = 2 * (24 + drawing.placed.y[0]!);
    const [r, , b, a] = picture.at(x, y);
    expect([b! > r!, a]).toEqual([true, 255]);
  });

  it("has letters: dark pixels on the card's white", () => {
    const picture = decode(toPng(drawing, LIGHT));
    const { x, y } = drawing.placed;
    let dark = 0;
    for (let dx = -40; dx < 20; dx++)
      for (let dy = -20; dy < 0; dy++) if (picture.at(2 * (24 + x[0]! + dx), 2 * (24 + y[0]! + dy))[0]! < 80) dark++;
    expect(dark).toBeGreaterThan(20);
  });

  it("is dark in the dark", () => {
    expect(decode(toPng(drawing, DARK)).at(1, 1)).toEqual([0x1f, 0x1f, 0x1f, 255]);
  });
});

describe("HTML", () => {
  const parts: PageParts = {
    main: "<main></main>",
    script: 'const a = "</script>";',
    style: "a{}",
    layoutWorker: "'<!--'",
    vega: "VEGA",
  };
  const page = (trace: Trace, program = "p.ts") => toHtml({ program, trace }, parts, "n0");

  it("allows itself and nothing else", () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page(article))![1]!;
    expect(policy).toMatch(/^default-src 'none'; script-src 'nonce-n0';/);
    expect(policy).not.toMatch(/unsafe|http/);
  });

  it("holds the trace where nothing of it can become markup", () => {
    const evil = "</script><script>alert(1)</script><!--";
    const html = page({ ...named(evil), figures: [] }, "<i>&.ts");
    expect(html.match(/<script/g)).toHaveLength(3);
    expect(html).not.toContain("<!--");
    expect(html).toContain("<title>&#60;i&#62;&#38;.ts");
    const json = /id="page-content">(.*)<\/script>/.exec(html)![1]!;
    expect(JSON.parse(json).trace.nodes[0].variable).toBe(evil);
  });

  it("brings Vega only for figures", () => {
    expect(page({ ...article, figures: [] })).not.toContain("VEGA");
    expect(page({ ...article, figures: [{ spec: {} }] })).toContain("VEGA");
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
