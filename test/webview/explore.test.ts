/** Finding, following, comparing, the map: with the keyboard and the mouse, in the panel's real page. */
import { afterAll, afterEach, describe, expect, test } from "vitest";
import type { Trace } from "../../src/trace/model";
import { closeBrowser, Panel, type PanelOptions } from "./panel";
import { exampleTrace, programTrace, syntheticTrace } from "./traces";

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

const PROGRAM = `const x = torch.ones(4, 3, { requires_grad: true });
const w = torch.ones(3, 2, { requires_grad: true });
const h = x.matmul(w).relu();
const y = h.mul(2).sum();
y.backward();`;
const trace = () => programTrace(PROGRAM);
const indexOf = (name: string) => trace().nodes.findIndex((node) => node.name.startsWith(name));
const press = (key: string) => panel.page.keyboard.press(key);
const options = () => panel.locator("#finder [role=option]");
/** How strongly the veil lies over a node's middle: 0 where it has a hole. */
const veilOver = (node: number) =>
  panel.page.evaluate((index) => {
    const { document, __gradlens, devicePixelRatio } = globalThis as any;
    const canvas = document.getElementById("overlay");
    const box = canvas.getBoundingClientRect();
    const { x, y } = __gradlens.nodePosition(index);
    const at = [Math.round((x - box.left) * devicePixelRatio), Math.round((y - box.top) * devicePixelRatio)];
    return canvas.getContext("2d").getImageData(at[0], at[1], 1, 1).data[3];
  }, node);

describe("finding", () => {
  test("Ctrl+F, a query, and what it finds: listed, counted, the rest dimmed", async () => {
    await open();
    await panel.show(trace());
    await press("Control+f");
    await panel.page.keyboard.type("op:mul | leaf");
    await expect.poll(() => options().count()).toBe(3);
    expect(await panel.locator("#finder .count").textContent()).toBe("3");
    await expect.poll(() => veilOver(indexOf("MulBackward"))).toBe(0);
    expect(await veilOver(indexOf("ReluBackward"))).toBeGreaterThan(100);
  });

  test("Enter goes to the next, Shift+Enter back, Escape gives the graph its light and the keyboard", async () => {
    await open();
    await panel.show(trace());
    await press("Control+f");
    await panel.page.keyboard.type("leaf");
    await expect.poll(() => options().count()).toBe(2);
    await press("Enter");
    await press("Enter");
    const selected = () => panel.page.evaluate("__gradlens.selected");
    const leaves = trace().nodes.flatMap((node, index) => (node.name === "AccumulateGrad" ? [index] : []));
    await expect.poll(async () => leaves.includes((await selected()) as number)).toBe(true);
    expect(await panel.locator("#finder .count").textContent()).toBe("2 of 2");
    await press("Shift+Enter");
    await expect.poll(() => panel.locator("#finder .count").textContent()).toBe("1 of 2");
    await press("Escape");
    await expect.poll(() => veilOver(indexOf("ReluBackward"))).toBe(0);
    await expect.poll(() => panel.page.evaluate("document.activeElement.getAttribute('role')")).toBe("treeitem");
  });

  test("a query that cannot be understood says why, and one without an answer says so", async () => {
    await open({ width: 260 });
    await panel.show(trace());
    await press("Control+f");
    await panel.page.keyboard.type("norm>");
    await expect.poll(() => panel.locator("#finder .error").textContent()).toContain("needs a number");
    await panel.locator("#find, #finder input").fill("sigmoid");
    await expect.poll(() => panel.locator("#finder .count").textContent()).toBe("Nothing");
  });

  test("the query survives a reload", async () => {
    await open();
    await panel.show(trace(), { program: "a.ts" });
    await press("Control+f");
    await panel.page.keyboard.type("relu");
    await expect.poll(() => options().count()).toBe(1);
    await panel.reload();
    await panel.show(trace(), { program: "a.ts" });
    await expect.poll(() => options().count()).toBe(1);
    expect(await panel.locator("#finder input").inputValue()).toBe("relu");
  });
});

describe("following gradients", () => {
  test("Shift+Up lights where it comes from, Shift+Down where it goes, Escape all", async () => {
    await open();
    await panel.show(trace());
    await panel.clickNode(indexOf("ReluBackward"));
    await press("Shift+ArrowUp");
    await expect.poll(() => panel.locator("#follow").textContent()).toContain("comes from 2 nodes");
    await expect.poll(() => veilOver(indexOf("SumBackward"))).toBe(0);
    expect(await veilOver(indexOf("MmBackward"))).toBeGreaterThan(100);
    await press("Shift+ArrowDown");
    await expect.poll(() => veilOver(indexOf("MmBackward"))).toBe(0);
    await press("Escape");
    await expect.poll(() => panel.locator("#follow").isVisible()).toBe(false);
  });
});

describe("comparing", () => {
  const grown = (): Trace => {
    const next = structuredClone(trace());
    const { stats } = next.nodes[indexOf("MulBackward")]!.gradient!;
    stats.norm = (stats.norm as number) * 4;
    return next;
  };

  test("with the run before: summed up, listed, marked, and a click leads there", async () => {
    await open();
    await panel.show(trace());
    await panel.locator('[aria-label="Compare with an Earlier Run"]').click();
    expect(await panel.locator("#comparison .summary").textContent()).toBe("Run the program again to compare.");
    await panel.show(grown());
    await expect.poll(() => panel.locator("#comparison .summary").textContent()).toBe("gradients: 1 larger");
    await panel.locator("#comparison li button").click();
    await expect.poll(() => panel.page.evaluate("__gradlens.selected")).toBe(indexOf("MulBackward"));
    expect(await panel.locator("#comparison li").textContent()).toContain("×4");
  });

  test("a run that is told of twice is no run before itself", async () => {
    await open();
    const { run } = await panel.show(trace());
    await panel.locator('[aria-label="Compare with an Earlier Run"]').click();
    const { console: _, ...again } = grown();
    await panel.send({ type: "trace", run, program: "program.ts", trace: again });
    await panel.page.waitForTimeout(200);
    expect(await panel.locator("#comparison .summary").textContent()).toBe("Run the program again to compare.");
  });

  test("with a pinned run, which later runs do not replace, nor a reload", async () => {
    await open();
    await panel.show(trace());
    await panel.locator('[aria-label="Compare with an Earlier Run"]').click();
    await panel.locator('[aria-label^="Pin this run"]').click();
    await panel.show(grown());
    await panel.show(grown());
    const summary = () => panel.locator("#comparison .summary").textContent();
    await expect.poll(summary).toBe("gradients: 1 larger");
    await panel.reload();
    await panel.show(grown());
    await expect.poll(summary).toBe("gradients: 1 larger");
    await panel.locator("#comparison select").selectOption("previous");
    await expect.poll(summary).toBe("Nothing changed.");
  });

  test("another program's run is no run before", async () => {
    await open();
    await panel.show(trace(), { program: "a.ts" });
    await panel.locator('[aria-label="Compare with an Earlier Run"]').click();
    await panel.show(grown(), { program: "b.ts" });
    await expect
      .poll(() => panel.locator("#comparison .summary").textContent())
      .toBe("Run the program again to compare.");
  });
});

describe("the map", () => {
  test("is there when the graph is larger than its place, and leads to where it is clicked", async () => {
    await open({ width: 480 });
    await panel.show(syntheticTrace(3));
    expect(await panel.locator("#minimap").isVisible()).toBe(false);
    await panel.show(syntheticTrace(60), { program: "long.ts" });
    await panel.locator("#minimap").waitFor();
    const middle = () => panel.page.evaluate("(({ top, bottom }) => (top + bottom) / 2)(__gradlens.canvas.screen)");
    const before = (await middle()) as number;
    const box = (await panel.locator("#minimap").boundingBox())!;
    await panel.page.mouse.click(box.x + box.width / 2, box.y + box.height - 6);
    await expect.poll(async () => ((await middle()) as number) > before + 100).toBe(true);
  });

  test("lies in the corner that hides less of the graph", async () => {
    await open({ width: 480 });
    await panel.show(exampleTrace("lstm"));
    const map = (await panel.locator("#minimap").boundingBox())!;
    const middles = (await panel.page.evaluate(
      "__gradlens.pane.current.view.nodes.filter(({ trace }) => trace >= 0).map(({ trace }) => trace).map((n) => __gradlens.nodePosition(n))",
    )) as { x: number; y: number }[];
    const hidden = middles.filter(
      ({ x, y }) => x > map.x && x < map.x + map.width && y > map.y && y < map.y + map.height,
    );
    expect([middles.length > 5, hidden.length]).toEqual([true, 0]);
    expect(map.y).toBeLessThan(100);
  });
});

test.each([260, 320, 480])("at %d pixels nothing in the footer is cut", async (width) => {
  await open({ width });
  await panel.show(trace());
  await panel.clickNode(0);
  const buttons = panel.locator("#toolbar button:visible");
  for (const box of await Promise.all((await buttons.all()).map((button) => button.boundingBox())))
    expect(box!.x >= 0 && box!.x + box!.width <= width).toBe(true);
  expect(await panel.page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
});
