/** The process that a program runs in. It waits for one request, runs it, and lives on until its host ends it. */
import { writeSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { rewindSequence, sequenceNow } from "../torch/autograd/node";
import { hideCompileCache, keepCompiledCode } from "./compileCache";
import { Program } from "./execute";
import { startGuard } from "./guard";
import { prepareKernels } from "./kernels";
import { Pace } from "./pace";
import { amongBuiltins, rememberBuiltins } from "./pristine";
import { type ChildMessage, type HostMessage, MESSAGE_FD, type RunRequest } from "./protocol";
import { AnswerError, type Question } from "./questions";

const { exit, chdir, cwd } = process;
const { stringify } = JSON;
const { now } = performance;
const { from: bytesOf } = Buffer;
const write = writeSync;
const wait = Atomics.wait;
const MEGABYTE = 1 << 20;
const sleeper = new Int32Array(new SharedArrayBuffer(4));
const home = cwd.call(process);

/** Waits until the host has taken it all: nothing is lost when the process ends right after. */
function send(message: ChildMessage): void {
  const line = bytesOf(`${stringify(message)}\n`);
  for (let sent = 0; sent < line.length; ) {
    try {
      sent += write(MESSAGE_FD, line, sent);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") exit.call(process, 1);
      wait(sleeper, 0, 0, 1);
    }
  }
}

hideCompileCache();
rememberBuiltins();

let program: Program | undefined;
let done = false;
let reported = 0;

/** Tells how the program ended, or what happened since. */
function report(): void {
  if (!program) return;
  const ended = program;
  amongBuiltins(() => send({ type: done ? "update" : "done", trace: ended.trace() }));
  done = true;
  reported = program.activity;
}

/** Tells how far the program is. */
function tell(): void {
  if (!program || done) return;
  const running = program;
  amongBuiltins(() => send({ type: "snapshot", trace: running.snapshot() }));
}

/** For the host that asks in the middle of anything: it gets an answer, or its patience ends. */
function tellNow(): void {
  try {
    tell();
  } catch {
    // The program was stopped inside the engine or the recorder itself, whose state is between two others.
  }
}

function fail(error: unknown): void {
  if (program?.ended !== "ok") return;
  program.fail(error);
  report();
}

/** Questions that are being answered, until somebody has had enough. */
const asked = new Set<number>();

async function answer(id: number, question: Question): Promise<void> {
  asked.add(id);
  try {
    if (!program || !done) throw new AnswerError("running", "The program has not come to its end yet.");
    const goOn = async (count: number, total: number): Promise<void> => {
      send({ type: "progress", id, done: count, total });
      await new Promise((resolve) => setImmediate(resolve));
      if (!asked.has(id)) throw new AnswerError("cancelled", "Cancelled");
    };
    send({ type: "answer", id, answer: await program.answer(question, goOn) });
  } catch (error) {
    const { reason, message } = error instanceof AnswerError ? error : new AnswerError("failed", String(error));
    send({ type: "unanswered", id, reason, message });
  } finally {
    asked.delete(id);
  }
}

async function run(request: RunRequest): Promise<void> {
  try {
    chdir.call(process, isAbsolute(request.path) ? dirname(request.path) : home);
  } catch {
    // An unsaved file of a folder that is not there yet: it runs where the host does.
  }
  process.argv = [process.execPath, request.path];
  const pace = new Pace(() => now.call(performance));
  program = new Program(request, {
    onConsole: (entry) => {
      // A program that failed is over, as it would be in Node; what its timers still say is not its result.
      if (program?.ended === "error" || program?.isConsoleFull) return;
      send({ type: "console", entry });
    },
    onFigure: (figure, index) => send({ type: "figure", figure, index }),
    figureWriter: join(__dirname, "figures.cjs"),
    onTick: () => pace.tick(tell),
  });
  // From here on the process counts as idle when the program's own timers and promises are through.
  process.channel?.unref();
  await program.main();
  if (!program.refused) return report();
  send({ type: "refused", trace: program.trace() });
  program.dispose();
  program = undefined;
  process.channel?.ref();
}

/** V8 compiles a function when it is first called and again, better, when it has been called often. */
const REHEARSALS = 4;
let rehearsing: Promise<void> = Promise.resolve();
let requested = false;

/**
 * Goes through everything while nobody waits, so that V8 has compiled it when a program comes.
 * Nothing in the host's program draws a random number, and its nodes are not counted: the next program sees what it would see
 * in a fresh process.
 */
async function rehearse(request: RunRequest): Promise<void> {
  const first = sequenceNow();
  for (let i = 0; i < REHEARSALS && !requested; i++) {
    const rehearsal = new Program(request, { onConsole: () => {}, onFigure: () => {} });
    await rehearsal.main();
    stringify(rehearsal.trace());
    rehearsal.dispose();
    rewindSequence(first);
    // A request that has come meanwhile is heard.
    await new Promise((resolve) => setImmediate(resolve));
  }
  keepCompiledCode();
}

process.on("message", (message: HostMessage) => {
  switch (message.type) {
    case "rehearse":
      rehearsing = rehearse(message.request).catch(() => {});
      break;
    case "run":
      requested = true;
      void rehearsing.then(() => run(message.request));
      break;
    case "ask":
      void answer(message.id, message.question);
      break;
    case "cancel":
      asked.delete(message.id);
      break;
  }
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
startGuard({ maxBytes: Number(process.argv[2]) * MEGABYTE, report: tellNow });
send({ type: "ready" });
