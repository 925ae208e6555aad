/** One run of a program in this process: shared by the child process and the command line. */
import { existsSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { extname } from "node:path";
import { types } from "node:util";
import { type SaveOptions, setFigureSink } from "../plot/figure";
import * as pyplot from "../plot/pyplot";
import { Lines, SnippetError } from "../snippet";
import { both, setObserver } from "../torch/observer";
import type { Tensor } from "../torch/tensor";
import {
  type ConsoleEntry,
  type Figure,
  type RunStatus,
  type SourceRange,
  TRACE_VERSION,
  type Trace,
  type TraceError,
} from "../trace/model";
import { Recorder } from "../trace/recorder";
import { type Scene, Witness } from "../trace/witness";
import { captureConsole, captureStreams, type Emit } from "./console";
import { lookAt, within } from "./inspect";
import { type GoOn, Live } from "./live";
import { Loader } from "./loader";
import { describeError, Places } from "./places";
import { amongBuiltins } from "./pristine";
import type { RunRequest } from "./protocol";
import type { Answer, Question } from "./questions";

export interface ExecuteOptions {
  /** What the program prints, as it prints it; absent: it goes where Node sends it and is not recorded. */
  onConsole?: Emit;
  /** `index`: its place among the figures; one that was there is replaced. */
  onFigure?(figure: Figure, index: number): void;
  /** The bundle that writes figures into files. */
  figureWriter?: string;
  /** Called now and then while the program runs. */
  onTick?(): void;
}

/** Entries that a trace keeps; all are handed to `onConsole`. */
const CONSOLE_MAX = 10_000;
/** Characters of all entries that a trace keeps. */
const CONSOLE_TEXT_MAX = 4_000_000;
const FRAMES = 100;

/** A program: run its main part, then ask for the trace, more than once if timers go on. */
export class Program {
  private readonly files: Trace["files"] = [];
  private readonly console: ConsoleEntry[] = [];
  private readonly figures: Figure[] = [];
  /** Of a pyplot figure's id, its place among `figures`. */
  private readonly figureAt = new Map<number, number>();
  private figuresShown = 0;
  private readonly places = new Places();
  private readonly recorder: Recorder;
  private live: Live | undefined;
  private readonly witness: Witness;
  private readonly blamed = new WeakMap<object, SourceRange>();
  /** The last thing thrown that is no object, and where. */
  private lastThrown: { value: unknown; range: SourceRange } | undefined;
  private readonly restore: (() => void)[] = [];
  private started = false;
  private status: RunStatus = "ok";
  private error: TraceError | undefined;
  private ran: SourceRange[] | undefined;
  private consoleText = 0;
  private droppedEntries = 0;
  private begin = 0;
  private durationMs = 0;

  constructor(
    private readonly request: RunRequest,
    private readonly options: ExecuteOptions,
  ) {
    const { live = false } = request;
    this.recorder = new Recorder({
      where: () => this.places.here(),
      lookAt,
      within,
      isProxy: types.isProxy,
      live,
      tick: options.onTick,
    });
    this.witness = new Witness(sceneOf(this.recorder, this.places));
  }

  /** Runs the program's top level to its end or its error; never throws. */
  async main(): Promise<void> {
    const loader = new Loader({
      recorder: this.recorder,
      places: this.places,
      addFile: (path) => this.files.push({ path }) - 1,
      expects: (names) => this.witness.expects(names),
      read: (object, at, use) => this.witness.read(object, at, use),
      blame: (error, range) => this.blame(error, range),
      unsaved: new Map(Object.entries(this.request.unsaved ?? {})),
    });
    Error.stackTraceLimit = FRAMES;
    this.begin = performance.now();
    try {
      const program = loader.program(this.request);
      this.ran = program.ran?.map((range) => ({ file: 0, ...range }));
      this.started = true;
      this.listen();
      this.begin = performance.now();
      await program.start();
    } catch (error) {
      this.fail(error);
    } finally {
      this.durationMs = performance.now() - this.begin;
    }
    this.flushFigures();
  }

  /** The first error is the one that ended the program. */
  fail(error: unknown): void {
    if (this.status !== "ok") return;
    this.status = "error";
    const hostile = {
      name: "Uncaught",
      message: "What was thrown cannot be looked at: it does not end, or throws",
      stack: [],
    };
    this.error = hostile;
    try {
      amongBuiltins(() =>
        within(() => {
          this.error = error instanceof SnippetError ? this.syntaxError(error) : this.describe(error);
        }),
      );
    } catch {
      this.error = hostile;
    }
  }

  /** The program ended itself; to be called from within `process.exit`. */
  exited(code: number): void {
    if (this.status !== "ok") return;
    this.status = "exited";
    const range = amongBuiltins(() => this.places.here());
    const message = `The program called process.exit(${code})`;
    this.error = { name: "Exit", message, ...(range ? { range } : {}), stack: range ? [{ range }] : [] };
    this.flushFigures();
  }

  /** The text is no program: nothing of it has run. */
  get refused(): boolean {
    return this.status === "error" && !this.started;
  }

  get ended(): RunStatus {
    return this.status;
  }

  get failure(): TraceError | undefined {
    return this.error;
  }

  /** Text of a file of the program, for excerpts: the one that ran, not the one on disk. */
  get text(): string {
    return this.request.text;
  }

  /** Rises with everything that the trace would show. */
  get activity(): number {
    return this.recorder.activity + this.console.length + this.droppedEntries + this.figuresShown;
  }

  /** The trace in the middle of the run. */
  snapshot(): Trace {
    return this.told(this.recorder.snapshot(), performance.now() - this.begin);
  }

  trace(): Trace {
    return { ...this.told(this.recorder.finish(), this.durationMs), facts: this.witness.finish(this.error) };
  }

  private told(parts: ReturnType<Recorder["finish"]>, durationMs: number): Trace {
    const dropped: ConsoleEntry[] =
      this.droppedEntries > 0 ? [{ level: "info", text: `… and ${this.droppedEntries} more entries` }] : [];
    if (this.files.length === 0) this.files.push({ path: this.request.path });
    return {
      version: TRACE_VERSION,
      files: this.files,
      ...(this.ran ? { ran: this.ran } : {}),
      status: this.status,
      ...(this.error ? { error: this.error } : {}),
      ...parts,
      console: [...this.console, ...dropped],
      figures: this.figures,
      durationMs,
    };
  }

  /** Throws AnswerError. */
  answer(question: Question, goOn: GoOn): Promise<Answer> {
    this.live ??= new Live(this.recorder, this.request.live ?? false);
    return this.live.answer(question, goOn);
  }

  /** Gives console, streams, engine and plots back. */
  dispose(): void {
    for (const undo of this.restore.splice(0)) undo();
  }

  private listen(): void {
    const where = () => this.places.here();
    const previous = setObserver(both(this.recorder.observer, this.witness.observer));
    setFigureSink({
      place: where,
      show: (figure, id) => this.show(figure, id),
      save: (figure, path, options) => this.save(figure, path, options),
    });
    this.restore.push(
      () => setObserver(previous),
      () => setFigureSink(null),
    );
    const { onConsole } = this.options;
    if (!onConsole) return;
    const emit: Emit = (entry, raw, stream) => {
      const full = this.isConsoleFull;
      onConsole(entry, raw, stream);
      if (full) this.droppedEntries++;
      else this.console.push(entry);
      this.consoleText += entry.text.length;
    };
    // Whom nobody will read need not say where it is: that takes longer than printing.
    const place = () => (this.isConsoleFull ? undefined : where());
    this.restore.push(captureConsole(emit, place), captureStreams(emit, place));
  }

  /** What is printed from now on is only counted. */
  get isConsoleFull(): boolean {
    return this.console.length >= CONSOLE_MAX || this.consoleText >= CONSOLE_TEXT_MAX;
  }

  /** What was drawn and not shown is shown at the end, as in a notebook. */
  private flushFigures(): void {
    try {
      amongBuiltins(() => pyplot.show());
    } catch (error) {
      this.fail(error);
    }
  }

  private show(figure: Figure, id: number): void {
    const index = this.figureAt.get(id) ?? this.figures.length;
    this.figureAt.set(id, index);
    this.figures[index] = figure;
    this.figuresShown++;
    this.options.onFigure?.(figure, index);
  }

  private save(figure: Figure, path: string, options: SaveOptions): void {
    const { figureWriter } = this.options;
    if (!figureWriter || !existsSync(figureWriter))
      throw new Error(`${path} cannot be written: Gradlens' figure writer is missing`);
    const { figureFile } = createRequire(figureWriter)(figureWriter) as typeof import("../export/figureFile");
    writeFileSync(path, figureFile(figure, extname(path).slice(1).toLowerCase(), options));
  }

  private describe(error: unknown): TraceError {
    return describeError(error, this.places, (value) =>
      isObject(value)
        ? this.blamed.get(value)
        : Object.is(this.lastThrown?.value, value)
          ? this.lastThrown?.range
          : undefined,
    );
  }

  private blame(error: unknown, range: SourceRange): void {
    if (!isObject(error)) this.lastThrown = { value: error, range };
    else if (!this.blamed.has(error)) this.blamed.set(error, range);
  }

  private syntaxError(error: SnippetError): TraceError {
    const lines = new Lines(this.request.text);
    const own = { file: 0, start: lines.position(error.start), end: lines.position(error.end) };
    const range = this.blamed.get(error) ?? own;
    return { name: error.name, message: error.message, range, stack: [{ range }] };
  }
}

/** What the witness may ask, with places as a person would point at them. */
function sceneOf(recorder: Recorder, places: Places): Scene {
  const pointed = <T extends { range?: SourceRange }>(made: T): T =>
    made.range ? { ...made, range: places.lastLink(made.range) } : made;
  return {
    placeOf: (stack) => {
      const range = places.innermost(stack);
      return range && places.lastLink(range);
    },
    seen: (tensor) => pointed(recorder.seen(tensor)),
    madeBy: (node) => pointed(recorder.madeBy(node)),
    moduleAt: (module) => recorder.moduleAt(module),
    nameOf: (value) => recorder.nameOf(value),
    indexOf: (node) => recorder.indexOf(node),
    holders: () => recorder.holders(),
    isTensor: (value): value is Tensor => recorder.isTensor(value),
    isProxy: types.isProxy,
  };
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
