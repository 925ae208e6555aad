import { describe, expect, it } from "vitest";
import { panelHtml } from "../../src/editor/panelHtml";
import { layout, layoutInput, viewOf } from "../../src/graph";
import { Navigation } from "../../webview/navigation";
import { article } from "./fixtures/article";

describe("arrow keys", () => {
  it("lead along the article's chain and stop at its ends", () => {
    const view = viewOf(article);
    const keys = new Navigation(view, layout(layoutInput(view)));
    expect(keys.sequence).toEqual([0, 1, 2, 3, 4]);
    expect(keys.next(0, "down")).toBe(1);
    expect(keys.next(4, "up")).toBe(3);
    expect(keys.next(4, "down")).toBe(4);
    expect(keys.next(2, "left")).toBe(2);
  });

  it("lead sideways along a row", () => {
    // add(mul, w): 0 → 1, 0 → 2
    const view = viewOf({
      nodes: article.nodes.slice(0, 3),
      edges: [1, 2].map((to, input) => ({ from: 0, to, input, output: 0, shape: [] })),
    });
    const keys = new Navigation(view, layout(layoutInput(view)));
    const [left, right] = keys.sequence.slice(1) as [number, number];
    expect(keys.next(left, "right")).toBe(right);
    expect(keys.next(right, "left")).toBe(left);
  });
});

describe("the panel's page", () => {
  const html = panelHtml({
    cspSource: "https://host",
    nonce: "n0",
    script: "https://host/main.js",
    style: "https://host/main.css",
    worker: "https://host/w.js",
    place: "view",
    shortcut: "Ctrl+Alt+Enter",
    trusted: true,
  });

  it("allows nothing but its own files and what carries the nonce", () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)![1]!;
    expect(policy).toMatch(/^default-src 'none';/);
    expect(policy).not.toContain("unsafe");
    expect(html.match(/<(script|style|link)\b(?![^>]*nonce="n0")/g)).toBeNull();
    expect(html).not.toMatch(/ (style|on\w+)=/);
  });

  it("has Cytoscape's style sheet, which it would add without a nonce otherwise", () => {
    expect(html).toContain('id="__________cytoscape_stylesheet"');
  });
});
