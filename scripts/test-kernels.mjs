/** `npm run test:kernels`: what computes, once more with each of the kernel sets that `npm run test:unit` did not run with. Arguments go to Vitest. */
import { runMain } from "./lib/step.mjs";
import { clearResult, resultFile, runTallied } from "./lib/tally.mjs";
import { vitest } from "./lib/tools.mjs";

const FILES = ["test/unit/torch", "test/unit/programs.test.ts", "test/conformance"];

await runMain(() =>
  runTallied(
    "kernels",
    ["typescript", "simd"].map((set) => ({
      name: `kernels-${set}`,
      run: (name) => {
        clearResult(name);
        const reports = ["--reporter=default", "--reporter=json", `--outputFile.json=${resultFile(name)}`];
        return vitest(["run", "--project", "unit", ...reports, ...FILES, ...process.argv.slice(2)], {
          GRADLENS_KERNELS: set,
        });
      },
    })),
  ),
);
