/** `npm run test:webview`: the panel in a plain browser, without VS Code. Arguments go to Vitest; --no-build takes dist/ as it is. */
import { runMain, StepError } from "./lib/step.mjs";
import { clearResult, resultFile } from "./lib/tally.mjs";
import { node, vitest } from "./lib/tools.mjs";

await runMain(async () => {
  clearResult("webview");
  if (!process.argv.includes("--no-build") && (await node(["esbuild.js"])) !== 0)
    throw new StepError("Build the bundles", "esbuild.js: see the lines above.");
  const rest = process.argv.slice(2).filter((argument) => argument !== "--no-build");
  const report = ["--reporter=default", "--reporter=json", `--outputFile.json=${resultFile("webview")}`];
  return vitest(["run", "--project", "webview", ...report, ...rest]);
});
