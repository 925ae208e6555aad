/** Answers where the eyes are: warnings, hovers and quick fixes in the text, cells, and a long run that is watched and stopped. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { closeBrowser, Workbench } from "./workbench";

const PROGRAM = `import * as torch from "gradlens";
torch.manual_seed(0);

// %% A gradient that is not there
const x = torch.ones(2, 3, { requires_grad: true });
const h = x.mul(2);
const loss = h.sum();
loss.backward();
console.log("gradient of h:", h.grad);

// %% Shapes that do not fit
const mean = x.mean(1);
const centred = x.sub(mean);
`;

/** Unindented: the editor would indent what is pasted into it once more. */
const ENDLESS = `import * as torch from "gradlens";
const w = torch.ones(3, { requires_grad: true });
for (let step = 0, lr = 1e-4; ; step++) {
const loss = w.pow(2).sum();
w.grad = null;
loss.backward();
torch.no_grad(() => w.sub_(w.grad!.mul(lr)));
}
`;

afterAll(closeBrowser);

describe("answers", () => {
  let workbench: Workbench;

  beforeAll(async () => {
    workbench = await Workbench.open();
    await workbench.openFile("what-is-autograd.ts");
    await workbench.replaceText(PROGRAM);
    await workbench.command("Gradlens: Run File");
  });
  afterAll(async () => {
    await workbench.editor.locator(".view-lines").click();
    await workbench.command("File: Revert File");
    await workbench.close();
  });
  afterEach(({ task }) => {
    if (task.result?.state === "fail") return workbench.screenshot(`failed-${task.name.replace(/\W+/g, "-")}`);
  });

  test("the statement at fault is marked, what was printed stands beside it, and a hover says why", async () => {
    await workbench.editor.locator(".squiggly-warning").first().waitFor({ timeout: 30_000 });
    await expect.poll(() => workbench.inlineValues().then((all) => all.join("\n"))).toMatch(/→ gradient of h: null/);
    const show = async () => {
      const hover = await workbench.hover("mul", "const h =");
      await expect.poll(() => hover.textContent()).toMatch(/'h' has no gradient: .*retain_grad/);
    };
    await show();
    await workbench.pictures("answers", { show });
    await workbench.press("Escape");
  });

  test("the problem is listed with its code", async () => {
    await workbench.problem("'h' has no gradient");
    await workbench.page.locator(".markers-panel", { hasText: "grad-not-leaf" }).waitFor();
    await workbench.command("View: Toggle Panel Visibility");
  });

  test("a quick fix keeps the dimension that the shapes need", async () => {
    await workbench.goTo(13, 18);
    const fix = workbench.page.locator(".action-widget .monaco-list-row", { hasText: "keepdim: true" }).first();
    // The menu closes when the editor renews its problems just then.
    const show = () =>
      expect
        .poll(
          async () => {
            if (!(await fix.isVisible())) await workbench.press("ControlOrMeta+.");
            return fix.isVisible();
          },
          { timeout: 30_000, interval: 1500 },
        )
        .toBe(true);
    await show();
    await workbench.pictures("quick-fix", { show });
    await fix.click();
    await expect
      .poll(() => workbench.editor.locator(".view-lines").textContent())
      .toMatch(/x\.mean\(1,\s\{\skeepdim:\strue\s\}\)/);
    await workbench.command("Gradlens: Run File");
    await expect.poll(() => workbench.inlineValues().then((all) => all.join("\n"))).toMatch(/centred \[2, 3\]/);
    expect(await workbench.editor.locator(".squiggly-error").count()).toBe(0);
  });

  test("nothing went wrong unseen", () => expect(workbench.errors).toEqual([]));
});

describe("running", () => {
  let workbench: Workbench;

  beforeAll(async () => {
    workbench = await Workbench.open();
    await workbench.openFile("what-is-autograd.ts");
  });
  afterAll(async () => {
    await workbench.editor.locator(".view-lines").click();
    await workbench.command("File: Revert File");
    await workbench.close();
  });
  afterEach(({ task }) => {
    if (task.result?.state === "fail") return workbench.screenshot(`failed-${task.name.replace(/\W+/g, "-")}`);
  });
  const values = () => workbench.inlineValues().then((all) => all.join("\n"));

  test("Run Cell above a cell runs it after what it depends on, and no other cell", async () => {
    await workbench.replaceText(
      "// %% One\nconst a = torch.ones(3);\n// %% Two\nconst b = torch.ones(4);\n// %% Three\nconst c = a.mul(2);\n",
    );
    const lens = workbench.page.locator(".codelens-decoration a", { hasText: "Run Cell" });
    await expect.poll(() => lens.count(), { timeout: 30_000 }).toBe(3);
    await lens.nth(2).click();
    await expect.poll(values, { timeout: 30_000 }).toMatch(/c \[3\]/);
    expect(await values()).toMatch(/a \[3\]/);
    expect(await values()).not.toMatch(/b \[4\]/);
    await workbench.screenshot("run-cell");
  });

  test("a long run tells its steps and its loss, its values follow, and the status bar stops it", async () => {
    await workbench.replaceText(ENDLESS);
    await workbench.command("Gradlens: Run File");
    const item = await workbench.statusItem("run");
    await expect.poll(() => item.textContent(), { timeout: 30_000 }).toMatch(/loss \d/);
    await expect.poll(values).toMatch(/loss \S+ [▁-█·]+ ×\d+/);
    await workbench.screenshot("long-run");
    await item.click();
    await expect.poll(() => item.getAttribute("aria-label"), { timeout: 30_000 }).toMatch(/stopped/i);
    expect(await values()).toMatch(/loss \S+ [▁-█·]+ ×\d+/);
  });

  test("the values at line ends can be switched off and on", async () => {
    await workbench.replaceText("const a = torch.ones(3);\n");
    await workbench.command("Gradlens: Run File");
    await expect.poll(values, { timeout: 30_000 }).toMatch(/a \[3\]/);
    await workbench.command("Gradlens: Toggle Inline Values");
    await expect.poll(values).toBe("");
    await workbench.command("Gradlens: Toggle Inline Values");
    await expect.poll(values).toMatch(/a \[3\]/);
  });

  test("what is no TypeScript is refused at its place", async () => {
    await workbench.replaceText("const a = torch.ones(3);\nconst view = <div>{a}</div>;\n");
    await workbench.command("Gradlens: Run File");
    await workbench.editor.locator(".squiggly-error").first().waitFor({ timeout: 30_000 });
    await workbench.command("Problems: Focus on Problems View");
    await workbench.page.locator(".markers-panel .monaco-list-row", { hasText: "gradlens" }).first().waitFor();
  });
});
