/** How a suite went, left in out/results/ for whoever sums up. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { OUT, ROOT } from "./paths.mjs";

/** @typedef {{ passed: number, failed: number, skipped: number, failures: string[] }} Tally each failure in a line */

/** @returns {Tally} */
export const emptyTally = () => ({ passed: 0, failed: 0, skipped: 0, failures: [] });

/** Adds a tally to a sum of them. @param {Tally} sum @param {Tally} tally */
export function addTally(sum, tally) {
  for (const key of /** @type {const} */ (["passed", "failed", "skipped"])) sum[key] += tally[key];
  sum.failures.push(...tally.failures);
}

const RESULTS = join(OUT, "results");

/** @param {string} suite */
export function resultFile(suite) {
  mkdirSync(RESULTS, { recursive: true });
  return join(RESULTS, `${suite}.json`);
}

/** A result of an earlier run must never be taken for this one's. @param {string} suite */
export const clearResult = (suite) => rmSync(resultFile(suite), { force: true });

/** @param {string} suite @param {Tally} tally */
export const writeTally = (suite, tally) => writeFileSync(resultFile(suite), `${JSON.stringify(tally)}\n`);

/**
 * What a suite's result file says, in this module's form or as Vitest's JSON reporter writes it.
 * @param {string} suite
 * @returns {Tally | undefined} undefined when the suite left none
 */
export function readTally(suite) {
  const file = resultFile(suite);
  if (!existsSync(file)) return undefined;
  try {
    const result = JSON.parse(readFileSync(file, "utf8"));
    return "numTotalTests" in result ? fromVitest(result) : result;
  } catch {
    return undefined;
  }
}

/**
 * @param {any} result
 * @returns {Tally}
 */
function fromVitest(result) {
  const failures = result.testResults.flatMap((/** @type {any} */ file) => {
    if (file.status !== "failed") return [];
    const name = relative(ROOT, file.name);
    const failed = file.assertionResults.filter((/** @type {any} */ test) => test.status === "failed");
    // A file that cannot be loaded has no failed test of its own, and is one failure.
    if (failed.length === 0) return [`${name}: ${firstLine(file.message)}`];
    return failed.map(
      (/** @type {any} */ test) => `${name} > ${test.fullName}: ${firstLine(test.failureMessages?.[0])}`,
    );
  });
  return {
    passed: result.numPassedTests,
    failed: failures.length,
    skipped: result.numPendingTests + result.numTodoTests,
    failures,
  };
}

/** @param {string | undefined} text */
const firstLine = (text) => text?.split("\n", 1)[0] ?? "";

/**
 * Runs named checks one after another, each of which says by its exit code whether it passed.
 * @param {string} suite
 * @param {[name: string, check: () => Promise<number>][]} checks
 * @returns {Promise<number>} exit code
 */
export async function runChecks(suite, checks) {
  const tally = emptyTally();
  for (const [name, check] of checks) {
    const ok = (await check()) === 0;
    console.log(`${ok ? "✓" : "✗"} ${name}`);
    tally[ok ? "passed" : "failed"]++;
    if (!ok) tally.failures.push(name);
  }
  writeTally(suite, tally);
  return tally.failed > 0 ? 1 : 0;
}

/**
 * Runs suites that leave a result each, one after another; their sum is the result of `suite`.
 * @param {string} suite
 * @param {{ name: string, run: (name: string) => Promise<number> }[]} parts
 * @returns {Promise<number>} exit code
 */
export async function runTallied(suite, parts) {
  clearResult(suite);
  const sum = emptyTally();
  for (const { name, run } of parts) {
    const code = await run(name);
    const tally = readTally(name) ?? emptyTally();
    // A part that broke off, or ran nothing, has failed once.
    if (tally.failed === 0 && (code !== 0 || tally.passed === 0)) {
      tally.failed = 1;
      tally.failures.push(`${name}: exit code ${code}`);
    }
    addTally(sum, tally);
  }
  writeTally(suite, sum);
  return sum.failed > 0 ? 1 : 0;
}
