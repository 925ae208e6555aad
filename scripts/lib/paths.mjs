/** Where things lie in a checkout. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** Built tests, results and screenshots. */
export const OUT = join(ROOT, "out");
/** VS Code from npm, its profiles and extensions; survives between runs. */
export const VSCODE_TEST = join(ROOT, ".vscode-test");
export const EXAMPLES = join(ROOT, "examples");
