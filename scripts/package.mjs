/** `npm run package`: the .vsix, and a look into it. */
import { readFileSync, rmSync } from "node:fs";
import { runMain, StepError } from "./lib/step.mjs";
import { writeTally } from "./lib/tally.mjs";
import { build } from "./lib/tools.mjs";
import { packageExtension } from "./lib/vsix.mjs";

await runMain(async () => {
  if (!process.argv.includes("--no-build")) await build();
  const { file, entries, strangers, missing } = await packageExtension();
  for (const { name, bytes } of entries)
    console.log(`  ${name.padEnd(60)} ${(bytes / 1024).toFixed(1).padStart(8)} KB`);
  const total = readFileSync(file).length;
  console.log(`  ${file}: ${entries.length} files, ${(total / 1024).toFixed(0)} KB packed`);
  const bad = strangers.length > 0 || missing.length > 0;
  writeTally("package", { passed: bad ? 0 : 1, failed: bad ? 1 : 0, skipped: 0 });
  if (!bad) return;
  rmSync(file);
  const why = [
    ...strangers.map((name) => `must not be in it: ${name}`),
    ...missing.map((name) => `missing from it: ${name}`),
  ];
  throw new StepError(
    "Check the content of the .vsix",
    why.join("\n"),
    "correct .vscodeignore, or build what is missing.",
  );
});
