/** An engine under measurement: a process of its own that prepares workloads and times them on request. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface EngineSpec {
  name: string;
  /** What a table's column says. */
  title: string;
  command: string;
  args: string[];
  /** A program that computes one small gradient and prints it: command and arguments; absent where another engine's is the same. */
  start?: [string, string[]];
}

/** Milliseconds a run took, and what the first run gave; or why there is no number. */
export interface Answer {
  ms?: number;
  value?: number;
  reason?: string;
}

const LIMIT_MS = 60_000;

export class Engine {
  version = "";
  #child: ChildProcess | null = null;
  #answers: ((answer: Answer) => void)[] = [];
  #ended = "";

  constructor(readonly spec: EngineSpec) {}

  /** Starts the process. Rejects with its last words when it does not come up. */
  async open(): Promise<void> {
    const child = spawn(this.spec.command, this.spec.args, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, OPENBLAS_NUM_THREADS: "1", OMP_NUM_THREADS: "1" },
    });
    this.#child = child;
    let errors = "";
    child.stderr!.on("data", (chunk) => {
      errors = (errors + chunk).slice(-4000);
    });
    const end = (why: string) => {
      // One that was closed may end after its successor has started.
      if (this.#child !== child) return;
      this.#child = null;
      this.#ended = why;
      for (const answer of this.#answers.splice(0)) answer({ reason: why });
    };
    child.on("error", (error) => end(error.message));
    child.on("close", (_, signal) => end(lastWords(errors) || (signal ? `ended by ${signal}` : "ended")));
    const hello = this.#answer();
    createInterface({ input: child.stdout! }).on("line", (line) => this.#answers.shift()?.(JSON.parse(line)));
    const { version, reason } = (await hello) as Answer & { version?: string };
    if (version === undefined) throw new Error(reason);
    this.version = version;
  }

  /** Time a run of a workload, run over and over for at least `ms` milliseconds. */
  async time(workload: string, size: number, ms: number): Promise<Answer> {
    if (this.#child === null) await this.open();
    const child = this.#child;
    if (child === null) return { reason: this.#ended };
    const pending = this.#answer();
    child.stdin!.write(`${JSON.stringify({ workload, size, ms })}\n`);
    const timer = setTimeout(() => {
      this.#answers.splice(0).forEach((answer) => void answer({ reason: `over ${LIMIT_MS / 1000} s` }));
      this.close();
    }, LIMIT_MS);
    try {
      return await pending;
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#child?.kill("SIGKILL");
    this.#child = null;
  }

  #answer(): Promise<Answer> {
    return new Promise((resolve) => this.#answers.push(resolve));
  }
}

/** The line of a dying program that names its error. */
function lastWords(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  return (lines.find((line) => /Error\b.*:|: .*Error\b/.test(line)) ?? "").slice(0, 120);
}

/** Milliseconds from the start of a fresh process to the first thing it prints; null when it fails. */
export function timeStart([command, args]: [string, string[]]): Promise<number | null> {
  return new Promise((resolve) => {
    const began = performance.now();
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"] });
    let took: number | null = null;
    child.stdout.on("data", () => {
      took ??= performance.now() - began;
    });
    child.on("error", () => resolve(null));
    child.on("close", () => resolve(took));
  });
}
