/** `npm run test:unit`: test/unit and test/conformance. Arguments go to Vitest. */
import { runMain } from "./lib/step.mjs";
import { clearResult, resultFile } from "./lib/tally.mjs";
import { vitest } from "./lib/tools.mjs";

await runMain(() => {
  clearResult("unit");
  return vitest([
    "run",
    "--project",
    "unit",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${resultFile("unit")}`,
    ...process.argv.slice(2),
  ]);
});
