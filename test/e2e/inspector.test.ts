/** From a node to its numbers, its Jacobian, the timeline and the table of parameters, in a real window. */
import type { Frame } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { closeBrowser, Workbench } from "./workbench";

/** A machine that is busy with other tests opens its first window slowly. */
const PATIENCE_MS = 40_000;

let workbench: Workbench;
let panel: Frame;

beforeAll(async () => {
  workbench = await Workbench.open({ width: 1500, height: 950 });
  workbench.page.setDefaultTimeout(PATIENCE_MS);
  await workbench.openFile("what-is-autograd.ts");
  await workbench.goTo(1);
  await workbench.command("Gradlens: Run File");
  panel = await workbench.panel();
  await panel.locator("body[data-state=ready]").waitFor();
}, 4 * PATIENCE_MS);
vi.setConfig({ testTimeout: 4 * PATIENCE_MS });
afterAll(async () => {
  await workbench.close();
  await closeBrowser();
});
afterEach(({ task }) => {
  if (task.result?.state === "fail") return workbench.screenshot(`failed-inspector-${task.name.replace(/\W+/g, "-")}`);
});

/** Selects a node of the graph by the keyboard's own tree. */
async function choose(name: string): Promise<void> {
  const item = panel.getByRole("treeitem", { name }).first();
  await item.focus();
  await poll(() => panel.locator("#inspector .op, #inspector h2").allInnerTexts()).toContain(name);
}

/** With patience. */
const poll = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: PATIENCE_MS });

const text = async (selector: string) => (await panel.locator(selector).allInnerTexts()).join(" ").replace(/\s+/g, " ");

test("a node's formula is filled in with the numbers of the run", async () => {
  await choose("SinBackward0");
  await poll(() => text(".formula")).toMatch(/b = sin\(x\) = sin\(.+\) = /);
  await poll(() => text(".formula")).toMatch(/∂b\/∂x = cos\(x\) = cos\(.+\) = /);
  await panel.locator('.tensor[aria-label="Result"] [data-view="table"]').click();
  await panel.locator('.value-table [data-row="2"]').click();
  await poll(() => text(".formula .note")).toContain("[2]");
  expect(await text(".excerpt mark")).toBe("torch.sin(x)");
});

test("its Jacobian is a heat map, and multiplies a vector", async () => {
  await panel.locator(".jacobian-ends select").selectOption({ label: await firstEnd() });
  await panel.locator(".jacobian .heat-map canvas").first().waitFor();
  expect(await text(".jacobian-title")).toMatch(/(\d+) × \1$/);
  await panel.locator(".product-controls button").click();
  await poll(() => text('.jacobian-result [aria-label^="v ·"] pre')).toMatch(/^tensor\(/);
  await workbench.screenshot("inspector-jacobian");
});

async function firstEnd(): Promise<string> {
  const labels = await panel.locator(".jacobian-ends option").allInnerTexts();
  return labels.find((label) => label.startsWith("x "))!;
}

test("the timeline goes through forward and backward by keys", async () => {
  await panel.locator('#timeline [aria-label="Backward pass"]').selectOption("0");
  await panel.locator('#timeline [aria-label="Step"]').focus();
  await workbench.press("End");
  await poll(() => text("#timeline .now")).toMatch(/Backward x AccumulateGrad .*x\.grad \+=/);
  await workbench.press("ArrowLeft");
  await poll(() => text("#timeline .now")).toContain("∇x = ∇b · ∂b/∂x");
  await workbench.screenshot("timeline");
});

test("a training run: steps are scrubbed, parameters stand in one table and lead to their source", async () => {
  await workbench.openFile("two-moons.ts");
  await workbench.command("Gradlens: Run File");
  await panel.locator("#program", { hasText: "two-moons" }).waitFor();
  await poll(() => text("#timeline .training .count")).toBe("200 / 200");
  await panel.locator('#timeline [aria-label="Training step"]').fill("0");
  await poll(() => text("#timeline .training .count")).toBe("1 / 200");
  await panel.locator("#health summary").click();
  const names = () => panel.locator(".health-table tbody th").allInnerTexts();
  await poll(names).toEqual(["W1", "b1", "W2", "b2", "W3", "b3"]);
  await panel.locator('.health-table tr:has(th[title="W2"])').click();
  await panel.locator(".health-courses canvas").first().waitFor();
  await panel.locator('.health-table tr:has(th[title="W2"])').press("Enter");
  await workbench.cursorIn(({ line }) => line === 21);
  await workbench.screenshot("health");
});

test("a new run is offered once the process of the old one is gone", async () => {
  await workbench.replaceText(
    "const a = torch.ones(2, { requires_grad: true });\na.mul(2).sum().backward();\nsetTimeout(() => process.exit(), 50);\n",
  );
  await workbench.command("Gradlens: Run File");
  await panel.locator("#outcome", { hasText: /ms|s$/ }).waitFor();
  await workbench.page.waitForTimeout(400);
  await choose("MulBackward0");
  await panel.locator(".refusal button", { hasText: "Run Again" }).waitFor();
});

test("nothing in the panel went wrong unseen", () => {
  expect(workbench.errors).toEqual([]);
});
