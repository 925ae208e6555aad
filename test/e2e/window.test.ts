import { afterAll, test } from "vitest";
import { closeBrowser, type Theme, Workbench } from "./workbench";

afterAll(closeBrowser);

const THEMES: Theme[] = ["Default Light Modern", "Default Dark Modern", "Default High Contrast"];

test.each(THEMES)("an example opens in %s", async (theme) => {
  const workbench = await Workbench.open({ theme });
  await workbench.openFile("what-is-autograd.ts");
  await workbench.selectLines(3, 5);
  await workbench.screenshot(`example-${theme.replace("Default ", "").replaceAll(" ", "-").toLowerCase()}`);
  await workbench.close();
});
