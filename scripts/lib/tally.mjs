/** How a suite went, left in out/results/ for whoever sums up. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OUT } from "./paths.mjs";

/** @typedef {{ passed: number, failed: number, skipped: number }} Tally */

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
  // A file that cannot be loaded has no failed test of its own, and is one failure.
  const unloaded = result.testResults.filter(
    (/** @type {any} */ file) =>
      file.status === "failed" && !file.assertionResults.some((/** @type {any} */ test) => test.status === "failed"),
  ).length;
  return {
    passed: result.numPassedTests,
    failed: result.numFailedTests + unloaded,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}

/**
 * Runs named checks one after another, each of which says by its exit code whether it passed.
 * @param {string} suite
 * @param {[name: string, check: () => Promise<number>][]} checks
 * @returns {Promise<number>} exit code
 */
export async function runChecks(suite, checks) {
  const tally = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, check] of checks) {
    const ok = (await check()) === 0;
    console.log(`${ok ? "✓" : "✗"} ${name}`);
    tally[ok ? "passed" : "failed"]++;
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
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const { name, run } of parts) {
    const code = await run(name);
    const tally = readTally(name) ?? { passed: 0, failed: 0, skipped: 0 };
    // A part that broke off, or ran nothing, has failed once.
    if (tally.failed === 0 && (code !== 0 || tally.passed === 0)) tally.failed = 1;
    for (const key of /** @type {const} */ (["passed", "failed", "skipped"])) sum[key] += tally[key];
  }
  writeTally(suite, sum);
  return sum.failed > 0 ? 1 : 0;
}
