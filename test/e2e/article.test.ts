/** The way that a reader of the introductory article goes: select, run, look, click. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { closeBrowser, Workbench } from "./workbench";

const FILE = "what-is-autograd.ts";
const lines = readFileSync(join(import.meta.dirname, "../../examples", FILE), "utf8").split("\n");
/** The number, from 1, of the line that starts with `text`. */
const lineOf = (text: string) => lines.findIndex((line) => line.startsWith(text)) + 1;
const FIRST = lineOf("const x =");
const LAST = lineOf("out.backward();");
const SINE = lineOf("const b = torch.sin(x)");

const CHAIN = ["SumBackward0", "AddBackward0", "MulBackward0", "SinBackward0", "AccumulateGrad"];

afterAll(closeBrowser);

describe("the article's program", () => {
  let workbench: Workbench;

  beforeAll(async () => {
    workbench = await Workbench.open({ width: 1440, height: 900 });
    await workbench.openFile(FILE);
  });
  afterAll(() => workbench.close());
  afterEach(({ task }) => {
    if (task.result?.state === "fail") return workbench.screenshot(`failed-${task.name.replace(/\W+/g, "-")}`);
  });

  test("Run Selection from the palette draws the graph", async () => {
    await workbench.selectLines(FIRST, LAST);
    await workbench.command("Gradlens: Run Selection");
    const panel = await workbench.panel();
    await panel.locator("body[data-state=ready]").waitFor();
    await panel.getByRole("treeitem").first().waitFor();
    const items = await panel.getByRole("treeitem").allTextContents();
    expect(items.map((text) => /[A-Z]\w*Backward\d|AccumulateGrad/.exec(text)?.[0])).toEqual(CHAIN);
    await workbench.pictures("graph", { readme: true });
  });

  test("hovering x shows its value, its gradient and the gradient's cosine", async () => {
    await workbench.goTo(SINE);
    const show = async () => {
      const hover = await workbench.hover("x", "const x =");
      await expect.poll(() => hover.textContent()).toMatch(/2\.0000e\+00,\s+1\.9319e\+00/);
      const picture = hover.locator("img").first();
      await picture.waitFor();
      expect(await picture.evaluate((image: any) => image.naturalWidth)).toBeGreaterThan(50);
    };
    await show();
    await workbench.pictures("hover", { show, readme: true });
    await workbench.press("Escape");
  });

  test("clicking the SinBackward0 card moves the cursor to torch.sin(x)", async () => {
    await workbench.goTo(1);
    const panel = await workbench.panel();
    const node = await panel.getByRole("treeitem", { name: "SinBackward0" }).getAttribute("data-node");
    const at = await panel.evaluate(`__gradlens.nodePosition(${node})`);
    await workbench.clickInPanel(panel, at as { x: number; y: number });
    const start = lines[SINE - 1]!.indexOf("torch.sin(x)") + 1;
    await workbench.cursorIn(
      ({ line, column }) => line === SINE && column >= start && column <= start + "torch.sin(x)".length,
    );
    await workbench.screenshot("reveal");
  });

  test("the whole file draws its figures, and the graph opens to the side", async () => {
    await workbench.goTo(1);
    await workbench.command("Gradlens: Run File");
    await (await workbench.panel()).locator("#plots canvas").nth(1).waitFor();
    await workbench.command("Gradlens: Open Graph to the Side");
    const panel = await workbench.panel("panel");
    const figures = panel.locator("#plots canvas");
    await figures.nth(1).scrollIntoViewIfNeeded();
    expect(await figures.count()).toBe(2);
    await workbench.pictures("plots", { readme: true });
  });

  test("nothing in the panel went wrong unseen", () => {
    expect(workbench.errors).toEqual([]);
  });
});
