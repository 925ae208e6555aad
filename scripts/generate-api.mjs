/** `npm run generate`: writes src/torch/generated from the op declarations; `--check` fails when that would change a file. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { kernels } from "./lib/kernels.mjs";
import { ROOT } from "./lib/paths.mjs";
import { runMain, StepError } from "./lib/step.mjs";

const TARGET = join(ROOT, "src", "torch", "generated");

await runMain(async () => {
  // Inside node_modules, so that what the bundle leaves external resolves.
  const scratch = mkdtempSync(join(ROOT, "node_modules", ".generate-"));
  try {
    const stale = (await generate(scratch)).filter(
      ({ path, text }) => !existsSync(path) || readFileSync(path, "utf8") !== text,
    );
    if (!process.argv.includes("--check")) for (const { path, text } of stale) writeFileSync(path, text);
    else if (stale.length > 0)
      throw new StepError(
        "Check src/torch/generated",
        `stale: ${stale.map(({ path }) => path).join(", ")}`,
        "run npm run generate and commit the result.",
      );
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
});

/**
 * @param {string} scratch
 * @returns {Promise<{ path: string, text: string }[]>} what the files of src/torch/generated should hold
 */
async function generate(scratch) {
  const script = join(scratch, "generate.mjs");
  await build({
    entryPoints: [join(ROOT, "scripts", "generateApi.ts")],
    outfile: script,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
    plugins: [kernels],
  });
  run([script, scratch]);
  return readdirSync(scratch)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => {
      const path = join(TARGET, name);
      const biome = join(ROOT, "node_modules", "@biomejs", "biome", "bin", "biome");
      return {
        path,
        text: run([biome, "format", `--stdin-file-path=${path}`], readFileSync(join(scratch, name), "utf8")),
      };
    });
}

/**
 * @param {string[]} args
 * @param {string} [input]
 */
function run(args, input) {
  const { status, stderr, stdout } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    cwd: ROOT,
    input,
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new StepError("Generate src/torch/generated", `${stdout}${stderr}${args[0]} failed`);
  return stdout;
}
