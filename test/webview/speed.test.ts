/** How quickly the panel draws, with limits that only a change of kind would break; `npm run bench -- panel` prints the figures. */
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { closeBrowser, Panel } from "./panel";
import { exampleTrace, syntheticTrace } from "./traces";

afterAll(closeBrowser);
// A busy machine is slow, not wrong.
vi.setConfig({ testTimeout: 120_000 });

let panel: Panel;
afterEach(() => panel.close());

/** Milliseconds between frames while the wheel pans (or, with `zoom`, zooms) once a frame. */
async function frames(zoom: boolean): Promise<number[]> {
  return await panel.page.evaluate(
    ([ctrlKey, count]) =>
      new Promise<number[]>((resolve) => {
        const { document, requestAnimationFrame, WheelEvent } = globalThis as any;
        const graph = document.getElementById("graph");
        const box = graph.getBoundingClientRect();
        const times: number[] = [];
        const step = (now: number) => {
          times.push(now);
          if (times.length > count) return resolve(times.slice(1).map((time, i) => time - times[i]!));
          // There and back, so that the graph stays in sight.
          const by = times.length % 60 < 30 ? 14 : -14;
          const at = { clientX: box.x + box.width / 2, clientY: box.y + box.height / 2 };
          const wheel = { deltaX: ctrlKey ? 0 : by, deltaY: by, ctrlKey, bubbles: true, cancelable: true, ...at };
          graph.dispatchEvent(new WheelEvent("wheel", wheel));
          requestAnimationFrame(step);
        };
        requestAnimationFrame(step);
      }),
    [zoom, 60] as const,
  );
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const say = (what: string, milliseconds: number) => console.log(`${what}: ${milliseconds.toFixed(1)} ms`);

test("10,000 nodes are on screen within seconds, and pan and zoom without stumbling, near and far", async () => {
  panel = await Panel.open({ width: 1200, height: 800, place: "panel" });
  const { milliseconds } = await panel.show(syntheticTrace(10_000));
  say("10,000 nodes, from their trace to the first picture", milliseconds);
  expect(milliseconds).toBeLessThan(8000);
  for (const far of [false, true]) {
    if (far) await panel.page.evaluate("__gradlens.canvas.overview()");
    await panel.page.waitForTimeout(300);
    for (const zoom of [false, true]) {
      const times = await frames(zoom);
      say(
        `${far ? "all of it on screen" : "cards to read"}, ${zoom ? "zooming" : "panning"}, median frame`,
        median(times),
      );
      expect(median(times)).toBeLessThan(2000);
    }
    await panel.screenshot(`speed-${far ? "far" : "near"}`);
  }
  expect(panel.errors).toEqual([]);
});

test("the GPT example opens at once", async () => {
  panel = await Panel.open({ width: 1200, height: 800, place: "panel" });
  const trace = exampleTrace("tiny-gpt");
  const { milliseconds } = await panel.show({ ...trace, figures: [] });
  say("tiny-gpt, from its trace to the first picture", milliseconds);
  expect(milliseconds).toBeLessThan(4000);
});
