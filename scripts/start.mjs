/**
 * `npm start`: from a fresh clone to VS Code with the extension in it and examples/ open. Only Node's own modules are imported until the
 * dependencies are installed.
 */
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { ensureDependencies } from "./lib/npm.mjs";
import { EXAMPLES, ROOT, VSCODE_TEST } from "./lib/paths.mjs";
import { runMain } from "./lib/step.mjs";
import { findOnPath } from "./lib/system-packages.mjs";
import { build } from "./lib/tools.mjs";
import { installExtension, pageUrl, startServer } from "./lib/vscode-server.mjs";
import { packageExtension } from "./lib/vsix.mjs";

const DEFAULT_PORT = 8123;

await runMain(async () => {
  await ensureDependencies();
  await build();
  const code = findOnPath(["code"]);
  if (code && hasDisplay()) openDesktop(code);
  else await serve();
});

function hasDisplay() {
  return process.platform !== "linux" || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
}

/** @param {string} code */
function openDesktop(code) {
  spawn(code, [`--extensionDevelopmentPath=${ROOT}`, EXAMPLES], {
    stdio: "ignore",
    detached: true,
    shell: process.platform === "win32",
  }).unref();
  console.log(
    "\nVS Code opens with Gradlens and examples/. Open what-is-autograd.ts and run it: F1, then Gradlens: Run File.",
  );
}

/** VS Code in the browser: the packaged extension is installed, so that the bare address has it too. */
async function serve() {
  const profile = join(VSCODE_TEST, "start");
  const extensionsDir = join(profile, "extensions");
  const { file } = await packageExtension();
  await installExtension(file, extensionsDir, profile);
  const server = await startServer({
    port: await choosePort(),
    workspace: EXAMPLES,
    userDataDir: profile,
    extensionsDir,
  });
  const line = "─".repeat(72);
  console.log(`\n${line}\nVS Code with Gradlens is running. Open this address in a browser:\n\n    ${server.url}\n`);
  console.log("Open what-is-autograd.ts and run it: F1, then Gradlens: Run File. Ctrl+C here ends it.");
  console.log(
    `For work on Gradlens itself, with npm run watch (reload the page to see a change):\n${pageUrl(server, { workspace: EXAMPLES, extension: ROOT })}\n${line}`,
  );

  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    console.log("\nStopping VS Code …");
    await server.stop();
  };
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) process.on(signal, stop);
  await server.exited;
  if (!stopping) throw new Error("The VS Code server ended by itself.");
}

/** PORT when it is set; else the usual one, or any free one when that is taken. */
async function choosePort() {
  if (process.env.PORT) return Number(process.env.PORT);
  if (await isFree(DEFAULT_PORT)) return DEFAULT_PORT;
  console.log(`Port ${DEFAULT_PORT} is taken: another one is used.`);
  return 0;
}

/** @param {number} port */
function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
