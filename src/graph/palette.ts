/**
 * Colours of the gradient scale: blue to orange through violet, with a lightness that only rises (on dark) or only falls
 * (on light), so that it reads the same with any colour vision and in print.
 */

export type Appearance = "light" | "dark" | "hcLight" | "hcDark";

type Rgb = readonly [number, number, number];

const ON_LIGHT: readonly Rgb[] = [
  [116, 169, 220],
  [126, 128, 205],
  [146, 82, 168],
  [172, 47, 100],
  [160, 42, 16],
];
const ON_DARK: readonly Rgb[] = [
  [62, 104, 184],
  [120, 108, 202],
  [186, 112, 184],
  [232, 134, 124],
  [255, 190, 92],
];

/** `rgb(…)` at `level` from 0 to 1. */
export function scaleColor(level: number, appearance: Appearance): string {
  return css(mix(level, appearance));
}

/** The scale's stops from low to high, for a legend's bar. */
export function scaleStops(appearance: Appearance): string[] {
  return stops(appearance).map(css);
}

/** `amount` of the scale's colour over `base` (`#rrggbb`): the tint of a card. */
export function tint(level: number, appearance: Appearance, base: string, amount: number): string {
  const color = mix(level, appearance);
  const under = parseHex(base);
  return under
    ? css(color.map((channel, i) => channel * amount + under[i]! * (1 - amount)) as unknown as Rgb)
    : css(color);
}

function stops(appearance: Appearance): readonly Rgb[] {
  return appearance === "light" || appearance === "hcLight" ? ON_LIGHT : ON_DARK;
}

function mix(level: number, appearance: Appearance): Rgb {
  const all = stops(appearance);
  const position = Math.min(1, Math.max(0, level)) * (all.length - 1);
  const i = Math.min(all.length - 2, Math.floor(position));
  const t = position - i;
  return all[i]!.map((channel, k) => channel * (1 - t) + all[i + 1]![k]! * t) as unknown as Rgb;
}

function css(color: Rgb): string {
  return `#${color.map((channel) => Math.round(channel).toString(16).padStart(2, "0")).join("")}`;
}

function parseHex(color: string): Rgb | null {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})/i.exec(color.trim());
  return match
    ? [Number.parseInt(match[1]!, 16), Number.parseInt(match[2]!, 16), Number.parseInt(match[3]!, 16)]
    : null;
}
