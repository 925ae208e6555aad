/** `npm run bench`: the measurements of test/bench. Arguments go to them. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { kernels } from "./lib/kernels.mjs";
import { OUT, ROOT } from "./lib/paths.mjs";
import { runMain, StepError, show } from "./lib/step.mjs";
import { build } from "./lib/tools.mjs";

await runMain(async () => {
  const entry = join(ROOT, "test", "bench", "run.ts");
  if (!existsSync(entry)) throw new StepError("Run the benchmarks", "There is no test/bench/run.ts yet.");
  await build();
  const folder = join(OUT, "test", "bench");
  await esbuild.build({
    entryPoints: { run: entry, gradlens: join(ROOT, "test", "bench", "engines", "gradlens.ts") },
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    // The engine under measurement is the one that ships, reached by the package's own name.
    packages: "external",
    // Not the sources, to which the typings lead.
    external: ["gradlens"],
    logLevel: "warning",
    plugins: [kernels],
  });
  return show(process.execPath, [join(folder, "run.mjs"), ...process.argv.slice(2)], { cwd: ROOT });
});
