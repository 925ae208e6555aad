// `npm run parity`: judges the engine on the recorded operators and writes docs/parity.md.
import { rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { kernels } from "./lib/kernels.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// Beside the data, which the bundle finds from its own place.
const outfile = join(root, "test/conformance/.parity.mjs");
try {
  await build({
    entryPoints: [join(root, "test/conformance/parity.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
    plugins: [kernels],
    tsconfig: join(root, "tsconfig.json"),
  });
  const { parityPage } = await import(pathToFileURL(outfile).href);
  const page = parityPage();
  // Other samples of the same operators are judged, not published.
  if (process.env.GRADLENS_CONFORMANCE)
    console.log(
      page
        .split("\n")
        .filter((line) => line.includes("✗"))
        .join("\n"),
    );
  else writeFileSync(join(root, "docs/parity.md"), page);
  console.log(page.match(/\*\*(.*)\*\*/)[1]);
} finally {
  rmSync(outfile, { force: true });
}
