/** `gradlens run FILE`, `gradlens check FILE…` and `gradlens export FILE`: the extension's runner on the command line. */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync, writeSync } from "node:fs";
import { basename, extname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import cac from "cac";
import { checkJson, checkText } from "./cliCheck";
import { panelMain } from "./editor/panelHtml";
import {
  DARK,
  drawingOf,
  EXPORT_FORMATS,
  type ExportFormat,
  exportDrawing,
  FORMATS,
  formatOf,
  LIGHT,
  type ThemeChoice,
} from "./export";
import { PAGE_FILES, partsOf, toHtml } from "./export/html";
import { toPng } from "./export/png";
import type { Emit } from "./runner/console";
import { excerpt } from "./runner/excerpt";
import { Program } from "./runner/execute";
import { prepareKernels } from "./runner/kernels";
import { TRACE_VERSION, type Trace, type TraceError } from "./trace/model";

declare const GRADLENS_VERSION: string | undefined;

/** A mistake in the command itself: its message is for the person who typed it. */
class UsageError extends Error {}

const USAGE = 2;

interface RunFlags {
  graph?: string;
  /** `true` or `-`: standard output. */
  json?: string | boolean;
}

interface ExportFlags {
  format?: string;
  output?: string;
  theme?: string;
}

interface CheckFlags {
  json?: boolean;
  quiet?: boolean;
}

/** A graph to write. Without a path: to standard output. */
interface GraphOutput {
  path: string | undefined;
  format: ExportFormat;
  theme: ThemeChoice;
}

const THEMES: Record<string, ThemeChoice> = { auto: "auto", light: LIGHT, dark: DARK };

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

function graphFormat(option: string, path: string): ExportFormat {
  const format = formatOf(path);
  if (format) return format;
  const endings = EXPORT_FORMATS.map((known) => `.${FORMATS[known].ending}`);
  throw new UsageError(`${option} ${path}: the ending must be ${endings.join(", ")}`);
}

/** What `gradlens export` shall write, and where. */
function exportOutput({ format, output, theme = "auto" }: ExportFlags): GraphOutput {
  const path = output === "-" ? undefined : output;
  if (format !== undefined && !EXPORT_FORMATS.includes(format as ExportFormat))
    throw new UsageError(`--format ${format}: it must be ${EXPORT_FORMATS.join(", ")}`);
  if (!Object.hasOwn(THEMES, theme))
    throw new UsageError(`--theme ${theme}: it must be ${Object.keys(THEMES).join(", ")}`);
  if (format === undefined && path === undefined)
    throw new UsageError("Say where to: --output FILE, or --format FORMAT for standard output");
  return { path, format: (format as ExportFormat) ?? graphFormat("--output", path!), theme: THEMES[theme]! };
}

/** A trace that `gradlens run --json` saved; undefined when the file is a program. */
function savedTrace(file: string): Trace | undefined {
  if (extname(file) !== ".json") return undefined;
  let trace: Trace;
  try {
    trace = JSON.parse(readProgram(file));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${file} is no trace: ${(error as Error).message}`);
  }
  if (!Array.isArray(trace?.nodes) || !Array.isArray(trace.edges) || !Array.isArray(trace.figures))
    throw new UsageError(`${file} is no trace. Make one with: gradlens run FILE.ts --json ${file}`);
  if (trace.version !== TRACE_VERSION)
    throw new UsageError(`${file} is a trace of version ${trace.version}; this Gradlens reads ${TRACE_VERSION}`);
  return trace;
}

/** The page's files lie beside this one; from the sources they are those of the last build. */
function pageFile(name: string): string {
  for (const folder of ["./standalone/", "../dist/standalone/"]) {
    try {
      return readFileSync(new URL(folder + name, import.meta.url), "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  throw new UsageError("The page's files are not beside the command. Reinstall Gradlens, or build it: npm run build");
}

function writeGraph(trace: Trace, source: string | undefined, output: GraphOutput): void {
  const content = graphContent(trace, source, output);
  if (output.path === undefined) writeOut(content);
  else write(output.path, content);
}

function graphContent(
  { console: _, ...trace }: Trace,
  source: string | undefined,
  { format, theme }: GraphOutput,
): string | Uint8Array {
  if (format === "html") {
    const parts = partsOf(panelMain({ shortcut: "", trusted: true }), PAGE_FILES.map(pageFile));
    const program = basename(trace.files[0]?.path ?? "program");
    return toHtml({ program, trace, source }, parts, randomBytes(16).toString("base64url"));
  }
  const drawing = drawingOf(trace);
  return format === "png" ? toPng(drawing, theme === "auto" ? LIGHT : theme) : exportDrawing(drawing, format, theme);
}

function write(path: string, content: string | Uint8Array): void {
  try {
    writeFileSync(path, content);
  } catch (error) {
    throw new UsageError(`Cannot write ${path}: ${(error as Error).message}`);
  }
}

/** All of it, however slowly the other side of a pipe reads. */
function writeOut(content: string | Uint8Array): void {
  const bytes = Buffer.from(content as string);
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
  const graph: GraphOutput | undefined =
    flags.graph === undefined
      ? undefined
      : { path: flags.graph, format: graphFormat("--graph", flags.graph), theme: "auto" };
  const toStdout = flags.json === true || flags.json === "-";
  const emit = flags.json === undefined ? undefined : toStdout ? drop : passOn();
  await execute(file, emit, (trace, text) => {
    if (graph) writeGraph(trace, text, graph);
    if (toStdout) writeOut(`${JSON.stringify(trace)}\n`);
    else if (typeof flags.json === "string") write(flags.json, `${JSON.stringify(trace)}\n`);
  });
}

/** Findings go to standard output; what the program prints goes to standard error. */
async function check(files: string[], flags: CheckFlags): Promise<void> {
  if (files.length !== 1) return checkEach(files, flags);
  const stderr = process.stderr.write.bind(process.stderr);
  const emit: Emit = flags.quiet ? drop : (_entry, raw) => void stderr(raw);
  const say = (trace: Trace): number => {
    const findings = checkJson(trace);
    writeOut(flags.json ? `${JSON.stringify(findings, null, 2)}\n` : checkText(trace));
    return findings.length > 0 ? 1 : 0;
  };
  await execute(files[0]!, emit, say, flags.quiet);
}

/** Each program in a process of its own, as if it ran alone. */
function checkEach(files: string[], flags: CheckFlags): void {
  if (files.length === 0) throw new UsageError("check: which file? Try: gradlens check FILE.ts");
  const options = [...(flags.json ? ["--json"] : []), ...(flags.quiet ? ["--quiet"] : [])];
  const findings: unknown[] = [];
  let code = 0;
  for (const file of files) {
    const { status, stdout } = spawnSync(process.execPath, [process.argv[1]!, "check", file, ...options], {
      stdio: ["inherit", flags.json ? "pipe" : "inherit", "inherit"],
      encoding: "utf8",
      maxBuffer: 1 << 28,
    });
    code = Math.max(code, status ?? 1);
    if (flags.json && stdout) findings.push(...JSON.parse(stdout));
  }
  if (flags.json) writeOut(`${JSON.stringify(findings, null, 2)}\n`);
  process.exitCode = code;
}

async function exportFile(file: string, flags: ExportFlags): Promise<void> {
  const output = exportOutput(flags);
  const saved = savedTrace(file);
  if (saved) return writeGraph(saved, undefined, output);
  await execute(file, output.path === undefined ? drop : undefined, (trace, text) => writeGraph(trace, text, output));
}

/** Runs a program to its end, hands its trace to `finish`, and exits as that says, or else as the program does. */
async function execute(
  file: string,
  onConsole: Emit | undefined,
  finish: (trace: Trace, text: string) => number | undefined | void,
  silent = false,
): Promise<void> {
  const path = resolve(file);
  const text = readProgram(file);
  try {
    prepareKernels();
  } catch (error) {
    throw new UsageError(`GRADLENS_KERNELS: ${(error as Error).message}`);
  }
  const figureWriter = fileURLToPath(new URL("./figures.cjs", import.meta.url));
  const program = new Program({ path, text }, { figureWriter, ...(onConsole ? { onConsole } : {}) });
  process.argv = [process.execPath, path];
  writeAtOnce(process.stdout);
  writeAtOnce(process.stderr);

  let written = false;
  const end = (code: number) => {
    try {
      if (!written) {
        written = true;
        const own = finish(program.trace(), text);
        if (own !== undefined) exit.call(process, own);
      }
    } catch (error) {
      exit.call(process, complain(error));
    }
    exit.call(process, code);
  };
  const fail = (error: unknown) => {
    program.fail(error);
    program.dispose();
    if (program.failure && !silent) process.stderr.write(report(program.failure, file, text));
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
  .option("--graph <file>", `Write the grad_fn graph: ${EXPORT_FORMATS.map((f) => `.${FORMATS[f].ending}`).join(", ")}`)
  .option("--json [file]", "Write the trace; without a file, to standard output instead of what the program prints")
  .example("  gradlens run examples/what-is-autograd.ts --graph graph.svg")
  .action(run);
cli
  .command("check [...files]", "Run programs and say what is wrong with their gradients: exit code 1 if anything is")
  .option("--json", "Findings as JSON, with related places and fixes")
  .option("-q, --quiet", "Leave out what the program prints; otherwise it goes to standard error")
  .example("  gradlens check examples/two-moons.ts")
  .action(check);
cli
  .command("export <file>", "Write the grad_fn graph of a program, or of a trace that `run --json` saved")
  .option("-o, --output <file>", "Where to; the ending says the format. Without it: to standard output")
  .option("-f, --format <format>", EXPORT_FORMATS.join(", "))
  .option("--theme <theme>", `${Object.keys(THEMES).join(", ")}: the colours of a picture`, { default: "auto" })
  .example("  gradlens export examples/lstm.ts -o lstm.html")
  .action(exportFile);
cli.help();
cli.version(version());

async function main(): Promise<void> {
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
}

void main();
