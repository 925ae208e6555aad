// `npm run generate`: writes src/torch/generated from the op declarations; `--check` fails when that would change a file.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = join(root, "src/torch/generated");
const check = process.argv.includes("--check");

const scratch = mkdtempSync(join(root, "node_modules/.generate-"));
try {
  const script = join(scratch, "generate.mjs");
  await build({
    entryPoints: [join(root, "scripts/generateApi.ts")],
    outfile: script,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
  });
  const out = check ? scratch : target;
  run(process.execPath, [script, out]);
  const names = readdirSync(target).filter((f) => f.endsWith(".ts"));
  run(process.execPath, [
    join(root, "node_modules/@biomejs/biome/bin/biome"),
    "format",
    "--write",
    ...names.map((f) => join(out, f)),
  ]);
  const stale = check
    ? names.filter((f) => readFileSync(join(out, f), "utf8") !== readFileSync(join(target, f), "utf8"))
    : [];
  if (stale.length > 0) {
    console.error(
      `src/torch/generated is stale (${stale.join(", ")}): run \`npm run generate\` and commit the result.`,
    );
    process.exitCode = 1;
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function run(command, args) {
  const { status, stderr, stdout } = spawnSync(command, args, { encoding: "utf8", cwd: root });
  if (status !== 0) {
    process.stderr.write(stdout + stderr);
    throw new Error(`${args[0]} failed`);
  }
}
