/** Vitest's global set-up: the panel as it is built, and a browser for it. */
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CHROMIUM_ARGS, ensureChromium } from "../../scripts/lib/chromium.mjs";
import { OUT, ROOT } from "../../scripts/lib/paths.mjs";
import { StepError } from "../../scripts/lib/step.mjs";

/** @param {import("vitest/node").TestProject} project */
export default async function setup(project) {
  const dist = join(ROOT, "dist", "webview");
  if (!existsSync(join(dist, "main.js")))
    throw new StepError("Test the panel", "dist/webview is missing.", "npm run build");
  const screenshots = join(OUT, "screenshots", "webview");
  rmSync(screenshots, { recursive: true, force: true });
  mkdirSync(screenshots, { recursive: true });
  project.provide("webview", { executablePath: await ensureChromium(), args: CHROMIUM_ARGS, dist, screenshots });
}
