/** A thread beside the program, which no loop of the program can hold up. */
import { Worker } from "node:worker_threads";
import { GUARD_FD, MEMORY_WORD } from "./protocol";

export interface GuardOptions {
  /** Bytes of the whole process, tensors included, at which it is killed. */
  maxBytes: number;
  /** Called in the program's own thread, wherever it is, when the host asks. */
  report(): void;
}

/** What the thread calls, by its name among the registered symbols. */
const REPORT = "gradlens.report";
const WATCH_MS = 200;

interface GuardData {
  fd: number;
  maxBytes: number;
  watchMs: number;
  memoryWord: string;
  report: string;
}

/** Starts the thread; it keeps no process alive. */
export function startGuard({ maxBytes, report }: GuardOptions): void {
  Object.defineProperty(globalThis, Symbol.for(REPORT), { value: report });
  const workerData: GuardData = { fd: GUARD_FD, maxBytes, watchMs: WATCH_MS, memoryWord: MEMORY_WORD, report: REPORT };
  const worker = new Worker(`(${guard})(require)`, { eval: true, workerData, execArgv: [] });
  worker.on("error", () => {});
  worker.unref();
}

/** The thread's own program, told by its text: it closes over nothing. */
function guard(require: NodeJS.Require): void {
  const { Socket } = require("node:net") as typeof import("node:net");
  const { Session } = require("node:inspector") as typeof import("node:inspector");
  const { writeSync } = require("node:fs") as typeof import("node:fs");
  const data = (require("node:worker_threads") as typeof import("node:worker_threads")).workerData as GuardData;
  const kill = () => process.kill(process.pid, "SIGKILL");
  const host = new Socket({ fd: data.fd, readable: true, writable: false });
  host.on("error", () => {});
  host.on("close", kill);
  host.on("data", () => {
    const session = new Session();
    session.connectToMainThread();
    const expression = `globalThis[Symbol.for(${JSON.stringify(data.report)})]()`;
    session.post("Runtime.evaluate", { expression }, () => session.disconnect());
  });
  setInterval(() => {
    if (process.memoryUsage.rss() < data.maxBytes) return;
    writeSync(2, `${data.memoryWord}\n`);
    kill();
  }, data.watchMs);
}
