/** The typings as every module resolution reads them. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const RELATIVE = /((?:from|import)\s*\(?\s*)"(\.[^"]*)"/g;

/**
 * Completes the relative imports of the .d.ts files under `folder`: Node's resolution wants `./tensor.js` where the sources say `./tensor`.
 * @param {string} folder
 */
export function completeImports(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith(".d.ts")) continue;
    const file = join(entry.parentPath, entry.name);
    const complete = (/** @type {string} */ path) => {
      if (existsSync(join(dirname(file), `${path}.d.ts`))) return `${path}.js`;
      return existsSync(join(dirname(file), path, "index.d.ts")) ? `${path}/index.js` : path;
    };
    const text = readFileSync(file, "utf8");
    writeFileSync(
      file,
      text.replace(RELATIVE, (_, before, path) => `${before}"${complete(path)}"`),
    );
  }
}
