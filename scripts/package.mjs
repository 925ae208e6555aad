/** `npm run package`: the .vsix, a look into it, and the npm package in the hands of a program that uses it. */
import { statSync } from "node:fs";
import { compileConsumer, installPackage, runCommand, runConsumer } from "./lib/npm-package.mjs";
import { runMain } from "./lib/step.mjs";
import { runChecks } from "./lib/tally.mjs";
import { build } from "./lib/tools.mjs";
import { packageExtension } from "./lib/vsix.mjs";

await runMain(async () => {
  if (!process.argv.includes("--no-build")) await build();
  return runChecks("package", [
    ["the .vsix holds only what runs", checkVsix],
    ["the npm package holds only what runs", async () => complain("must not be in it", await installPackage())],
    ["its typings are right for a program under Node's resolution", compileConsumer],
    ["that program runs, on one engine", runConsumer],
    ["its command runs a program", runCommand],
  ]);
});

async function checkVsix() {
  const { file, entries, strangers, missing } = await packageExtension();
  for (const { name, bytes } of entries)
    console.log(`  ${name.padEnd(60)} ${(bytes / 1024).toFixed(1).padStart(8)} KB`);
  console.log(`  ${file}: ${entries.length} files, ${(statSync(file).size / 1024).toFixed(0)} KB packed`);
  return complain("must not be in it", strangers) + complain("missing from it", missing);
}

/**
 * @param {string} what
 * @param {string[]} names
 * @returns {number} exit code
 */
function complain(what, names) {
  for (const name of names) console.error(`  ${what}: ${name}`);
  return names.length > 0 ? 1 : 0;
}
