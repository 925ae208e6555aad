/** A canvas of pixels with the part of CanvasRenderingContext2D that pictures of ours and Vega's are drawn with. */
import { coverage } from "./coverage";
import type { Font } from "./font";
import type { Fonts } from "./fonts";
import { apply, IDENTITY, type Matrix, multiply, Path, stroked } from "./path";

type Rgba = [number, number, number, number];

interface State {
  matrix: Matrix;
  fillStyle: unknown;
  strokeStyle: unknown;
  lineWidth: number;
  lineCap: string;
  lineJoin: string;
  miterLimit: number;
  globalAlpha: number;
  font: string;
  textAlign: string;
  textBaseline: string;
  dashes: number[];
  /** Left, top, right and bottom in pixels; what is clipped by more than a rectangle is clipped by its box. */
  clip: [number, number, number, number];
}

/** A linear gradient, as `createLinearGradient` makes it. */
class Gradient {
  readonly stops: [number, string][] = [];

  constructor(readonly ends: [number, number, number, number]) {}

  addColorStop(at: number, color: string): void {
    this.stops.push([at, color]);
    this.stops.sort(([a], [b]) => a - b);
  }
}

/** Where letters stand on the line that `textBaseline` names, in ems above the baseline. */
const BASELINES: Record<string, number> = { top: -0.8, hanging: -0.76, middle: -0.36, bottom: 0.21, ideographic: 0.21 };

export class PixelContext {
  readonly pixels: Uint8ClampedArray;
  fillStyle: unknown = "#000000";
  strokeStyle: unknown = "#000000";
  lineWidth = 1;
  lineCap = "butt";
  lineJoin = "miter";
  miterLimit = 10;
  globalAlpha = 1;
  font = "10px sans-serif";
  textAlign = "start";
  textBaseline = "alphabetic";
  private matrix: Matrix = IDENTITY;
  private dashes: number[] = [];
  private clipBox: State["clip"];
  private path = new Path();
  private readonly saved: State[] = [];

  constructor(
    readonly width: number,
    readonly height: number,
    private readonly fonts: Fonts,
  ) {
    this.pixels = new Uint8ClampedArray(4 * width * height);
    this.clipBox = [0, 0, width, height];
  }

  /** Vega asks its context for the canvas. */
  get canvas(): { width: number; height: number } {
    return this;
  }

  save(): void {
    const { matrix, fillStyle, strokeStyle, lineWidth, lineCap, lineJoin, miterLimit, globalAlpha } = this;
    const { font, textAlign, textBaseline, dashes, clipBox } = this;
    this.saved.push({
      ...{ matrix, fillStyle, strokeStyle, lineWidth, lineCap, lineJoin, miterLimit, globalAlpha },
      ...{ font, textAlign, textBaseline, dashes, clip: clipBox },
    });
  }

  restore(): void {
    const state = this.saved.pop();
    if (!state) return;
    const { clip, ...rest } = state;
    Object.assign(this, rest, { clipBox: clip });
  }

  setTransform(a: number, b: number, c: number, d: number, e: number, f: number): void {
    this.matrix = [a, b, c, d, e, f];
  }

  transform(a: number, b: number, c: number, d: number, e: number, f: number): void {
    this.matrix = multiply(this.matrix, [a, b, c, d, e, f]);
  }

  translate(x: number, y: number): void {
    this.transform(1, 0, 0, 1, x, y);
  }

  scale(x: number, y: number): void {
    this.transform(x, 0, 0, y, 0, 0);
  }

  rotate(angle: number): void {
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    this.transform(c, s, -s, c, 0, 0);
  }

  setLineDash(dashes: readonly number[]): void {
    this.dashes = dashes.some((length) => length > 0) ? [...dashes] : [];
  }

  beginPath(): void {
    this.path = new Path();
  }

  moveTo(x: number, y: number): void {
    this.path.moveTo(x, y, this.matrix);
  }

  lineTo(x: number, y: number): void {
    this.path.lineTo(x, y, this.matrix);
  }

  quadraticCurveTo(cx: number, cy: number, x: number, y: number): void {
    this.path.quadraticCurveTo(cx, cy, x, y, this.matrix);
  }

  bezierCurveTo(ax: number, ay: number, bx: number, by: number, x: number, y: number): void {
    this.path.bezierCurveTo(ax, ay, bx, by, x, y, this.matrix);
  }

  arc(x: number, y: number, radius: number, from: number, to: number, counterclockwise = false): void {
    this.path.arc(x, y, radius, from, to, counterclockwise, this.matrix);
  }

  rect(x: number, y: number, width: number, height: number): void {
    this.moveTo(x, y);
    this.lineTo(x + width, y);
    this.lineTo(x + width, y + height);
    this.lineTo(x, y + height);
    this.closePath();
  }

  roundRect(x: number, y: number, width: number, height: number, radius: number): void {
    const r = Math.min(radius, width / 2, height / 2);
    const quarter = Math.PI / 2;
    this.moveTo(x + r, y);
    this.lineTo(x + width - r, y);
    this.arc(x + width - r, y + r, r, -quarter, 0);
    this.arc(x + width - r, y + height - r, r, 0, quarter);
    this.arc(x + r, y + height - r, r, quarter, 2 * quarter);
    this.arc(x + r, y + r, r, 2 * quarter, 3 * quarter);
    this.closePath();
  }

  closePath(): void {
    this.path.close();
  }

  clip(): void {
    const points = this.path.lines.map((line) => line.points);
    const xs = points.flatMap((line) => line.filter((_, i) => i % 2 === 0));
    const ys = points.flatMap((line) => line.filter((_, i) => i % 2 === 1));
    const [left, top, right, bottom] = this.clipBox;
    this.clipBox = [
      Math.max(left, Math.floor(min(xs))),
      Math.max(top, Math.floor(min(ys))),
      Math.min(right, Math.ceil(-min(xs.map((x) => -x)))),
      Math.min(bottom, Math.ceil(-min(ys.map((y) => -y)))),
    ];
  }

  fill(): void {
    this.paint(
      this.path.lines.map((line) => line.points),
      this.fillStyle,
    );
  }

  stroke(): void {
    const { matrix: m, lineWidth, dashes, lineCap, lineJoin } = this;
    const scale = Math.sqrt(Math.abs(m[0] * m[3] - m[1] * m[2]));
    const lengths = dashes.map((length) => length * scale);
    const round = lineCap === "round" || lineJoin === "round";
    this.paint(stroked(this.path.lines, lineWidth * scale, round, lengths), this.strokeStyle);
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    const kept = this.path;
    this.beginPath();
    this.rect(x, y, width, height);
    this.fill();
    this.path = kept;
  }

  strokeRect(x: number, y: number, width: number, height: number): void {
    const kept = this.path;
    this.beginPath();
    this.rect(x, y, width, height);
    this.stroke();
    this.path = kept;
  }

  clearRect(): void {
    this.pixels.fill(0);
  }

  createLinearGradient(x0: number, y0: number, x1: number, y1: number): Gradient {
    return new Gradient([x0, y0, x1, y1]);
  }

  measureText(text: string): { width: number } {
    const { size, fonts } = this.letters();
    let width = 0;
    for (const { font, glyph } of glyphs(text, fonts)) width += font.advance(glyph) * size;
    return { width };
  }

  fillText(text: string, x: number, y: number): void {
    const { size, fonts } = this.letters();
    const { width } = this.measureText(text);
    const { textAlign, textBaseline } = this;
    let at = x - (textAlign === "center" ? width / 2 : textAlign === "right" || textAlign === "end" ? width : 0);
    const base = y - (BASELINES[textBaseline] ?? 0) * size;
    const path = new Path();
    for (const { font, glyph } of glyphs(text, fonts)) {
      font.outline(glyph, path, multiply(this.matrix, [size, 0, 0, -size, at, base]));
      at += font.advance(glyph) * size;
    }
    this.paint(
      path.lines.map((line) => line.points),
      this.fillStyle,
    );
  }

  strokeText(): void {
    // A halo round letters: readable without it.
  }

  private letters(): { size: number; fonts: Font[] } {
    const size = Number(/([\d.]+)px/.exec(this.font)?.[1] ?? 10);
    const isBold = /\b(bold|[6-9]00)\b/.test(this.font);
    return { size, fonts: isBold ? [...this.fonts.bold, ...this.fonts.regular] : this.fonts.regular };
  }

  private paint(polygons: readonly number[][], style: unknown): void {
    const [left, top, right, bottom] = this.clipBox;
    const covered = coverage(polygons, right, bottom);
    if (!covered) return;
    const colorAt = this.colors(style);
    const { pixels, width } = this;
    for (let row = 0; row < covered.height; row++) {
      const y = covered.top + row;
      if (y < top) continue;
      for (let column = 0; column < covered.width; column++) {
        const amount = covered.values[row * covered.width + column]!;
        const x = covered.left + column;
        if (amount < 1 / 512 || x < left) continue;
        const color = colorAt(x, y);
        const alpha = amount * color[3] * this.globalAlpha;
        const i = 4 * (y * width + x);
        const under = (pixels[i + 3]! / 255) * (1 - alpha);
        const sum = alpha + under;
        if (sum === 0) continue;
        for (let k = 0; k < 3; k++) pixels[i + k] = (color[k]! * alpha + pixels[i + k]! * under) / sum;
        pixels[i + 3] = sum * 255;
      }
    }
  }

  private colors(style: unknown): (x: number, y: number) => Rgba {
    if (!(style instanceof Gradient)) {
      const color = parseColor(String(style));
      return () => color;
    }
    const [x0, y0, x1, y1] = style.ends;
    const [from, to] = [apply(this.matrix, x0, y0), apply(this.matrix, x1, y1)];
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    const length = dx * dx + dy * dy || 1;
    const stops = style.stops.map(([at, color]): [number, Rgba] => [at, parseColor(color)]);
    return (x, y) => mix(stops, ((x + 0.5 - from[0]) * dx + (y + 0.5 - from[1]) * dy) / length);
  }
}

function mix(stops: readonly [number, Rgba][], at: number): Rgba {
  const after = stops.findIndex(([place]) => place >= at);
  if (after === 0) return stops[0]![1];
  if (after < 0) return stops.at(-1)?.[1] ?? [0, 0, 0, 0];
  const [low, a] = stops[after - 1]!;
  const [high, b] = stops[after]!;
  const t = (at - low) / (high - low || 1);
  return a.map((channel, i) => channel * (1 - t) + b[i]! * t) as Rgba;
}

function glyphs(text: string, fonts: readonly Font[]): { font: Font; glyph: number }[] {
  return [...text].map((character) => {
    const code = character.codePointAt(0)!;
    for (const font of fonts) {
      const glyph = font.glyph(code);
      if (glyph !== 0) return { font, glyph };
    }
    return { font: fonts[0]!, glyph: 0 };
  });
}

function min(values: readonly number[]): number {
  return values.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY);
}

/** CSS colours as pictures have them; what is none of these is transparent. */
export function parseColor(color: string): Rgba {
  const text = color.trim().toLowerCase();
  const hex = /^#([\da-f]{3,8})$/.exec(text)?.[1];
  if (hex) {
    const digits = hex.length < 6 ? [...hex].map((digit) => digit + digit).join("") : hex;
    const byte = (i: number) => Number.parseInt(digits.slice(i, i + 2), 16);
    return [byte(0), byte(2), byte(4), digits.length === 8 ? byte(6) / 255 : 1];
  }
  const parts = /^rgba?\(([^)]*)\)$/
    .exec(text)?.[1]
    ?.split(/[\s,/]+/)
    .filter(Boolean);
  if (parts && parts.length >= 3) {
    const [r, g, b, a] = parts.map((part) => (part.endsWith("%") ? Number.parseFloat(part) / 100 : Number(part)));
    return [r!, g!, b!, a ?? 1];
  }
  const named = NAMED[text];
  return named ? parseColor(named) : [0, 0, 0, 0];
}

const NAMED: Record<string, string> = {
  black: "#000",
  white: "#fff",
  red: "#f00",
  green: "#008000",
  blue: "#00f",
  gray: "#808080",
  grey: "#808080",
  orange: "#ffa500",
  purple: "#800080",
  yellow: "#ff0",
  cyan: "#0ff",
  magenta: "#f0f",
  brown: "#a52a2a",
  pink: "#ffc0cb",
  steelblue: "#4682b4",
};
