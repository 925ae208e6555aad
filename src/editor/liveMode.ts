/** Live mode: a file runs anew with each edit, as long as its switch is on. */
import * as vscode from "vscode";
import { importsGradlens, isProgram } from "./documents";
import type { Session } from "./session";

/** Keys that are further apart are no flurry. */
const FLURRY_MS = 250;
const FLURRY_KEYS = 4;
/** In a flurry a run waits until no other key is likely: the longest time between the last keys, and a little more. */
const RHYTHM = 1.25;
/** Who types on and on sees values as often as this. */
const MEANWHILE_MS = 1000;
/** With no process ready, so long the next key may take its place before it is used. */
const SPARING_MS = 60;
/** A program that runs for long is not begun with every key of a flurry: of its time, the share that an edit waits, up to a limit. */
const PATIENCE = 0.015;
const PATIENCE_MAX_MS = 150;
/** An edit whose result takes longer leaves what is on screen dimmed. */
const BEHIND_MS = 400;

export class LiveMode implements vscode.Disposable {
  private readonly change = new vscode.EventEmitter<vscode.Uri>();
  /** A switch was thrown, or a file fell behind or caught up. */
  readonly onDidChange = this.change.event;

  /** Switches that a person has thrown, by URI; the others are as the setting says. */
  private readonly switches = new Map<string, boolean>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  /** When the last edits came, in milliseconds. */
  private edits: number[] = [];
  /** When the last run began. */
  private begun = Number.NEGATIVE_INFINITY;
  /** Files whose results are of an older text, since when, and why if they cannot catch up. */
  private readonly behind = new Map<string, { timer: NodeJS.Timeout; shown: boolean; why?: string }>();
  private readonly listeners: vscode.Disposable[];

  constructor(private readonly session: Session) {
    this.listeners = [
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) this.edited(document);
      }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.forget(uri)),
      session.onDidFinishRun((run) => !run.edited && this.caughtUp(run.uri)),
      session.onDidProgress((run) => !run.edited && this.caughtUp(run.uri)),
      session.onDidRefuse(({ run, trace }) => this.stuck(run.uri, trace.error?.message ?? "")),
    ];
  }

  isOn(uri: vscode.Uri): boolean {
    const own = this.switches.get(uri.toString());
    if (own !== undefined) return own;
    if (!vscode.workspace.getConfiguration("gradlens", uri).get("live.enabled", false)) return false;
    const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri.toString());
    return document !== undefined && isProgram(document) && importsGradlens(document);
  }

  /** What is on screen is of an older text, and has been for a while. */
  isBehind(uri: vscode.Uri): boolean {
    return this.behind.get(uri.toString())?.shown ?? false;
  }

  /** Why the file's text cannot run now. */
  obstacle(uri: vscode.Uri): string | undefined {
    return this.behind.get(uri.toString())?.why;
  }

  toggle(document: vscode.TextDocument): void {
    const on = !this.isOn(document.uri);
    this.switches.set(document.uri.toString(), on);
    if (on) this.schedule(document, 0);
    else this.forget(document.uri, true);
    this.change.fire(document.uri);
  }

  dispose(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    for (const { timer } of this.behind.values()) clearTimeout(timer);
    for (const disposable of [...this.listeners, this.change]) disposable.dispose();
  }

  private edited(document: vscode.TextDocument): void {
    this.edits = [...this.edits.slice(-FLURRY_KEYS), performance.now()];
    const programs = this.isOn(document.uri) ? [document] : this.importers(document.uri);
    for (const program of programs) {
      const setting = vscode.workspace.getConfiguration("gradlens", program.uri).get("live.delay", 10);
      const sparing = this.session.ready > 0 ? 0 : SPARING_MS;
      const typing = performance.now() - this.begun > MEANWHILE_MS ? 0 : RHYTHM * this.rhythm();
      const last = this.session.finishedRun(program.uri)?.trace?.durationMs ?? 0;
      this.schedule(program, Math.max(setting, sparing, typing, Math.min(PATIENCE * last, PATIENCE_MAX_MS)));
    }
  }

  /** The longest time between two keys of the flurry that is going on; 0 where none is. */
  private rhythm(): number {
    const gaps = this.edits.slice(1).map((at, i) => at - this.edits[i]!);
    return Math.max(0, ...gaps.filter((gap) => gap < FLURRY_MS));
  }

  /** Open programs in live mode that the last run saw import the file. */
  private importers(uri: vscode.Uri): vscode.TextDocument[] {
    const part = this.session.part(uri);
    if (!part || part.file === 0 || !this.isOn(part.run.uri)) return [];
    const key = part.run.uri.toString();
    return vscode.workspace.textDocuments.filter((open) => open.uri.toString() === key);
  }

  private schedule(document: vscode.TextDocument, delay: number): void {
    if (!vscode.workspace.isTrusted) return;
    const key = document.uri.toString();
    clearTimeout(this.timers.get(key));
    this.timers.set(
      key,
      setTimeout(() => {
        this.timers.delete(key);
        this.begun = performance.now();
        if (!document.isClosed) void this.session.run(document, undefined, true);
      }, delay),
    );
    this.fallBehind(document.uri);
  }

  private fallBehind(uri: vscode.Uri): void {
    const key = uri.toString();
    if (this.behind.has(key)) return;
    const timer = setTimeout(() => this.show(uri), BEHIND_MS);
    this.behind.set(key, { timer, shown: false });
  }

  private show(uri: vscode.Uri, why?: string): void {
    const state = this.behind.get(uri.toString());
    if (!state || (state.shown && state.why === why)) return;
    clearTimeout(state.timer);
    Object.assign(state, { shown: true, why });
    this.change.fire(uri);
  }

  private stuck(uri: vscode.Uri, why: string): void {
    this.fallBehind(uri);
    this.show(uri, why);
  }

  private caughtUp(uri: vscode.Uri): void {
    const key = uri.toString();
    const state = this.behind.get(key);
    if (!state) return;
    clearTimeout(state.timer);
    this.behind.delete(key);
    if (state.shown) this.change.fire(uri);
  }

  private forget(uri: vscode.Uri, keepSwitch = false): void {
    const key = uri.toString();
    clearTimeout(this.timers.get(key));
    this.timers.delete(key);
    clearTimeout(this.behind.get(key)?.timer);
    this.behind.delete(key);
    if (!keepSwitch) this.switches.delete(key);
  }
}
