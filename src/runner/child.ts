/** The process that a program runs in. It waits for one request, runs it, and lives on until its host ends it. */
import { writeSync } from "node:fs";
import { dirname, isAbsolute } from "node:path";
import { Program } from "./execute";
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

/** Tells how the program ended, or what happened since. */
function report(): void {
  if (!program) return;
  send({ type: done ? "update" : "done", trace: program.trace() });
  done = true;
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

process.once("message", (message: HostMessage) => void run(message));
process.on("disconnect", () => exit.call(process, 0));
process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);
process.on("beforeExit", () => {
  if (!program || program.ended !== "ok") {
    // Nothing more will come.
  } else if (!done) {
    fail(new Error("The program waits for a promise that nothing can settle any more"));
  } else {
    report();
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

send({ type: "ready" });
