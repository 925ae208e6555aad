/** Finding, comparing, exporting the graph, from the source to it, and a window that is loaded again. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Frame } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { closeBrowser, Workbench } from "./workbench";

/** A machine that is busy with other tests opens its first window slowly. */
const PATIENCE_MS = 40_000;
const PROGRAM = `import * as torch from "gradlens";

const x = torch.tensor([1, 2, 3], { requires_grad: true });
const y = x.mul(x);
const z = y.exp();
const loss = z.sum();
loss.backward();
`;

let workbench: Workbench;
let panel: Frame;
const folder = mkdtempSync(join(tmpdir(), "gradlens-export-"));

beforeAll(async () => {
  workbench = await Workbench.open({ width: 1500, height: 950 });
  workbench.page.setDefaultTimeout(PATIENCE_MS);
  await workbench.openFile("what-is-autograd.ts");
  await workbench.replaceText(PROGRAM);
  await workbench.command("Gradlens: Run File");
  panel = await workbench.panel();
  await panel.getByRole("treeitem", { name: "ExpBackward0" }).waitFor({ state: "attached" });
}, 4 * PATIENCE_MS);
vi.setConfig({ testTimeout: 4 * PATIENCE_MS });
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await workbench.close();
  await closeBrowser();
});
afterEach(({ task }) => {
  if (task.result?.state === "fail") return workbench.screenshot(`failed-graph-${task.name.replace(/\W+/g, "-")}`);
});

/** With patience. */
const poll = <T>(read: () => Promise<T> | T) => expect.poll(read, { timeout: PATIENCE_MS });
/** The variable, or else the name, of the node that is selected in the panel. */
const selected = () =>
  panel.evaluate(`(() => {
    const { pane, selected } = __gradlens;
    const node = selected === null ? null : pane.current.trace.nodes[selected];
    return node && (node.variable ?? node.name);
  })()`);

test("the cursor in the source selects the node that the expression made", async () => {
  await workbench.goTo(5, 12);
  await workbench.press("ArrowRight");
  await poll(selected).toBe("z");
  await workbench.goTo(4, 13);
  await workbench.press("ArrowRight");
  await poll(selected).toBe("y");
});

test("find lists the nodes, and Enter goes to the next and to its source", async () => {
  await panel.getByRole("treeitem").first().focus();
  await workbench.press("ControlOrMeta+f");
  await panel.locator("#finder input").waitFor();
  await workbench.type("op:exp | leaf");
  await poll(() => panel.locator("#finder [role=option]").count()).toBe(2);
  await workbench.press("Enter");
  await poll(selected).toBe("z");
  await workbench.screenshot("graph-find");
  await workbench.press("Escape");
  await panel.locator("#finder").waitFor({ state: "hidden" });
});

test("the next run is compared with this one, node by node", async () => {
  await panel.getByRole("treeitem").first().focus();
  await workbench.press("c");
  await panel.locator("#comparison .summary", { hasText: "Run the program again" }).waitFor();
  await workbench.replaceText(PROGRAM.replace("y.exp()", "y.exp().mul(2)"));
  await workbench.command("Gradlens: Run File");
  const texts = () => panel.locator("#comparison li").allInnerTexts();
  await poll(async () => (await texts()).filter((text) => /added/.test(text)).length).toBe(1);
  // Twice the loss, twice the gradients below it.
  expect((await texts()).some((text) => text.includes("×2"))).toBe(true);
  await workbench.screenshot("graph-comparison");
  await panel.locator('#comparison [aria-label="Stop comparing"]').click();
});

test.each([
  ["SVG", "svg", /^<svg[\s\S]*ExpBackward0[\s\S]*<\/svg>\s*$/],
  ["DOT", "dot", /^digraph [\s\S]*ExpBackward0/],
  ["HTML", "html", /^<!doctype html>[\s\S]*ExpBackward0/i],
])("Export Graph as %s asks where to, and writes what is seen there", async (title, ending, content) => {
  const file = join(folder, `picture.${ending}`);
  await workbench.press("F1");
  const input = workbench.page.locator(".quick-input-widget:visible input.input");
  await input.fill(">Gradlens: Export Graph");
  await workbench.page.locator(".quick-input-list .monaco-list-row", { hasText: "Export Graph" }).first().waitFor();
  await workbench.press("Enter");
  await workbench.page
    .locator(".quick-input-list .monaco-list-row", { hasText: `.${ending}` })
    .first()
    .waitFor();
  await input.fill(title);
  await workbench.press("Enter");
  await poll(() => input.inputValue()).toContain(`what-is-autograd.${ending}`);
  await input.fill(file);
  await workbench.page.waitForTimeout(300);
  await workbench.press("Enter");
  await poll(() => (existsSync(file) ? readFileSync(file, "utf8") : "")).toMatch(content);
});

test("a window that is loaded again finds its text, runs it, and sees the graph as it was seen", async () => {
  await panel.locator("#graph-options").click();
  await panel.locator("#options-card").waitFor();
  await panel.locator("#direction").selectOption("right");
  await workbench.press("Escape");
  await panel.locator("#health summary").click();
  await workbench.page.waitForTimeout(2000);
  await workbench.command("Developer: Reload Window");
  await workbench.page.locator(".tab.active", { hasText: "what-is-autograd.ts" }).waitFor();
  // The lens is there once the extension is.
  await workbench.editor.locator(".codelens-decoration a", { hasText: "Run File" }).click();
  panel = await workbench.panel();
  await panel.getByRole("treeitem", { name: "ExpBackward0" }).waitFor({ state: "attached" });
  expect(await panel.evaluate("__gradlens.pane.settings.direction")).toBe("right");
  await poll(() => panel.locator("#health details[open]").count()).toBe(1);
});

test("nothing in the panel went wrong unseen", () => {
  expect(workbench.errors).toEqual([]);
});
