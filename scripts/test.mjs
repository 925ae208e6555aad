/**
 * `npm test`: installs what is missing, runs every suite whatever the others say, and ends with one line that sums them up.
 * Only Node's own modules are imported until the dependencies are installed.
 */
import { join } from "node:path";
import { ensureDependencies } from "./lib/npm.mjs";
import { ROOT } from "./lib/paths.mjs";
import { elapsed, runMain, show } from "./lib/step.mjs";
import { addTally, clearResult, emptyTally, readTally, resultFile } from "./lib/tally.mjs";

const SUITE_LIMIT_MS = 15 * 60_000;

/** @param {string} name @param {string[]} args */
const script = (name, ...args) => [join("scripts", name), ...args];
/** @type {{ name: string, command: string[] }[]} */
const SUITES = [
  { name: "check", command: script("check.mjs") },
  { name: "package", command: script("package.mjs", "--no-build") },
  { name: "unit", command: script("test-unit.mjs") },
  { name: "kernels", command: script("test-kernels.mjs", "--operators") },
  { name: "webview", command: script("test-webview.mjs", "--no-build") },
  { name: "integration", command: script("test-integration.mjs", "--no-build") },
  { name: "e2e", command: script("test-e2e.mjs", "--no-build") },
  // Its download is not for machines that start from nothing each time.
  ...(process.env.CI ? [] : [{ name: "electron", command: script("test-electron.mjs", "--no-build") }]),
];

await runMain(async () => {
  const start = performance.now();
  await ensureDependencies();
  const total = emptyTally();
  const summary = [];
  heading("build");
  const built = (await show(process.execPath, [join("scripts", "build.mjs")], { cwd: ROOT })) === 0;
  total[built ? "passed" : "failed"]++;
  if (!built) total.failures.push("build");
  summary.push(`build: ${built ? "passed" : "FAILED"}`);

  for (const { name, command } of SUITES) {
    heading(name);
    clearResult(name);
    const begin = performance.now();
    const code = await show(process.execPath, command, { cwd: ROOT, timeoutMs: SUITE_LIMIT_MS });
    const tally = settle(readTally(name), code, resultFile(name));
    addTally(total, { ...tally, failures: tally.failures.map((failure) => `${name}: ${failure}`) });
    summary.push(
      `${name}: ${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped (${elapsed(begin)})`,
    );
  }

  heading(`all suites (${elapsed(start)})`);
  for (const line of summary) console.log(line);
  for (const failure of total.failures) console.log(`✗ ${failure}`);
  console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}`);
  return total.failed > 0 ? 1 : 0;
});

/**
 * A suite that crashed, or ran nothing, has failed once, whatever it had counted.
 * @param {import("./lib/tally.mjs").Tally | undefined} tally
 * @param {number} code
 * @param {string} file
 */
function settle(tally, code, file) {
  if (!tally) {
    console.error(`✗ the suite left no result in ${file} (exit code ${code})`);
    return { ...emptyTally(), failed: 1, failures: ["no result"] };
  }
  if (tally.passed + tally.failed + tally.skipped === 0) return { ...tally, failed: 1, failures: ["nothing was run"] };
  return code !== 0 && tally.failed === 0 ? { ...tally, failed: 1, failures: [`exit code ${code}`] } : tally;
}

/** @param {string} title */
function heading(title) {
  console.log(`\n── ${title} ${"─".repeat(Math.max(0, 76 - title.length))}`);
}
