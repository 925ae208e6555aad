/** A VS Code server over `examples/`, with the packaged extension, and a browser: what the benches of the window share. */
import { join } from "node:path";
import { chromium } from "playwright-core";
import { CHROMIUM_ARGS, ensureChromium } from "../../scripts/lib/chromium.mjs";
import { EXAMPLES } from "../../scripts/lib/paths.mjs";
import { installExtension, startServer, temporaryFolder } from "../../scripts/lib/vscode-server.mjs";
import { packageExtension } from "../../scripts/lib/vsix.mjs";

const profile = temporaryFolder();
const executablePath = await ensureChromium();
const { file } = await packageExtension();
const extensionsDir = join(profile.folder, "extensions");
await installExtension(file, extensionsDir, profile.folder);
export const server = await startServer({
  workspace: EXAMPLES,
  userDataDir: profile.folder,
  extensionsDir,
  // The benches type into the examples.
  settings: { "files.autoSave": "off" },
});
export const browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGS });

/** Ends both and removes the profile. */
export async function close() {
  await browser.close();
  await server.stop();
  profile.remove();
}
