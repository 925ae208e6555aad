/**
 * The command `gradlens`: runs `cli.cjs` beside it, with V8's code of it that an earlier run has left in the user's cache folder,
 * which halves the time to the first result. `NODE_DISABLE_COMPILE_CACHE` turns that off, as it does Node's own for modules.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { constants, Script } from "node:vm";

const main = fileURLToPath(new URL("./cli.cjs", import.meta.url));
const require = createRequire(main);

/** Where the platform wants programs to keep what they can make again. */
function cacheFolder(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, "gradlens");
  if (process.platform === "win32")
    return join(LOCALAPPDATA ?? join(homedir(), "AppData", "Local"), "gradlens", "cache");
  return join(homedir(), process.platform === "darwin" ? "Library/Caches" : ".cache", "gradlens");
}

/** Code is V8's own, of this very text; it looks at its version and flags itself, but of the text only at its length. */
function codeFile(source: string): string {
  const hash = createHash("sha256").update(source).digest("hex").slice(0, 32);
  return join(cacheFolder(), `cli-${process.arch}-${process.versions.v8}-${hash}.code`);
}

function known(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

/** Keeps the code of what this run has called, and none that is older. A folder that cannot be written is left alone. */
function keep(script: Script, file: string): void {
  const folder = dirname(file);
  try {
    mkdirSync(folder, { recursive: true });
    const part = `${file}.${process.pid}`;
    // Whole or not at all: another process may read it.
    writeFileSync(part, script.createCachedData());
    for (const old of readdirSync(folder)) if (/^cli-.*\.code$/.test(old)) rmSync(join(folder, old), { force: true });
    renameSync(part, file);
  } catch {}
}

function load(): void {
  const source = readFileSync(main, "utf8");
  const file = codeFile(source);
  const cachedData = known(file);
  // Code carries the flags that V8 had when it was kept. Some kernels set one: what it is worth nothing with is not kept.
  const probe = new Script("0").createCachedData();
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename: main,
    ...(cachedData && { cachedData }),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  if (cachedData === undefined || script.cachedDataRejected) {
    process.once("exit", () => {
      if (!new Script("0", { cachedData: probe }).cachedDataRejected) keep(script, file);
    });
  }
  const module = { exports: {} };
  script.runInThisContext()(module.exports, require, module, main, dirname(main));
}

// `import()` out of a script came with Node 20.12.
if (constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER === undefined || process.env.NODE_DISABLE_COMPILE_CACHE) require(main);
else load();
