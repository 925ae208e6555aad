/** The table of parameters: sorted, walked by keyboard, unfolded, leading to node and source. */
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
  panel = await Panel.open({ height: 1200, ...options });
  host = await LiveHost.show(panel, text, options);
  // Beside the graph, in a wide window, it is open.
  if (!(await panel.locator("#health details[open]").count())) await panel.locator("#health summary").click();
}

const NET = `torch.manual_seed(0);
const net = new nn.Sequential(new nn.Linear(4, 8), new nn.ReLU(), new nn.Linear(8, 2));
const spare = new nn.Linear(1, 1);
const opt = new optim.SGD(net.parameters(), { lr: 0.05 });
for (let i = 0; i < 40; i++) {
  opt.zero_grad();
  const loss = net(torch.ones(3, 4).mul(i % 4)).pow(2).mean();
  loss.backward();
  opt.step();
}`;

const names = () => panel.locator(".health-table tbody th").allInnerTexts();
const column = (label: string) => panel.locator(`.health-table thead button:has-text("${label}")`);

test("every parameter by its module's name, sorted by any column and back", async () => {
  await open(NET);
  const program = ["net.0.weight", "net.0.bias", "net.2.weight", "net.2.bias", "spare.weight", "spare.bias"];
  expect(await names()).toEqual(program);
  await column("shape").click();
  expect((await names())[0]).toBe("net.0.weight");
  expect(await panel.locator('.health-table [aria-sort="descending"]').count()).toBe(1);
  await column("shape").click();
  expect((await names()).slice(0, 2).sort()).toEqual(["spare.bias", "spare.weight"]);
  await column("shape").click();
  expect(await names()).toEqual(program);
});

test("what deserves a look is counted, and says why", async () => {
  await open(NET);
  expect(await panel.locator("#health .warnings").textContent()).toMatch(/^\d+ worth a look$/);
  const cell = panel.locator('tr:has(th[title="spare.weight"]) td.odd');
  expect(await cell.getAttribute("title")).toBe("no gradient ever arrived");
});

test("by keyboard: rows, courses, node and source", async () => {
  await open(NET);
  await panel.locator('.health-table tbody tr[tabindex="0"]').focus();
  await panel.page.keyboard.press("ArrowDown");
  await panel.page.keyboard.press(" ");
  await panel.locator(".health-courses").waitFor();
  const titles = await panel.locator(".health-courses h3").allInnerTexts();
  expect(titles.length).toBe(5);
  expect(titles[3]).toMatch(/^Gradients over the steps: /);
  await panel.page.keyboard.press("Enter");
  const node = host!.node("net.0.bias");
  await expect.poll(() => panel.page.evaluate("__gradlens.selected")).toBe(node);
  expect(await panel.received("reveal")).toMatchObject({ target: { kind: "node", index: node }, focus: true });
});

test("open and sorted after a reload", async () => {
  await open(NET);
  await column("zeros").click();
  await panel.reload();
  await panel.show(host!.trace);
  await panel.locator('.health-table [aria-sort="descending"]').waitFor();
});

test("two hundred parameters are a table, sorted at a click", async () => {
  await open(`const net = new nn.Sequential(...Array.from({ length: 100 }, () => new nn.Linear(4, 4)));
net(torch.ones(1, 4)).sum().backward();`);
  const before = await names();
  await column("shape").click();
  const after = await names();
  expect([before.length, after.length]).toEqual([200, 200]);
  expect(after).not.toEqual(before);
  expect([...after].sort()).toEqual([...before].sort());
});

test("an old run keeps no courses, and says how to have them", async () => {
  await open(NET, { live: false });
  await panel.locator('tr:has(th[title="net.0.weight"])').click();
  await expect.poll(() => panel.locator(".health-more .note").first().textContent()).toContain("Run it again");
});

test.each(THEMES.flatMap((theme) => WIDTHS.map((width) => [theme, width] as const)))(
  "nothing is cut off: %s, %d px",
  async (theme, width) => {
    await open(NET, { theme, width, height: 1300 });
    await panel.locator('tr:has(th[title="net.0.weight"])').click();
    await panel.locator(".health-courses").waitFor();
    await panel.page.waitForTimeout(200);
    const wide = await panel.page.evaluate(
      `[...document.querySelectorAll("#health, .health-courses, .health-courses > *")].filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.className || e.id)`,
    );
    expect(wide).toEqual([]);
    await panel.locator("#health").scrollIntoViewIfNeeded();
    await panel.screenshot(`health/${theme}-${width}`);
  },
);
