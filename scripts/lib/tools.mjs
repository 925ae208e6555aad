/** The development dependencies' commands, run by their files: independent of PATH and of npm's shims. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./paths.mjs";
import { StepError, show, step } from "./step.mjs";
import { completeImports } from "./typings.mjs";

/**
 * @param {string} packageName
 * @param {string} command
 * @returns {string} the command's JavaScript file
 */
function binary(packageName, command) {
  const folder = join(ROOT, "node_modules", packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return join(folder, typeof bin === "string" ? bin : bin[command]);
}

/** @param {string[]} args */
export const node = (args) => show(process.execPath, args, { cwd: ROOT });
/** @param {string[]} args */
export const tsc = (args) => show(process.execPath, [binary("typescript", "tsc"), ...args], { cwd: ROOT });
/** @param {string[]} args */
export const biome = (args) => show(process.execPath, [binary("@biomejs/biome", "biome"), ...args], { cwd: ROOT });
/** @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
export const vitest = (args, env) =>
  show(process.execPath, [binary("vitest", "vitest"), ...args], { cwd: ROOT, env: { ...process.env, ...env } });
/** @param {string} title @param {string[]} args @param {string} cwd */
export const vsce = (title, args, cwd) =>
  step(title, process.execPath, [binary("@vscode/vsce", "vsce"), ...args], { cwd });

/** Builds dist/: the bundles, and the typings of the npm package. */
export async function build() {
  if ((await node(["esbuild.js"])) !== 0)
    throw new StepError(
      "Build the bundles",
      "esbuild.js: see the lines above.",
      "fix what they name, then run the same command again.",
    );
  if ((await tsc(["--project", "scripts/tsconfig.types.json"])) !== 0)
    throw new StepError(
      "Build the typings",
      "tsc: see the lines above.",
      "fix what they name; npm run check shows the same.",
    );
  completeImports(join(ROOT, "dist", "types"));
}

/** Bundles test/integration into out/. */
export async function buildTests() {
  if ((await node(["esbuild.js", "--tests"])) !== 0)
    throw new StepError("Build the integration tests", "esbuild.js: see the lines above.");
}
