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
/** Every key may start a run: the next process must be there before the last key. */
const LIVE_SPARES = 3;
const MAY_RUN = /\.(?:[mc]?[jt]s|[jt]sx|json)$/i;

export interface Run {
  readonly id: number;
  readonly uri: vscode.Uri;
  readonly request: RunRequest;
  /** Started by an edit, not by a person's command. */
  readonly live: boolean;
  state: "running" | "done";
  /** Whoever watches knows that it runs. */
  announced: boolean;
  /** How far it is while it runs; once it is done what it got to, if it threw or was stopped. */
  trace?: Trace;
  /** The text of a document that took part is no longer what ran. */
  edited: boolean;
  /** The last complete run of the same document before this one: what stands where this one has not come, or not come again. */
  previous?: Run;
}

/** A file's part in a run. */
export interface Part {
  run: Run;
  /** Index into the files of its trace. */
  file: number;
}

export class Session implements vscode.Disposable {
  private readonly changeRun = new vscode.EventEmitter<Run | undefined>();
  private readonly finishRun = new vscode.EventEmitter<Run>();
  private readonly progress = new vscode.EventEmitter<Run>();
  private readonly refuse = new vscode.EventEmitter<{ run: Run; trace: Trace }>();
  private readonly console = new vscode.EventEmitter<{ run: Run; entry: ConsoleEntry }>();
  /** A run started, ended, was edited over, or all were cleared (undefined). */
  readonly onDidChangeRun = this.changeRun.event;
  readonly onDidFinishRun = this.finishRun.event;
  readonly onDidPrint = this.console.event;
  private readonly figure = new vscode.EventEmitter<{ run: Run; index: number; figure: Figure }>();
  /** A program that goes on shows a figure, or shows it anew. */
  readonly onDidDraw = this.figure.event;
  /** A running program told how far it is: its trace is another. */
  readonly onDidProgress = this.progress.event;
  /** The text of a live run is no program (yet): the results before it stand. */
  readonly onDidRefuse = this.refuse.event;

  /** Whether somebody may ask about a run: then it keeps what answers need. Set by the panel. */
  panelInSight: () => boolean = () => false;

  private runner: Runner | undefined;
  private readonly finished = new Map<string, Run>();
  private readonly places = new WeakMap<Run, Places>();
  /** What open documents said when a run started, by URI. */
  private readonly texts = new WeakMap<Run, Map<string, string>>();
  private lastRun: Run | undefined;
  private lastId = 0;
  /** Runs of an earlier window, whose processes went with it. */
  private readonly restored = new WeakSet<Run>();
  /** Since `current` started, by URI. */
  private edits = new Map<string, TextChange[][]>();
  private readonly listeners: vscode.Disposable[];

  /** `storage`: a folder of the extension's own, for what is kept between windows. */
  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly storage: vscode.Uri,
  ) {
    this.listeners = [
      vscode.workspace.onDidChangeTextDocument((event) => this.edit(event)),
      vscode.workspace.onDidCloseTextDocument((document) => this.forget(document.uri)),
    ];
  }

  /** The latest run, going on or done. */
  get current(): Run | undefined {
    return this.lastRun;
  }

  /** The one whose results stand: `current` unless that is running and has told nothing yet. */
  get latest(): Run | undefined {
    if (this.lastRun?.trace) return this.lastRun;
    if (this.lastRun?.state !== "running") return this.lastRun;
    return this.finished.get(this.lastRun.uri.toString()) ?? [...this.finished.values()].at(-1);
  }

  /** The last finished run of a document. */
  finishedRun(uri: vscode.Uri): Run | undefined {
    return this.finished.get(uri.toString());
  }

  /** Those whose results may be on screen. */
  get runs(): Run[] {
    const runs = [...this.finished.values(), ...(this.lastRun ? [this.lastRun] : [])];
    return [...new Set(runs.flatMap((run) => (run.previous ? [run.previous, run] : [run])))];
  }

  /** What is known of a document: its own run, going on or done, or its part in the latest run that imported it. */
  part(uri: vscode.Uri): Part | undefined {
    const key = uri.toString();
    if (this.lastRun?.uri.toString() === key && this.lastRun.trace) return { run: this.lastRun, file: 0 };
    const own = this.finished.get(key);
    if (own) return { run: own, file: 0 };
    for (const run of [...this.finished.values()].reverse()) {
      const file = run.trace?.files.findIndex((_, index) => index > 0 && this.uriOf(run, index).toString() === key);
      if (file !== undefined && file > 0) return { run, file };
    }
    return undefined;
  }

  /** Processes that wait for a program. */
  get ready(): number {
    return this.runner?.ready ?? 0;
  }

  /** Has a process ready before the first run. */
  async prepare(): Promise<void> {
    this.runner ??= await createRunner(this.extensionUri, this.storage);
    this.runner.warm(vscode.workspace.getConfiguration("gradlens").get("run.maxMemory", 2048));
  }

  /** Runs the text as the editor holds it; whatever runs is replaced. Resolves when it is done or replaced. */
  async run(document: vscode.TextDocument, selection?: { start: number; end: number }, live = false): Promise<Run> {
    const path = document.uri.scheme === "file" ? document.uri.fsPath : document.uri.toString();
    const request: RunRequest = {
      path,
      text: document.getText(),
      ...(selection ? { selection } : {}),
      ...(this.panelInSight() ? { live: true } : {}),
      unsaved: unsavedBeside(document),
    };
    const previous = this.lastComplete(document.uri);
    const run: Run = {
      id: ++this.lastId,
      uri: document.uri,
      request,
      live,
      state: "running",
      announced: false,
      edited: false,
      previous,
    };
    this.lastRun = run;
    this.edits.clear();
    this.texts.set(run, textsOf());
    const isLatest = (): boolean => this.lastRun === run;
    const started = this.runner && this.start(run, this.runner);
    const announcement = setTimeout(() => isLatest() && this.announce(run), started ? ANNOUNCE_MS : 0);
    try {
      if (!started) this.runner ??= await createRunner(this.extensionUri, this.storage);
      if (!isLatest()) return run;
      const trace = await (started ?? this.start(run, this.runner!));
      if (!isLatest()) return run;
      if (live && trace.refused) this.dropRefused(run, trace);
      else this.finish(run, trace);
    } catch (error) {
      if (isLatest()) this.giveUp(run, error);
    } finally {
      clearTimeout(announcement);
      if (isLatest()) void vscode.commands.executeCommand("setContext", "gradlens.running", false);
    }
    return run;
  }

  private announce(run: Run): void {
    run.announced = true;
    void vscode.commands.executeCommand("setContext", "gradlens.running", true);
    this.changeRun.fire(run);
  }

  private start(run: Run, runner: Runner): Promise<Trace> {
    const settings = vscode.workspace.getConfiguration("gradlens", run.uri);
    const isLatest = (): boolean => this.lastRun === run;
    return runner.run(run.request, {
      onFigure: (figure, index) => isLatest() && run.state === "running" && this.figure.fire({ run, index, figure }),
      onConsole: (entry) => isLatest() && this.console.fire({ run, entry }),
      onSnapshot: (trace) => isLatest() && run.state === "running" && this.advance(run, trace),
      onUpdate: (later) => isLatest() && this.update(run, later),
      spares: run.live ? LIVE_SPARES : 1,
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
    const run: Run = {
      id: ++this.lastId,
      uri,
      request,
      live: false,
      state: "done",
      announced: true,
      trace,
      edited: false,
    };
    this.restored.add(run);
    this.lastRun = run;
    this.texts.set(run, textsOf());
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
    return {
      uri: this.uriOf(run, range.file),
      range: new vscode.Range(now.start.line, now.start.column, now.end.line, now.end.column),
    };
  }

  private uriOf(run: Run, file: number): vscode.Uri {
    if (file === 0) return run.uri;
    const path = run.trace?.files[file]?.path ?? "";
    return /^[a-z][a-z\d+.-]+:/i.test(path) ? vscode.Uri.parse(path) : vscode.Uri.file(path);
  }

  /** {@link locate} in the trace's own coordinates. */
  at(run: Run, range: SourceRange): SourceRange | undefined {
    return this.places.get(run)?.at(range);
  }

  dispose(): void {
    this.runner?.dispose();
    for (const disposable of [
      ...this.listeners,
      this.changeRun,
      this.finishRun,
      this.progress,
      this.refuse,
      this.console,
      this.figure,
    ])
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

  /** A running program told how far it is. */
  private advance(run: Run, trace: Trace): void {
    this.take(run, trace);
    this.progress.fire(run);
  }

  /** What was typed does not parse: as if this run had not been. */
  private dropRefused(run: Run, trace: Trace): void {
    this.lastRun = this.finished.get(run.uri.toString());
    void vscode.commands.executeCommand("setContext", "gradlens.running", false);
    this.refuse.fire({ run, trace });
    this.changeRun.fire(this.lastRun);
  }

  /** The last run of a document that came to its own end. */
  private lastComplete(uri: vscode.Uri): Run | undefined {
    const run = this.finished.get(uri.toString());
    const isComplete = run?.trace?.status === "ok" || run?.trace?.status === "exited";
    // Without its own predecessor: a chain of all runs would never be freed.
    const complete = isComplete ? run : run?.previous;
    if (complete) complete.previous = undefined;
    return complete;
  }

  private take(run: Run, trace: Trace): void {
    run.trace = trace;
    const places = new Places(trace);
    this.places.set(run, places);
    for (const [file] of trace.files.entries()) {
      for (const changes of this.edits.get(this.uriOf(run, file).toString()) ?? []) places.apply(file, changes);
    }
    this.compare(run);
  }

  /** Sets whether the run's documents still say what ran; where one does, its places are where they were. */
  private compare(run: Run): void {
    const places = this.places.get(run);
    const then = this.texts.get(run);
    run.edited = false;
    if (!run.trace || !places || !then) return;
    for (const [file] of run.trace.files.entries()) {
      const key = this.uriOf(run, file).toString();
      const text = file === 0 ? run.request.text : then.get(key);
      const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === key);
      if (!document || text === undefined) continue;
      if (document.getText() === text) places.reset(file);
      else run.edited = true;
    }
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
    const key = document.uri.toString();
    const edits = this.edits.get(key);
    if (edits) edits.push(changes);
    else this.edits.set(key, [changes]);
    const runs = new Set<Run>(this.finished.values());
    if (this.lastRun) runs.add(this.lastRun);
    for (const run of [...runs]) if (run.previous) runs.add(run.previous);
    for (const run of runs) {
      const file = run.trace?.files.findIndex((_, index) => this.uriOf(run, index).toString() === key) ?? -1;
      const places = this.places.get(run);
      if (file < 0 || !places) continue;
      places.apply(file, changes);
      this.compare(run);
      if (run === this.lastRun || run === this.finished.get(run.uri.toString())) this.changeRun.fire(run);
    }
  }

  private forget(uri: vscode.Uri): void {
    const run = this.finished.get(uri.toString());
    if (run && run !== this.lastRun) this.finished.delete(uri.toString());
  }
}

/** Texts of programs and data that the editor holds and the disk does not have yet, the document itself aside. */
function unsavedBeside(document: vscode.TextDocument): Record<string, string> {
  const beside = vscode.workspace.textDocuments.filter(
    (other) => other !== document && other.isDirty && other.uri.scheme === "file" && MAY_RUN.test(other.uri.path),
  );
  return Object.fromEntries(beside.map((other) => [other.uri.fsPath, other.getText()]));
}

function textsOf(): Map<string, string> {
  const open = vscode.workspace.textDocuments.filter(({ uri }) => MAY_RUN.test(uri.path) || uri.scheme === "untitled");
  return new Map(open.map((document) => [document.uri.toString(), document.getText()]));
}
