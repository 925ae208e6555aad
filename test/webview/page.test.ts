/** The page itself, in every theme and width: it opens, shows a graph, answers the mouse, keeps its state. */
import { afterAll, afterEach, expect, test } from "vitest";
import { closeBrowser, Panel, type PanelOptions, THEMES } from "./panel";
import { exampleTrace, syntheticTrace } from "./traces";

afterAll(closeBrowser);

let panel: Panel;
const open = async (options?: PanelOptions) => {
  panel = await Panel.open(options);
  return panel;
};
afterEach(async () => {
  expect(panel.errors).toEqual([]);
  await panel.close();
});

test("an empty panel asks the host to run the selection", async () => {
  await open();
  await panel.locator("#empty-run").click();
  expect(await panel.received("command")).toEqual({ type: "command", command: "gradlens.runSelection" });
});

test("a click on a card selects it and leads to its source", async () => {
  await open();
  const trace = exampleTrace("what-is-autograd");
  expect(await panel.show(trace)).toMatchObject({ nodes: trace.nodes.length });
  await panel.clickNode(3);
  expect(await panel.received("reveal")).toMatchObject({ run: 1, target: { kind: "node", index: 3 }, focus: false });
  await expect.poll(() => panel.locator("#inspector h2").textContent()).toBe(trace.nodes[3]!.variable);
});

test("the selection survives a reload", async () => {
  await open();
  await panel.show(syntheticTrace(12), { program: "a.ts" });
  await panel.clickNode(2);
  await panel.reload();
  await panel.show(syntheticTrace(12), { program: "a.ts" });
  await expect.poll(() => panel.page.evaluate("__gradlens.selected")).toBe(2);
});

test.each(THEMES)("colours follow the window's theme to %s", async (theme) => {
  await open({ theme: theme === "dark" ? "light" : "dark" });
  await panel.show(syntheticTrace(8));
  const ground = () => panel.page.evaluate("getComputedStyle(document.body).backgroundColor");
  const before = await ground();
  await panel.setTheme(theme);
  await expect.poll(ground).not.toBe(before);
});
