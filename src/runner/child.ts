/** The process that a program runs in. It waits for one request, runs it, and lives on until its host ends it. */
import { writeSync } from "node:fs";
import { dirname, isAbsolute } from "node:path";
import { Program } from "./execute";
import { prepareKernels } from "./kernels";
import { type ChildMessage, type HostMessage, MESSAGE_FD } from "./protocol";

const { exit, chdir } = process;
const { stringify } = JSON;
const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Waits until the host has taken it all: nothing is lost when the process ends right after. */
function send(message: ChildMessage): void {
  const line = Buffer.from(`${stringify(message)}\n`);
  for (let sent = 0; sent < line.length; ) {
    try {
      sent += writeSync(MESSAGE_FD, line, sent);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") exit.call(process, 1);
      Atomics.wait(sleeper, 0, 0, 1);
    }
  }
}

let program: Program | undefined;
let done = false;
let reported = 0;

/** Tells how the program ended, or what happened since. */
function report(): void {
  if (!program) return;
  send({ type: done ? "update" : "done", trace: program.trace() });
  done = true;
  reported = program.activity;
}

function fail(error: unknown): void {
  if (program?.ended !== "ok") return;
  program.fail(error);
  report();
}

async function run({ request }: HostMessage): Promise<void> {
  if (isAbsolute(request.path)) {
    try {
      chdir.call(process, dirname(request.path));
    } catch {
      // An unsaved file of a folder that is not there yet: it runs where the host does.
    }
  }
  process.argv = [process.execPath, request.path];
  program = new Program(request, {
    // A program that failed is over, as it would be in Node; what its timers still say is not its result.
    onConsole: (entry) => program?.ended !== "error" && send({ type: "console", entry }),
    onFigure: (figure) => send({ type: "figure", figure }),
  });
  // From here on the process counts as idle when the program's own timers and promises are through.
  process.channel?.unref();
  await program.main();
  report();
}

/** V8 compiles a function when it is first called and again, better, when it has been called often. */
const REHEARSALS = 4;
let requested = false;

/**
 * Goes through everything while nobody waits, so that V8 has compiled it when a program comes.
 * No random number is drawn and no grad_fn is made: what the program sees is what it would see in a fresh process.
 */
async function warmUp(): Promise<void> {
  const text = `import * as t from "gradlens";
    type Row = { values: number[] }; function total<T extends Row>(row: T): number { return row.values.reduce((a, b) => a + b, 0); }
    class Box { constructor(private readonly x = t.tensor([[1.5, 2], [3, 4]])) {} sum() { return this.x.mul(2).add(1).sum(); } }
    let out = new Box().sum(); for (const i of [1, 2]) { out = out.mul(i) as t.Tensor; } const { length } = [total({ values: [1] })];
    console.log(out, String(t.linspace(0, 1, 30)), \`\${length}\`); plt.plot([1, 2], [3, 4]); plt.show();`;
  for (let i = 0; i < REHEARSALS && !requested; i++) {
    const warm = new Program({ path: "warm.ts", text }, { onConsole: () => {}, onFigure: () => {} });
    await warm.main();
    stringify(warm.trace());
    warm.dispose();
    // A request that has come meanwhile is heard.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

process.once("message", (message: HostMessage) => {
  requested = true;
  void warming.then(() => run(message));
});
process.on("disconnect", () => exit.call(process, 0));
process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);
process.on("beforeExit", () => {
  if (program?.ended === "ok") {
    if (!done) fail(new Error("The program waits for a promise that nothing can settle any more"));
    else if (program.activity !== reported) report();
  }
  process.channel?.ref();
});
process.exit = ((code?: number | string | null) => {
  if (program?.ended === "ok") {
    program.exited(Number(code ?? process.exitCode ?? 0));
    report();
  }
  return exit.call(process, code);
}) as typeof process.exit;

prepareKernels();
send({ type: "ready" });
const warming = warmUp().catch(() => {});
