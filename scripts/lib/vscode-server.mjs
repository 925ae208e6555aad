/** The VS Code server as a child process: a profile of its own, a free port, an orderly end. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openGate } from "./gate.mjs";
import { StepError, step } from "./step.mjs";
import { ensureServer } from "./vscode-install.mjs";

export { ensureServer };

const START_LIMIT_MS = 60_000;

/** Nothing that covers the work, asks questions or talks to the network. */
const QUIET_SETTINGS = {
  "workbench.startupEditor": "none",
  // The path to the examples is the machine's, and says nothing.
  "breadcrumbs.enabled": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.tips.enabled": false,
  "workbench.welcomePage.walkthroughs.openOnInstall": false,
  "chat.disableAIFeatures": true,
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "git.openRepositoryInParentFolders": "never",
  "workbench.enableExperiments": false,
};

/**
 * @typedef {object} ServerOptions
 * @property {number} [port] 0 (the default): any free one
 * @property {string} workspace the folder that a bare address opens
 * @property {string} userDataDir settings, state and logs; created when missing
 * @property {string} extensionsDir installed extensions; created when missing
 * @property {Record<string, unknown>} [settings] user settings beside the quiet ones
 * @property {NodeJS.ProcessEnv} [env] variables for the server and its extension hosts
 */

/**
 * Starts VS Code's server, installing it first when needed.
 * @param {ServerOptions} options
 * @returns {Promise<{ url: string, port: number, stop: () => Promise<void>, exited: Promise<void> }>}
 */
export async function startServer({ port = 0, workspace, userDataDir, extensionsDir, settings = {}, env = {} }) {
  const { node, main } = await ensureServer();
  writeSettings(userDataDir, { ...QUIET_SETTINGS, ...settings });
  mkdirSync(extensionsDir, { recursive: true });
  // Only this user reaches the socket, and only the gate listens on a port.
  const inside = temporaryFolder();
  const socketPath = join(inside.folder, "vscode.sock");
  const args = [
    main,
    ...["--socket-path", socketPath, "--without-connection-token", "--accept-server-license-terms"],
    ...["--server-data-dir", userDataDir, "--extensions-dir", extensionsDir, "--default-folder", workspace],
    // The last one makes the page honour the payload of `pageUrl`.
    ...["--disable-telemetry", "--disable-workspace-trust", "--enable-smoke-test-driver"],
  ];
  // A process group of its own: the server forks extension hosts and watchers, and all of them must go with it.
  const child = spawn(node, args, {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    env: { ...serverEnvironment(), ...env },
  });
  const killGroup = (/** @type {NodeJS.Signals} */ signal) => {
    try {
      if (child.pid) process.kill(-child.pid, signal);
    } catch {
      // Already gone.
    }
  };
  const onExit = () => killGroup("SIGKILL");
  process.once("exit", onExit);
  const exited = /** @type {Promise<void>} */ (new Promise((resolve) => child.once("close", () => resolve())));
  /** @type {Awaited<ReturnType<typeof openGate>> | undefined} */
  let gate;
  const stop = async () => {
    gate?.close();
    process.off("exit", onExit);
    killGroup("SIGTERM");
    const force = setTimeout(() => killGroup("SIGKILL"), 3000);
    await exited;
    clearTimeout(force);
    killGroup("SIGKILL");
    inside.remove();
  };
  try {
    await listening(child);
    gate = await openGate(socketPath, port);
    return { url: `http://localhost:${gate.port}/`, port: gate.port, stop, exited };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Waits for the server's own word that it listens.
 * @param {import("node:child_process").ChildProcessByStdio<null, import("node:stream").Readable, import("node:stream").Readable>} child
 * @returns {Promise<void>}
 */
function listening(child) {
  return new Promise((resolve, reject) => {
    let output = "";
    const fail = (/** @type {string} */ why) => {
      clearTimeout(limit);
      const hint = "see the lines above; deleting .vscode-test repairs a broken installation.";
      reject(new StepError("Start the VS Code server", `${output.trimEnd()}\n${why}`, hint));
    };
    const limit = setTimeout(() => fail(`It did not answer within ${START_LIMIT_MS / 1000} s.`), START_LIMIT_MS);
    const read = (/** @type {Buffer} */ chunk) => {
      output += chunk;
      if (!output.includes("Extension host agent listening on")) return;
      clearTimeout(limit);
      output = "";
      resolve();
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("error", (error) => fail(error.message));
    child.once("close", (code) => fail(`It ended with exit code ${code}.`));
  });
}

/** Variables of an editor's own terminal would make the server believe that it is that editor. */
function serverEnvironment() {
  const foreign = /^(VSCODE_|ELECTRON_|npm_)|^NODE_OPTIONS$/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

/** The user settings of a profile. @param {string} userDataDir */
export const settingsFile = (userDataDir) => join(userDataDir, "data", "User", "settings.json");

/**
 * Writes what a person has not set otherwise in that profile.
 * @param {string} userDataDir
 * @param {Record<string, unknown>} settings
 */
function writeSettings(userDataDir, settings) {
  const file = settingsFile(userDataDir);
  mkdirSync(dirname(file), { recursive: true });
  let own = {};
  if (existsSync(file))
    try {
      own = JSON.parse(readFileSync(file, "utf8"));
    } catch {
      // A person's own file with comments in it, which stays as it is.
      return;
    }
  writeFileSync(file, `${JSON.stringify({ ...settings, ...own }, null, 2)}\n`);
}

/** An empty folder of this user alone, for one run; runs side by side do not meet in it. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), "gradlens-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }) };
}

/**
 * Installs a packaged extension for the server.
 * @param {string} vsix
 * @param {string} extensionsDir
 * @param {string} userDataDir
 */
export async function installExtension(vsix, extensionsDir, userDataDir) {
  const { node, main } = await ensureServer();
  const args = [
    main,
    "--install-extension",
    vsix,
    "--force",
    "--extensions-dir",
    extensionsDir,
    "--server-data-dir",
    userDataDir,
  ];
  await step("Install the extension into VS Code", node, [...args, "--accept-server-license-terms"], {
    env: serverEnvironment(),
  });
}

/**
 * The address that opens `workspace` with an extension from its folder, optionally running a test module inside the extension host.
 * @param {{ url: string, port: number }} server
 * @param {{ workspace: string, extension: string, tests?: string }} options absolute paths
 */
export function pageUrl({ url, port }, { workspace, extension, tests }) {
  const remote = (/** @type {string} */ path) => `vscode-remote://localhost:${port}${path}`;
  const payload = [
    ["extensionDevelopmentPath", remote(extension)],
    ...(tests ? [["extensionTestsPath", remote(tests)]] : []),
  ];
  return `${url}?folder=${encodeURIComponent(workspace)}&payload=${encodeURIComponent(JSON.stringify(payload))}`;
}
