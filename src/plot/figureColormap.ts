import { ValueError } from "../torch";

export interface ColorScheme {
  /** Vega's name. */
  scheme: string;
  reverse?: boolean;
}

const SCHEMES: Record<string, ColorScheme> = {
  viridis: { scheme: "viridis" },
  plasma: { scheme: "plasma" },
  inferno: { scheme: "inferno" },
  magma: { scheme: "magma" },
  cividis: { scheme: "cividis" },
  turbo: { scheme: "turbo" },
  jet: { scheme: "turbo" },
  gray: { scheme: "greys", reverse: true },
  Greys: { scheme: "greys" },
  binary: { scheme: "greys" },
  Blues: { scheme: "blues" },
  Reds: { scheme: "reds" },
  Greens: { scheme: "greens" },
  Oranges: { scheme: "oranges" },
  Purples: { scheme: "purples" },
  hot: { scheme: "yelloworangered", reverse: true },
  coolwarm: { scheme: "redblue", reverse: true },
  bwr: { scheme: "redblue", reverse: true },
  seismic: { scheme: "redblue", reverse: true },
  RdBu: { scheme: "redblue" },
  RdYlBu: { scheme: "redyellowblue" },
  PiYG: { scheme: "pinkyellowgreen" },
  Spectral: { scheme: "spectral" },
  tab10: { scheme: "category10" },
  tab20: { scheme: "tableau20" },
};

/** Vega's scheme for a matplotlib colormap; `_r` reverses. Throws ValueError for an unknown name. */
export function colorScheme(name: unknown): ColorScheme {
  const given = String(name ?? "viridis");
  const reversed = given.endsWith("_r");
  const found = SCHEMES[reversed ? given.slice(0, -2) : given];
  if (!found) {
    throw new ValueError(
      `'${given}' is not a known colormap; there are ${Object.keys(SCHEMES).join(", ")}, each also with _r`,
    );
  }
  return reversed ? { ...found, reverse: !found.reverse } : found;
}
