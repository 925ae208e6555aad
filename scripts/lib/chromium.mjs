/** The browser that the tests drive. Playwright's own download is not used: many machines cannot reach it. */
import { existsSync } from "node:fs";
import { aptInstall, findOnPath } from "./system-packages.mjs";

const NAMES = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "chrome",
  "microsoft-edge",
  "microsoft-edge-stable",
  "msedge",
];
const PLACES = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
];

const findChromium = () => findOnPath(NAMES) ?? PLACES.find(existsSync);

/** The path of a Chromium, Chrome or Edge; installed first where that is possible. */
export async function ensureChromium() {
  const found = findChromium();
  if (found) return found;
  await aptInstall("Browser for the tests (Chromium, Chrome or Edge)", ["chromium"]);
  return /** @type {string} */ (findChromium());
}

/** What makes a browser quiet and repeatable in tests; the sandbox does not work for root. */
export const CHROMIUM_ARGS = [
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
