/** `gradlens run FILE`: the extension's runner on the command line. */
import { readFileSync, writeFileSync, writeSync } from "node:fs";
import { extname, relative, resolve } from "node:path";
import cac from "cac";
import { EXPORT_FORMATS, type ExportFormat, exportGraph } from "./export";
import type { Emit } from "./runner/console";
import { excerpt } from "./runner/excerpt";
import { Program } from "./runner/execute";
import { prepareKernels } from "./runner/kernels";
import type { TraceError } from "./trace/model";

declare const GRADLENS_VERSION: string | undefined;

/** A mistake in the command itself: its message is for the person who typed it. */
class UsageError extends Error {}

const USAGE = 2;

interface RunFlags {
  graph?: string;
  /** `true` or `-`: standard output. */
  json?: string | boolean;
}

const { exit } = process;

function version(): string {
  if (typeof GRADLENS_VERSION === "string") return GRADLENS_VERSION;
  return JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version;
}

function readProgram(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === "ENOENT" ? "there is no such file" : code === "EISDIR" ? "it is a folder" : (error as Error).message;
    throw new UsageError(`Cannot read ${file}: ${why}`);
  }
}

function graphFormat(path: string): ExportFormat {
  const format = EXPORT_FORMATS.find((known) => extname(path) === `.${known}`);
  if (format) return format;
  throw new UsageError(`--graph ${path}: the ending must be ${EXPORT_FORMATS.map((known) => `.${known}`).join(", ")}`);
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new UsageError(`Cannot write ${path}: ${(error as Error).message}`);
  }
}

/** All of it, however slowly the other side of a pipe reads. */
function writeOut(text: string): void {
  const bytes = Buffer.from(text);
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  for (let sent = 0; sent < bytes.length; ) {
    try {
      sent += writeSync(1, bytes, sent);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EPIPE") return;
      if (code !== "EAGAIN") throw error;
      Atomics.wait(sleeper, 0, 0, 5);
    }
  }
}

/** The trace takes the output's place. */
const drop = () => {};

/** Output goes into the trace and where it would have gone. */
function passOn(): Emit {
  const write = {
    stdout: process.stdout.write.bind(process.stdout),
    stderr: process.stderr.write.bind(process.stderr),
  };
  return (_entry, raw, stream) => void write[stream](raw);
}

/** Output is written before the next statement runs, so that no exit cuts it off; a reader that leaves ends the program. */
function writeAtOnce(stream: NodeJS.WriteStream): void {
  (stream as unknown as { _handle?: { setBlocking?(on: boolean): void } })._handle?.setBlocking?.(true);
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") exit.call(process, 0);
    throw error;
  });
}

async function run(file: string, flags: RunFlags): Promise<void> {
  const path = resolve(file);
  const text = readProgram(file);
  const format = flags.graph === undefined ? undefined : graphFormat(flags.graph);
  try {
    prepareKernels();
  } catch (error) {
    throw new UsageError(`GRADLENS_KERNELS: ${(error as Error).message}`);
  }
  const toStdout = flags.json === true || flags.json === "-";
  const program = new Program(
    { path, text },
    flags.json === undefined ? {} : { onConsole: toStdout ? drop : passOn() },
  );
  process.argv = [process.execPath, path];
  writeAtOnce(process.stdout);
  writeAtOnce(process.stderr);

  let written = false;
  const finish = () => {
    if (written) return;
    written = true;
    if (flags.graph === undefined && flags.json === undefined) return;
    const trace = program.trace();
    if (flags.graph !== undefined) write(flags.graph, exportGraph(trace, format!));
    if (toStdout) writeOut(`${JSON.stringify(trace)}\n`);
    else if (typeof flags.json === "string") write(flags.json, `${JSON.stringify(trace)}\n`);
  };
  const end = (code: number) => {
    try {
      finish();
    } catch (error) {
      exit.call(process, complain(error));
    }
    exit.call(process, code);
  };
  const fail = (error: unknown) => {
    program.fail(error);
    program.dispose();
    if (program.failure) process.stderr.write(report(program.failure, file, text));
    end(1);
  };
  process.exit = ((code?: number | string | null) => {
    const status = Number(code ?? process.exitCode ?? 0);
    program.exited(status);
    program.dispose();
    end(status);
  }) as typeof process.exit;
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);

  let settled = false;
  process.on("beforeExit", () => {
    if (!settled) fail(new Error("The program waits for a promise that nothing can settle any more"));
    else end(Number(process.exitCode ?? 0));
  });
  await program.main();
  settled = true;
  if (program.ended === "error") fail(undefined);
}

/** `Name: message`, where, and the line itself. */
function report(error: TraceError, file: string, text: string): string {
  const head = `${error.name}: ${error.message}\n`;
  const { range } = error;
  if (!range) return head;
  const place = `${relative(process.cwd(), resolve(file)) || file}:${range.start.line + 1}:${range.start.column + 1}`;
  const color = Boolean(process.stderr.isTTY) && !process.env.NO_COLOR;
  const shown = range.file === 0 ? `\n${excerpt(text, range, { color })}` : "";
  return `${head}  at ${place}${shown}\n`;
}

function complain(error: unknown): number {
  if (!(error instanceof UsageError) && (error as Error).name !== "CACError") throw error;
  process.stderr.write(`gradlens: ${(error as Error).message}\n`);
  return USAGE;
}

const cli = cac("gradlens");
cli
  .command("run <file>", "Run a TypeScript or JavaScript program")
  .option("--graph <file>", "Write the grad_fn graph: .svg, .dot or .json")
  .option("--json [file]", "Write the trace; without a file, to standard output instead of what the program prints")
  .example("  gradlens run examples/what-is-autograd.ts --graph graph.svg")
  .action(run);
cli.help();
cli.version(version());

try {
  cli.parse(process.argv, { run: false });
  const asked = cli.options.help || cli.options.version;
  if (cli.matchedCommand) await cli.runMatchedCommand();
  else if (!asked) {
    const [name] = cli.args;
    throw new UsageError(
      `${name ? `There is no command '${name}'` : "A command is missing"}. Try: gradlens run FILE.ts, or gradlens --help`,
    );
  }
} catch (error) {
  process.exitCode = complain(error);
}
