/** The graph in the panel: groups, iterations, colours, legend, stability, motion, the far view. */
import { afterAll, afterEach, expect, test } from "vitest";
import { closeBrowser, Panel, type PanelOptions, THEMES, WIDTHS } from "./panel";
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

/** Ten blocks, more than is shown at once. */
const MODEL = `class Block extends nn.Module {
  a = new nn.Linear(4, 4);
  b = new nn.Linear(4, 4);
  forward(x: torch.Tensor) { return this.b(this.a(x).tanh()).add(x); }
}
class Net extends nn.Module {
  blocks = new nn.Sequential(...Array.from({ length: 10 }, () => new Block()));
  forward(x: torch.Tensor) { return this.blocks(x); }
}
const model = new Net();
const loss = model(torch.ones(2, 4)).sum();
loss.backward();`;

const frames = () => panel.locator(".frame-close strong").allTextContents();
const choose = async (menu: string, value: string) => {
  await panel.locator("#graph-options").click();
  await panel.locator(menu).selectOption(value);
  await panel.page.keyboard.press("Escape");
};

test("a closed group opens at a click, and closes by its head", async () => {
  await open({ width: 900, reducedMotion: true });
  const trace = programTrace(MODEL);
  await panel.show(trace);
  await choose("#group-by", "module");
  await panel.locator("#graph-options").click();
  await panel.locator("#close-all").click();
  await expect.poll(frames).toEqual([]);
  const items = panel.locator("#graph-tree [role=treeitem]");
  const closed = await items.count();
  const root = trace.nodes.findIndex(({ variable }) => variable === "loss");
  const loss = await panel.nodePosition(root);
  await panel.page.evaluate(
    "__gradlens.pane.openCard(__gradlens.pane.current.view.nodes.findIndex((n) => n.group === 0))",
  );
  await expect.poll(frames).toEqual(["model"]);
  expect(await panel.nodePosition(root)).toEqual(loss);
  await panel.locator(".frame-close").first().click();
  await expect.poll(() => items.count()).toBe(closed);
});

test("a node of a closed group is uncovered when the editor asks for it", async () => {
  await open({ width: 900 });
  const trace = programTrace(MODEL);
  const { run } = await panel.show(trace);
  await panel.page.evaluate("__gradlens.pane.closeAll()");
  const node = trace.nodes.findIndex(({ variable }) => variable === "model.blocks.3.a.weight");
  expect(node).toBeGreaterThan(0);
  await panel.send({ type: "select", run, node, focus: false });
  await expect.poll(frames).toContain("blocks");
  await expect.poll(() => panel.page.evaluate("__gradlens.selected")).toBe(node);
  await expect
    .poll(() =>
      panel.page.evaluate(`__gradlens.pane.current.view.nodes[__gradlens.pane.current.view.nodeOf[${node}]].trace`),
    )
    .toBe(node);
});

test("the slider chooses the iteration of an open loop", async () => {
  await open({ width: 900, reducedMotion: true });
  await panel.show(
    programTrace(`let h = torch.ones(3, { requires_grad: true });
for (let i = 0; i < 12; i++) {
  const y = h.mul(2);
  h = y.tanh();
}
h.sum().backward();`),
  );
  await choose("#group-by", "loop");
  await expect.poll(frames).toContain("for");
  const slider = panel.locator(".frame-steps input").first();
  expect(await slider.getAttribute("max")).toBe("12");
  await slider.evaluate((input: any) => {
    input.value = "5";
    input.dispatchEvent(new input.ownerDocument.defaultView.Event("input"));
  });
  await expect.poll(() => panel.locator(".frame-steps output").first().textContent()).toBe("5 / 12");
  await expect.poll(() => panel.locator("#graph-tree").textContent()).toContain("step 1 … step 4");
  await panel.screenshot("loop");
});

test("a run with another constant moves nothing; one with another op only its neighbours", async () => {
  await open({ width: 900, reducedMotion: true });
  const program = (body: string) => `const x = torch.ones(4, { requires_grad: true });
const w = torch.ones(4, { requires_grad: true });
const a = x.mul(w);
const b = a.tanh();
const c = ${body};
const d = c.exp();
const out = d.sum();
out.backward();`;
  const before = programTrace(program("b.mul(2)"));
  await panel.show(before);
  const places = async (names: readonly string[], nodes: { variable?: string }[]) =>
    Promise.all(names.map((name) => panel.nodePosition(nodes.findIndex(({ variable }) => variable === name))));
  const names = ["x", "w", "a", "b", "c", "d", "out"];
  const first = await places(names, before.nodes);
  const constant = programTrace(program("b.mul(30000)"));
  await panel.show(constant);
  expect(await places(names, constant.nodes)).toEqual(first);
  const more = programTrace(program("b.sigmoid().mul(2)"));
  await panel.show(more);
  const second = await places(names, more.nodes);
  names.forEach((name, i) => {
    const moved = Math.hypot(second[i]!.x - first[i]!.x, second[i]!.y - first[i]!.y);
    if (name !== "b" && name !== "c") expect(moved, name).toBeLessThan(44);
  });
});

test("cards move to their places, and are there at once under reduced motion", async () => {
  for (const reducedMotion of [false, true]) {
    await open({ width: 900, reducedMotion });
    await panel.show(programTrace(MODEL));
    const moving = await panel.page.evaluate(`(async () => {
      const { pane, canvas } = __gradlens;
      await pane.closeAll();
      await pane.openCard(pane.current.view.nodes.findIndex((n) => n.group >= 0));
      return canvas.moving;
    })()`);
    expect(moving).toBe(!reducedMotion);
    await expect.poll(() => panel.page.evaluate("__gradlens.canvas.moving")).toBe(false);
    if (!reducedMotion) await panel.close();
  }
});

test("the legend explains what is in the picture, and the colours can be others", async () => {
  await open({ width: 480 });
  await panel.show(
    programTrace(`const x = torch.ones(4, 4, { requires_grad: true });
const y = x.mul(x);
y.add_(1);
const [g] = torch.autograd.grad(y.t().exp().sum(), x, { create_graph: true });
g.sum().backward();`),
  );
  await panel.locator("#legend-more").click();
  const text = await panel.locator("#legend-card").textContent();
  for (const word of ["Leaf:", "View:", "In place:", "Saved:", "Derivative:", "Edge:"]) expect(text).toContain(word);
  await panel.screenshot("legend");
  await panel.page.keyboard.press("Escape");
  await choose("#color-by", "memory");
  await expect.poll(() => panel.locator("#legend-high").textContent()).toBe("64 B");
});

test("a graph of thousands is drawn as one picture, and its cards can be clicked", async () => {
  await open({ width: 1000, place: "panel" });
  await panel.show(syntheticTrace(2000));
  await panel.page.evaluate("__gradlens.canvas.overview()");
  await panel.clickNode(7);
  expect(await panel.received("reveal")).toMatchObject({ target: { kind: "node" } });
  await panel.screenshot("far");
});

test.each(THEMES)("pictures in %s", { timeout: 90_000 }, async (theme) => {
  await open({ theme, place: "panel" });
  for (const width of WIDTHS) {
    await panel.page.setViewportSize({ width, height: 760 });
    for (const name of ["what-is-autograd", "lstm"]) {
      await panel.show({ ...exampleTrace(name), figures: [] }, { program: `${name}.ts` });
      await panel.page.waitForTimeout(60);
      await panel.screenshot(`${name}-${theme}-${width}`);
    }
  }
});
