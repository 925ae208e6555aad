/**
 * `npm run test:kernels`: what computes, once more with each of the kernel sets that `npm run test:unit` did not run with.
 * `--operators`, for `npm test`: every operator, but neither the long programs nor the tests that choose sets by themselves.
 * Other arguments go to Vitest.
 */
import { runMain } from "./lib/step.mjs";
import { clearResult, resultFile, runTallied } from "./lib/tally.mjs";
import { vitest } from "./lib/tools.mjs";

const FILES = ["test/unit/torch", "test/unit/programs.test.ts", "test/conformance"];
const OPERATORS = [
  "test/conformance/operators.test.ts",
  "test/conformance/gradcheck.test.ts",
  ...["convolution", "func", "linalg", "operators", "optim", "ownership", "properties", "strided"].map(
    (name) => `test/unit/torch/${name}.`,
  ),
];
const args = process.argv.slice(2).filter((arg) => arg !== "--operators");
const files = process.argv.includes("--operators") ? OPERATORS : FILES;

await runMain(() =>
  runTallied(
    "kernels",
    ["typescript", "simd"].map((set) => ({
      name: `kernels-${set}`,
      run: (name) => {
        clearResult(name);
        const reports = ["--reporter=default", "--reporter=json", `--outputFile.json=${resultFile(name)}`];
        return vitest(["run", "--project", "unit", ...reports, ...files, ...args], {
          GRADLENS_KERNELS: set,
        });
      },
    })),
  ),
);
