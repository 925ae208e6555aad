/** The panel, in its view of the side bar and beside the editors: two surfaces on one model, which lives here. */
import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { Content, HostToPanel, PanelFormat, PanelToHost, RevealTarget } from "../../webview/protocol";
import type { Figure, Trace } from "../trace/model";
import { nameOf } from "./documents";
import { PanelAnswers } from "./panelAnswers";
import { panelHtml } from "./panelHtml";
import type { Run, Session } from "./session";

const VIEW = "gradlens.graph";
const PANEL = "gradlens.graphPanel";
/** In the workspace's state: a browser's window loses what a webview keeps itself when it is loaded again. */
const STATE = "gradlens.graph.state";

interface Surface {
  webview: vscode.Webview;
  visible(): boolean;
  ready: boolean;
  answers: PanelAnswers;
}

/** Between two pictures of a figure that a program draws again and again. */
const LIVE_MS = 150;
/** After a live run, until the panel hears of it; and how long it may be behind in a flurry of keys. */
const VALUES_FIRST_MS = 60;
const FLURRY_MS = 1000;
/** So long may a panel take to come up, and to draw what it is asked for. */
const ANSWER_MS = 30_000;

export interface Reveal {
  run: Run;
  target: RevealTarget;
  focus: boolean;
}

export class GraphPanel implements vscode.WebviewViewProvider, vscode.WebviewPanelSerializer, vscode.Disposable {
  private readonly reveal = new vscode.EventEmitter<Reveal>();
  private readonly drawn = new vscode.EventEmitter<{ run: number; nodes: number; milliseconds: number }>();
  /** Someone clicked what has a place in the source. */
  readonly onDidReveal = this.reveal.event;
  /** The graph of a run is on screen. */
  readonly onDidDraw = this.drawn.event;
  private readonly saveFile = new vscode.EventEmitter<{ name: string } & Content>();
  /** Someone wants to keep a picture. */
  readonly onDidSave = this.saveFile.event;

  private readonly surfaces = new Set<Surface>();
  private beside: vscode.WebviewPanel | undefined;
  /** What a surface that is not there yet shall select. */
  private wanted: { run: number; node: number } | undefined;
  private readonly registrations: vscode.Disposable[];

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly session: Session,
    private readonly memory: vscode.Memento,
  ) {
    session.panelInSight = () => this.willBeSeen();
    this.registrations = [
      vscode.window.registerWebviewViewProvider(VIEW, this, { webviewOptions: { retainContextWhenHidden: true } }),
      vscode.window.registerWebviewPanelSerializer(PANEL, this),
      session.onDidChangeRun((run) => this.runChanged(run)),
      session.onDidDraw(({ run, index, figure }) => this.showLive(run, index, figure)),
      session.onDidProgress((run) => run.announced && this.runChanged(run)),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.runChanged(session.current)),
    ];
  }

  /** Brings the graph into sight, and a node of it if one is named. */
  async show(node?: { run: number; node: number }): Promise<void> {
    this.wanted = node;
    if (!node || !this.anyVisible()) {
      if (this.beside) this.beside.reveal();
      else await vscode.commands.executeCommand(`${VIEW}.focus`);
    }
    const run = this.session.latest;
    if (node && run?.id === node.run) this.select(run, node.node, true);
  }

  /** As the setting says, and only if no graph is in sight; the keyboard stays in the editor. */
  async showForRun(): Promise<void> {
    if (this.anyVisible()) return;
    const where = vscode.workspace.getConfiguration("gradlens").get<string>("graph.showOnRun", "sideBar");
    if (where === "beside" || (this.beside && where !== "never")) this.openToSide(true);
    else if (where === "sideBar") await vscode.commands.executeCommand(`${VIEW}.focus`, { preserveFocus: true });
  }

  openToSide(preserveFocus = false): void {
    if (this.beside) {
      this.beside.reveal(undefined, preserveFocus);
      return;
    }
    const column = { viewColumn: vscode.ViewColumn.Beside, preserveFocus };
    const panel = vscode.window.createWebviewPanel(PANEL, "Graph", column, { retainContextWhenHidden: true });
    this.adopt(panel);
  }

  select(run: Run, node: number, focus: boolean): void {
    this.post({ type: "select", run: run.id, node, focus });
  }

  /** What the panel shows, as a file; the panel comes into sight if it is not. Rejects when it has nothing or does not answer. */
  async exportAs(format: PanelFormat): Promise<Content> {
    if (!this.anyVisible()) await this.show();
    const surface = await this.readySurface();
    const id = ++this.lastExport;
    const answer = new Promise<Content>((resolve, reject) => {
      this.exports.set(id, { resolve, reject });
      setTimeout(() => reject(new Error("The graph's panel did not answer.")), ANSWER_MS);
    });
    const forget = () => this.exports.delete(id);
    void answer.then(forget, forget);
    void surface.webview.postMessage({ type: "export", id, format } satisfies HostToPanel);
    return await answer;
  }

  private lastExport = 0;
  private readonly exports = new Map<number, { resolve: (content: Content) => void; reject: (error: Error) => void }>();

  private async readySurface(): Promise<Surface> {
    const end = Date.now() + ANSWER_MS;
    for (;;) {
      const found = [...this.surfaces].find((surface) => surface.ready && surface.visible());
      if (found) return found;
      if (Date.now() > end) throw new Error("The graph's panel did not open.");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    const surface = this.attach(view.webview, "view", () => view.visible);
    view.onDidDispose(() => this.detach(surface));
  }

  async deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    this.adopt(panel);
  }

  dispose(): void {
    this.beside?.dispose();
    clearTimeout(this.soon);
    for (const disposable of [...this.registrations, this.reveal, this.drawn, this.saveFile]) disposable.dispose();
  }

  private adopt(panel: vscode.WebviewPanel): void {
    this.beside = panel;
    const icon = (theme: string) => vscode.Uri.joinPath(this.extensionUri, "media", `icon-${theme}.svg`);
    panel.iconPath = { light: icon("light"), dark: icon("dark") };
    const surface = this.attach(panel.webview, "panel", () => panel.visible);
    panel.onDidDispose(() => {
      this.detach(surface);
      if (this.beside === panel) this.beside = undefined;
    });
  }

  private attach(webview: vscode.Webview, place: "view" | "panel", visible: () => boolean): Surface {
    const answers = new PanelAnswers(this.session, (message) => void webview.postMessage(message));
    const surface: Surface = { webview, visible, ready: false, answers };
    const root = vscode.Uri.joinPath(this.extensionUri, "dist", "webview");
    const file = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(root, name)).toString();
    webview.options = { enableScripts: true, localResourceRoots: [root] };
    webview.onDidReceiveMessage((message: PanelToHost) => this.receive(surface, message));
    webview.html = panelHtml({
      cspSource: webview.cspSource,
      nonce: randomBytes(16).toString("base64url"),
      script: file("main.js"),
      style: file("main.css"),
      worker: file("layoutWorker.js"),
      place,
      shortcut: SHORTCUT,
      trusted: vscode.workspace.isTrusted,
    });
    this.surfaces.add(surface);
    return surface;
  }

  private detach(surface: Surface): void {
    this.surfaces.delete(surface);
    surface.answers.dispose();
  }

  /** A graph is in sight, or a run will bring one up. */
  private willBeSeen(): boolean {
    const where = vscode.workspace.getConfiguration("gradlens").get<string>("graph.showOnRun", "sideBar");
    return where !== "never" || this.anyVisible();
  }

  private receive(surface: Surface, message: PanelToHost): void {
    switch (message.type) {
      case "ready":
        surface.ready = true;
        void surface.webview.postMessage({ type: "state", state: this.memory.get(STATE) } satisfies HostToPanel);
        for (const replayed of this.replay()) void surface.webview.postMessage(replayed);
        return;
      case "reveal": {
        const run = this.session.latest;
        if (run?.id === message.run) this.reveal.fire({ run, target: message.target, focus: message.focus });
        return;
      }
      case "state":
        void this.memory.update(STATE, message.state);
        return;
      case "command":
        void vscode.commands.executeCommand(message.command);
        return;
      case "ask":
        void surface.answers.ask(message);
        return;
      case "cancel":
        surface.answers.cancel(message.id);
        return;
      case "drawn":
        this.drawn.fire(message);
        return;
      case "exported":
        if ("error" in message) this.exports.get(message.id)?.reject(new Error(message.error));
        else this.exports.get(message.id)?.resolve(message);
        return;
      case "save":
        this.saveFile.fire(message);
        return;
    }
  }

  private saidRunning = false;

  private runChanged(run: Run | undefined): void {
    if (run?.state === "running") this.saidRunning = true;
    else if (this.saidRunning) {
      // What ran has been dropped, and the one before it stands: the surfaces must hear that nothing runs.
      this.saidRunning = false;
      this.tell();
      return;
    }
    if (run?.trace && run === this.session.latest && this.sent.has(run.trace)) {
      this.post({ type: "edited", run: run.id, edited: run.edited });
      return;
    }
    if (run?.state === "running" && !run.trace) this.post({ type: "running", program: nameOf(run.uri) });
    else if (run?.live && run === this.session.latest) this.tellSoon(run);
    else if (!run || run === this.session.latest) this.tell();
  }

  private tell(): void {
    clearTimeout(this.soon);
    this.toldAt = performance.now();
    for (const message of this.replay()) this.post(message);
  }

  private soon: NodeJS.Timeout | undefined;
  /** When the surfaces last heard of a trace, in milliseconds. */
  private toldAt = Number.NEGATIVE_INFINITY;

  /** In live mode the editor's values come first, and while keys follow each other the graph comes now and then. */
  private tellSoon(run: Run): void {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => {
      if (run !== this.session.latest) return;
      if (!run.edited || performance.now() - this.toldAt > FLURRY_MS) this.tell();
      else this.tellSoon(run);
    }, VALUES_FIRST_MS);
  }

  /** Figures of the run that goes on which no surface has yet. */
  private live: { run: Run; figures: Map<number, Figure> } | undefined;

  /** A program may show a figure thousands of times a second; a person sees a few. */
  private showLive(run: Run, index: number, figure: Figure): void {
    if (this.live?.run !== run) this.live = { run, figures: new Map() };
    if (this.live.figures.size === 0) setTimeout(() => this.sendLive(run), LIVE_MS);
    this.live.figures.set(index, figure);
  }

  private sendLive(run: Run): void {
    if (this.live?.run !== run || run.state !== "running") return;
    for (const [index, figure] of this.live.figures) this.post({ type: "figure", run: run.id, index, figure });
    this.live.figures.clear();
  }

  /** Traces that the surfaces have. */
  private readonly sent = new WeakSet<Trace>();

  /** All that a surface must hear to show what is so now. */
  private replay(): HostToPanel[] {
    const messages: HostToPanel[] = [];
    const { current, latest } = this.session;
    if (latest?.trace) {
      const { console: _, ...trace } = latest.trace;
      this.sent.add(latest.trace);
      messages.push({ type: "trace", run: latest.id, program: nameOf(latest.uri), trace });
      if (latest.edited) messages.push({ type: "edited", run: latest.id, edited: true });
      if (this.wanted?.run === latest.id)
        messages.push({ type: "select", run: latest.id, node: this.wanted.node, focus: false });
      this.wanted = undefined;
    } else {
      messages.push({ type: "empty", trusted: vscode.workspace.isTrusted });
    }
    if (current?.state === "running") messages.push({ type: "running", program: nameOf(current.uri) });
    return messages;
  }

  private post(message: HostToPanel): void {
    for (const { webview, ready } of this.surfaces) if (ready) void webview.postMessage(message);
  }

  private anyVisible(): boolean {
    return [...this.surfaces].some((surface) => surface.visible());
  }
}

/** The default keybinding of Run Selection, as menus print it. */
const SHORTCUT = process.platform === "darwin" ? "⌥⌘↩" : "Ctrl+Alt+Enter";
