/** Glyph outlines of TrueType fonts (Apple's and Microsoft's `glyf` format; ISO/IEC 14496-22). */
import { IDENTITY, type Matrix, multiply, type Path } from "./path";

const [ON_CURVE, X_SHORT, Y_SHORT, REPEAT, X_SAME, Y_SAME] = [1, 2, 4, 8, 16, 32];
const [WORDS, OFFSETS, SCALE, MORE, TWO_SCALES, TWO_BY_TWO] = [1, 2, 8, 32, 64, 128];
/** Composite glyphs of composite glyphs of … end here. */
const DEPTH_MAX = 6;

/** Throws for what is no TrueType font. */
export class Font {
  private readonly view: DataView;
  private readonly tables = new Map<string, { offset: number; length: number }>();
  private readonly unitsPerEm: number;
  private readonly longOffsets: boolean;
  private readonly metricCount: number;
  private readonly characters: (code: number) => number;

  constructor(bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const isCollection = this.view.getUint32(0) === 0x74746366;
    const start = isCollection ? this.view.getUint32(12) : 0;
    const count = this.view.getUint16(start + 4);
    for (let i = 0; i < count; i++) {
      const entry = start + 12 + 16 * i;
      const tag = String.fromCharCode(...bytes.subarray(entry, entry + 4));
      this.tables.set(tag, { offset: this.view.getUint32(entry + 8), length: this.view.getUint32(entry + 12) });
    }
    this.table("glyf");
    this.unitsPerEm = this.view.getUint16(this.table("head") + 18);
    this.longOffsets = this.view.getInt16(this.table("head") + 50) === 1;
    this.metricCount = this.view.getUint16(this.table("hhea") + 34);
    this.characters = this.readCharacters();
  }

  /** 0 where the font has no glyph. */
  glyph(code: number): number {
    return this.characters(code);
  }

  /** Of a glyph, in ems. */
  advance(glyph: number): number {
    const index = Math.min(glyph, this.metricCount - 1);
    return this.view.getUint16(this.table("hmtx") + 4 * index) / this.unitsPerEm;
  }

  /** Adds a glyph's outline; `m` takes ems, y upwards, to the path's place. */
  outline(glyph: number, path: Path, m: Matrix): void {
    const scale = 1 / this.unitsPerEm;
    this.draw(glyph, path, multiply(m, [scale, 0, 0, scale, 0, 0]), 0);
  }

  private table(tag: string): number {
    const found = this.tables.get(tag);
    if (!found) throw new Error(`The font has no table '${tag}': it is not a TrueType font.`);
    return found.offset;
  }

  private draw(glyph: number, path: Path, m: Matrix, depth: number): void {
    const loca = this.table("loca");
    const offset = (i: number) =>
      this.longOffsets ? this.view.getUint32(loca + 4 * i) : 2 * this.view.getUint16(loca + 2 * i);
    if (offset(glyph) === offset(glyph + 1)) return;
    const at = this.table("glyf") + offset(glyph);
    const contours = this.view.getInt16(at);
    if (contours >= 0) this.simple(at, contours, path, m);
    else if (depth < DEPTH_MAX) this.composite(at + 10, path, m, depth);
  }

  private simple(at: number, contours: number, path: Path, m: Matrix): void {
    const { view } = this;
    const ends = Array.from({ length: contours }, (_, i) => view.getUint16(at + 10 + 2 * i));
    const count = contours === 0 ? 0 : ends.at(-1)! + 1;
    let cursor = at + 10 + 2 * contours;
    cursor += 2 + view.getUint16(cursor);
    const flags = new Uint8Array(count);
    for (let i = 0; i < count; ) {
      const flag = view.getUint8(cursor++);
      const times = flag & REPEAT! ? view.getUint8(cursor++) + 1 : 1;
      flags.fill(flag, i, i + times);
      i += times;
    }
    const coordinates = (short: number, same: number): number[] => {
      let value = 0;
      return Array.from(flags, (flag) => {
        if (flag & short) {
          const step = view.getUint8(cursor++);
          value += flag & same ? step : -step;
        } else if (!(flag & same)) {
          value += view.getInt16(cursor);
          cursor += 2;
        }
        return value;
      });
    };
    const x = coordinates(X_SHORT!, X_SAME!);
    const y = coordinates(Y_SHORT!, Y_SAME!);
    let first = 0;
    for (const end of ends) {
      contour(x.slice(first, end + 1), y.slice(first, end + 1), flags.subarray(first, end + 1), path, m);
      first = end + 1;
    }
  }

  private composite(start: number, path: Path, m: Matrix, depth: number): void {
    const { view } = this;
    let at = start;
    for (let flags = MORE!; flags & MORE!; ) {
      flags = view.getUint16(at);
      const glyph = view.getUint16(at + 2);
      const [dx, dy] =
        flags & WORDS! ? [view.getInt16(at + 4), view.getInt16(at + 6)] : [view.getInt8(at + 4), view.getInt8(at + 5)];
      at += flags & WORDS! ? 8 : 6;
      const next = () => {
        at += 2;
        return view.getInt16(at - 2) / 16384;
      };
      let [a, b, c, d] = IDENTITY;
      if (flags & SCALE!) a = d = next();
      else if (flags & TWO_SCALES!) [a, d] = [next(), next()];
      else if (flags & TWO_BY_TWO!) [a, b, c, d] = [next(), next(), next(), next()];
      const [e, f] = flags & OFFSETS! ? [dx, dy] : [0, 0];
      this.draw(glyph, path, multiply(m, [a, b, c, d, e, f]), depth + 1);
    }
  }

  private readCharacters(): (code: number) => number {
    const { view } = this;
    const cmap = this.table("cmap");
    const count = view.getUint16(cmap + 2);
    let best: { rank: number; offset: number; format: number } | undefined;
    for (let i = 0; i < count; i++) {
      const offset = cmap + view.getUint32(cmap + 8 + 8 * i);
      const format = view.getUint16(offset);
      const rank = format === 12 ? 2 : format === 4 ? 1 : 0;
      if (rank > (best?.rank ?? 0)) best = { rank, offset, format };
    }
    if (!best) throw new Error("The font has no Unicode character map.");
    return best.format === 12 ? groups(view, best.offset) : segments(view, best.offset);
  }
}

/** Points on the curve with control points between them; between two control points lies one on the curve. */
function contour(x: number[], y: number[], flags: Uint8Array, path: Path, m: Matrix): void {
  const count = x.length;
  if (count < 2) return;
  const on = (i: number) => (flags[i % count]! & ON_CURVE!) !== 0;
  const middle = (i: number, j: number): [number, number] => [(x[i]! + x[j]!) / 2, (y[i]! + y[j]!) / 2];
  let first = 0;
  while (first < count && !on(first)) first++;
  const begin: [number, number] = first < count ? [x[first]!, y[first]!] : middle(0, count - 1);
  if (first === count) first = count - 1;
  path.moveTo(...begin, m);
  for (let k = 1; k <= count; k++) {
    const i = (first + k) % count;
    if (on(i)) {
      path.lineTo(x[i]!, y[i]!, m);
      continue;
    }
    const j = (i + 1) % count;
    const end: [number, number] = k === count ? begin : on(j) ? [x[j]!, y[j]!] : middle(i, j);
    path.quadraticCurveTo(x[i]!, y[i]!, ...end, m);
    if (on(j)) k++;
  }
  path.close();
}

/** Format 4: segments of the Basic Multilingual Plane. */
function segments(view: DataView, at: number): (code: number) => number {
  const count = view.getUint16(at + 6) / 2;
  const [ends, starts, deltas, ranges] = [at + 14, at + 16 + 2 * count, at + 16 + 4 * count, at + 16 + 6 * count];
  return (code) => {
    if (code > 0xffff) return 0;
    for (let i = 0; i < count; i++) {
      if (code > view.getUint16(ends + 2 * i)) continue;
      const start = view.getUint16(starts + 2 * i);
      if (code < start) return 0;
      const range = view.getUint16(ranges + 2 * i);
      const delta = view.getInt16(deltas + 2 * i);
      if (range === 0) return (code + delta) & 0xffff;
      const glyph = view.getUint16(ranges + 2 * i + range + 2 * (code - start));
      return glyph === 0 ? 0 : (glyph + delta) & 0xffff;
    }
    return 0;
  };
}

/** Format 12: groups of any plane. */
function groups(view: DataView, at: number): (code: number) => number {
  const count = view.getUint32(at + 12);
  return (code) => {
    let [low, high] = [0, count - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const group = at + 16 + 12 * middle;
      if (code < view.getUint32(group)) high = middle - 1;
      else if (code > view.getUint32(group + 4)) low = middle + 1;
      else return view.getUint32(group + 8) + code - view.getUint32(group);
    }
    return 0;
  };
}
