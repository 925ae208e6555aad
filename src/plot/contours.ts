/** Contour lines of a function on a rectilinear grid: marching squares, with segments joined into lines. */

export interface Field {
  /** Of the columns, in order. */
  x: readonly number[];
  /** Of the rows. */
  y: readonly number[];
  /** `values[row * x.length + column]`; what is no number is a hole. */
  values: readonly number[];
}

/** `x, y` pairs; a closed line ends where it begins. */
export type ContourLine = number[];

/** A region that lies at or above a level, or a hole in one. */
export interface Ring {
  line: ContourLine;
  /** Whether what is inside is above the level; else it is a hole. */
  above: boolean;
  area: number;
}

/** The lines along which the field has this value; they end at its border. */
export function contourLines(field: Field, level: number): ContourLine[] {
  return joined(segments(field, level));
}

/** The borders of where the field is at least `level`, along its own border too, so that all are closed. */
export function contourRings(field: Field, level: number): Ring[] {
  return joined(segments(framed(field), level)).map((line) => {
    const area = signedArea(line) * (ascending(field.x) === ascending(field.y) ? 1 : -1);
    return { line, above: area > 0, area: Math.abs(area) };
  });
}

/** About `count` round numbers between the ends of what there is (Heckbert's nice numbers). */
export function niceLevels(values: readonly number[], count: number): number[] {
  const finite = values.filter(Number.isFinite);
  const [low, high] = finite.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
  if (!(high > low)) return Number.isFinite(low) ? [low] : [];
  const raw = (high - low) / (count + 1);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 2.5, 5, 10].find((nice) => nice * power >= raw * 0.999) ?? 10) * power;
  const levels: number[] = [];
  for (let i = Math.floor(low / step); i * step <= high + step * 0.999; i++)
    levels.push(Number((i * step).toPrecision(12)));
  return levels;
}

/** With a border of nothing around it that takes no room. */
function framed({ x, y, values }: Field): Field {
  const around = (list: readonly number[]) => [list[0]!, ...list, list.at(-1)!];
  const width = x.length + 2;
  const out = new Array<number>(width * (y.length + 2)).fill(Number.NEGATIVE_INFINITY);
  for (let row = 0; row < y.length; row++)
    for (let column = 0; column < x.length; column++)
      out[(row + 1) * width + column + 1] = values[row * x.length + column]!;
  return { x: around(x), y: around(y), values: out };
}

type Point = [number, number];

/** From an edge of the grid to another, with what is above the level on the left in the order of rows and columns. */
interface Segment {
  from: number;
  to: number;
}

interface Segments {
  list: Segment[];
  point(edge: number): Point;
}

/** A cell's corners count round from its first row and column; side i goes from corner i to the next. */
/** For each pattern of corners above the level (bit i: corner i), the sides that a segment enters and leaves by. */
const CASES: readonly (readonly Point[])[] = [
  [],
  [[0, 3]],
  [[1, 0]],
  [[1, 3]],
  [[2, 1]],
  [
    [0, 3],
    [2, 1],
  ],
  [[2, 0]],
  [[2, 3]],
  [[3, 2]],
  [[0, 2]],
  [
    [1, 0],
    [3, 2],
  ],
  [[1, 2]],
  [[3, 1]],
  [[0, 1]],
  [[3, 0]],
  [],
];
/** The two ambiguous ones when the middle is above the level: the corners above are joined. */
const JOINED: Readonly<Record<number, readonly Point[]>> = {
  5: [
    [0, 1],
    [2, 3],
  ],
  10: [
    [1, 2],
    [3, 0],
  ],
};

function segments({ x, y, values }: Field, level: number): Segments {
  const width = x.length;
  const at = (row: number, column: number): number => {
    const value = values[row * width + column]!;
    return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
  };
  const list: Segment[] = [];
  for (let row = 0; row + 1 < y.length; row++) {
    for (let column = 0; column + 1 < width; column++) {
      const corners = [at(row, column), at(row, column + 1), at(row + 1, column + 1), at(row + 1, column)];
      let pattern = 0;
      for (let i = 0; i < 4; i++) if (corners[i]! >= level) pattern |= 1 << i;
      const middle = (corners[0]! + corners[1]! + corners[2]! + corners[3]!) / 4;
      const sides = (middle >= level ? JOINED[pattern] : undefined) ?? CASES[pattern]!;
      // Two edges for each grid point: 2p to the right, 2p + 1 downwards.
      const here = 2 * (row * width + column);
      const edges = [here, here + 3, here + 2 * width, here + 1];
      for (const [from, to] of sides) list.push({ from: edges[from]!, to: edges[to]! });
    }
  }
  const point = (edge: number): Point => {
    const [first, second] = [edge >> 1, (edge >> 1) + (edge % 2 === 0 ? 1 : width)];
    const place = (p: number): Point => [x[p % width]!, y[Math.floor(p / width)]!];
    const [a, b] = [at(Math.floor(first / width), first % width), at(Math.floor(second / width), second % width)];
    const t = a === Number.NEGATIVE_INFINITY ? 1 : b === Number.NEGATIVE_INFINITY ? 0 : (level - a) / (b - a);
    const [from, to] = [place(first), place(second)];
    return [from[0] + (to[0] - from[0]) * t, from[1] + (to[1] - from[1]) * t];
  };
  return { list, point };
}

function joined({ list, point }: Segments): ContourLine[] {
  const next = new Map(list.map((segment) => [segment.from, segment]));
  const ends = new Set(list.map((segment) => segment.to));
  const lines: ContourLine[] = [];
  const follow = (start: Segment) => {
    const line: ContourLine = [...point(start.from)];
    for (let segment: Segment | undefined = start; segment; segment = next.get(segment.to)) {
      if (!next.delete(segment.from)) break;
      line.push(...point(segment.to));
    }
    lines.push(line);
  };
  // Open lines from their beginnings; what is left is closed.
  for (const segment of list) if (!ends.has(segment.from) && next.has(segment.from)) follow(segment);
  for (const segment of list) if (next.has(segment.from)) follow(segment);
  return lines;
}

function signedArea(line: ContourLine): number {
  let sum = 0;
  for (let i = 0; i + 3 < line.length; i += 2) sum += line[i]! * line[i + 3]! - line[i + 2]! * line[i + 1]!;
  return sum / 2;
}

function ascending(list: readonly number[]): boolean {
  return list[0]! <= list.at(-1)!;
}
