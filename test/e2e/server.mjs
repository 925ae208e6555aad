/** Vitest's global set-up: one VS Code server for all files, with the extension installed from its package, as people get it. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CHROMIUM_ARGS, ensureChromium } from "../../scripts/lib/chromium.mjs";
import { EXAMPLES, OUT, ROOT } from "../../scripts/lib/paths.mjs";
import { installExtension, settingsFile, startServer, temporaryFolder } from "../../scripts/lib/vscode-server.mjs";
import { packageExtension } from "../../scripts/lib/vsix.mjs";

/** @param {import("vitest/node").TestProject} project */
export default async function setup(project) {
  const profile = temporaryFolder();
  const extensionsDir = join(profile.folder, "extensions");
  const screenshots = join(OUT, "screenshots");
  rmSync(screenshots, { recursive: true, force: true });
  mkdirSync(screenshots, { recursive: true });

  const executablePath = await ensureChromium();
  const { file } = await packageExtension();
  await installExtension(file, extensionsDir, profile.folder);
  const server = await startServer({
    workspace: EXAMPLES,
    userDataDir: profile.folder,
    extensionsDir,
    settings: { "files.autoSave": "off", "editor.minimap.enabled": false },
  });
  project.provide("vscode", {
    url: server.url,
    settingsFile: settingsFile(profile.folder),
    executablePath,
    args: CHROMIUM_ARGS,
    screenshots,
    docs: process.env.GRADLENS_UPDATE_DOCS ? join(ROOT, "docs", "images") : undefined,
  });
  return async () => {
    await server.stop();
    profile.remove();
  };
}
