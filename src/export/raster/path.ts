/** Paths as polygons: curves are cut into lines, strokes into the shapes that their ink covers. */

/** `a b c d e f`: x' = a x + c y + e, y' = b x + d y + f. */
export type Matrix = readonly [number, number, number, number, number, number];

export const IDENTITY: Matrix = [1, 0, 0, 1, 0, 0];

export function multiply(m: Matrix, n: Matrix): Matrix {
  return [
    m[0] * n[0] + m[2] * n[1],
    m[1] * n[0] + m[3] * n[1],
    m[0] * n[2] + m[2] * n[3],
    m[1] * n[2] + m[3] * n[3],
    m[0] * n[4] + m[2] * n[5] + m[4],
    m[1] * n[4] + m[3] * n[5] + m[5],
  ];
}

export interface Line {
  points: number[];
  closed: boolean;
}

/** Pixels that a line may stray from its curve. */
const TOLERANCE = 0.1;

/** A path in device pixels. */
export class Path {
  readonly lines: Line[] = [];
  private line: Line | null = null;
  private start: [number, number] = [0, 0];
  private at: [number, number] = [0, 0];
  private begun = false;

  moveTo(x: number, y: number, m: Matrix): void {
    this.line = null;
    this.begin(apply(m, x, y));
  }

  private begin(at: [number, number]): void {
    this.start = at;
    this.at = at;
    this.begun = true;
  }

  lineTo(x: number, y: number, m: Matrix): void {
    this.to(...apply(m, x, y));
  }

  quadraticCurveTo(cx: number, cy: number, x: number, y: number, m: Matrix): void {
    const [[ax, ay], [bx, by], [ex, ey]] = [this.at, apply(m, cx, cy), apply(m, x, y)];
    const bend = Math.hypot(ax - 2 * bx + ex, ay - 2 * by + ey);
    const steps = stepsFor(bend / 4);
    for (let i = 1; i <= steps; i++) {
      const t = i / steps;
      const s = 1 - t;
      this.to(s * s * ax + 2 * s * t * bx + t * t * ex, s * s * ay + 2 * s * t * by + t * t * ey);
    }
  }

  bezierCurveTo(c1x: number, c1y: number, c2x: number, c2y: number, x: number, y: number, m: Matrix): void {
    const [[ax, ay], [bx, by], [cx, cy], [ex, ey]] = [this.at, apply(m, c1x, c1y), apply(m, c2x, c2y), apply(m, x, y)];
    const bend = Math.max(
      Math.hypot(ax - 2 * bx + cx, ay - 2 * by + cy),
      Math.hypot(bx - 2 * cx + ex, by - 2 * cy + ey),
    );
    const steps = stepsFor((bend * 3) / 4);
    for (let i = 1; i <= steps; i++) {
      const t = i / steps;
      const s = 1 - t;
      const [p, q, r, u] = [s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t];
      this.to(p * ax + q * bx + r * cx + u * ex, p * ay + q * by + r * cy + u * ey);
    }
  }

  arc(x: number, y: number, radius: number, from: number, to: number, counterclockwise: boolean, m: Matrix): void {
    const turn = 2 * Math.PI;
    let sweep = to - from;
    if (counterclockwise) sweep = sweep <= -turn ? -turn : sweep > 0 ? (sweep % turn) - turn : sweep;
    else sweep = sweep >= turn ? turn : sweep < 0 ? (sweep % turn) + turn : sweep;
    const scale = Math.sqrt(Math.abs(m[0] * m[3] - m[1] * m[2])) * radius;
    const steps = Math.max(2, Math.ceil((Math.abs(sweep) / turn) * Math.max(8, 4 * Math.sqrt(scale) * 2)));
    for (let i = 0; i <= steps; i++) {
      const angle = from + (sweep * i) / steps;
      this.lineTo(x + radius * Math.cos(angle), y + radius * Math.sin(angle), m);
    }
  }

  close(): void {
    if (this.line) this.line.closed = true;
    this.line = null;
    this.at = this.start;
  }

  private to(x: number, y: number): void {
    if (!Number.isFinite(x) || !Number.isFinite(y)) return;
    if (!this.line) {
      // A path may begin with a line: where that ends is where it starts.
      if (!this.begun) this.begin([x, y]);
      this.line = { points: [...this.at], closed: false };
      this.lines.push(this.line);
    }
    this.line.points.push(x, y);
    this.at = [x, y];
  }
}

function stepsFor(deviation: number): number {
  return Math.min(64, Math.max(1, Math.ceil(Math.sqrt(deviation / TOLERANCE))));
}

export function apply(m: Matrix, x: number, y: number): [number, number] {
  return [m[0] * x + m[2] * y + m[4], m[1] * x + m[3] * y + m[5]];
}

/** Polygons that the ink of a line of this width covers; all turn the same way, so that they add up. */
export function stroked(lines: readonly Line[], width: number, round: boolean, dashes: readonly number[]): number[][] {
  const half = Math.max(width, 0.05) / 2;
  const polygons: number[][] = [];
  for (const line of lines.flatMap((each) => (dashes.length > 0 ? dashed(each, dashes) : [each]))) {
    const points = line.closed ? [...line.points, line.points[0]!, line.points[1]!] : line.points;
    const last = points.length - 2;
    for (let i = 0; i < last; i += 2) {
      const [ax, ay, bx, by] = [points[i]!, points[i + 1]!, points[i + 2]!, points[i + 3]!];
      const length = Math.hypot(bx - ax, by - ay);
      if (length === 0) continue;
      const [nx, ny] = [((ay - by) / length) * half, ((bx - ax) / length) * half];
      polygons.push([ax + nx, ay + ny, ax - nx, ay - ny, bx - nx, by - ny, bx + nx, by + ny]);
      const joins = line.closed || i + 2 < last;
      if (half > 0.6 && (joins || round)) polygons.push(disc(bx, by, half));
    }
    if (round && half > 0.6) polygons.push(disc(points[0]!, points[1]!, half));
  }
  return polygons;
}

/** Turns as the quadrilaterals of {@link stroked} do. */
function disc(x: number, y: number, radius: number): number[] {
  const corners = Math.max(8, Math.ceil(6 * Math.sqrt(radius)));
  return Array.from({ length: corners }, (_, i) => {
    const angle = (2 * Math.PI * i) / corners;
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
  }).flat();
}

function dashed({ points, closed }: Line, pattern: readonly number[]): Line[] {
  const whole = closed ? [...points, points[0]!, points[1]!] : points;
  const pieces: Line[] = [];
  let index = 0;
  let left = pattern[0]!;
  let piece: number[] = [whole[0]!, whole[1]!];
  for (let i = 0; i + 3 < whole.length; i += 2) {
    let [x, y] = [whole[i]!, whole[i + 1]!];
    const [endX, endY] = [whole[i + 2]!, whole[i + 3]!];
    for (let rest = Math.hypot(endX - x, endY - y); rest > 0; ) {
      const step = Math.min(rest, left);
      x += ((endX - x) * step) / rest;
      y += ((endY - y) * step) / rest;
      rest -= step;
      left -= step;
      if (index % 2 === 0) piece.push(x, y);
      if (left > 0) continue;
      if (index % 2 === 0) pieces.push({ points: piece, closed: false });
      index++;
      left = Math.max(0.01, pattern[index % pattern.length]!);
      piece = [x, y];
    }
  }
  if (index % 2 === 0 && piece.length > 2) pieces.push({ points: piece, closed: false });
  return pieces;
}
