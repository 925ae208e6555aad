/** `npm run bench`: the measurements of test/bench. Arguments go to them. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { OUT, ROOT } from "./lib/paths.mjs";
import { runMain, StepError, show } from "./lib/step.mjs";
import { build } from "./lib/tools.mjs";

await runMain(async () => {
  const entry = join(ROOT, "test", "bench", "run.ts");
  if (!existsSync(entry)) throw new StepError("Run the benchmarks", "There is no test/bench/run.ts yet.");
  await build();
  const outfile = join(OUT, "test", "bench", "run.mjs");
  await esbuild.build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    packages: "external",
    logLevel: "warning",
  });
  return show(process.execPath, ["--expose-gc", outfile, ...process.argv.slice(2)], { cwd: ROOT });
});
