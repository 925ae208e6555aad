/** Programs that ran under PyTorch: their ports must print the same bytes. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { bundle } from "./runner.support";

const root = join(import.meta.dirname, "../..");
const outputs = join(root, "test/programs");
const names = readdirSync(outputs)
  .filter((f) => f.endsWith(".out"))
  .map((f) => f.slice(0, -".out".length));

let cli: string;
beforeAll(async () => {
  cli = await bundle("cli.ts", "cli.mjs", "esm");
});

/** Kernels in plain loops take their time for the trainings. */
const LIMIT_MS = 120_000;

test.each(names)("%s prints what PyTorch prints", { timeout: LIMIT_MS }, (name) => {
  const beside = join(outputs, `${name}.ts`);
  const path = existsSync(beside) ? beside : join(root, "examples", `${name}.ts`);
  const run = spawnSync(process.execPath, [cli, "run", path], { encoding: "utf8" });
  expect(run.stdout, run.stderr).toBe(readFileSync(join(outputs, `${name}.out`), "utf8"));
  expect(run.status).toBe(0);
});
