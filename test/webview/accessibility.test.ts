/** What axe-core, the usual checker of accessibility, says of the panel's states in every theme. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { afterAll, afterEach, expect, test } from "vitest";
import { LiveHost } from "./liveHost";
import { closeBrowser, Panel, THEMES } from "./panel";
import { programTrace } from "./traces";

afterAll(closeBrowser);

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PROGRAM = `torch.manual_seed(0);
const net = new nn.Sequential(new nn.Linear(4, 8), new nn.ReLU(), new nn.Linear(8, 2));
const opt = new optim.SGD(net.parameters(), { lr: 0.05 });
for (let i = 0; i < 8; i++) {
  opt.zero_grad();
  const loss = net(torch.ones(3, 4).mul(i % 4)).pow(2).mean();
  loss.backward();
  opt.step();
}
plt.plot([1, 2, 4]);`;

let panel: Panel;
let host: LiveHost | undefined;
afterEach(async () => {
  host?.dispose();
  host = undefined;
  await panel.close();
});

/** Rule and element of each violation; what a webview's page leaves to the window around it is no matter of ours. */
async function violations(): Promise<string[]> {
  return await panel.page.evaluate(async (script) => {
    const page = globalThis as any;
    page.axe ?? page.eval(script);
    const rules = { region: { enabled: false }, "page-has-heading-one": { enabled: false } };
    const { violations } = await page.axe.run(page.document, { rules, resultTypes: ["violations"] });
    return violations.flatMap((found: any) =>
      found.nodes.map((node: any) => `${found.id}: ${node.html.slice(0, 160)} — ${node.any[0]?.message ?? found.help}`),
    );
  }, AXE);
}

test.each(THEMES)("no state of the panel is out of anybody's reach: %s", async (theme) => {
  panel = await Panel.open({ theme, width: 480, height: 1400, reducedMotion: true });
  const found: Record<string, string[]> = {};
  const check = async (state: string) => {
    await panel.page.waitForTimeout(250);
    found[state] = await violations();
  };
  await check("nothing has run yet");
  host = await LiveHost.show(panel, PROGRAM);
  await check("a run");
  await panel.locator("#health summary").click();
  await panel.locator('tr:has(th[title="net.0.weight"])').click();
  await panel.locator("#legend-more").click();
  await check("a node selected, its parameter unfolded, the legend open");
  await panel.locator("#graph-options").click();
  await check("grouping and colours");
  await panel.page.keyboard.press("Escape");
  await panel.locator("#timeline button").nth(3).click();
  await check("a step of the timeline");
  await panel.locator("#graph-tree [tabindex='0']").focus();
  await panel.page.keyboard.press("Control+f");
  await panel.page.keyboard.type("leaf");
  await panel.locator("#finder [role=option]").first().waitFor();
  await check("found nodes");
  await panel.page.keyboard.press("Escape");
  await panel.page.keyboard.press("c");
  await panel.show(programTrace(PROGRAM.replace("lr: 0.05", "lr: 0.01")));
  await check("a comparison");
  await panel.show(programTrace("const x = torch.ones(2, { requires_grad: true });\nx.mul(torch.ones(3));"));
  await check("an error");
  const none = Object.fromEntries(Object.keys(found).map((state) => [state, []]));
  expect(found).toEqual(none);
});
