/**
 * Builds every bundle of dist/ (and, with --tests, the integration tests of out/).
 * `node esbuild.js [--watch] [--dev] [--tests]`: --dev (implied by --watch) keeps names and adds source maps.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { kernels } from "./scripts/lib/kernels.mjs";
import { operatorDocs } from "./scripts/lib/operator-docs.mjs";

const root = dirname(fileURLToPath(import.meta.url));
const flags = new Set(process.argv.slice(2));
const watch = flags.has("--watch");
const dev = watch || flags.has("--dev");

const common = {
  absWorkingDir: root,
  bundle: true,
  minify: !dev,
  sourcemap: dev,
  metafile: true,
  logLevel: "warning",
  legalComments: "none",
  target: "es2022",
  plugins: [kernels],
};
const node = { platform: "node", target: "node20" };
/**
 * Bundles with the engine: a module's `constructor.name` is among its answers. Identifiers stay as they are written,
 * because esbuild's `keepNames` would set a name on every closure that a hot loop makes.
 */
const engine = dev ? {} : { minify: false, minifySyntax: true, minifyWhitespace: true };

/** The engine is one module instance in the npm package: its plotting half imports it instead of holding a copy. */
const sharedEngine = {
  name: "shared-engine",
  setup(build) {
    const engine = join(root, "src", "torch");
    build.onResolve({ filter: /^(gradlens$|\.)/ }, (args) => {
      if (args.kind === "entry-point") return undefined;
      const path = args.path === "gradlens" ? engine : join(args.resolveDir, args.path);
      if (path === engine || path === join(engine, "index")) return { path: "./torch.js", external: true };
      if (path.startsWith(engine + sep))
        return {
          errors: [
            { text: `${args.path} reaches past src/torch/index.ts: the npm package would hold the engine twice.` },
          ],
        };
      return undefined;
    });
  },
};

/** In a page without a network Vega is a script of its own, there only when there are figures. */
const vegaInPage = {
  name: "vega-in-page",
  setup(build) {
    build.onResolve({ filter: /^\.\/vega$/ }, () => ({ path: "vega", namespace: "in-page" }));
    build.onLoad({ filter: /.*/, namespace: "in-page" }, () => ({
      contents: "module.exports = globalThis.gradlensVega",
    }));
  },
};

/** What each bundle is made from, and what must never be in it. */
const bundles = [
  {
    out: "dist/extension.cjs",
    entry: "src/extension.ts",
    options: { ...node, format: "cjs", external: ["vscode"] },
    limitKb: 104,
    forbidden: [
      "src/torch/",
      "node_modules/@babel/",
      "node_modules/vega",
      "node_modules/cytoscape/",
      "node_modules/magic-string/",
    ],
  },
  {
    out: "dist/figures.cjs",
    entry: "src/export/figureFile.ts",
    // Vega's files for browsers: those for Node look for a native canvas.
    options: { ...node, platform: "browser", external: ["node:*"], format: "cjs" },
  },
  {
    out: "dist/compiler.cjs",
    entry: "src/runner/compiler.ts",
    options: { ...node, format: "cjs" },
    forbidden: ["src/torch/"],
  },
  { out: "dist/runner.cjs", entry: "src/runner/child.ts", options: { ...node, ...engine, format: "cjs" } },
  {
    out: "dist/webview",
    entry: "webview/main.ts",
    options: { format: "esm", splitting: true, chunkNames: "[name]-[hash]" },
  },
  { out: "dist/webview/layoutWorker.js", entry: "src/graph/worker.ts", options: { format: "iife" } },
  {
    out: "dist/standalone/main.js",
    entry: "webview/standalone.ts",
    options: { format: "iife", plugins: [vegaInPage] },
    forbidden: ["node_modules/vega"],
  },
  {
    out: "dist/standalone/vega.js",
    entry: "webview/vega.ts",
    options: { format: "iife", globalName: "gradlensVega" },
  },
  { out: "dist/standalone/layoutWorker.js", entry: "src/graph/worker.ts", options: { format: "iife" } },
  { out: "dist/torch.js", entry: "src/torch/index.ts", options: { ...engine, platform: "neutral", format: "esm" } },
  {
    out: "dist/pyplot.js",
    entry: "src/plot/pyplot.ts",
    options: { platform: "neutral", format: "esm", plugins: [sharedEngine, kernels] },
  },
  {
    out: "dist/cli.cjs",
    entry: "src/cli.ts",
    options: {
      ...node,
      ...engine,
      format: "cjs",
      define: { "import.meta.url": "importMetaUrl" },
      banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
    },
  },
  {
    out: "dist/cli.js",
    entry: "src/cliStart.ts",
    options: { ...node, format: "esm", banner: { js: "#!/usr/bin/env node" } },
    forbidden: ["src/torch/"],
  },
];

const tests = [
  {
    out: "out/test/integration/index.cjs",
    entry: "test/integration/index.ts",
    options: { ...node, format: "cjs", external: ["vscode"], minify: false, sourcemap: "inline" },
  },
];

function optionsOf({ out, entry, options }) {
  const target = options.splitting ? { outdir: out, entryNames: "[name]" } : { outfile: out };
  const merged = { ...common, ...options, entryPoints: [entry], ...target };
  if (merged.banner && readFileSync(join(root, entry), "utf8").startsWith("#!")) delete merged.banner;
  return merged;
}

/** Prints the sizes of one build, and returns what breaks its promises. */
function report({ out, limitKb, forbidden = [] }, { metafile }) {
  const broken = [];
  for (const [file, { bytes, inputs }] of Object.entries(metafile.outputs)) {
    if (file.endsWith(".map")) continue;
    console.log(`  ${file.padEnd(42)} ${(bytes / 1024).toFixed(1).padStart(8)} KB`);
    if (limitKb && !dev && bytes > limitKb * 1024) broken.push(`${file} is over its ${limitKb} KB.`);
    for (const input of Object.keys(inputs))
      if (forbidden.some((part) => input.includes(part)) && inputs[input].bytesInOutput > 0)
        broken.push(`${out} must not contain ${input}.`);
  }
  return broken;
}

/** What hovers say of operators, read when the first one opens. */
function writeOperators() {
  const file = join(root, "dist", "operators.json");
  writeFileSync(file, JSON.stringify(operatorDocs(join(root, "src", "torch"))));
  return file;
}

async function build(wanted) {
  const broken = [];
  const written = new Set();
  for (const bundle of wanted) {
    const result = await esbuild.build(optionsOf(bundle)).catch(() => undefined);
    if (!result) {
      // esbuild has already said why; the other bundles still get their turn.
      broken.push(`${bundle.out} was not built.`);
      continue;
    }
    broken.push(...report(bundle, result));
    for (const file of Object.keys(result.metafile.outputs)) written.add(join(root, file));
  }
  return { broken, written };
}

/** Removes what earlier builds left in dist/, typings aside; a window that runs from dist/ keeps what it still needs. */
function prune(written) {
  for (const file of readdirSync(join(root, "dist"), { recursive: true, withFileTypes: true })) {
    const path = join(file.parentPath, file.name);
    if (file.isFile() && !written.has(path) && !path.startsWith(join(root, "dist", "types") + sep)) rmSync(path);
  }
}

const wanted = flags.has("--tests") ? tests : bundles;

if (watch) {
  for (const bundle of wanted) {
    const context = await esbuild.context({ ...optionsOf(bundle), logLevel: "info" });
    await context.watch();
  }
  if (!flags.has("--tests")) writeOperators();
  console.log("Watching. Reload the VS Code window to see a change.");
} else {
  const { broken, written } = await build(wanted);
  if (!flags.has("--tests")) written.add(writeOperators());
  if (!flags.has("--tests") && broken.length === 0) prune(written);
  for (const line of broken) console.error(`✗ ${line}`);
  if (broken.length > 0) process.exitCode = 1;
}
