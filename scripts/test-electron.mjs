/** `npm run test:electron`: test/integration in desktop VS Code, where that can be downloaded and shown. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { downloadAndUnzipVSCode, runTests } from "@vscode/test-electron";
import { EXAMPLES, OUT, ROOT, VSCODE_TEST } from "./lib/paths.mjs";
import { runMain } from "./lib/step.mjs";
import { clearResult, emptyTally, writeTally } from "./lib/tally.mjs";
import { build, buildTests } from "./lib/tools.mjs";

const EVENTS = join(OUT, "electron.ndjson");
const IDLE_LIMIT_MS = 10_000;
const PROBE_LIMIT_MS = 30_000;

await runMain(async () => {
  clearResult("electron");
  const skip = (/** @type {string} */ why) => {
    console.log(`SKIPPED: ${why}`);
    writeTally("electron", { ...emptyTally(), skipped: 1 });
    // The download may still hold the event loop.
    process.exit(0);
  };
  if (process.platform === "linux" && !process.env.DISPLAY)
    return skip("desktop VS Code needs a display (try: xvfb-run -a npm run test:electron).");
  let executable;
  try {
    executable = await withLimit(downloadAndUnzipVSCode({ cachePath: VSCODE_TEST, timeout: IDLE_LIMIT_MS }));
  } catch (error) {
    return skip(`desktop VS Code cannot be downloaded here: ${error instanceof Error ? error.message : error}`);
  }
  if (!process.argv.includes("--no-build")) await build();
  await buildTests();
  rmSync(EVENTS, { force: true });
  const code = await runTests({
    vscodeExecutablePath: executable,
    extensionDevelopmentPath: ROOT,
    extensionTestsPath: join(OUT, "test", "integration", "index.cjs"),
    extensionTestsEnv: { GRADLENS_TEST_EVENTS: EVENTS },
    launchArgs: [
      EXAMPLES,
      "--disable-extensions",
      "--disable-workspace-trust",
      ...(process.getuid?.() === 0 ? ["--no-sandbox", `--user-data-dir=${join(VSCODE_TEST, "electron")}`] : []),
    ],
  }).catch((error) => {
    console.error(error.message);
    return 1;
  });
  const events = existsSync(EVENTS)
    ? readFileSync(EVENTS, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line))
    : [];
  const count = (/** @type {string} */ status) => events.filter((event) => event.status === status).length;
  for (const event of events)
    if (event.name) console.log(`${event.status}: ${event.name}${event.error ? `\n${event.error}` : ""}`);
  const failures = events.filter((event) => event.status === "failed").map((event) => event.name);
  if (code !== 0 && failures.length === 0) failures.push(`exit code ${code}`);
  writeTally("electron", { passed: count("passed"), failed: failures.length, skipped: count("skipped"), failures });
  return code;
});

/**
 * The downloader retries for a long time on a machine without that network; a first byte within the limit is all that is asked.
 * @template T
 * @param {Promise<T>} download
 * @returns {Promise<T>}
 */
function withLimit(download) {
  const limit = new Promise((_, reject) => {
    setTimeout(() => {
      reject(new Error(`no answer from its server within ${PROBE_LIMIT_MS / 1000} s`));
    }, PROBE_LIMIT_MS).unref();
  });
  return /** @type {Promise<T>} */ (Promise.race([download, limit]));
}
