/** VS Code's window as a person sees it: keys, clicks, and what is on the screen. */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Browser, chromium, type Frame, type Locator, type Page } from "playwright-core";
import { expect, inject } from "vitest";

declare module "vitest" {
  export interface ProvidedContext {
    vscode: {
      url: string;
      settingsFile: string;
      executablePath: string;
      args: string[];
      screenshots: string;
      /** Where the README's pictures go, when they are to be renewed. */
      docs: string | undefined;
    };
  }
}

const LOAD_MS = 60_000;
const STEP_MS = 30_000;
/** In which a hover opens, or does not. */
const HOVER_MS = 4000;

/** VS Code's own, by their names in its list. */
interface Theme {
  label: string;
  /** What VS Code marks its window with. */
  className: string;
  /** What pictures in it go by. */
  picture: string;
  readme: boolean;
}

const DARK: Theme = { label: "Dark Modern", className: "vs-dark", picture: "dark", readme: true };
const THEMES: readonly Theme[] = [
  { label: "Light Modern", className: "vs", picture: "light", readme: true },
  { label: "Dark High Contrast", className: "hc-black", picture: "high-contrast", readme: false },
  { label: "Light High Contrast", className: "hc-light", picture: "high-contrast-light", readme: false },
  // The last is the one that the window goes on with.
  DARK,
];
/** Until the panel and the text are drawn in the new colours, and a hover has faded in. */
const REPAINT_MS = 500;

let browser: Promise<Browser> | undefined;

/** The browser of this test file. */
function launch(): Promise<Browser> {
  const { executablePath, args } = inject("vscode");
  browser ??= chromium.launch({ executablePath, args });
  return browser;
}

export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
  browser = undefined;
}

export class Workbench {
  /** Uncaught errors, and what the browser refused Gradlens or reported of it. The server's own missing files are not among them. */
  readonly errors: string[] = [];

  private constructor(readonly page: Page) {
    page.setDefaultTimeout(STEP_MS);
    page.on("pageerror", (error) => this.errors.push(error.stack ?? error.message));
    page.on("console", (message) => {
      const about = `${message.text()} (${message.location().url})`;
      if (message.type() === "error" && /gradlens|content security policy/i.test(about)) this.errors.push(about);
    });
  }

  /** Opens a window of its own, without storage or unsaved texts of earlier ones, and waits until the examples are listed. */
  static async open({ width, height } = { width: 1280, height: 800 }): Promise<Workbench> {
    const { url, settingsFile } = inject("vscode");
    const settings = JSON.parse(readFileSync(settingsFile, "utf8"));
    const dark = { "workbench.colorTheme": "Default Dark Modern", "window.autoDetectColorScheme": false };
    writeFileSync(settingsFile, JSON.stringify({ ...settings, ...dark }, null, 2));
    rmSync(join(dirname(settingsFile), "Backups"), { recursive: true, force: true });
    const context = await (await launch()).newContext({ viewport: { width, height } });
    const workbench = new Workbench(await context.newPage());
    await workbench.page.goto(url);
    await workbench.page.locator(".monaco-workbench").waitFor({ timeout: LOAD_MS });
    await workbench.page.locator(".explorer-folders-view .monaco-list-row").first().waitFor({ timeout: LOAD_MS });
    return workbench;
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  press(...keys: string[]): Promise<void> {
    return keys.reduce((before, key) => before.then(() => this.page.keyboard.press(key)), Promise.resolve());
  }

  type(text: string): Promise<void> {
    return this.page.keyboard.type(text);
  }

  /** Runs a command from the palette by its full title, as in "Gradlens: Run Selection". */
  async command(title: string): Promise<void> {
    await this.press("F1");
    await this.pick(`>${title}`, title);
  }

  /** Opens a file of the workspace through Ctrl+P and waits for its text. */
  async openFile(name: string): Promise<void> {
    await this.press("ControlOrMeta+p");
    await this.pick(name, name);
    await this.page.locator(".tab.active", { hasText: name }).waitFor();
    await this.editor.locator(".view-line").first().waitFor();
  }

  /** Types into the open quick input and takes the first row that shows `label`. */
  private async pick(text: string, label: string): Promise<void> {
    const widget = this.page.locator(".quick-input-widget:visible");
    await widget.locator("input.input").fill(text);
    await widget.locator(".monaco-list-row", { hasText: label }).first().waitFor();
    await this.press("Enter");
    await widget.waitFor({ state: "hidden" });
  }

  get editor(): Locator {
    return this.page.locator(".editor-group-container.active .editor-instance .monaco-editor").first();
  }

  /** Puts the cursor to a place; line and column count from 1, as VS Code shows them. */
  async goTo(line: number, column = 1): Promise<void> {
    await this.press("ControlOrMeta+g");
    await this.pick(`:${line}:${column}`, "");
    // The quick input gives the keyboard back a moment after it is gone.
    await this.page.locator(".editor-group-container.active .monaco-editor.focused").waitFor();
    await this.cursorIn((place) => place.line === line && place.column === column);
  }

  /** Selects whole lines, both included, with the keyboard. */
  async selectLines(from: number, to: number): Promise<void> {
    await this.goTo(from);
    for (let line = from; line < to; line++) await this.press("Shift+ArrowDown");
    await this.press("Shift+End");
    await this.cursorIn((place) => place.line === to);
  }

  /** Makes `text` the active editor's content, as one paste, and goes to its beginning. */
  async replaceText(text: string): Promise<void> {
    await this.editor.locator(".view-lines").click();
    await this.press("ControlOrMeta+a");
    await this.page.keyboard.insertText(text);
    // The click may have scrolled the older, longer text.
    await this.press("ControlOrMeta+Home");
  }

  /** The cursor's place as the status bar has it. */
  async cursor(): Promise<{ line: number; column: number }> {
    const text = await this.page.locator("[id='status.editor.selection']").textContent();
    const [line, column] = text?.match(/\d+/g)?.map(Number) ?? [];
    return { line: line!, column: column! };
  }

  /** Waits until the status bar has the cursor where `isThere` wants it. */
  async cursorIn(isThere: (place: { line: number; column: number }) => boolean): Promise<void> {
    const end = performance.now() + STEP_MS;
    for (let place = await this.cursor(); !isThere(place); place = await this.cursor()) {
      if (performance.now() > end) throw new Error(`The cursor is at ${place.line}:${place.column}.`);
      await this.page.waitForTimeout(30);
    }
  }

  /**
   * Rests the mouse on a word of the active editor and returns the hover that opens.
   * @param lineText text that only that line contains
   */
  async hover(word: string, lineText: string): Promise<Locator> {
    const hover = this.page
      .locator(".monaco-resizable-hover .monaco-hover:visible, .monaco-hover.workbench-hover:visible")
      .first();
    // An editor that draws itself anew just then forgets the mouse: a person would move it again.
    await expect
      .poll(
        async () => {
          const { x, y } = await this.locate(word, lineText);
          // From elsewhere and in steps: a mouse that is already there opens nothing.
          await this.page.mouse.move(x + 200, y + 150);
          await this.page.mouse.move(x, y, { steps: 5 });
          await hover.waitFor({ timeout: HOVER_MS }).catch(() => {});
          return hover.isVisible();
        },
        { timeout: STEP_MS },
      )
      .toBe(true);
    return hover;
  }

  /** What stands at the ends of the lines in sight, from the top. */
  async inlineValues(): Promise<string[]> {
    return this.editor.locator(".view-lines").evaluate((lines: any) => {
      const view = lines.ownerDocument.defaultView;
      const after = [...lines.querySelectorAll("[class*='ced-']")].map((element: any) => ({
        top: element.getBoundingClientRect().top,
        content: view.getComputedStyle(element, "::after").content,
      }));
      return after
        .filter(({ content }) => content && content !== "none")
        .sort((a, b) => a.top - b.top)
        .map(({ content }) => content.replace(/^"|"$/g, ""));
    });
  }

  /** Clicks an item of the status bar. */
  async statusItem(id: string): Promise<Locator> {
    const item = this.page.locator(`[id$='gradlens.${id}'] a`);
    await item.waitFor();
    return item;
  }

  /** The middle of a word in the active editor, in page coordinates. */
  private async locate(word: string, lineText: string): Promise<{ x: number; y: number }> {
    // Monaco draws blanks as no-break spaces.
    const lines = this.editor.locator(".view-line");
    const line = lines.filter({ hasText: new RegExp(literally(lineText).replaceAll(" ", "[\\s\\u00a0]")) }).first();
    await line.waitFor().catch(async (error) => {
      const seen = await this.page.locator(".view-line").allTextContents();
      throw new Error(`no line "${lineText}" among:\n${seen.join("\n")}`, { cause: error });
    });
    // The tests' own program knows no DOM: only the window does.
    return line.evaluate((element: any, wanted) => {
      const SHOW_TEXT = 4;
      const walker = element.ownerDocument.createTreeWalker(element, SHOW_TEXT);
      const isWord = new RegExp(`(?<![\\w$.])${wanted.replace(/[$.()]/g, "\\$&")}(?![\\w$])`);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const found = isWord.exec(node.textContent);
        if (!found) continue;
        const range = element.ownerDocument.createRange();
        range.setStart(node, found.index);
        range.setEnd(node, found.index + wanted.length);
        const box = range.getBoundingClientRect();
        return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
      }
      throw new Error(`no word ${wanted} in the line: ${element.textContent}`);
    }, word);
  }

  /** The frame with Gradlens' own document: of the view in the side bar, or of the panel beside the editors. */
  async panel(place: "view" | "panel" = "view"): Promise<Frame> {
    const end = performance.now() + STEP_MS;
    while (performance.now() < end) {
      for (const frame of this.page.frames()) {
        const ours = await frame
          .locator(`body[data-state][data-place=${place}]`)
          .count()
          .catch(() => 0);
        if (ours > 0) return frame;
      }
      await this.page.waitForTimeout(50);
    }
    throw new Error(
      `No Gradlens panel within ${STEP_MS / 1000} s; frames: ${this.page
        .frames()
        .map((frame) => frame.url())
        .join(", ")}`,
    );
  }

  /** Clicks at a place of the panel's own page. */
  async clickInPanel(panel: Frame, { x, y }: { x: number; y: number }): Promise<void> {
    const box = await (await panel.frameElement()).boundingBox();
    if (!box) throw new Error("the panel is not on the screen");
    await this.page.mouse.click(box.x + x, box.y + y);
  }

  /** Waits until the list of problems has one with this text. */
  async problem(text: string): Promise<void> {
    await this.command("Problems: Focus on Problems View");
    await this.page.locator(".markers-panel .monaco-list-row", { hasText: text }).first().waitFor();
  }

  /** Keeps a picture of the window in out/screenshots/, and says where. */
  async screenshot(name: string): Promise<string> {
    const file = join(inject("vscode").screenshots, `${name}.png`);
    await this.page.screenshot({ path: file });
    return file;
  }

  /**
   * Keeps a picture in every theme, which the window changes as a person would change it.
   * @param show brings up what a change of theme closes
   * @param readme also take those in a light and a dark theme for the README when its pictures are being renewed
   */
  async pictures(name: string, { show, readme = false }: { show?: () => Promise<unknown>; readme?: boolean } = {}) {
    const { docs } = inject("vscode");
    for (const theme of THEMES) {
      if (show) await this.press("Escape");
      await this.press("ControlOrMeta+k", "ControlOrMeta+t");
      await this.pick(theme.label, theme.label);
      await this.page.locator(`.monaco-workbench.${theme.className}`).waitFor();
      await show?.();
      await this.page.waitForTimeout(REPAINT_MS);
      const picture = `${name}-${theme.picture}`;
      const file = await this.screenshot(picture);
      if (!readme || !theme.readme || !docs) continue;
      mkdirSync(docs, { recursive: true });
      copyFileSync(file, join(docs, `${picture}.png`));
    }
  }
}

const literally = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
