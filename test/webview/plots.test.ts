/** Figures in the panel: drawn, wrapped, pointed at, zoomed, saved, and drawn anew while a program goes on. */
import { afterAll, afterEach, expect, test } from "vitest";
import type { Figure } from "../../src/trace/model";
import { closeBrowser, Panel, type PanelOptions } from "./panel";
import { programTrace } from "./traces";

afterAll(closeBrowser);

let panel: Panel;
const open = async (options?: PanelOptions) => {
  panel = await Panel.open({ height: 900, ...options });
  return panel;
};
afterEach(async () => {
  expect(panel.errors).toEqual([]);
  await panel.close();
});

/** Many steps of the mouse take their time. */
const PATIENTLY = { timeout: 20_000 };
const drawn = (count: number) => panel.locator(`#plots[data-drawn="${count}"]`).waitFor();
const figures = (text: string) => programTrace(text);
const LINE = "plt.plot([0, 1, 2], [5, 7, 6], 'o-', { label: 'loss' }); plt.xlabel('step');";
const widths = () =>
  panel.page.evaluate(
    "[...document.querySelectorAll('#plots canvas')].map((c) => [c.clientWidth, c.closest('.plot').clientWidth])",
  ) as Promise<[number, number][]>;

test.each([260, 480])("a row of four axes fits into %d pixels", async (width) => {
  await open({ width });
  await panel.show(
    figures(
      "const [, row] = plt.subplots(1, 4); row.forEach((a: any) => a.imshow([[1, 2], [3, 4]])); row[3].colorbar();",
    ),
  );
  await drawn(1);
  const [[canvas, place]] = (await widths()) as [[number, number]];
  expect(canvas).toBeLessThanOrEqual(place + 6);
  expect(canvas).toBeGreaterThan(place * 0.75);
});

test("a point says its values, in words of the program", async () => {
  await open();
  await panel.show(figures(LINE));
  await drawn(1);
  const canvas = panel.locator("#plots canvas");
  const box = (await canvas.boundingBox())!;
  // Somewhere on the way from left to right lies the middle point.
  await expect
    .poll(async () => {
      for (let x = 0.5; x < 0.55; x += 0.008) {
        for (const y of [0.09, 0.1, 0.11]) {
          await panel.page.mouse.move(box.x + box.width * x, box.y + box.height * y);
          if (await panel.locator("#tip").isVisible()) return await panel.locator("#tip").textContent();
        }
      }
      return "";
    }, PATIENTLY)
    .toBe("step1loss7");
});

test("a figure is saved as it is, under its title", async () => {
  await open();
  await panel.show(figures(`${LINE} plt.title('My <loss>');`));
  await drawn(1);
  await panel.locator("#plots figure").hover();
  await panel.locator('#plots .save[aria-label$="SVG"]').click();
  const svg = await panel.received("save");
  expect([svg.name, svg.encoding]).toEqual(["My <loss>.svg", "utf8"]);
  expect(svg.content).toMatch(/^<svg/);
  await panel.locator('#plots .save[aria-label$="PNG"]').click();
  const png = await panel.received("save", (message) => message.name.endsWith(".png"));
  expect(Buffer.from(png.content, "base64").subarray(1, 4).toString()).toBe("PNG");
});

test("Ctrl and the wheel zoom, a double click brings everything back; the wheel alone scrolls the panel", async () => {
  await open();
  await panel.show(figures(LINE));
  await drawn(1);
  const canvas = panel.locator("#plots canvas");
  const picture = () => panel.page.evaluate("document.querySelector('#plots canvas').toDataURL()");
  const before = await picture();
  await canvas.hover({ position: { x: 200, y: 80 } });
  await panel.page.keyboard.down("Control");
  await panel.page.mouse.wheel(0, -300);
  await panel.page.keyboard.up("Control");
  await expect.poll(picture).not.toBe(before);
  const zoomed = await picture();
  await canvas.dblclick({ position: { x: 200, y: 80 } });
  await expect.poll(picture).not.toBe(zoomed);
});

test("while a program goes on its figures are drawn anew in their place, and stay when it is done", async () => {
  await open();
  const trace = figures(`${LINE} plt.show(); ${LINE}`);
  await panel.send({ type: "running", program: "p.ts" });
  const live = (index: number, figure: Figure) => panel.send({ type: "figure", run: 7, index, figure });
  await live(0, { ...trace.figures[0]!, title: "first" });
  await drawn(1);
  await live(0, { ...trace.figures[0]!, title: "second" });
  await live(1, trace.figures[1]!);
  await drawn(2);
  expect(await panel.locator("#plots .title").allTextContents()).toEqual(["second", "Figure 2"]);
  expect(await panel.page.evaluate("getComputedStyle(document.querySelector('#plots')).opacity")).toBe("1");
  await panel.show(trace);
  await expect.poll(() => panel.locator("#plots .title").allTextContents()).toEqual(["Figure 1", "Figure 2"]);
});

test("a figure is described to those who cannot see it", async () => {
  await open();
  await panel.show(figures(`${LINE} plt.title('Loss');`));
  await drawn(1);
  expect(await panel.locator("#plots [role=img]").getAttribute("aria-label")).toBe(
    "Loss. line, set of points; x 0 to 2, y 5 to 7",
  );
});
