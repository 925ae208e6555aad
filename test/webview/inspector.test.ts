/** The inspector with a run behind it that answers. */
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { LiveHost } from "./liveHost";
import { closeBrowser, Panel, type PanelOptions, THEMES, WIDTHS } from "./panel";

afterAll(closeBrowser);

let panel: Panel;
let host: LiveHost | undefined;
afterEach(async () => {
  host?.dispose();
  host = undefined;
  expect(panel.errors).toEqual([]);
  await panel.close();
});

async function open(text: string, options: PanelOptions & { live?: boolean } = {}): Promise<LiveHost> {
  panel = await Panel.open({ height: 1400, ...options });
  host = await LiveHost.show(panel, text, options);
  return host;
}

const select = (name: string) => panel.send({ type: "select", run: 1, node: host!.node(name), focus: false });
const text = (selector: string) => panel.locator(selector).textContent();
const lines = async () =>
  (await panel.locator(".formula-line").allInnerTexts()).map((each) => each.replace(/\s+/g, " "));

const SIN = `const a = torch.tensor(2, { dtype: torch.float32, requires_grad: true });
const b = torch.sin(a);
const c = b.mul(3);
c.backward();`;

const LAYER = `torch.manual_seed(1);
const x = torch.randn(8, 6);
const W = torch.randn(12, 6, { requires_grad: true });
const h = x.mm(W.t());
const y = torch.tanh(h);
const loss = y.pow(2).mean();
loss.backward();`;

test("a formula with the actual numbers filled in", async () => {
  await open(SIN);
  await select("b");
  await expect
    .poll(lines)
    .toEqual([
      "b = sin(a) = sin(2.) = 0.9093",
      "∂b/∂a = cos(a) = cos(2.) = -0.4161",
      "∇a = ∇b · ∂b/∂a = 3. · (-0.4161) = -1.2484",
    ]);
  await select("c");
  await expect.poll(async () => (await lines())[0]).toBe("c = b · 3 = 0.9093 · 3 = 2.7279");
});

test("the numbers of the element that is clicked in a table", async () => {
  await open(LAYER);
  await select("y");
  await panel.locator('.tensor[aria-label="Result"] [data-view="table"]').click();
  await panel.locator('.value-table [data-row="1"][data-column="2"]').click();
  await expect.poll(() => text(".formula .note")).toContain("[1, 2]");
  expect((await lines())[1]).toMatch(/^∂y\/∂h = 1 − y² = 1 − .*² = /);
});

test("where there are matrices, the formula speaks of them by their names", async () => {
  await open(LAYER);
  await select("h");
  await expect.poll(lines).toEqual(["h = x @ mat2", "∇mat2 = xᵀ @ ∇h"]);
});

test("a million values scroll as a table of which only what is in sight exists", async () => {
  await open(`const big = torch.arange(0, 1000000, { dtype: torch.float32 }).reshape(1000, 1000).requires_grad_();
const total = big.sum(); total.backward();`);
  await select("big");
  await panel.locator('.tensor[aria-label="Value"] [data-view="table"]').click();
  const table = panel.locator(".value-table");
  await table.evaluate((each) => each.scrollTo(0, each.scrollHeight));
  const cell = panel.locator('.value-table [data-row="999"][data-column="0"]');
  await expect.poll(() => cell.textContent()).toBe("9.9900e+05");
  expect(await panel.locator(".value-table .cell").count()).toBeLessThan(200);
  expect(panel.sent.filter(({ type }) => type === "ask").length).toBeLessThan(12);
});

describe("a Jacobian", () => {
  test("as a heat map, between the selected node and one from the list", async () => {
    await open(LAYER);
    await select("h");
    await panel.locator(".jacobian-ends select").selectOption({ index: 1 });
    await expect.poll(() => text(".jacobian-title")).toContain("∂h/∂W");
    await panel.locator('.heat-map canvas[aria-label^="∂h/∂W"]').waitFor();
    expect(await text(".jacobian-title .shape")).toBe("96 × 72");
  });

  test("with the other end picked in the graph, and multiplied by a vector", async () => {
    await open(SIN);
    await select("c");
    await panel.locator(".jacobian-ends button").click();
    await panel.clickNode(host!.node("a"));
    await expect.poll(() => text(".jacobian-title")).toContain("∂c/∂a");
    await panel.locator(".product-controls button").click();
    // 3 cos 2
    await expect.poll(() => text('.jacobian-result [aria-label^="v · ∂c/∂a"] pre')).toBe("tensor(-1.2484)");
    expect(await panel.page.evaluate("__gradlens.selected")).toBe(host!.node("c"));
  });

  test("is refused with a word on what to do when nothing was kept", async () => {
    await open(SIN, { live: false });
    await select("b");
    await expect.poll(() => text(".refusal")).toContain("Run it again");
    await panel.locator(".refusal button").click();
    expect(await panel.received("command")).toEqual({ type: "command", command: "gradlens.runAgain" });
  });
});

test("choices survive a reload", async () => {
  await open(LAYER);
  await select("y");
  await panel.locator('.tensor[aria-label="Result"] [data-view="picture"]').click();
  await panel.locator(".heat-map canvas").waitFor();
  await panel.reload();
  await panel.show(host!.trace);
  await panel.send({ type: "select", run: 2, node: host!.node("y"), focus: false });
  await panel.locator('.tensor[aria-label="Result"] .heat-map canvas').waitFor();
});

describe("nothing is cut off", () => {
  test.each(THEMES.flatMap((theme) => WIDTHS.map((width) => [theme, width] as const)))(
    "%s, %d px",
    async (theme, width) => {
      await open(LAYER, { theme, width, height: width < 700 ? 1900 : 1100 });
      await select("y");
      await panel.locator('.tensor[aria-label="Result"] [data-view="picture"]').click();
      await panel.locator(".jacobian-ends select").selectOption({ index: 1 });
      await panel.locator(".jacobian-title").waitFor();
      await panel.page.waitForTimeout(150);
      const wide = await panel.page.evaluate(
        `[...document.querySelectorAll("#inspector > *")].filter((e) => e.scrollWidth > e.clientWidth + 1 && !e.matches(".excerpt")).map((e) => e.className || e.tagName)`,
      );
      expect(wide).toEqual([]);
      await panel.screenshot(`inspector/${theme}-${width}`);
    },
  );
});
