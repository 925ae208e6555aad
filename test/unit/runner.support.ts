import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { kernels } from "../../scripts/lib/kernels.mjs";
import type { ConsoleEntry, Figure, SourceRange } from "../../src/trace/model";

export interface Collected {
  console: ConsoleEntry[];
  figures: Figure[];
}

/** Bundles an entry of src/ as the product does; returns the file. */
export async function bundle(entry: string, out: string, format: "cjs" | "esm"): Promise<string> {
  const outfile = join(mkdtempSync(join(tmpdir(), "gradlens-")), out);
  await build({
    entryPoints: [fileURLToPath(new URL(`../../src/${entry}`, import.meta.url))],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format,
    logLevel: "error",
    plugins: [kernels],
    define: { GRADLENS_VERSION: '"0.0.0-test"' },
  });
  return outfile;
}

/** The text at a range. */
export function textAt(text: string, range: SourceRange | undefined): string | undefined {
  if (!range) return undefined;
  const lines = text.split("\n");
  const offset = ({ line, column }: { line: number; column: number }) =>
    lines.slice(0, line).reduce((sum, each) => sum + each.length + 1, column);
  return text.slice(offset(range.start), offset(range.end));
}
