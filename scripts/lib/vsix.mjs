/** The packaged extension: made by vsce, read back from the ZIP itself. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { OUT, ROOT } from "./paths.mjs";
import { vsce } from "./tools.mjs";

/** What may be in the package, seen from its root. */
const BELONGS = [
  /^\[Content_Types\]\.xml$/,
  /^extension\.vsixmanifest$/,
  /^extension\/(package\.json|package\.nls(\.[\w-]+)?\.json|readme\.md|changelog\.md|LICENSE(\.txt|\.md)?)$/i,
  /^extension\/dist\/(extension\.cjs|compiler\.cjs|runner\.cjs|figures\.cjs|operators\.json|(webview|standalone)\/[\w.-]+\.(js|css)|types\/.+\.d\.ts)$/,
  /^extension\/docs\/findings\/[\w-]+\.md$/,
  /^extension\/media\//,
];
const NEEDED = [
  "package.json",
  "dist/extension.cjs",
  "dist/compiler.cjs",
  "dist/runner.cjs",
  "dist/figures.cjs",
  "dist/operators.json",
  "dist/types/torch/index.d.ts",
  "dist/webview/main.js",
  "dist/webview/layoutWorker.js",
  "dist/standalone/main.js",
  "docs/findings/README.md",
].map((file) => `extension/${file}`);

const HEAVY = new Set(["node_modules", ".git", ".vscode-test", "out"]);

/**
 * Packages dist/ as it is.
 * @returns {Promise<{ file: string, entries: { name: string, bytes: number }[], strangers: string[], missing: string[] }>}
 */
export async function packageExtension() {
  const { name, version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  mkdirSync(OUT, { recursive: true });
  const file = join(OUT, `${name}-${version}.vsix`);
  const stage = mkdtempSync(join(OUT, "package-"));
  try {
    stageSources(stage);
    const args = [
      "package",
      "--no-dependencies",
      "--allow-missing-repository",
      "--no-rewrite-relative-links",
      "--out",
      file,
    ];
    await vsce("Package the extension", args, stage);
  } finally {
    rmSync(stage, { recursive: true });
  }
  const entries = zipEntries(readFileSync(file));
  const names = entries.map((entry) => entry.name);
  return {
    file,
    entries,
    strangers: names.filter((entry) => !BELONGS.some((part) => part.test(entry))),
    missing: NEEDED.filter((entry) => !names.includes(entry)),
  };
}

/** A copy without the heavy folders: vsce reads every file before it asks .vscodeignore, those of the VS Code server too. @param {string} stage */
function stageSources(stage) {
  for (const name of readdirSync(ROOT))
    if (!HEAVY.has(name)) cpSync(join(ROOT, name), join(stage, name), { recursive: true });
}

/**
 * The central directory of a ZIP file (APPNOTE 4.3.12).
 * @param {Buffer} zip
 */
function zipEntries(zip) {
  const END = 0x06054b50;
  const ENTRY = 0x02014b50;
  let end = zip.length - 22;
  while (zip.readUInt32LE(end) !== END) end--;
  const entries = [];
  for (
    let at = zip.readUInt32LE(end + 16), left = zip.readUInt16LE(end + 10);
    left > 0 && zip.readUInt32LE(at) === ENTRY;
    left--
  ) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset));
    entries.push({ name: zip.toString("utf8", at + 46, at + 46 + nameLength), bytes: zip.readUInt32LE(at + 24) });
    at += 46 + nameLength + extraLength + commentLength;
  }
  return entries;
}
