/** The timeline: steps, keys, play, what it tells, training steps. */
import { afterAll, afterEach, expect, test } from "vitest";
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

async function open(text: string, options: PanelOptions & { live?: boolean } = {}): Promise<void> {
  panel = await Panel.open({ height: 1000, ...options });
  host = await LiveHost.show(panel, text, options);
}

const now = async () => (await panel.locator("#timeline .now").allInnerTexts()).join("\n").replace(/\s+/g, " ");
const count = () => panel.locator("#timeline .transport .count").textContent();
const button = (label: string) => panel.locator(`#timeline [aria-label="${label}"]`);

// d = a·b + a, at a = 2, b = 3
const TWICE = `const a = torch.tensor(2, { dtype: torch.float32, requires_grad: true });
const b = torch.tensor(3, { dtype: torch.float32, requires_grad: true });
const c = a.mul(b);
const d = c.add(a);
d.backward();`;

const TRAINING = `const w = torch.tensor([1., 2.], { requires_grad: true });
const opt = new optim.SGD([w], { lr: 0.1 });
for (let i = 0; i < 20; i++) {
  opt.zero_grad();
  const loss = w.mul(w).sum();
  loss.backward();
  opt.step();
}`;

test("forward in the order of the program, then backward as it ran, by the keyboard alone", async () => {
  await open(TWICE);
  expect(await count()).toBe("8 steps");
  await button("Step").focus();
  await panel.page.keyboard.press("Home");
  await expect.poll(now).toContain("Forward a AccumulateGrad leaf tensor(2.)");
  for (const _ of [1, 2]) await panel.page.keyboard.press("ArrowRight");
  await expect.poll(now).toContain("c = a · b = 2. · 3. = 6.");
  for (const _ of [1, 2]) await panel.page.keyboard.press("ArrowRight");
  expect(await count()).toBe("5 / 8");
  await expect
    .poll(now)
    .toMatch(/Backward d AddBackward0 arrives ∇d tensor\(1\.\).*sends a tensor\(1\.\) \(1 of 2 parts\)/);
  await panel.page.keyboard.press("ArrowRight");
  await expect.poll(now).toContain("∇a = ∇c · ∂c/∂a = 1. · 3. = 3.");
  await expect.poll(now).toContain("sends a tensor(3.) (2 of 2 parts, sum [4])");
  await panel.page.keyboard.press("End");
  await expect.poll(now).toMatch(/accumulates (a|b)\.grad \+= tensor/);
  await panel.page.keyboard.press("Escape");
  expect(await count()).toBe("8 steps");
});

test("it plays to the end, faster on demand, and pauses", async () => {
  await open(TWICE);
  await panel.locator('#timeline [aria-label="Speed"]').selectOption("30");
  await button("Play").click();
  await expect.poll(count).toBe("8 / 8");
  await button("Play").waitFor();
  await panel.locator('#timeline [aria-label="Speed"]').selectOption("1");
  await button("Play").click();
  await button("Pause").click();
  expect(await count()).toMatch(/^[12] \/ 8$/);
});

test("a training run: its steps are scrubbed, and the graph shows the gradients of each", async () => {
  await open(TRAINING);
  const slider = panel.locator('#timeline [aria-label="Training step"]');
  expect(await panel.locator("#timeline .training .count").textContent()).toBe("20 / 20");
  const norm = () =>
    panel.page.evaluate(
      (index) => (globalThis as any).__gradlens.pane.current.view.nodes.find((node: any) => node.trace === index).norm,
      host!.node("w"),
    );
  const last = await norm();
  await slider.fill("0");
  // ∇ = 2w, ‖[2, 4]‖
  await expect.poll(norm).toBe("4.47");
  expect(await panel.locator("#timeline .training .count").textContent()).toBe("1 / 20");
  await slider.fill("19");
  await expect.poll(norm).toBe(last);
});

test("where it stood survives a reload", async () => {
  await open(TWICE);
  await button("Last step").click();
  await panel.reload();
  await panel.show(host!.trace);
  await expect.poll(count).toBe("8 / 8");
});

test("without a process behind it the run's own numbers are told", async () => {
  await open(TWICE, { live: false });
  await button("Last step").click();
  await button("Step back").click();
  await expect.poll(now).toMatch(/Backward [abc] .*tensor\(/);
});

test("a run without backward has no timeline", async () => {
  await open("const a = torch.ones(2, { requires_grad: true }); const b = a.mul(2);");
  expect(await panel.locator("#timeline").isVisible()).toBe(false);
});

test.each(THEMES.flatMap((theme) => WIDTHS.map((width) => [theme, width] as const)))(
  "nothing is cut off: %s, %d px",
  async (theme, width) => {
    await open(TRAINING, { theme, width, height: 760 });
    for (const _ of [1, 2, 3, 4, 5]) await button("Step forward").click();
    await expect.poll(now).toContain("Backward");
    await panel.page.waitForTimeout(300);
    const wide = await panel.page.evaluate(
      `[...document.querySelectorAll("#timeline, #timeline > *")].filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 1).map((e) => e.className || e.id)`,
    );
    expect(wide).toEqual([]);
    await panel.screenshot(`timeline/${theme}-${width}`);
  },
);
