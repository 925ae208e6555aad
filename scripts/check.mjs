/** `npm run check`: types, lint and format. All of them run, whatever the first one says. */
import { runMain } from "./lib/step.mjs";
import { runChecks } from "./lib/tally.mjs";
import { biome, node, tsc } from "./lib/tools.mjs";

await runMain(() =>
  runChecks("check", [
    ["types of the extension, scripts and tests", () => tsc(["--project", "tsconfig.json"])],
    ["types of the engine, with no Node, DOM or VS Code in sight", () => tsc(["--project", "src/torch/tsconfig.json"])],
    ["types of the webview", () => tsc(["--project", "webview/tsconfig.json"])],
    ["types of users' programs", () => tsc(["--project", "test/programs/tsconfig.json"])],
    ["the generated API is that of the op declarations", () => node(["scripts/generate-api.mjs", "--check"])],
    ["lint", () => biome(["lint", "--error-on-warnings", "--diagnostic-level=warn"])],
    ["format", () => biome(["format"])],
  ]),
);
