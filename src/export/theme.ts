import { type Appearance, scaleColor } from "../graph";

/** The colours of a picture, each `#rrggbb`. */
export interface PictureTheme {
  appearance: Appearance;
  page: string;
  card: string;
  border: string;
  text: string;
  muted: string;
  edge: string;
  error: string;
  /** Of the marks: tensors saved for backward, changes in place, what a backward pass has made. */
  saved: string;
  inPlace: string;
  derivative: string;
}

/** Dark ink on white paper. */
export const LIGHT: PictureTheme = {
  appearance: "light",
  page: "#ffffff",
  card: "#ffffff",
  border: "#c8c8c8",
  text: "#1f1f1f",
  muted: "#616161",
  edge: "#8a8a8a",
  error: "#c72e0f",
  saved: "#1a5fb4",
  inPlace: "#b5500b",
  derivative: "#652d90",
};

export const DARK: PictureTheme = {
  appearance: "dark",
  page: "#1f1f1f",
  card: "#272727",
  border: "#484848",
  text: "#e4e4e4",
  muted: "#a3a3a3",
  edge: "#7d7d7d",
  error: "#f48771",
  saved: "#59a4f9",
  inPlace: "#e5a34b",
  derivative: "#b180d7",
};

/** `auto`: the reader's own preference, where a file can follow it. */
export type ThemeChoice = "auto" | PictureTheme;

/** A card's colour is one of so many, so that a stylesheet can give each appearance its own. */
export const LEVELS = 12;

export function levelClass(level: number | null, broken: boolean): string {
  return broken ? "broken" : level === null ? "none" : `l${Math.round(level * (LEVELS - 1))}`;
}

/** The colours as CSS custom properties of `svg` and of the classes that {@link levelClass} names. */
export function themeRules(theme: ThemeChoice): string {
  if (theme !== "auto") return rulesOf(theme);
  return `${rulesOf(LIGHT)}@media(prefers-color-scheme:dark){${rulesOf(DARK)}}`;
}

function rulesOf(theme: PictureTheme): string {
  const { appearance, page, card, border, text, muted, edge, error, saved, inPlace, derivative } = theme;
  const levels = Array.from(
    { length: LEVELS },
    (_, i) => `.l${i}{--level:${scaleColor(i / (LEVELS - 1), appearance)}}`,
  );
  return [
    `svg{--page:${page};--card:${card};--border:${border};--text:${text};--muted:${muted};--edge:${edge};`,
    `--saved:${saved};--in-place:${inPlace};--derivative:${derivative}}`,
    `.none{--level:${border}}.broken{--level:${error}}`,
    ...levels,
  ].join("");
}
