/** The host's side of a run: a process for each, a spare one ready, and a plain word for whatever ends it. */
import { type ChildProcess, fork } from "node:child_process";
import type { Readable } from "node:stream";
import { type ConsoleEntry, type Figure, type RunStatus, TRACE_VERSION, type Trace } from "../trace/model";
import { type ChildMessage, type HostMessage, MESSAGE_FD, type RunRequest } from "./protocol";

export interface RunOptions {
  /** As it is printed, also after the run is done. */
  onConsole?(entry: ConsoleEntry): void;
  onFigure?(figure: Figure): void;
  /** The trace again, when timers or promises went on after the run was done, or the process died. */
  onUpdate?(trace: Trace): void;
  /** Megabytes of JavaScript objects; tensors' own memory does not count. */
  maxMemory?: number;
  /** Milliseconds until the run is stopped; absent: never. */
  timeout?: number;
}

const DEFAULT_MEMORY = 2048;
/** The end of what a dying process says on stderr. */
const STDERR_MAX = 20_000;
/** The spare process starts when the result has been drawn, not while it is. */
const SPARE_DELAY_MS = 250;
/** For the last message of a process that has ended. */
const DRAIN_MS = 500;

/** Runs programs one at a time in processes made from `childPath`, a bundle of `child.ts`. */
export class Runner {
  private spare: Child | undefined;
  private current: Run | undefined;

  constructor(private readonly childPath: string) {}

  /** Starts the process that the next run will use. */
  warm(maxMemory = DEFAULT_MEMORY): void {
    if (this.spare?.alive && this.spare.maxMemory === maxMemory) return;
    this.spare?.kill();
    this.spare = new Child(this.childPath, maxMemory);
  }

  /** Replaces what runs. Resolves with what the program got to, however it ended; rejects only if no process can start. */
  run(request: RunRequest, options: RunOptions = {}): Promise<Trace> {
    this.current?.end("stopped", "A newer run took its place");
    const { maxMemory = DEFAULT_MEMORY } = options;
    this.warm(maxMemory);
    const run = new Run(this.spare!, request, options);
    this.spare = undefined;
    this.current = run;
    const next = () => this.current === run && this.warm(maxMemory);
    return run.result.finally(() => setTimeout(next, SPARE_DELAY_MS).unref());
  }

  /** Kills what runs, at once; its promise resolves with a trace whose status is `stopped`. */
  stop(): void {
    this.current?.end("stopped", "The run was stopped");
  }

  dispose(): void {
    this.stop();
    this.current = undefined;
    this.spare?.kill();
    this.spare = undefined;
  }
}

/** A forked process and the lines it sends. */
class Child {
  readonly process: ChildProcess;
  alive = true;
  stderr = "";
  onMessage: (message: ChildMessage) => void = () => {};
  onEnd: (code: number | null, signal: NodeJS.Signals | null, error?: Error) => void = () => {};

  constructor(
    path: string,
    readonly maxMemory: number,
  ) {
    this.process = fork(path, [], {
      serialization: "advanced",
      execArgv: [`--max-old-space-size=${maxMemory}`, "--stack-trace-limit=100"],
      stdio: ["ignore", "ignore", "pipe", "ipc", "pipe"],
      // Inside VS Code the executable is Electron: this makes it plain Node.
      env: { ...process.env, ELECTRON_RUN_AS_NODE: "1", NODE_OPTIONS: "" },
    });
    this.process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr = (this.stderr + text).slice(-STDERR_MAX);
    });
    const messages = this.process.stdio[MESSAGE_FD] as Readable;
    readLines(messages, (line) => this.onMessage(JSON.parse(line) as ChildMessage));
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

  start(request: RunRequest): void {
    const message: HostMessage = { type: "run", request };
    if (this.process.connected) this.process.send(message, () => {});
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
  private over = false;

  constructor(
    private readonly child: Child,
    private readonly request: RunRequest,
    private readonly options: RunOptions,
  ) {
    this.result = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    child.onMessage = (message) => this.receive(message);
    child.onEnd = (code, signal, error) => this.ended(code, signal, error);
    const { timeout } = options;
    if (timeout) this.timer = setTimeout(() => this.end("stopped", `Stopped after ${timeout / 1000} s`), timeout);
    child.start(request);
  }

  /** Kills the process; a run that was not done is now, with this word. */
  end(status: RunStatus, message: string): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
    this.child.kill();
    if (!this.trace) this.resolve(this.broken(status, message));
  }

  private receive(message: ChildMessage): void {
    if (this.over) return;
    switch (message.type) {
      case "console":
        this.console.push(message.entry);
        this.options.onConsole?.(message.entry);
        break;
      case "figure":
        this.figures.push(message.figure);
        this.options.onFigure?.(message.figure);
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
    }
  }

  /** The process ended by itself: after `process.exit` the child has said so, anything else is a crash. */
  private ended(code: number | null, signal: NodeJS.Signals | null, error?: Error): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
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
    return {
      version: TRACE_VERSION,
      files: [{ path: this.request.path }],
      status,
      error: { name: status === "stopped" ? "Stopped" : "Crashed", message, stack: [] },
      captures: [],
      nodes: [],
      edges: [],
      passes: [],
      console: this.console,
      figures: this.figures,
      omittedNodes: 0,
      durationMs: performance.now() - this.started,
    };
  }
}
