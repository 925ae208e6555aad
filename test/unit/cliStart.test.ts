/** The command keeps V8's code of itself; whatever becomes of it, programs run. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { bundle } from "./runner.support";

let start: string;

beforeAll(async () => {
  start = await bundle("cliStart.ts", "cli.mjs", "esm");
  writeFileSync(
    join(dirname(start), "cli.cjs"),
    "process.argv.length > 2 ? eval(process.argv[2]) : console.log(1 + 1)",
  );
});

const temporary = () => mkdtempSync(join(tmpdir(), "gradlens-start-"));

function run(cache: string, env: NodeJS.ProcessEnv = {}, ...args: string[]) {
  const { stdout, stderr } = spawnSync(process.execPath, [start, ...args], {
    encoding: "utf8",
    env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: "", XDG_CACHE_HOME: cache, ...env },
  });
  return stdout + stderr;
}

const kept = (cache: string) => readdirSync(join(cache, "gradlens")).map((name) => join(cache, "gradlens", name));

test("the second run takes the code of the first", () => {
  const cache = temporary();
  expect(run(cache)).toBe("2\n");
  const [file] = kept(cache);
  const { mtimeMs } = statSync(file);
  expect(run(cache)).toBe("2\n");
  expect(kept(cache)).toEqual([file]);
  expect(statSync(file).mtimeMs).toBe(mtimeMs);
});

test("code that is not V8's is replaced, and that of another text is not used", () => {
  const cache = temporary();
  run(cache);
  const [file] = kept(cache);
  const { size } = statSync(file);
  writeFileSync(file, "not code");
  expect(run(cache)).toBe("2\n");
  expect(statSync(file).size).toBe(size);
  const main = join(dirname(start), "cli.cjs");
  copyFileSync(main, `${main}.old`);
  // As long as the text before.
  writeFileSync(main, "process.argv.length > 2 ? eval(process.argv[2]) : console.log(1 + 2)");
  expect(run(cache)).toBe("3\n");
  expect(kept(cache)).toHaveLength(1);
  expect(kept(cache)).not.toContain(file);
  copyFileSync(`${main}.old`, main);
});

test("without a folder to write to, or where Node's own cache is off, nothing is kept", () => {
  const cache = temporary();
  expect(run(cache, { NODE_DISABLE_COMPILE_CACHE: "1" })).toBe("2\n");
  expect(readdirSync(cache)).toEqual([]);
  writeFileSync(join(cache, "file"), "");
  expect(run(join(cache, "file"))).toBe("2\n");
});

test("code is not kept with flags that the next process has not", () => {
  const cache = temporary();
  const flag = "require('v8').setFlagsFromString('--stack-size=900'); console.log(4)";
  expect(run(cache, {}, flag)).toBe("4\n");
  run(cache);
  const [file] = kept(cache);
  const { mtimeMs } = statSync(file);
  run(cache);
  expect(statSync(file).mtimeMs).toBe(mtimeMs);
});
