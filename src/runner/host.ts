/** The host's side of a run: a process for each, a spare one ready, and a plain word for whatever ends it. */
import { type ChildProcess, fork } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import {
  type ConsoleEntry,
  type Figure,
  type RunStatus,
  TRACE_VERSION,
  type Trace,
  type TraceError,
} from "../trace/model";
import { compileCache } from "./compileCache";
import type { Compiled } from "./compiler";
import { CompilerThread } from "./compilerThread";
import { type ChildMessage, GUARD_FD, type HostMessage, MEMORY_WORD, MESSAGE_FD, type RunRequest } from "./protocol";
import { type Answer, AnswerError, type AnswerTo, type Question } from "./questions";

export interface RunOptions {
  /** As it is printed, also after the run is done. */
  onConsole?(entry: ConsoleEntry): void;
  /** As it is shown; takes the place of the figure that was at `index`, if one was. */
  onFigure?(figure: Figure, index: number): void;
  /** How far the program is, from time to time while it runs. */
  onSnapshot?(trace: Trace): void;
  /** The trace again, when timers or promises went on after the run was done, or the process died. */
  onUpdate?(trace: Trace): void;
  /** Megabytes of JavaScript objects; tensors may take as much again. */
  maxMemory?: number;
  /** Milliseconds until the run is stopped; absent: never. */
  timeout?: number;
  /** Processes to have ready for the runs after this one. */
  spares?: number;
}

export interface AskOptions {
  signal?: AbortSignal;
  onProgress?(done: number, total: number): void;
}

const GONE = "The process of this run has ended. Run the program again to ask about it.";
const DEFAULT_MEMORY = 2048;
/** The end of what a dying process says on stderr. */
const STDERR_MAX = 20_000;
/** The spare process starts when the result has been drawn, not while it is. */
const SPARE_DELAY_MS = 250;
/** Where several are wanted, the next run will come soon. */
const SPARE_SOON_MS = 40;
/** For the last word of a program that is stopped: it is worth having, not worth waiting for. */
const LAST_WORD_MS = 250;
/** Node itself, the engine's code, and what garbage may wait for its collection. */
const OVERHEAD_MB = 300;
/** Console entries kept for a run that cannot tell them itself. */
const CONSOLE_MAX = 10_000;
/** For the last message of a process that has ended. */
const DRAIN_MS = 500;

/** What a process goes through before its first program: what most programs do, but for random numbers and addresses. */
const REHEARSAL: RunRequest = {
  path: "rehearsal.ts",
  text: `import * as t from "gradlens";
    type Row = { values: number[] }; function total<T extends Row>(row: T): number { return row.values.reduce((a, b) => a + b, 0); }
    class Box { constructor(private readonly x = t.tensor([[1.5, 2], [3, 4]])) {} sum() { return this.x.mul(2).add(1).sum(); } }
    const x = t.linspace(0, 6, 25, { requires_grad: true }); const loss = t.sin(x).mul(2).add(1).sum(); loss.backward();
    let out = new Box().sum(); for (const i of [1, 2]) { out = out.mul(i) as t.Tensor; } const { length } = [total({ values: [1] })];
    t.no_grad(() => x.sub_(x.grad!.mul(0.1))); console.log(out, x.grad, loss.grad_fn!.next_functions.length, \`\${length}\`);
    plt.plot([1, 2], [3, 4]); plt.show();`,
};

/** Runs programs one at a time in processes made from `childPath`, a bundle of `child.ts`. */
export class Runner {
  private spares: Child[] = [];
  private current: Run | undefined;
  private readonly compiler: CompilerThread | undefined;
  private rehearsal: Promise<Compiled> | undefined;

  /**
   * `compilerPath`: a bundle of `compiler.ts`; absent: programs are instrumented where they run. `cacheFolder`: where V8's code may
   * be kept, for the processes after this one.
   */
  constructor(
    private readonly childPath: string,
    compilerPath?: string,
    private readonly cacheFolder?: string,
  ) {
    this.compiler = compilerPath ? new CompilerThread(compilerPath) : undefined;
  }

  /** Processes that wait for a program. */
  get ready(): number {
    return this.spares.filter((child) => child.ready).length;
  }

  /** Starts a process that a run will use, unless there are enough. */
  warm(maxMemory = DEFAULT_MEMORY, wanted = 1): void {
    this.compiler?.start();
    this.spares = this.spares.filter((child) => {
      const fits = child.alive && child.maxMemory === maxMemory;
      if (!fits) child.kill();
      return fits;
    });
    // One starts at a time: two cores are not for that.
    const isStarting = this.spares.some((child) => !child.ready);
    if (this.spares.length < wanted && !isStarting) this.spares.push(this.child(maxMemory));
  }

  private child(maxMemory: number): Child {
    const child = new Child(this.childPath, maxMemory, this.cacheFolder);
    const compiled = this.rehearsal ?? this.compile(REHEARSAL);
    void Promise.all([compiled, child.whenReady]).then(([{ snippet }]) => {
      if (snippet) this.rehearsal = compiled;
      const isWaiting = this.spares.includes(child);
      if (isWaiting) child.send({ type: "rehearse", request: { ...REHEARSAL, snippet } });
    });
    return child;
  }

  /** Replaces what runs. Resolves with what the program got to, however it ended; rejects only if no process can start. */
  run(request: RunRequest, options: RunOptions = {}): Promise<Trace> {
    this.cancel();
    const { maxMemory = DEFAULT_MEMORY, spares = 1 } = options;
    this.warm(maxMemory);
    const best = Math.max(
      0,
      this.spares.findIndex((child) => child.ready),
    );
    const [child] = this.spares.splice(best, 1);
    // In the middle of a flurry of edits the next process starts beside the program, otherwise after it.
    if (spares > 1 && this.ready < 2) this.warm(maxMemory, spares);
    const run = new Run(child!, request, options, this.compile(request), () => this.spares.unshift(child!));
    this.current = run;
    const delay = spares > 1 ? SPARE_SOON_MS : SPARE_DELAY_MS;
    const refill = () => {
      if (this.current !== run || this.spares.length >= spares) return;
      this.warm(maxMemory, spares);
      setTimeout(refill, delay).unref();
    };
    return run.result.finally(() => setTimeout(refill, delay).unref());
  }

  private compile({ path, text, selection }: RunRequest): Promise<Compiled> {
    return this.compiler?.compile(text, { path, selection }) ?? Promise.resolve({});
  }

  /** Kills what runs, at once. */
  cancel(): void {
    this.current?.end("stopped", "A newer run took its place");
  }

  /**
   * Asks the last run, once it is done. Rejects with AnswerError: `gone` when another run has taken its place or the
   * process ended, `cancelled` when the signal says so.
   */
  ask<Q extends Question>(question: Q, options: AskOptions = {}): Promise<AnswerTo<Q>> {
    if (!this.current) return Promise.reject(new AnswerError("gone", GONE));
    return this.current.ask(question, options) as Promise<AnswerTo<Q>>;
  }

  /** Ends what runs; its promise resolves with a trace whose status is `stopped` and that has what the program got to. */
  stop(): void {
    this.current?.stop("The run was stopped");
  }

  dispose(): void {
    this.cancel();
    this.current = undefined;
    for (const spare of this.spares.splice(0)) spare.kill();
    this.compiler?.dispose();
  }
}

/** A forked process and the lines it sends. */
class Child {
  readonly process: ChildProcess;
  private readonly guard: Writable;
  alive = true;
  /** It has said so: the next request is heard at once. */
  ready = false;
  private sayReady: () => void = () => {};
  readonly whenReady = new Promise<void>((resolve) => {
    this.sayReady = resolve;
  });
  stderr = "";
  onMessage: (message: ChildMessage) => void = () => {};
  onEnd: (code: number | null, signal: NodeJS.Signals | null, error?: Error) => void = () => {};

  constructor(
    path: string,
    readonly maxMemory: number,
    cacheFolder: string | undefined,
  ) {
    this.process = fork(path, [String(2 * maxMemory + OVERHEAD_MB)], {
      serialization: "advanced",
      // A graph lives until its backward pass: room for young objects spares copying it about.
      execArgv: [`--max-old-space-size=${maxMemory}`, "--max-semi-space-size=64", "--stack-trace-limit=100"],
      stdio: ["ignore", "ignore", "pipe", "ipc", "pipe", "pipe"],
      // Inside VS Code the executable is Electron: this makes it plain Node.
      env: { ...process.env, ELECTRON_RUN_AS_NODE: "1", NODE_OPTIONS: "", ...compileCache(cacheFolder) },
    });
    this.process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr = (this.stderr + text).slice(-STDERR_MAX);
    });
    const messages = this.process.stdio[MESSAGE_FD] as Readable;
    readLines(messages, (line) => this.receive(line));
    const pipes: readonly (Readable | Writable | null | undefined)[] = this.process.stdio;
    this.guard = pipes[GUARD_FD] as Writable;
    this.guard.on("error", () => {});
    messages.on("error", () => {});
    this.process.on("error", (error) => this.end(null, null, error));
    this.process.on("exit", (code, signal) => {
      if (messages.readableEnded || messages.destroyed) return this.end(code, signal);
      const timer = setTimeout(() => this.end(code, signal), DRAIN_MS);
      messages.once("close", () => {
        clearTimeout(timer);
        this.end(code, signal);
      });
    });
  }

  send(message: HostMessage): void {
    if (this.process.connected) this.process.send(message, () => {});
  }

  /** Asks for a snapshot, wherever the program is. */
  ask(): void {
    this.guard.write("?");
  }

  /** The program may have written to the pipe itself: what is no message of ours is nothing. */
  private receive(line: string): void {
    let message: ChildMessage;
    try {
      message = JSON.parse(line) as ChildMessage;
      if (!isMessage(message)) return;
    } catch {
      return;
    }
    if (message.type === "ready") {
      this.ready = true;
      this.sayReady();
    }
    this.onMessage(message);
  }

  kill(): void {
    this.alive = false;
    this.process.kill("SIGKILL");
  }

  private end(code: number | null, signal: NodeJS.Signals | null, error?: Error): void {
    this.alive = false;
    this.onEnd(code, signal, error);
  }
}

function isMessage(message: ChildMessage | null): message is ChildMessage {
  switch (message?.type) {
    case "ready":
      return true;
    case "console":
      return typeof message.entry?.text === "string";
    case "figure":
      return typeof message.figure === "object";
    case "answer":
    case "progress":
    case "unanswered":
      return Number.isInteger(message.id);
    default:
      return message?.trace?.version === TRACE_VERSION;
  }
}

function readLines(stream: Readable, take: (line: string) => void): void {
  let pending: string[] = [];
  stream.setEncoding("utf8").on("data", (text: string) => {
    let from = 0;
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", from)) {
      pending.push(text.slice(from, at));
      take(pending.join(""));
      pending = [];
      from = at + 1;
    }
    if (from < text.length) pending.push(text.slice(from));
  });
}

interface Pending {
  resolve(answer: Answer): void;
  reject(error: AnswerError): void;
  onProgress: AskOptions["onProgress"];
}

/** One program in its process. */
class Run {
  readonly result: Promise<Trace>;
  private resolve!: (trace: Trace) => void;
  private reject!: (error: Error) => void;
  private readonly console: ConsoleEntry[] = [];
  private readonly figures: Figure[] = [];
  private readonly started = performance.now();
  private readonly timer: NodeJS.Timeout | undefined;
  /** The last trace the child sent; the run is done then. */
  private trace: Trace | undefined;
  /** How far the program was when it last told. */
  private snapshot: Trace | undefined;
  private over = false;
  /** The last word of a run that is being stopped has come, or has not come in time. */
  private lastWord: (() => void) | undefined;
  /** Nothing of the program has run: the process is as good as new. */
  freed = false;
  /** The process has been told. */
  private sent = false;
  private lastId = 0;
  private readonly pending = new Map<number, Pending>();

  constructor(
    private readonly child: Child,
    private readonly request: RunRequest,
    private readonly options: RunOptions,
    compiled: Promise<Compiled>,
    private readonly release: () => void,
  ) {
    this.result = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    child.onMessage = (message) => this.receive(message);
    child.onEnd = (code, signal, error) => this.ended(code, signal, error);
    const { timeout } = options;
    if (timeout) this.timer = setTimeout(() => this.stop(`Stopped after ${timeout / 1000} s`), timeout);
    // Until the process is up, another run may take it as it is.
    void compiled.then(async ({ snippet, refusal }) => {
      if (refusal) return this.refuse(this.nothing("error", refusal, 0));
      await child.whenReady;
      this.send(snippet ? { ...request, snippet } : request);
    });
  }

  private send(request: RunRequest): void {
    if (this.over) return;
    this.sent = true;
    this.child.send({ type: "run", request });
  }

  /** The text is no program: the process may take another. */
  private refuse(trace: Trace): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
    this.free();
    this.resolve({ ...trace, refused: true });
  }

  /** Ends the run as soon as the program has said how far it is, and soon in any case. */
  stop(message: string): void {
    if (this.trace || this.over || this.lastWord) {
      this.end("stopped", message);
      return;
    }
    const timer = setTimeout(() => this.end("stopped", message), LAST_WORD_MS);
    this.lastWord = () => {
      clearTimeout(timer);
      this.end("stopped", message);
    };
    this.child.ask();
  }

  /** Kills the process; a run that was not done is now, with this word. */
  end(status: RunStatus, message: string): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
    if (this.sent) this.child.kill();
    else this.free();
    this.refuseAll();
    if (!this.trace) this.resolve(this.broken(status, message));
  }

  /** The process may take another program. */
  private free(): void {
    this.freed = true;
    this.child.onMessage = () => {};
    this.child.onEnd = () => {};
    if (this.child.alive) this.release();
  }

  ask(question: Question, { signal, onProgress }: AskOptions): Promise<Answer> {
    if (this.over || this.freed) return Promise.reject(new AnswerError("gone", GONE));
    const id = ++this.lastId;
    return new Promise<Answer>((resolve, reject) => {
      this.pending.set(id, { resolve, reject, onProgress });
      signal?.addEventListener("abort", () => {
        if (!this.pending.delete(id)) return;
        this.child.send({ type: "cancel", id });
        reject(new AnswerError("cancelled", "Cancelled"));
      });
      this.child.send({ type: "ask", id, question });
    });
  }

  private refuseAll(): void {
    for (const { reject } of this.pending.values()) reject(new AnswerError("gone", GONE));
    this.pending.clear();
  }

  private settle(message: Extract<ChildMessage, { type: "answer" | "unanswered" | "progress" }>): void {
    const pending = this.pending.get(message.id);
    if (!pending) return;
    if (message.type === "progress") {
      pending.onProgress?.(message.done, message.total);
      return;
    }
    this.pending.delete(message.id);
    if (message.type === "answer") pending.resolve(message.answer);
    else pending.reject(new AnswerError(message.reason, message.message));
  }

  private receive(message: ChildMessage): void {
    if (this.over) return;
    switch (message.type) {
      case "console":
        if (this.console.length < CONSOLE_MAX) this.console.push(message.entry);
        this.options.onConsole?.(message.entry);
        break;
      case "figure":
        this.figures[message.index] = message.figure;
        this.options.onFigure?.(message.figure, message.index);
        break;
      case "snapshot":
        this.snapshot = message.trace;
        if (this.lastWord) this.lastWord();
        else this.options.onSnapshot?.(message.trace);
        break;
      case "refused":
        this.refuse(message.trace);
        break;
      case "done":
        clearTimeout(this.timer);
        this.trace = message.trace;
        this.resolve(message.trace);
        break;
      case "update":
        this.trace = message.trace;
        this.options.onUpdate?.(message.trace);
        break;
      case "answer":
      case "progress":
      case "unanswered":
        this.settle(message);
        break;
    }
  }

  /** The process ended by itself: after `process.exit` the child has said so, anything else is a crash. */
  private ended(code: number | null, signal: NodeJS.Signals | null, error?: Error): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
    this.refuseAll();
    if (error && !this.trace) {
      this.reject(new Error(`The runner's process could not start: ${error.message}`));
    } else if (!this.trace) {
      this.resolve(this.broken("crashed", this.causeOfDeath(code, signal)));
    } else if (this.trace.status === "ok") {
      const broken = this.broken("crashed", this.causeOfDeath(code, signal));
      this.options.onUpdate?.({ ...this.trace, status: "crashed", ...(broken.error ? { error: broken.error } : {}) });
    }
  }

  private causeOfDeath(code: number | null, signal: NodeJS.Signals | null): string {
    const { stderr, maxMemory } = this.child;
    if (stderr.includes(MEMORY_WORD)) {
      return `The program ran out of memory: it may use ${maxMemory} MB, and its tensors as much again`;
    }
    if (/heap out of memory|Reached heap limit|invalid array length Allocation failed/i.test(stderr)) {
      return `The program ran out of memory: it may use ${maxMemory} MB`;
    }
    if (signal === "SIGKILL") return "The program's process was killed, by the system if memory ran short";
    const why = signal ? `by ${signal}` : `with exit code ${code}`;
    const last = stderr.trim().split("\n").at(-1);
    return `The program's process ended ${why}${last ? `: ${last}` : ""}`;
  }

  /** What is known of a run whose process cannot tell any more. */
  private broken(status: RunStatus, message: string): Trace {
    const error: TraceError = { name: status === "stopped" ? "Stopped" : "Crashed", message, stack: [] };
    const durationMs = performance.now() - this.started;
    if (this.snapshot) {
      // The program's own list ends with how many more there were.
      const { console } = this.snapshot;
      const printed = console.length > this.console.length ? console : this.console;
      return { ...this.snapshot, status, error, durationMs, console: printed };
    }
    return this.nothing(status, error, durationMs);
  }

  /** The trace of a program that has told nothing of itself. */
  private nothing(status: RunStatus, error: TraceError, durationMs: number): Trace {
    return {
      version: TRACE_VERSION,
      files: [{ path: this.request.path }],
      status,
      error,
      captures: [],
      nodes: [],
      edges: [],
      passes: [],
      console: this.console,
      figures: this.figures,
      omittedNodes: 0,
      durationMs,
    };
  }
}
