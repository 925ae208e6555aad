import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { kernelsForTests } from "./scripts/lib/kernels.mjs";

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));
/** What a browser shows is waited for as long as a busy machine may take. */
const PATIENCE = { testTimeout: 90_000, hookTimeout: 90_000, expect: { poll: { timeout: 20_000 } } };
const alias = [
  { find: /^gradlens$/, replacement: source("torch/index.ts") },
  { find: /^gradlens\/pyplot$/, replacement: source("plot/pyplot.ts") },
];

export default defineConfig({
  test: {
    // Vitest would leave one to itself, and half of a small machine idle.
    maxWorkers: availableParallelism(),
    projects: [
      {
        resolve: { alias },
        plugins: [kernelsForTests],
        test: {
          name: "unit",
          setupFiles: "test/unit/kernels.setup.ts",
          include: ["test/unit/**/*.test.ts", "test/conformance/**/*.test.ts"],
          testTimeout: 30_000,
        },
      },
      {
        resolve: { alias },
        plugins: [kernelsForTests],
        test: {
          name: "webview",
          include: ["test/webview/**/*.test.ts"],
          globalSetup: "test/webview/setup.mjs",
          ...PATIENCE,
        },
      },
      {
        resolve: { alias },
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: "test/e2e/server.mjs",
          // One window at a time: two would share the profile, and the timings.
          fileParallelism: false,
          ...PATIENCE,
        },
      },
    ],
  },
});
