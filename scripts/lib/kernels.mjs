/**
 * The engine's WASM kernels: AssemblyScript in src/torch/kernels/wasm/assembly, compiled twice (`simd`: what every browser has;
 * `relaxed`: with fused multiply-add) when a bundle or a test first asks for them, and kept in out/kernels until a source changes.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OUT, ROOT } from "./paths.mjs";

const SOURCES = join(ROOT, "src", "torch", "kernels", "wasm", "assembly");
const CACHE = join(OUT, "kernels");
/** Two 64 kB pages hold the kernels' constants; the engine makes the memory and grows it. */
const OPTIONS = [
  "-O3",
  "--noAssert",
  "--runtime",
  "stub",
  "--use",
  "abort=",
  "--importMemory",
  "--initialMemory",
  "2",
  "--maximumMemory",
  "65536",
  "--enable",
  "simd",
];
const BUILDS = { simd: OPTIONS, relaxed: [...OPTIONS, "--enable", "relaxed-simd"] };
/** @typedef {keyof typeof BUILDS} Build */

const sourceFiles = () =>
  readdirSync(SOURCES)
    .filter((name) => name.endsWith(".ts"))
    .sort();

/** Changes with the sources, the options and the compiler. */
function fingerprint() {
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const hash = createHash("sha256").update(JSON.stringify([BUILDS, devDependencies.assemblyscript]));
  for (const name of sourceFiles()) hash.update(`\0${name}\0`).update(readFileSync(join(SOURCES, name)));
  return hash.digest("hex").slice(0, 16);
}

/**
 * Every exported function of every source file is in the module.
 * @param {Build} name
 * @returns {Promise<Uint8Array>}
 */
async function compile(name) {
  const { default: asc } = await import("assemblyscript/asc");
  /** @type {Uint8Array | undefined} */
  let module;
  const args = [...sourceFiles(), "--baseDir", SOURCES, "--outFile", "module.wasm", ...BUILDS[name]];
  const { error, stderr } = await asc.main(args, {
    readFile: (path, base) => {
      try {
        // A decorated function is no TypeScript: the linter sees a comment.
        return readFileSync(join(base, path), "utf8").replace(/^\/\/ @inline$/gm, "@inline");
      } catch {
        return null;
      }
    },
    writeFile: (_path, contents) => {
      if (typeof contents !== "string") module = contents;
    },
    listFiles: () => [],
  });
  if (error || !module) throw new Error(`The WASM kernels do not compile:\n${stderr}${error ?? ""}`);
  return module;
}

/**
 * The module, compiled unless it is there already.
 * @param {Build} name
 * @returns {Promise<Uint8Array>}
 */
export async function kernelModule(name) {
  const file = `${name}-${fingerprint()}.wasm`;
  try {
    return readFileSync(join(CACHE, file));
  } catch {
    const module = await compile(name);
    mkdirSync(CACHE, { recursive: true });
    for (const old of readdirSync(CACHE)) if (old.startsWith(`${name}-`)) rmSync(join(CACHE, old), { force: true });
    // Whole or not at all: another process may read it.
    const part = join(CACHE, `.${process.pid}-${file}`);
    writeFileSync(part, module);
    renameSync(part, join(CACHE, file));
    return module;
  }
}

const IMPORT = /[/\\](simd|relaxed)\.wasm$/;

/** JavaScript that exports the module as base64: it is decoded when a program first needs it. @param {Build} name */
const asText = async (name) => `export default "${Buffer.from(await kernelModule(name)).toString("base64")}";`;

/** For esbuild: `import base64 from "./simd.wasm"`. @type {import("esbuild").Plugin} */
export const kernels = {
  name: "kernels",
  setup(build) {
    build.onResolve({ filter: IMPORT }, ({ path }) => ({
      path: /** @type {RegExpExecArray} */ (IMPORT.exec(path))[1],
      namespace: "kernels",
    }));
    build.onLoad({ filter: /.*/, namespace: "kernels" }, async ({ path }) => ({
      contents: await asText(/** @type {Build} */ (path)),
      loader: "js",
      watchFiles: sourceFiles().map((name) => join(SOURCES, name)),
    }));
  },
};

/** The same for Vitest. @type {import("vite").Plugin} */
export const kernelsForTests = {
  name: "kernels",
  enforce: "pre",
  resolveId: (path) => (IMPORT.test(path) ? `\0kernels${path}.js` : undefined),
  load: (id) => {
    const name = /^\0kernels.*[/\\](simd|relaxed)\.wasm\.js$/.exec(id)?.[1];
    return name === undefined ? undefined : asText(/** @type {Build} */ (name));
  },
};
