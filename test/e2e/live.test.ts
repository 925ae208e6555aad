/** Writing with it: live values, hovers, the tree of tensors, lenses, playgrounds, as a person meets them. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { closeBrowser, Workbench } from "./workbench";

const PROGRAM = `import * as torch from "gradlens";
torch.manual_seed(0);

// %% A network
const model = new torch.nn.Sequential(new torch.nn.Linear(2, 4), new torch.nn.Tanh(), new torch.nn.Linear(4, 1));
const x = torch.randn(16, 2);
const h = model(x);
let loss = h.pow(2).mean();
const optimizer = new torch.optim.SGD(model.parameters(), { lr: 0.1 });

// %% Training
for (let step = 0; step < 30; step++) {
  optimizer.zero_grad();
  loss = model(x).pow(2).mean();
  loss.backward();
  optimizer.step();
}
console.log("loss", loss.item());
const broken = torch.tensor([0, 1], { requires_grad: true });
const logs = broken.log().sum();
logs.backward();
`;

afterAll(closeBrowser);

describe("live mode", () => {
  let workbench: Workbench;

  beforeAll(async () => {
    workbench = await Workbench.open({ width: 1440, height: 900 });
    await workbench.openFile("what-is-autograd.ts");
    await workbench.replaceText(PROGRAM);
  });
  afterAll(async () => {
    await workbench.editor.locator(".view-lines").click();
    await workbench.command("File: Revert File");
    await workbench.close();
  });
  afterEach(({ task }) => {
    if (task.result?.state === "fail") return workbench.screenshot(`failed-${task.name.replace(/\W+/g, "-")}`);
  });

  test("the switch in the status bar runs the file, and each edit runs it again", async () => {
    await (await workbench.statusItem("live")).click();
    const values = () => workbench.inlineValues().then((all) => all.join("\n"));
    await expect.poll(values, { timeout: 30_000 }).toMatch(/loss \S+ [▁-█·]+ ×30/);
    expect(await values()).toMatch(/→ loss 0\.0\d+/);
    expect(await values()).toMatch(/broken \[2\]/);
    await workbench.goTo(12, 29);
    await workbench.press("Backspace", "Backspace");
    await workbench.type("12");
    await expect.poll(values, { timeout: 30_000 }).toMatch(/×12/);
    await workbench.pictures("live");
  });

  test("text that does not parse dims the results, and the status bar says so", async () => {
    await workbench.goTo(7, 18);
    await workbench.type("((");
    const item = await workbench.statusItem("live");
    await expect.poll(() => item.getAttribute("aria-label"), { timeout: 30_000 }).toMatch(/waits for text that runs/);
    expect((await workbench.inlineValues()).join("\n")).toMatch(/×12/);
    await workbench.pictures("live-stale");
    await workbench.press("Backspace", "Backspace");
    await expect.poll(() => item.getAttribute("aria-label"), { timeout: 30_000 }).toMatch(/runs with every edit/);
  });

  test("a hover says what a value is, and what an operator does", async () => {
    await workbench.goTo(7, 1);
    const value = async () => {
      const hover = await workbench.hover("h", "const h =");
      await expect.poll(() => hover.textContent()).toMatch(/\[16, 1\] float32/);
      await hover.getByRole("link", { name: "Show in graph" }).waitFor();
    };
    await value();
    await workbench.pictures("hover-value", { show: value });
    await workbench.press("Escape");
    const operator = async () => {
      const hover = await workbench.hover("mean", "let loss =");
      await expect.poll(() => hover.textContent()).toMatch(/∂ mean/);
    };
    await operator();
    await workbench.pictures("hover-operator", { show: operator });
    await workbench.press("Escape");
  });

  test("the Tensors view lists variables and parameters", async () => {
    await workbench.command("Gradlens: Show Tensors");
    const rows = workbench.page.locator("[role=treeitem]");
    await rows.filter({ hasText: "loss" }).first().waitFor();
    const labels = async () => (await rows.allTextContents()).join("\n");
    expect(await labels()).toMatch(/Variables/);
    await rows.filter({ hasText: "loss" }).first().click();
    // The source is shown, and the keyboard stays in the tree.
    await workbench.cursorIn(({ line }) => line === 14);
    await workbench.press("End", "ArrowRight");
    await expect.poll(labels).toMatch(/model/);
    await workbench.pictures("tensors");
  });

  test("nothing went wrong unseen", () => expect(workbench.errors).toEqual([]));
});

describe("beginnings", () => {
  let workbench: Workbench;

  beforeAll(async () => {
    workbench = await Workbench.open({ width: 1440, height: 900 });
    await workbench.page.locator(".activitybar [aria-label*='Gradlens']").first().waitFor({ timeout: 60_000 });
  });
  afterAll(() => workbench.close());
  afterEach(({ task }) => {
    if (task.result?.state === "fail") return workbench.screenshot(`failed-${task.name.replace(/\W+/g, "-")}`);
  });

  test("a new playground resolves gradlens, completes and runs", async () => {
    await workbench.command("Gradlens: New Playground");
    await workbench.page.locator(".tab.active", { hasText: "playground-1.ts" }).waitFor({ timeout: 30_000 });
    await workbench.page.locator(".codelens-decoration", { hasText: "Run File" }).first().waitFor({ timeout: 30_000 });
    await workbench.press("ControlOrMeta+End");
    await workbench.type("torch.linsp");
    const suggestion = workbench.page.locator(".suggest-widget .monaco-list-row", { hasText: "linspace" });
    // The language server may still be reading the typings.
    await expect
      .poll(
        async () => {
          await workbench.press("Control+Space");
          return suggestion.count();
        },
        { timeout: 60_000, interval: 2000 },
      )
      .toBeGreaterThan(0);
    await workbench.screenshot("playground-completion");
    await workbench.press("Escape");
    for (const _ of "torch.linsp") await workbench.press("Backspace");
    await workbench.command("Gradlens: Run File");
    await (await workbench.panel()).locator("#plots canvas").first().waitFor({ timeout: 30_000 });
    expect(await workbench.page.locator(".squiggly-error").count()).toBe(0);
    await workbench.screenshot("playground");
  });

  test("the walkthrough has its four steps and their pictures", async () => {
    await workbench.press("F1");
    await workbench.page.locator(".quick-input-widget:visible input.input").fill(">Welcome: Open Walkthrough...");
    await workbench.page
      .locator(".quick-input-widget:visible .monaco-list-row", { hasText: "Open Walkthrough" })
      .first()
      .waitFor();
    await workbench.press("Enter");
    const rows = workbench.page.locator(".quick-input-widget:visible .monaco-list-row", {
      hasText: "See backpropagation",
    });
    await rows.first().waitFor();
    await rows.first().click();
    const steps = workbench.page.locator(".getting-started-step");
    await expect.poll(() => steps.count(), { timeout: 30_000 }).toBe(4);
    // The picture is in a page of its own.
    await workbench.page.locator(".getting-started-media iframe, .getting-started-media webview").first().waitFor();
    await workbench.page.waitForTimeout(1500);
    await workbench.screenshot("walkthrough");
  });
});
