/** Long-running child processes with visible progress: a title, a heartbeat while they work, and a reason when they fail. */
import { spawn } from "node:child_process";

const HEARTBEAT_MS = 10_000;
const HEAD_LINES = 10;
const TAIL_LINES = 25;

/** A step that did not succeed: `message` says which step, why (the end of its output) and what to do. */
export class StepError extends Error {
  /**
   * @param {string} title
   * @param {string} why
   * @param {string} [hint]
   */
  constructor(title, why, hint) {
    super(
      [
        `Failed: ${title}`,
        ...why.split("\n").map((line) => `  ${line}`),
        ...(hint ? [`What to do: ${hint}`] : []),
      ].join("\n"),
    );
    this.name = "StepError";
  }
}

/** @param {number} since milliseconds, from `performance.now()` */
export function elapsed(since) {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

/**
 * Runs `work` under a title: prints the start, a heartbeat every ten seconds, and the time it took.
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withProgress(title, work) {
  const start = performance.now();
  console.log(`→ ${title} …`);
  const heartbeat = setInterval(() => console.log(`  … still at it: ${title} (${elapsed(start)})`), HEARTBEAT_MS);
  try {
    const result = await work();
    console.log(`✓ ${title} (${elapsed(start)})`);
    return result;
  } catch (error) {
    console.log(`✗ ${title} (${elapsed(start)})`);
    throw error;
  } finally {
    clearInterval(heartbeat);
  }
}

/**
 * Runs a command to its end as one step, its output kept back and shown only when it fails.
 * @param {string} title
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, hint?: string, timeoutMs?: number }} [options]
 * @returns {Promise<string>} what it printed
 * @throws {StepError}
 */
export function step(title, command, args, options = {}) {
  return withProgress(title, () => capture(title, command, args, options));
}

/**
 * @param {string} title
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, hint?: string, timeoutMs?: number }} options
 * @returns {Promise<string>}
 */
function capture(title, command, args, { cwd, env, hint, timeoutMs }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: env ?? process.env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: timeoutMs,
    });
    let output = "";
    const append = (/** @type {Buffer} */ chunk) => {
      output += chunk;
    };
    child.stdout.on("data", append);
    child.stderr.on("data", append);
    child.on("error", (error) => reject(new StepError(title, `${command}: ${error.message}`, hint)));
    child.on("close", (code, signal) => {
      if (code === 0) return resolve(output);
      const said = shorten(output);
      const how = signal
        ? `ended by ${signal}${timeoutMs ? ` (limit ${timeoutMs / 1000} s)` : ""}`
        : `exit code ${code}`;
      reject(new StepError(title, `${said ? `${said}\n` : ""}${command} ${args.join(" ")}: ${how}`, hint));
    });
  });
}

/** The first lines, where tools name the cause, and the last ones, where they give up. @param {string} output */
function shorten(output) {
  const lines = output.trimEnd().split("\n");
  if (lines.length <= HEAD_LINES + TAIL_LINES) return lines.join("\n");
  return [
    ...lines.slice(0, HEAD_LINES),
    `… ${lines.length - HEAD_LINES - TAIL_LINES} lines left out …`,
    ...lines.slice(-TAIL_LINES),
  ].join("\n");
}

/**
 * Runs a command with its output shown as it comes.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number }} [options]
 * @returns {Promise<number>} its exit code; 1 when a signal ended it or it could not start
 */
export function show(command, args, { cwd, env, timeoutMs } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: env ?? process.env,
      stdio: ["ignore", "inherit", "inherit"],
      timeout: timeoutMs,
    });
    child.on("error", (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(1);
    });
    child.on("close", (code, signal) => {
      if (signal) console.error(`${command} ${args.join(" ")}: ended by ${signal}`);
      resolve(code ?? 1);
    });
  });
}

/**
 * Runs a script's main function; a failure is printed without a stack when it is a {@link StepError}, and ends with exit code 1.
 * @param {() => Promise<number | void>} main
 */
export async function runMain(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    console.error(`\n${error instanceof StepError ? error.message : error instanceof Error ? error.stack : error}`);
    process.exitCode = 1;
  }
}
