/**
 * The panel without VS Code: its built page in a plain browser, with the host's side played by the test.
 *
 * ```ts
 * const panel = await Panel.open({ theme: "hcLight", width: 260 });
 * await panel.show(exampleTrace("lstm"));
 * await panel.clickNode(3);
 * expect(await panel.received("reveal")).toMatchObject({ target: { kind: "node", index: 3 } });
 * await panel.screenshot("lstm");
 * ```
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import { inject } from "vitest";
import { panelHtml } from "../../src/editor/panelHtml";
import type { Trace } from "../../src/trace/model";
import type { HostToPanel, PanelToHost } from "../../webview/protocol";
import themes from "./data/themes.json";

declare module "vitest" {
  export interface ProvidedContext {
    webview: { executablePath: string; args: string[]; dist: string; screenshots: string };
  }
}

export type Theme = "light" | "dark" | "hcDark" | "hcLight";
export const THEMES: readonly Theme[] = ["light", "dark", "hcDark", "hcLight"];
/** The side bar at its narrowest and at ease, and a window of its own. */
export const WIDTHS: readonly number[] = [260, 480, 1200];

export interface PanelOptions {
  theme?: Theme;
  width?: number;
  height?: number;
  /** `view`: in the side bar; `panel`: beside the editors. */
  place?: "view" | "panel";
  reducedMotion?: boolean;
}

const ORIGIN = "https://panel.test";
const STEP_MS = 30_000;
/** As VS Code marks the body. */
const CLASSES: Record<Theme, string> = {
  light: "vscode-light",
  dark: "vscode-dark",
  hcDark: "vscode-high-contrast",
  hcLight: "vscode-high-contrast-light vscode-high-contrast",
};
/** What VS Code lays under every webview's own style sheet, as far as it shows. */
const BASE_CSS = `@layer vscode-default {
  body { background-color: transparent; color: var(--vscode-editor-foreground); font-family: var(--vscode-font-family);
    font-size: var(--vscode-font-size); margin: 0; padding: 0 20px; }
  img, video { max-width: 100%; max-height: 100%; }
  a, a code { color: var(--vscode-textLink-foreground); }
  kbd { background-color: var(--vscode-keybindingLabel-background); color: var(--vscode-keybindingLabel-foreground);
    border: 1px solid var(--vscode-keybindingLabel-border); border-radius: 3px; padding: 1px 3px; }
  ::-webkit-scrollbar { width: 10px; height: 10px; }
  ::-webkit-scrollbar-thumb { background-color: var(--vscode-scrollbarSlider-background); }
}`;

let browser: Promise<Browser> | undefined;

/** Ends the browser of this test file; for `afterAll`. */
export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
  browser = undefined;
}

export class Panel {
  /** What the panel has said to its host, oldest first. */
  readonly sent: PanelToHost[] = [];
  /** Uncaught errors, and what the browser reported or refused. */
  readonly errors: string[] = [];
  /** Plays more of the host's side. */
  onMessage: ((message: PanelToHost) => void) | undefined;
  private runs = 0;

  private constructor(
    readonly page: Page,
    private theme: Theme,
  ) {
    page.setDefaultTimeout(STEP_MS);
    page.on("pageerror", (error) => this.errors.push(error.stack ?? error.message));
    page.on("console", (message) => message.type() === "error" && this.errors.push(message.text()));
  }

  /** Opens a panel with nothing in it, and waits until it has said that it is ready. */
  static async open({
    theme = "dark",
    width = 480,
    height = 720,
    place = "view",
    reducedMotion = false,
  }: PanelOptions = {}): Promise<Panel> {
    const { executablePath, args } = inject("webview");
    browser ??= chromium.launch({ executablePath, args });
    const context = await (await browser).newContext({
      viewport: { width, height },
      reducedMotion: reducedMotion ? "reduce" : "no-preference",
    });
    const panel = new Panel(await context.newPage(), theme);
    await panel.serve(place);
    await panel.page.exposeFunction("__toHost", (message: PanelToHost) => {
      panel.sent.push(message);
      panel.onMessage?.(message);
    });
    await panel.page.addInitScript(HOST);
    await panel.page.goto(`${ORIGIN}/`);
    await panel.received("ready");
    return panel;
  }

  /** The page as the extension makes it, and its files, from one origin that exists in this browser only. */
  private async serve(place: "view" | "panel"): Promise<void> {
    const { dist } = inject("webview");
    await this.page.route(`${ORIGIN}/**`, (route) => {
      const { pathname } = new URL(route.request().url());
      if (pathname === "/") return route.fulfill({ contentType: "text/html", body: this.html(place) });
      const contentType = pathname.endsWith(".css") ? "text/css" : "text/javascript";
      return route.fulfill({ contentType, body: readFileSync(join(dist, pathname)) });
    });
  }

  private html(place: "view" | "panel"): string {
    const page = panelHtml({
      cspSource: ORIGIN,
      nonce: "test",
      script: `${ORIGIN}/main.js`,
      style: `${ORIGIN}/main.css`,
      worker: `${ORIGIN}/layoutWorker.js`,
      place,
      shortcut: "Ctrl+Alt+Enter",
      trusted: true,
    });
    // VS Code paints what is behind a webview itself.
    const behind = place === "view" ? "sideBar-background" : "editor-background";
    return page
      .replace("<head>", `<head><style nonce="test">${variablesCss(this.theme)}${BASE_CSS}</style>`)
      .replace("<html", `<html class="host" data-behind="${behind}"`)
      .replace("<body ", `<body class="${CLASSES[this.theme]}" `);
  }

  /** A message of the host's. */
  async send(message: HostToPanel): Promise<void> {
    await this.page.evaluate((data) => (globalThis as any).postMessage(data, "*"), message);
  }

  /** Shows a run's trace and waits until it is drawn. Traces of the same `program` are runs of the same file. */
  async show(
    trace: Trace,
    { program = "program.ts" } = {},
  ): Promise<{ run: number; nodes: number; milliseconds: number }> {
    const run = ++this.runs;
    const { console: _, ...rest } = trace;
    await this.send({ type: "trace", run, program, trace: rest });
    return await this.received("drawn", (message) => message.run === run);
  }

  /** The latest message of a type that the panel has sent or, if there is none yet, the next one. */
  async received<T extends PanelToHost["type"]>(
    type: T,
    accept: (message: Extract<PanelToHost, { type: T }>) => boolean = () => true,
  ): Promise<Extract<PanelToHost, { type: T }>> {
    const end = performance.now() + STEP_MS;
    for (;;) {
      const found = this.sent.findLast(
        (message): message is Extract<PanelToHost, { type: T }> =>
          message.type === type && accept(message as Extract<PanelToHost, { type: T }>),
      );
      if (found) return found;
      if (performance.now() > end)
        throw new Error(`The panel said no '${type}'; it said: ${this.sent.map((message) => message.type).join(", ")}`);
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  }

  /** Clicks at a node's centre with the mouse. */
  async clickNode(index: number): Promise<void> {
    const { x, y } = await this.nodePosition(index);
    await this.page.mouse.click(x, y);
  }

  /** Centre of a node in the page. */
  nodePosition(index: number): Promise<{ x: number; y: number }> {
    return this.page.evaluate((node) => (globalThis as any).__gradlens.nodePosition(node), index);
  }

  locator(selector: string): Locator {
    return this.page.locator(selector);
  }

  /** Changes the window's theme while the panel is open, as VS Code does. */
  async setTheme(theme: Theme): Promise<void> {
    this.theme = theme;
    await this.page.evaluate(
      ([css, classes]) => {
        const { document } = globalThis as any;
        document.querySelector("style").textContent = css;
        document.body.className = classes;
      },
      [variablesCss(theme) + BASE_CSS, CLASSES[theme]] as const,
    );
  }

  /** The panel is hidden and shown anew: its page starts over with the state that it saved. */
  async reload(): Promise<void> {
    this.sent.length = 0;
    await this.page.reload();
    await this.received("ready");
  }

  /** Keeps a picture in out/screenshots/webview/; `name` may name folders. */
  async screenshot(name: string): Promise<void> {
    await this.page.screenshot({ path: join(inject("webview").screenshots, `${name}.png`) });
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}

function variablesCss(theme: Theme): string {
  const entries = Object.entries(themes as Record<string, Partial<Record<Theme, string>>>);
  const lines = entries.flatMap(([name, values]) => (values[theme] ? [`--vscode-${name}: ${values[theme]};`] : []));
  return `:root { ${lines.join(" ")} }
html[data-behind="sideBar-background"] { background: var(--vscode-sideBar-background); }
html[data-behind="editor-background"] { background: var(--vscode-editor-background); }
`;
}

/** Stands in for VS Code's own side of the page. State outlives a reload, as it does there. */
const HOST = `globalThis.acquireVsCodeApi = () => ({
  postMessage: (message) => void globalThis.__toHost(message),
  getState: () => JSON.parse(sessionStorage.getItem("state") ?? "null") ?? undefined,
  setState: (state) => { sessionStorage.setItem("state", JSON.stringify(state)); return state; },
});`;
