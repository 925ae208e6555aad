/**
 * `npm run test:integration`: test/integration inside the extension host of a real VS Code, opened as a page in a headless browser.
 * `--soak SECONDS` runs the scripted editing alone, for that long; `--only TEXT` the tests whose name contains it.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { CHROMIUM_ARGS, ensureChromium } from "./lib/chromium.mjs";
import { EXAMPLES, OUT, ROOT } from "./lib/paths.mjs";
import { runMain, StepError } from "./lib/step.mjs";
import { clearResult, emptyTally, writeTally } from "./lib/tally.mjs";
import { build, buildTests } from "./lib/tools.mjs";
import { ensureServer, pageUrl, startServer, temporaryFolder } from "./lib/vscode-server.mjs";

/** The value after an argument. @param {string} name */
const option = (name) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined);
const soak = option("--soak");
const only = option("--only") ?? (soak ? "scripted editing" : "");
const LIMIT_MS = 300_000 + Number(soak ?? 0) * 1000;

await runMain(async () => {
  clearResult("integration");
  if (!process.argv.includes("--no-build")) await build();
  await buildTests();
  await ensureServer();
  const executablePath = await ensureChromium();

  const profile = temporaryFolder();
  const events = join(profile.folder, "events.ndjson");
  const server = await startServer({
    workspace: EXAMPLES,
    userDataDir: profile.folder,
    extensionsDir: join(profile.folder, "extensions"),
    settings: { "files.autoSave": "off" },
    env: {
      GRADLENS_TEST_EVENTS: events,
      GRADLENS_TEST_ONLY: only,
      ...(soak ? { GRADLENS_SOAK_SECONDS: soak } : {}),
    },
  });
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGS });
  try {
    const page = await browser.newPage();
    const complaints = /** @type {string[]} */ ([]);
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    await page.goto(
      pageUrl(server, { workspace: EXAMPLES, extension: ROOT, tests: join(OUT, "test", "integration", "index.cjs") }),
    );
    const tally = await follow(events, complaints);
    writeTally("integration", tally);
    return tally.failed > 0 || tally.passed === 0 ? 1 : 0;
  } finally {
    await browser.close();
    await server.stop();
    profile.remove();
  }
});

/**
 * Prints the tests' events as they come, and counts them.
 * @param {string} events the file that they grow in
 * @param {string[]} complaints what the page itself logged, for when nothing comes
 */
async function follow(events, complaints) {
  const tally = emptyTally();
  const start = performance.now();
  for (let seen = 0; ; ) {
    const lines = existsSync(events) ? readFileSync(events, "utf8").split("\n").slice(0, -1) : [];
    for (const line of lines.slice(seen)) {
      const event = JSON.parse(line);
      if (event.end) return tally;
      print(event);
      tally[/** @type {"passed" | "failed" | "skipped"} */ (event.status)]++;
      if (event.status === "failed") tally.failures.push(event.name);
    }
    seen = lines.length;
    if (performance.now() - start > LIMIT_MS)
      throw new StepError(
        "Run the integration tests",
        [`They did not end within ${LIMIT_MS / 1000} s; the page's last errors:`, ...complaints.slice(-10)].join("\n"),
      );
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** @param {{ name: string, status: string, ms: number, note?: string, error?: string }} event */
function print({ name, status, ms, note, error }) {
  const mark = { passed: "✓", failed: "✗", skipped: "-" }[status];
  console.log(
    `${mark} ${name} (${ms} ms)${note ? `: ${note}` : ""}${error ? `\n${error.replace(/^/gm, "    ")}` : ""}`,
  );
}
