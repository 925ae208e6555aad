/** The host's side of the thread that instruments programs. */
import { Worker } from "node:worker_threads";
import type { InstrumentOptions } from "../snippet";
import type { CompileAnswer, Compiled, CompileRequest } from "./compiler";

/** A text that takes longer is instrumented where it runs. */
const LIMIT_MS = 300;

export class CompilerThread {
  private worker: Worker | undefined;
  private lastId = 0;
  private readonly waiting = new Map<number, (compiled: Compiled) => void>();

  /** `path`: a bundle of `compiler.ts`. */
  constructor(private readonly path: string) {}

  /** Starts the thread, unless it is there. */
  start(): Worker {
    if (this.worker) return this.worker;
    const worker = new Worker(this.path, { execArgv: [], stderr: true });
    worker.unref();
    worker.on("message", ({ id, ...compiled }: CompileAnswer) => this.waiting.get(id)?.(compiled));
    worker.on("error", () => {});
    worker.on("exit", () => {
      if (this.worker === worker) this.worker = undefined;
      for (const resolve of this.waiting.values()) resolve({});
    });
    this.worker = worker;
    return worker;
  }

  /** Resolves in any case, and soon. */
  compile(text: string, options: InstrumentOptions): Promise<Compiled> {
    const id = ++this.lastId;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.waiting.get(id)?.({}), LIMIT_MS);
      this.waiting.set(id, (compiled) => {
        clearTimeout(timer);
        this.waiting.delete(id);
        resolve(compiled);
      });
      this.start().postMessage({ id, text, options } satisfies CompileRequest);
    });
  }

  dispose(): void {
    void this.worker?.terminate();
    this.worker = undefined;
  }
}
