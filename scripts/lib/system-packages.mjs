/** Programs that npm does not carry: found on the machine, or installed where that is possible without asking (root on a Debian). */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { StepError, step } from "./step.mjs";

/**
 * The first of `names` that is on PATH.
 * @param {string[]} names
 * @returns {string | undefined} its full path
 */
export function findOnPath(names) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const endings = process.platform === "win32" ? [".exe", ".cmd", ""] : [""];
  for (const name of names)
    for (const folder of folders)
      for (const ending of endings) {
        const file = join(folder, name + ending);
        if (existsSync(file)) return file;
      }
  return undefined;
}

/** Whether this process may install Debian packages. */
const canInstall = () => process.getuid?.() === 0 && findOnPath(["apt-get"]) !== undefined;

/**
 * Installs Debian packages, or says what is missing.
 * @param {string} what for whom they are needed
 * @param {string[]} packages
 */
export async function aptInstall(what, packages) {
  const command = `apt-get install ${packages.join(" ")}`;
  if (!canInstall())
    throw new StepError(
      what,
      `Missing on this machine: ${packages.join(", ")}.`,
      `install it (on Debian or Ubuntu: sudo ${command}).`,
    );
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const hint = `run "apt-get update && ${command}" by hand and see what it says.`;
  await step(`${what}: apt-get update`, "apt-get", ["update", "-q"], { env, hint });
  await step(`${what}: ${command}`, "apt-get", ["install", "-y", "-q", "--no-install-recommends", ...packages], {
    env,
    hint,
  });
}

/** Makes sure that native Node modules can be compiled. */
export async function ensureCompiler() {
  const missing = [
    ["g++", ["g++", "clang++", "c++"]],
    ["make", ["make"]],
    ["python3", ["python3"]],
  ].filter(([, names]) => !findOnPath(/** @type {string[]} */ (names)));
  if (missing.length > 0)
    await aptInstall(
      "Compiler for VS Code's native modules",
      missing.map(([name]) => /** @type {string} */ (name)),
    );
}
