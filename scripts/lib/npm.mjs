/** npm as a child process, independent of how the user has configured it. */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { ROOT } from "./paths.mjs";
import { StepError, step } from "./step.mjs";

const OLDEST_NODE = 20;
const NO_CHATTER = ["--no-audit", "--no-fund", "--loglevel=error"];

/** The JavaScript file behind the `npm` command, so that any Node can run it. */
function npmCli() {
  const running = process.env.npm_execpath;
  if (running?.endsWith("npm-cli.js")) return running;
  const beside = [
    join(dirname(process.execPath), "node_modules", "npm", "bin", "npm-cli.js"),
    join(dirname(process.execPath), "..", "lib", "node_modules", "npm", "bin", "npm-cli.js"),
  ];
  const onPath = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "npm"));
  const found = [...onPath.filter(existsSync).map((file) => realpathSync(file)), ...beside].find(
    (file) => file.endsWith("npm-cli.js") && existsSync(file),
  );
  if (!found)
    throw new StepError(
      "find npm",
      "There is no npm on PATH or beside this Node.",
      "install npm (on Debian: apt-get install npm).",
    );
  return found;
}

/** The environment without what an outer `npm run` put there: it would redirect an npm started in another folder. */
function cleanEnvironment() {
  const outer =
    /^npm_(package|lifecycle|config_(local_prefix|global_prefix|prefix|nodedir|omit|only|production|user_agent)$)/i;
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !outer.test(name) && name !== "INIT_CWD" && name !== "NODE_ENV"),
  );
}

/**
 * Runs one npm command as a step.
 * @param {string} title
 * @param {string[]} args
 * @param {{ cwd: string, node?: string, env?: NodeJS.ProcessEnv, hint?: string }} options `node`: the binary that runs npm and what npm starts
 */
export function npm(title, args, { cwd, node = process.execPath, env = {}, hint }) {
  const environment = { ...cleanEnvironment(), ...env };
  environment.PATH = [dirname(node), environment.PATH].join(delimiter);
  return step(title, node, [npmCli(), ...args, ...NO_CHATTER], {
    cwd,
    env: environment,
    hint:
      hint ??
      "check that the npm registry is reachable (npm ping), then run the same command again: finished steps are kept.",
  });
}

/**
 * Whether `node_modules` holds what package-lock.json asks for. npm writes its hidden lockfile last, so a cut-off install reads as missing.
 * Optional packages are those of other platforms.
 */
function isInstalled() {
  const hidden = join(ROOT, "node_modules", ".package-lock.json");
  if (!existsSync(hidden)) return false;
  const wanted = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")).packages;
  const present = JSON.parse(readFileSync(hidden, "utf8")).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === "") return true;
    return present[path] ? present[path].version === entry.version : entry.optional === true;
  });
}

/** Installs this repository's development dependencies when they are missing or not those of package-lock.json. */
export async function ensureDependencies() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < OLDEST_NODE)
    throw new StepError("Check Node", `This is Node ${process.versions.node}.`, `use Node ${OLDEST_NODE} or later.`);
  if (isInstalled()) return;
  await npm("Install the development dependencies (npm ci)", ["ci", "--include=dev", "--include=optional"], {
    cwd: ROOT,
  });
}
