/** What is on screen as a file, and the page that needs nothing but itself. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { PanelFormat } from "../../webview/protocol";
import { closeBrowser, Panel } from "./panel";
import { exampleTrace } from "./traces";

const CLI = join(import.meta.dirname, "../../dist/cli.js");
const folder = mkdtempSync(join(tmpdir(), "gradlens-export-"));
afterAll(async () => {
  await closeBrowser();
  rmSync(folder, { recursive: true, force: true });
});

describe("from the panel", () => {
  let panel: Panel;
  let id = 0;
  beforeAll(async () => {
    panel = await Panel.open({ theme: "dark", width: 600, place: "panel" });
    await panel.show(exampleTrace("tiny-gpt"));
  });
  afterAll(() => panel.close());

  async function ask(format: PanelFormat): Promise<string> {
    await panel.send({ type: "export", id: ++id, format });
    const answer = await panel.received("exported", (message) => message.id === id);
    if ("error" in answer) throw new Error(answer.error);
    return answer.encoding === "base64" ? Buffer.from(answer.content, "base64").toString("latin1") : answer.content;
  }

  test("an SVG has the cards and frames that are on screen, in its colours", async () => {
    const [cards, frames] = (await panel.page.evaluate(
      "(({ nodes, frames }) => [nodes.length, frames.length])(__gradlens.pane.current.view)",
    )) as [number, number];
    const svg = await ask("svg");
    expect(svg.match(/<g class="(?:l\d+|none|broken)"/g)).toHaveLength(cards);
    expect(svg.match(/class="frame"/g)).toHaveLength(frames);
    expect(svg).toContain("--page:#1f1f1f");
  });

  test("a PNG is one", async () => {
    const png = await ask("png");
    expect(png.slice(1, 4)).toBe("PNG");
    expect(png.length).toBeGreaterThan(10_000);
  });

  test("what is closed is closed in the file", async () => {
    const before = (await ask("mermaid")).match(/^ *n\d+[([]/gm)!.length;
    await panel.page.evaluate("__gradlens.pane.closeAll()");
    const after = (await ask("mermaid")).match(/^ *n\d+[([]/gm)!.length;
    expect(after).toBeLessThan(before / 2);
    expect(JSON.parse(await ask("html")).graph.open).toEqual([]);
  });

  test("nothing went wrong unseen", () => expect(panel.errors).toEqual([]));
});

describe("the page from disk", () => {
  let browser: Browser;
  beforeAll(async () => {
    const { executablePath, args } = inject("webview");
    browser = await chromium.launch({ executablePath, args });
  });
  afterAll(() => browser.close());

  async function open(program: string) {
    const [source, file] = [join(folder, "p.ts"), join(folder, "p.html")];
    writeFileSync(source, program);
    execFileSync(process.execPath, [CLI, "export", source, "-o", file], { stdio: "ignore" });
    const page = await (await browser.newContext({ offline: true, colorScheme: "dark" })).newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await page.goto(`file://${file}`);
    await page.locator("body[data-state=ready]").waitFor();
    return { page, errors, size: readFileSync(file).length };
  }

  test("is the panel: a click selects a node, fills the inspector and marks its code; no network, no error", async () => {
    const { page, errors, size } = await open(
      'const evil = "</script><img src=x onerror=alert(1)>";\nconst x = torch.ones(3, { requires_grad: true });\nconst y = x.sin().sum();\ny.backward();\nplt.plot([1, 2]);\n',
    );
    await page.locator("#plots canvas").waitFor();
    const sine = page.getByRole("treeitem", { name: /SinBackward0/ });
    const at = (await page.evaluate(`__gradlens.nodePosition(${await sine.getAttribute("data-node")})`)) as any;
    await page.mouse.click(at.x, at.y);
    await page.locator("#inspector h2").waitFor();
    expect(await page.locator("#source-pane mark").textContent()).toBe("x.sin()");
    await page.keyboard.press("Control+f");
    await page.keyboard.type("op:sum");
    await page.locator("#finder [role=option]").waitFor();
    expect(errors).toEqual([]);
    expect(size).toBeLessThan(1_700_000);
    await page.close();
  });

  test("without figures it is smaller by Vega, and a click on a line selects its node", async () => {
    const { page, errors, size } = await open(
      "const x = torch.ones(3, { requires_grad: true });\nconst y = x.sin().sum();\ny.backward();\n",
    );
    await page.locator("#source-pane li").nth(1).click();
    await page.locator("#inspector h2").waitFor();
    expect(await page.locator("#inspector").textContent()).toContain("SumBackward0");
    expect(errors).toEqual([]);
    expect(size).toBeLessThan(850_000);
    await page.close();
  });
});
