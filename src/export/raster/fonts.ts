/** The fonts that this computer has: a picture made without a browser takes its letters from them. */
import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { Font } from "./font";

/** Regular and bold; a later pair helps out with what an earlier one has no glyph for. */
const WANTED: readonly (readonly [string, string])[] = [
  ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"],
  ["segoeui.ttf", "segoeuib.ttf"],
  ["Arial.ttf", "Arial Bold.ttf"],
  ["arial.ttf", "arialbd.ttf"],
  ["NotoSans-Regular.ttf", "NotoSans-Bold.ttf"],
  ["LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf"],
  ["Ubuntu-R.ttf", "Ubuntu-B.ttf"],
  ["Roboto-Regular.ttf", "Roboto-Bold.ttf"],
  ["OpenSans-Regular.ttf", "OpenSans-Bold.ttf"],
  ["Apple Symbols.ttf", "Apple Symbols.ttf"],
  ["seguisym.ttf", "seguisym.ttf"],
];
const DEPTH_MAX = 5;

export interface Fonts {
  regular: Font[];
  bold: Font[];
}

let found: Fonts | undefined;

/** Throws when there is none. */
export function systemFonts(): Fonts {
  found ??= findFonts(folders());
  return found;
}

/** The fonts in these folders. Throws when there is none. */
export function findFonts(places: readonly string[]): Fonts {
  const files = new Map<string, string>();
  for (const folder of places) list(folder, files, DEPTH_MAX);
  const fonts: Fonts = { regular: [], bold: [] };
  const load = (name: string, into: Font[]) => {
    const path = files.get(name);
    if (!path) return;
    try {
      into.push(new Font(readFileSync(path)));
    } catch {
      // A broken file, or another kind of font under that name.
    }
  };
  for (const [regular, bold] of WANTED) {
    load(regular, fonts.regular);
    load(bold, fonts.bold);
  }
  // Any font is better than none.
  for (const name of files.keys()) if (fonts.regular.length === 0) load(name, fonts.regular);
  if (fonts.regular.length === 0) {
    throw new Error(
      `A PNG needs a TrueType font for its letters, and there is none in ${places.join(", ")}. Install one (DejaVu Sans, for instance) or export an SVG.`,
    );
  }
  if (fonts.bold.length === 0) fonts.bold = fonts.regular;
  return fonts;
}

function folders(): string[] {
  if (process.platform === "win32") return [join(process.env.SystemRoot ?? "C:\\Windows", "Fonts")];
  if (process.platform === "darwin")
    return ["/System/Library/Fonts/Supplemental", "/Library/Fonts", "/System/Library/Fonts"];
  const data = (process.env.XDG_DATA_DIRS || "/usr/local/share:/usr/share").split(":");
  const own = join(homedir(), ".local", "share");
  return [own, ...data].map((folder) => join(folder, "fonts")).concat(join(homedir(), ".fonts"));
}

function list(folder: string, into: Map<string, string>, depth: number): void {
  let entries: import("node:fs").Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return;
  }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && depth > 0) list(path, into, depth - 1);
    else if (/\.ttf$/i.test(entry.name) && !into.has(entry.name)) into.set(entry.name, path);
  }
}
