/** Matplotlib's colours, markers and format strings. */
import { ValueError } from "../torch";

/** The default cycle of series colours. */
export const TAB10 = [
  "#1f77b4",
  "#ff7f0e",
  "#2ca02c",
  "#d62728",
  "#9467bd",
  "#8c564b",
  "#e377c2",
  "#7f7f7f",
  "#bcbd22",
  "#17becf",
];

const LETTERS: Record<string, string> = {
  b: "#0000ff",
  g: "#008000",
  r: "#ff0000",
  c: "#00bfbf",
  m: "#bf00bf",
  y: "#bfbf00",
  // Black that can be seen on a dark theme too.
  k: "#777777",
  w: "#ffffff",
};

const TAB_NAMES = ["blue", "orange", "green", "red", "purple", "brown", "pink", "gray", "olive", "cyan"];

/** A colour as CSS says it. Throws ValueError for what matplotlib would not know. */
export function cssColor(color: unknown): string {
  if (Array.isArray(color) && (color.length === 3 || color.length === 4)) {
    const [r, g, b] = color.map((part) => Math.round(Number(part) * 255));
    return color.length === 4 ? `rgba(${r},${g},${b},${color[3]})` : `rgb(${r},${g},${b})`;
  }
  const name = String(color);
  if (LETTERS[name]) return LETTERS[name];
  const cycle = /^C(\d+)$/.exec(name);
  if (cycle) return TAB10[Number(cycle[1]) % TAB10.length]!;
  const tab = /^tab:(\w+)$/.exec(name);
  if (tab && TAB_NAMES.includes(tab[1]!)) return TAB10[TAB_NAMES.indexOf(tab[1]!)]!;
  if (/^[01]?\.\d+$|^[01]$/.test(name)) return gray(Number(name));
  if (/^#(?:[\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})$/i.test(name) || /^[a-z]+$/i.test(name)) return name;
  throw new ValueError(`'${name}' is not a valid color value`);
}

function gray(level: number): string {
  const byte = Math.round(Math.min(Math.max(level, 0), 1) * 255);
  return `rgb(${byte},${byte},${byte})`;
}

export type LineStyle = "-" | "--" | "-." | ":" | "none";

const LINE_NAMES: Record<string, LineStyle> = {
  "-": "-",
  "--": "--",
  "-.": "-.",
  ":": ":",
  solid: "-",
  dashed: "--",
  dashdot: "-.",
  dotted: ":",
  "": "none",
  " ": "none",
  none: "none",
  None: "none",
};

export const DASHES: Record<LineStyle, number[] | undefined> = {
  "-": undefined,
  "--": [6, 3],
  "-.": [7, 3, 1, 3],
  ":": [1, 3],
  none: undefined,
};

/** Throws ValueError with matplotlib's text. */
export function lineStyle(style: unknown): LineStyle {
  const found = LINE_NAMES[String(style)];
  if (found) return found;
  throw new ValueError(
    `'${String(style)}' is not a valid value for ls; supported values are '-', '--', '-.', ':', 'None'`,
  );
}

/** Vega's symbols for matplotlib's markers. */
const MARKERS: Record<string, string> = {
  o: "circle",
  ".": "circle",
  ",": "circle",
  s: "square",
  D: "diamond",
  d: "diamond",
  "^": "triangle-up",
  v: "triangle-down",
  "<": "triangle-left",
  ">": "triangle-right",
  "+": "cross",
  P: "cross",
  x: "M-1,-1L1,1M-1,1L1,-1",
  X: "M-1,-1L1,1M-1,1L1,-1",
  "*": "M0,-1L.23,-.32L.95,-.31L.36,.12L.59,.81L0,.4L-.59,.81L-.36,.12L-.95,-.31L-.23,-.32Z",
  "|": "stroke",
  _: "stroke",
};

export interface Marker {
  shape: string;
  /** Drawn as a line, without an inside. */
  open: boolean;
  /** Area relative to the full size. */
  size: number;
  angle: number;
}

/** Null for no marker. Throws ValueError with matplotlib's text. */
export function marker(name: unknown): Marker | null {
  if (name === null || name === undefined || name === "" || name === "none" || name === "None") return null;
  const shape = MARKERS[String(name)];
  if (!shape) throw new ValueError(`Unrecognized marker style '${String(name)}'`);
  const open = ["x", "X", "|", "_"].includes(String(name));
  return { shape, open, size: name === "." ? 0.3 : name === "," ? 0.03 : 1, angle: name === "|" ? 90 : 0 };
}

export interface Format {
  color?: string;
  linestyle?: string;
  marker?: string;
}

/** `r--o` and its like. Throws ValueError with matplotlib's text. */
export function parseFormat(format: string): Format {
  const parsed: Format = {};
  const fail = (why: string) =>
    new ValueError(`${JSON.stringify(format).replaceAll('"', "'")} is not a valid format string (${why})`);
  let rest = format.trim();
  while (rest.length > 0) {
    const line = /^(?:--|-\.|-|:)/.exec(rest)?.[0];
    const cycle = /^C\d/.exec(rest)?.[0];
    const first = rest[0]!;
    if (line) {
      if (parsed.linestyle) throw fail("two linestyle symbols");
      parsed.linestyle = line;
      rest = rest.slice(line.length);
    } else if (cycle || LETTERS[first]) {
      if (parsed.color) throw fail("two color symbols");
      parsed.color = cycle ?? first;
      rest = rest.slice(cycle?.length ?? 1);
    } else if (MARKERS[first]) {
      if (parsed.marker) throw fail("two marker symbols");
      parsed.marker = first;
      rest = rest.slice(1);
    } else {
      throw fail(`unrecognized character '${first}'`);
    }
  }
  return parsed;
}
