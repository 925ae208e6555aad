/** Owns the runs: at most one going on, and the last finished one of each document, which edits shift under. */
import * as vscode from "vscode";
import type { AskOptions, Runner } from "../runner/host";
import type { RunRequest } from "../runner/protocol";
import { AnswerError, type AnswerTo, type Question } from "../runner/questions";
import type { ConsoleEntry, Figure, SourceRange, Trace } from "../trace/model";
import { Places, type TextChange } from "./places";
import { createRunner } from "./runner";

/** A run that is over sooner is not announced: buttons and spinners that come and go at once only flicker, and cost time. */
const ANNOUNCE_MS = 120;

export interface Run {
  readonly id: number;
  readonly uri: vscode.Uri;
  readonly request: RunRequest;
  state: "running" | "done";
  /** Once it is done; what it got to, if it threw or was stopped. */
  trace?: Trace;
  /** The document's text is no longer what ran. */
  edited: boolean;
}

export class Session implements vscode.Disposable {
  private readonly changeRun = new vscode.EventEmitter<Run | undefined>();
  private readonly finishRun = new vscode.EventEmitter<Run>();
  private readonly console = new vscode.EventEmitter<{ run: Run; entry: ConsoleEntry }>();
  /** A run started, ended, was edited over, or all were cleared (undefined). */
  readonly onDidChangeRun = this.changeRun.event;
  readonly onDidFinishRun = this.finishRun.event;
  readonly onDidPrint = this.console.event;
  private readonly figure = new vscode.EventEmitter<{ run: Run; index: number; figure: Figure }>();
  /** A program that goes on shows a figure, or shows it anew. */
  readonly onDidDraw = this.figure.event;

  /** Whether somebody may ask about a run: then it keeps what answers need. Set by the panel. */
  panelInSight: () => boolean = () => false;

  private runner: Runner | undefined;
  private readonly finished = new Map<string, Run>();
  private readonly places = new WeakMap<Run, Places>();
  private lastRun: Run | undefined;
  private lastId = 0;
  /** Runs of an earlier window, whose processes went with it. */
  private readonly restored = new WeakSet<Run>();
  /** To the text of `current`, since it started. */
  private editsSinceStart: TextChange[][] = [];
  private readonly listeners: vscode.Disposable[];

  constructor(private readonly extensionUri: vscode.Uri) {
    this.listeners = [
      vscode.workspace.onDidChangeTextDocument((event) => this.edit(event)),
      vscode.workspace.onDidCloseTextDocument((document) => this.forget(document.uri)),
    ];
  }

  /** The latest run, going on or done. */
  get current(): Run | undefined {
    return this.lastRun;
  }

  /** The last one whose results stand: `current` unless that is still running. */
  get latest(): Run | undefined {
    if (this.lastRun?.state !== "running") return this.lastRun;
    return this.finished.get(this.lastRun.uri.toString()) ?? [...this.finished.values()].at(-1);
  }

  /** The last finished run of a document. */
  finishedRun(uri: vscode.Uri): Run | undefined {
    return this.finished.get(uri.toString());
  }

  /** Runs the text as the editor holds it; whatever runs is replaced. Resolves when it is done or replaced. */
  async run(document: vscode.TextDocument, selection?: { start: number; end: number }): Promise<Run> {
    const path = document.uri.scheme === "file" ? document.uri.fsPath : document.uri.toString();
    const request: RunRequest = {
      path,
      text: document.getText(),
      ...(selection ? { selection } : {}),
      ...(this.panelInSight() ? { live: true } : {}),
    };
    const run: Run = { id: ++this.lastId, uri: document.uri, request, state: "running", edited: false };
    this.lastRun = run;
    this.editsSinceStart = [];
    const isLatest = (): boolean => this.lastRun === run;
    const started = this.runner && this.start(run, this.runner);
    const announcement = setTimeout(() => isLatest() && this.announce(run), started ? ANNOUNCE_MS : 0);
    try {
      if (!started) this.runner ??= await createRunner(this.extensionUri);
      if (!isLatest()) return run;
      const trace = await (started ?? this.start(run, this.runner!));
      if (isLatest()) this.finish(run, trace);
    } catch (error) {
      if (isLatest()) this.giveUp(run, error);
    } finally {
      clearTimeout(announcement);
      if (isLatest()) void vscode.commands.executeCommand("setContext", "gradlens.running", false);
    }
    return run;
  }

  private announce(run: Run): void {
    void vscode.commands.executeCommand("setContext", "gradlens.running", true);
    this.changeRun.fire(run);
  }

  private start(run: Run, runner: Runner): Promise<Trace> {
    const settings = vscode.workspace.getConfiguration("gradlens", run.uri);
    const isLatest = (): boolean => this.lastRun === run;
    return runner.run(run.request, {
      onFigure: (figure, index) => isLatest() && run.state === "running" && this.figure.fire({ run, index, figure }),
      onConsole: (entry) => isLatest() && this.console.fire({ run, entry }),
      onUpdate: (later) => isLatest() && this.update(run, later),
      maxMemory: settings.get("run.maxMemory", 2048),
      timeout: settings.get("run.timeout", 0) * 1000,
    });
  }

  /** Asks the process of a run; rejects with AnswerError, `gone` where it is not the last one of this window. */
  async ask<Q extends Question>(run: Run, question: Q, options: AskOptions): Promise<AnswerTo<Q>> {
    if (run === this.lastRun && this.runner && !this.restored.has(run)) return this.runner.ask(question, options);
    throw new AnswerError("gone", "The process of this run has ended. Run the program again to ask about it.");
  }

  stop(): void {
    if (this.lastRun?.state === "running") this.runner?.stop();
  }

  /** Takes up a run of an earlier window, unless this one has had its own. */
  restore(uri: vscode.Uri, request: RunRequest, trace: Trace): void {
    if (this.lastRun) return;
    const run: Run = { id: ++this.lastId, uri, request, state: "done", trace, edited: false };
    this.restored.add(run);
    this.lastRun = run;
    this.places.set(run, new Places(trace));
    this.finished.set(uri.toString(), run);
    this.changeRun.fire(run);
  }

  clear(): void {
    this.stop();
    this.finished.clear();
    this.lastRun = undefined;
    void vscode.commands.executeCommand("setContext", "gradlens.running", false);
    this.changeRun.fire(undefined);
  }

  /** Where a range of the run's trace stands now; undefined where its text has been edited since. */
  locate(run: Run, range: SourceRange): { uri: vscode.Uri; range: vscode.Range } | undefined {
    const now = this.at(run, range);
    if (!now || !run.trace) return undefined;
    const path = run.trace.files[range.file]?.path ?? "";
    const uri =
      range.file === 0 ? run.uri : /^[a-z][a-z\d+.-]+:/i.test(path) ? vscode.Uri.parse(path) : vscode.Uri.file(path);
    return { uri, range: new vscode.Range(now.start.line, now.start.column, now.end.line, now.end.column) };
  }

  /** {@link locate} in the trace's own coordinates. */
  at(run: Run, range: SourceRange): SourceRange | undefined {
    return this.places.get(run)?.at(range);
  }

  dispose(): void {
    this.runner?.dispose();
    for (const disposable of [...this.listeners, this.changeRun, this.finishRun, this.console, this.figure])
      disposable.dispose();
  }

  private finish(run: Run, trace: Trace): void {
    run.state = "done";
    this.take(run, trace);
    this.finished.delete(run.uri.toString());
    this.finished.set(run.uri.toString(), run);
    this.changeRun.fire(run);
    this.finishRun.fire(run);
  }

  /** Timers and promises of a program that was done have gone on. */
  private update(run: Run, trace: Trace): void {
    if (run.state !== "done") return;
    this.take(run, trace);
    this.changeRun.fire(run);
  }

  private take(run: Run, trace: Trace): void {
    run.trace = trace;
    const places = new Places(trace);
    for (const changes of this.editsSinceStart) places.apply(0, changes);
    this.places.set(run, places);
    const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === run.uri.toString());
    run.edited = document !== undefined && document.getText() !== run.request.text;
    if (!run.edited) places.reset();
  }

  /** No process could be started: the results before this run stand. */
  private giveUp(run: Run, error: unknown): void {
    this.lastRun = this.finished.get(run.uri.toString());
    void vscode.window.showErrorMessage(
      `Gradlens could not run the program. ${error instanceof Error ? error.message : String(error)}`,
    );
    void vscode.commands.executeCommand("setContext", "gradlens.running", false);
    this.changeRun.fire(this.lastRun);
  }

  private edit({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    if (contentChanges.length === 0) return;
    const changes = contentChanges.map(({ range, text }) => ({
      start: { line: range.start.line, column: range.start.character },
      end: { line: range.end.line, column: range.end.character },
      text,
    }));
    if (this.lastRun?.uri.toString() === document.uri.toString()) this.editsSinceStart.push(changes);
    const run = this.finished.get(document.uri.toString());
    const places = run && this.places.get(run);
    if (!run || !places) return;
    places.apply(0, changes);
    run.edited = document.getText() !== run.request.text;
    if (!run.edited) {
      places.reset();
      if (run === this.lastRun) this.editsSinceStart = [];
    }
    this.changeRun.fire(run);
  }

  private forget(uri: vscode.Uri): void {
    const run = this.finished.get(uri.toString());
    if (run && run !== this.lastRun) this.finished.delete(uri.toString());
  }
}
