/**
 * From the last key to the new values at the line ends, in a real VS Code window with live mode on.
 *
 * Both ends are read inside the browser: the key event, and the first frame in which the decoration's text is another.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EXAMPLES } from "../../scripts/lib/paths.mjs";
import { browser, close, server } from "./examplesWindow.mjs";

const RUNS = 15;
const WARM_UP = 3;
const GOAL_MS = 100;
const PAUSE_MS = 1500;
/** Milliseconds between the keys of a flurry. */
const KEY_MS = 90;

/** An example, the text whose last digit is typed anew, and the name at the line end that follows it. */
const CASES = [
  { file: "what-is-autograd.ts", before: "torch.linspace(0, 2 * Math.PI, 2", value: "x [" },
  { file: "newton.ts", before: undefined, value: "probe [" },
  { file: "two-moons.ts", before: undefined, value: "probe [" },
];

try {
  console.log(
    `\nLast key to new values at line ends, live mode (${RUNS} edits each, after ${WARM_UP}; goal ${GOAL_MS} ms):`,
  );
  for (const example of CASES) await measure(example);
} finally {
  await close();
}

async function measure({ file: name, before, value }) {
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  await page.goto(server.url);
  await page.locator(".explorer-folders-view .monaco-list-row").first().waitFor({ timeout: 60_000 });
  await quickPick(page, "ControlOrMeta+p", name);
  await page.locator(".editor-instance .view-line").first().waitFor();
  const text = readFileSync(join(EXAMPLES, name), "utf8");
  if (before === undefined) {
    // A line of our own at the top of the program: what follows it still runs each time.
    const line = text.split("\n").findIndex((each) => each.startsWith("import ")) + 1;
    await goTo(page, line, 1);
    const probe = 'const probe = (await import("gradlens")).ones(1);';
    await page.keyboard.insertText(`${probe}\n`);
    const end = probe.length - 1;
    await goTo(page, line, end);
  } else {
    const offset = text.indexOf(before) + before.length;
    const lines = text.slice(0, offset).split("\n");
    await goTo(page, lines.length, lines.at(-1).length + 1);
    await page.keyboard.press("Delete");
    await page.keyboard.type("5");
  }
  await watch(page, value);
  await page.keyboard.press("ControlOrMeta+Alt+l");
  await page.waitForFunction(() => window.shown !== "", undefined, { timeout: 60_000 });
  for (const keys of [1, 5]) {
    const times = [];
    for (let i = 0; i < WARM_UP + RUNS; i++) {
      await page.waitForTimeout(PAUSE_MS);
      times.push(await flurry(page, keys, i));
    }
    const sorted = times.slice(WARM_UP).sort((a, b) => a - b);
    const at = (share) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]);
    const what = `${name}, ${keys === 1 ? "one key" : `${keys} keys, one every ${KEY_MS} ms`}`;
    console.log(`  ${what.padEnd(52)} median ${at(0.5)} ms · fastest ${at(0)} ms · 90 % below ${at(0.9)} ms`);
  }
  await page.close();
}

/** Types over one digit, `keys` times; milliseconds from the last key to the value that it gives. */
async function flurry(page, keys, round) {
  const before = await page.evaluate(() => window.shown);
  for (let key = 0; key < keys; key++) {
    // Each flurry ends with another digit than the one before it.
    const digit = key === keys - 1 ? (round % 2) + 3 : 5 + (key % 4);
    // Typed over: one key is one edit.
    await page.keyboard.press("Shift+ArrowLeft");
    if (key === 0) await page.waitForTimeout(PAUSE_MS);
    await page.keyboard.type(String(digit));
    if (key < keys - 1) await page.waitForTimeout(KEY_MS);
  }
  const wanted = (round % 2) + 3;
  const handle = await page.waitForFunction(
    ({ was, digit }) =>
      window.shown !== was && new RegExp(`${digit}\\]`).test(window.shown) && window.shownAt - window.pressedAt,
    { was: before, digit: wanted },
    { timeout: 30_000, polling: 10 },
  );
  return handle.jsonValue();
}

/** Keeps the text at the end of the line that starts with `value`, and when it came. */
async function watch(page, value) {
  await page.evaluate((start) => {
    window.shown = "";
    addEventListener("keydown", () => (window.pressedAt = performance.now()), true);
    const look = () => {
      for (const element of document.querySelectorAll(".view-lines [class*='ced-']")) {
        const content = getComputedStyle(element, "::after").content.replace(/^"|"$/g, "");
        if (!content.startsWith(start) || content === window.shown) continue;
        window.shown = content;
        window.shownAt = performance.now();
      }
      requestAnimationFrame(look);
    };
    look();
  }, value);
}

async function goTo(page, line, column) {
  await quickPick(page, "ControlOrMeta+g", `:${line}:${column}`);
  await page.locator(".monaco-editor.focused").waitFor();
}

async function quickPick(page, key, text) {
  await page.keyboard.press(key);
  const widget = page.locator(".quick-input-widget:visible");
  await widget.locator("input.input").fill(text);
  await widget.locator(".monaco-list-row").first().waitFor();
  await page.keyboard.press("Enter");
  await widget.waitFor({ state: "hidden" });
}
