/**
 * `npm run test:e2e`: a person's clicks and keys in a real VS Code window. `--update-docs` puts the screenshots of the README into docs/images/.
 * Other arguments go to Vitest.
 */
import { ensureChromium } from "./lib/chromium.mjs";
import { runMain } from "./lib/step.mjs";
import { clearResult, resultFile } from "./lib/tally.mjs";
import { build, vitest } from "./lib/tools.mjs";
import { ensureServer } from "./lib/vscode-server.mjs";

await runMain(async () => {
  clearResult("e2e");
  const own = ["--no-build", "--update-docs"];
  const [noBuild, updateDocs] = own.map((flag) => process.argv.includes(flag));
  if (!noBuild) await build();
  await ensureServer();
  await ensureChromium();
  const rest = process.argv.slice(2).filter((argument) => !own.includes(argument));
  const report = ["--reporter=verbose", "--reporter=json", `--outputFile.json=${resultFile("e2e")}`];
  return vitest(["run", "--project", "e2e", ...report, ...rest], updateDocs ? { GRADLENS_UPDATE_DOCS: "1" } : {});
});
