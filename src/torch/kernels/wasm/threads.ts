/**
 * Threads for large work: workers that run the same kernels on one shared memory.
 *
 * A job is a list of kernel calls whose results do not overlap, so that no bit depends on who does which, or on how many
 * there are. Workers start at the first work worth it, sleep between jobs and keep no process alive. The calling thread takes
 * calls as they do and waits for the last one: where no worker gets to run, it has done all of them itself.
 */
import type { Memory } from "./index";

/** What a platform gives; Node's own comes from `nodeThreads`. */
export interface ThreadHost {
  /** Processors to run on. */
  readonly cores: number;
  /** Starts a thread that evaluates `program`, a function of `data`; it must not keep the process alive. */
  start(program: string, data: WorkerData): void;
}

export interface WorkerData {
  module: object;
  memory: Memory;
  /** `CONTROL` numbers of 32 bits, then the calls: numbers of 64 bits. */
  control: SharedArrayBuffer;
  /** What a call's first number counts. */
  names: readonly string[];
  /** Which thread this is; the calling one is 0. */
  thread: number;
  spinMs: number;
}

/** Places in the control block. */
const Control = { Job: 0, Next: 8, Total: 16, Finished: 24, Ready: 32, Threads: 40 } as const;
const CONTROL_BYTES = 4 * 48;
/** Numbers of a call: kernel, how many arguments, result, which argument is the thread's own room (−1: none), its bytes, arguments. */
const CALL = 28;
const ARGUMENTS = 5;
export const CALLS_MAX = 256;
/** No call has this number. */
const NONE = 1 << 30;
/** How long a worker looks for the next job before it sleeps. */
const SPIN_MS = 0.05;
const SPINS = 2000;
const THREADS_MAX = 64;
/**
 * The last call of another may take as long as one's own. A longer wait says that the processors have other work: some jobs
 * are then done alone, and each time twice as many.
 */
const PATIENCE_MS = 0.2;
const ALONE_MIN = 8;
const ALONE_MAX = 1024;

type Call = (...args: number[]) => unknown;

/** The jobs of one instance of the kernels. */
export class Pool {
  readonly #control = new SharedArrayBuffer(CONTROL_BYTES + 8 * CALL * CALLS_MAX);
  readonly #state = new Int32Array(this.#control, 0, CONTROL_BYTES / 4);
  readonly #calls = new Float64Array(this.#control, CONTROL_BYTES);
  readonly #numbers: Map<string, number>;
  readonly #functions: Call[];
  #workers = 0;
  #total = 0;
  /** Jobs still to be done alone, and how many there will be next time. */
  #alone = 0;
  #nextAlone = ALONE_MIN;

  constructor(
    private readonly host: ThreadHost,
    private readonly module: object,
    private readonly memory: Memory,
    functions: object,
  ) {
    const names = Object.keys(functions).filter(
      (name) => typeof (functions as Record<string, unknown>)[name] === "function",
    );
    this.#numbers = new Map(names.map((name, i) => [name, i]));
    this.#functions = names.map((name) => (functions as Record<string, Call>)[name]);
    this.#state[Control.Next] = NONE;
  }

  /** How many threads share a job, this one included; those that have not come up yet are asked for. */
  get threads(): number {
    const wanted = Math.min(threadCount(), THREADS_MAX);
    while (this.#workers < wanted - 1) {
      this.#workers++;
      this.host.start(`(${work})`, {
        module: this.module,
        memory: this.memory,
        control: this.#control,
        names: [...this.#numbers.keys()],
        thread: this.#workers,
        spinMs: SPIN_MS,
      });
    }
    return wanted;
  }

  /** Whether the next job is to be shared: all workers are up, and lately had processors. */
  isReady(): boolean {
    if (Atomics.load(this.#state, Control.Ready) < this.threads - 1) return false;
    if (this.#alone === 0) return true;
    this.#alone--;
    return false;
  }

  /** Adds a call to the job; `room` is the argument that each thread replaces by `args[room] + thread · bytes`. */
  add(name: string, args: readonly (number | boolean)[], room = -1, bytes = 0): void {
    const at = CALL * this.#total++;
    const calls = this.#calls;
    calls[at] = this.#numbers.get(name)!;
    calls[at + 1] = args.length;
    calls[at + 3] = room;
    calls[at + 4] = bytes;
    for (let i = 0; i < args.length; i++) calls[at + ARGUMENTS + i] = Number(args[i]);
  }

  /** Hands the job to the workers. */
  start(): void {
    const state = this.#state;
    Atomics.store(state, Control.Threads, this.threads);
    Atomics.store(state, Control.Finished, 0);
    Atomics.store(state, Control.Total, this.#total);
    // From here on calls can be taken, also by workers that have not yet seen the end of the job before.
    Atomics.store(state, Control.Next, 0);
    Atomics.add(state, Control.Job, 1);
    Atomics.notify(state, Control.Job);
  }

  /** Takes what is left of the job and waits for the rest. Returns whether a call returned something but 0. */
  finish(): boolean {
    const state = this.#state;
    const total = this.#total;
    const began = now();
    let done = 0;
    for (let i = Atomics.add(state, Control.Next, 1); i < total; i = Atomics.add(state, Control.Next, 1)) {
      this.#run(i);
      Atomics.add(state, Control.Finished, 1);
      done++;
    }
    const through = now();
    for (let spins = 0; ; spins++) {
      const finished = Atomics.load(state, Control.Finished);
      if (finished === total) break;
      if (spins > SPINS) waitWhile(state, finished);
    }
    this.#judge(now() - through, done === 0 ? 2 : (through - began) / done);
    Atomics.store(state, Control.Next, NONE);
    this.#total = 0;
    let some = false;
    for (let i = 0; i < total; i++) some ||= this.#calls[CALL * i + 2] !== 0;
    return some;
  }

  /** Learns from how long the others kept this thread waiting, whose own calls took `callMs` each. */
  #judge(waitedMs: number, callMs: number): void {
    if (waitedMs > 2 * callMs + PATIENCE_MS) {
      this.#alone = this.#nextAlone;
      this.#nextAlone = Math.min(2 * this.#nextAlone, ALONE_MAX);
    } else if (this.#nextAlone > ALONE_MIN) {
      this.#nextAlone /= 2;
    }
  }

  #run(i: number): void {
    const calls = this.#calls;
    const at = CALL * i;
    const args = calls.subarray(at + ARGUMENTS, at + ARGUMENTS + calls[at + 1]);
    calls[at + 2] = Number(this.#functions[calls[at]](...args) ?? 0);
  }
}

const now = (): number => (globalThis as unknown as { performance: { now(): number } }).performance.now();

/** Until the number of finished calls is another; where a page's main thread may not sleep, it goes on looking. */
function waitWhile(state: Int32Array, finished: number): void {
  try {
    Atomics.wait(state, Control.Finished, finished);
  } catch {}
}

/** The worker's own program, told by its text: it closes over nothing. */
function work(data: WorkerData): void {
  const { WebAssembly: platform, performance: clock } = globalThis as unknown as {
    WebAssembly: { Instance: new (module: object, imports: object) => { exports: object } };
    performance: { now(): number };
  };
  const [JOB, NEXT, TOTAL, FINISHED, READY, THREADS] = [0, 8, 16, 24, 32, 40];
  const [CALL, ARGUMENTS, HEAD] = [28, 5, 48];
  const exported = new platform.Instance(data.module, { env: { memory: data.memory } }).exports as Record<string, Call>;
  const functions = data.names.map((name) => exported[name]);
  const state = new Int32Array(data.control, 0, HEAD);
  const calls = new Float64Array(data.control, 4 * HEAD);
  Atomics.add(state, READY, 1);
  for (;;) {
    const job = Atomics.load(state, JOB);
    while (data.thread < Atomics.load(state, THREADS)) {
      const i = Atomics.add(state, NEXT, 1);
      if (i >= Atomics.load(state, TOTAL)) break;
      const at = CALL * i;
      const args = calls.slice(at + ARGUMENTS, at + ARGUMENTS + calls[at + 1]);
      if (calls[at + 3] >= 0) args[calls[at + 3]] += data.thread * calls[at + 4];
      calls[at + 2] = Number(functions[calls[at]](...args) ?? 0);
      const total = Atomics.load(state, TOTAL);
      if (Atomics.add(state, FINISHED, 1) + 1 === total) Atomics.notify(state, FINISHED);
    }
    const until = clock.now() + data.spinMs;
    while (Atomics.load(state, JOB) === job && clock.now() < until);
    Atomics.wait(state, JOB, job);
  }
}

/** Node's, also where an editor brings it; null elsewhere, and where there is one processor only. */
function nodeThreads(): ThreadHost | null {
  const { process, SharedArrayBuffer: shared } = globalThis as {
    process?: { getBuiltinModule?(id: string): any };
    SharedArrayBuffer?: unknown;
  };
  const threads = process?.getBuiltinModule?.("node:worker_threads");
  const os = process?.getBuiltinModule?.("node:os");
  if (!threads || !os || shared === undefined) return null;
  return {
    cores: os.availableParallelism(),
    start: (program, workerData) => {
      const text = `${program}(require("node:worker_threads").workerData)`;
      const options = { eval: true, workerData, execArgv: [], env: {}, resourceLimits: { maxOldGenerationSizeMb: 32 } };
      const worker = new threads.Worker(text, options);
      worker.on("error", () => {});
      worker.unref();
    },
  };
}

let host: ThreadHost | null | undefined;
let wanted: number | null = null;

/** Where threads come from; null where there are none. */
export function threadHost(): ThreadHost | null {
  if (host === undefined) host = nodeThreads();
  return host;
}

/** How many threads large work is shared by: as many as there are processors, unless it was set. */
export const threadCount = (): number => wanted ?? threadHost()?.cores ?? 1;

export function setThreadCount(n: number): void {
  wanted = n;
}
