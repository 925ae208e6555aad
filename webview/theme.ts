/** The window's theme as plain colours for canvases, which know no CSS variables; read again whenever it changes. */
import { type Appearance, scaleColor, tint } from "../src/graph";

export interface Theme {
  appearance: Appearance;
  highContrast: boolean;
  page: string;
  card: string;
  /** The ground of an open group. */
  frame: string;
  border: string;
  text: string;
  muted: string;
  edge: string;
  focus: string;
  selection: string;
  error: string;
  /** Marks of saved tensors and of changes in place. */
  saved: string;
  inPlace: string;
  /** Borders of nodes that belong to a derivative's graph. */
  derivative: string;
  font: string;
  mono: string;
  chart: string[];
}

export function readTheme(): Theme {
  const style = getComputedStyle(document.body);
  const classes = document.body.classList;
  const dark =
    classes.contains("vscode-dark") ||
    (classes.contains("vscode-high-contrast") && !classes.contains("vscode-high-contrast-light"));
  const highContrast = classes.contains("vscode-high-contrast") || classes.contains("vscode-high-contrast-light");
  const read = (name: string, fallback: string) => style.getPropertyValue(`--vscode-${name}`).trim() || fallback;
  const editor = read("editor-background", dark ? "#1f1f1f" : "#ffffff");
  const inView = document.body.dataset.place === "view";
  const page = solid(inView ? read("sideBar-background", editor) : editor, editor);
  const text = solid(read("foreground", dark ? "#cccccc" : "#3b3b3b"), page);
  const contrast = read("contrastBorder", text);
  const chart = (name: string, light: string, onDark: string) => read(`charts-${name}`, dark ? onDark : light);
  return {
    appearance: highContrast ? (dark ? "hcDark" : "hcLight") : dark ? "dark" : "light",
    highContrast,
    page,
    card: highContrast ? page : inView ? solid(editor, page) : blend(text, page, 0.035),
    frame: highContrast ? page : blend(text, page, 0.03),
    border: highContrast ? solid(contrast, page) : blend(text, page, dark ? 0.2 : 0.22),
    text,
    muted: highContrast ? text : blend(text, page, dark ? 0.7 : 0.74),
    edge: highContrast ? text : blend(text, page, 0.46),
    focus: solid(read("focusBorder", "#0078d4"), page),
    selection: solid(read("list-activeSelectionBackground", "#0078d4"), page),
    error: solid(read("editorError-foreground", dark ? "#f14c4c" : "#e51400"), page),
    saved: chart("blue", "#1a5fb4", "#59a4f9"),
    // The charts' orange is half transparent in some themes.
    inPlace: dark ? "#e5a34b" : "#b5500b",
    derivative: chart("purple", "#652d90", "#b180d7"),
    font: read("font-family", "system-ui, sans-serif"),
    mono: read("editor-font-family", "monospace"),
    chart: [
      chart("blue", "#1a5fb4", "#59a4f9"),
      chart("orange", "#b5500b", "#d18616"),
      chart("green", "#388a34", "#89d185"),
      chart("purple", "#652d90", "#b180d7"),
      chart("red", "#c72e0f", "#f48771"),
      chart("yellow", "#9a7400", "#cca700"),
    ],
  };
}

/** Calls back on every change of theme; VS Code marks it on the body's class. Returns the way to stop. */
export function onThemeChange(callback: () => void): () => void {
  const observer = new MutationObserver(callback);
  observer.observe(document.body, {
    attributes: true,
    attributeFilter: ["class", "data-vscode-theme-id", "data-vscode-theme-kind"],
  });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["style"] });
  return () => observer.disconnect();
}

export function reducedMotion(): boolean {
  return (
    document.body.classList.contains("vscode-reduce-motion") || matchMedia("(prefers-reduced-motion: reduce)").matches
  );
}

/** The colour of a gradient's place on the scale. */
export function levelColor(theme: Theme, level: number | null, broken: boolean): string {
  if (broken) return theme.error;
  return level === null ? theme.border : scaleColor(level, theme.appearance);
}

/** A card's ground: barely tinted, not at all where contrast counts. */
export function cardColor(theme: Theme, level: number | null, broken: boolean): string {
  if (theme.highContrast || level === null) return theme.card;
  return broken ? blend(theme.error, theme.card, 0.12) : tint(level, theme.appearance, theme.card, 0.08);
}

type Rgba = [number, number, number, number];

/** `amount` of `color` over `base`, as `#rrggbb`. */
export function blend(color: string, base: string, amount: number): string {
  const [r, g, b] = parse(color);
  const under = parse(base);
  return hex([r, g, b].map((channel, i) => channel! * amount + under[i]! * (1 - amount)));
}

/** `color` as it looks over `base`, as `#rrggbb`. */
function solid(color: string, base: string): string {
  return blend(color, base, parse(color)[3]);
}

function parse(color: string): Rgba {
  const digits = /^#([0-9a-f]{3,8})$/i.exec(color.trim())?.[1];
  if (digits) {
    const long = digits.length < 6 ? [...digits].map((digit) => digit + digit).join("") : digits;
    const channel = (i: number) => Number.parseInt(long.slice(i, i + 2), 16);
    return [channel(0), channel(2), channel(4), long.length === 8 ? channel(6) / 255 : 1];
  }
  const numbers = color
    .match(/[\d.]+%?/g)
    ?.map((part) => (part.endsWith("%") ? Number.parseFloat(part) / 100 : Number(part)));
  return numbers && numbers.length >= 3 ? [numbers[0]!, numbers[1]!, numbers[2]!, numbers[3] ?? 1] : [128, 128, 128, 1];
}

function hex(channels: number[]): string {
  return `#${channels.map((channel) => Math.round(channel).toString(16).padStart(2, "0")).join("")}`;
}
