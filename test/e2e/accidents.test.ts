/** Programs that misbehave, in the window of the person who wrote them. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { closeBrowser, Workbench } from "./workbench";

const HARMLESS = "const x = torch.tensor([3.0], { requires_grad: true });\nx.mul(x).backward();\n";

let workbench: Workbench;

beforeAll(async () => {
  workbench = await Workbench.open();
  await workbench.openFile("what-is-autograd.ts");
});
afterAll(closeBrowser);
afterEach(async ({ task }) => {
  if (task.result?.state === "fail") await workbench.screenshot(`failed-${task.name.replace(/\W+/g, "-")}`);
  await workbench.command("File: Revert File");
});

/** Makes `text` the whole program and runs it, without saving. */
async function runText(text: string): Promise<void> {
  await workbench.replaceText(text);
  await workbench.command("Gradlens: Run File");
}

async function expectUsable(): Promise<void> {
  await runText(HARMLESS);
  const panel = await workbench.panel();
  await expect.poll(() => panel.getByRole("treeitem").count(), { timeout: 15_000 }).toBe(2);
  await panel.locator("body[data-state=ready]").waitFor();
}

test("Stop ends an endless loop", async () => {
  await runText("let steps = 0;\nwhile (true) steps++;\n");
  const panel = await workbench.panel();
  await panel.locator("body[data-state=running]").waitFor();
  const start = performance.now();
  await workbench.command("Gradlens: Stop");
  await panel.locator("body:not([data-state=running])").waitFor();
  console.log(`Stop, palette and all: ${(performance.now() - start).toFixed(0)} ms`);
  await expectUsable();
});

test("an exception is marked where it was thrown, and listed", async () => {
  await runText("const a = torch.ones([2, 3]);\nconst c = a.matmul(torch.ones([4, 5]));\n");
  await workbench.editor.locator(".squiggly-error").first().waitFor();
  await workbench.screenshot("error");
  await workbench.problem("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)");
  await expectUsable();
});

test("process.exit(1) takes nothing with it", async () => {
  await runText("const x = torch.ones([2]);\nprocess.exit(1);\n");
  await expectUsable();
});
