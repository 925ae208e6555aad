/** How much of each pixel a polygon covers, exactly, by summing signed trapezoids (the signed-area accumulation of FreeType's smooth rasteriser). */

/** Closed polygons as `x, y` pairs; the last point joins the first. */
export type Polygons = readonly (readonly number[])[];

export interface Coverage {
  left: number;
  top: number;
  width: number;
  height: number;
  /** 0 to 1 for each pixel of the box, row by row. Contours that turn the other way are holes. */
  values: Float32Array;
}

/** Null when nothing of it lies within `width` × `height`. */
export function coverage(polygons: Polygons, width: number, height: number): Coverage | null {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const polygon of polygons) {
    for (let i = 0; i < polygon.length; i += 2) {
      x0 = Math.min(x0, polygon[i]!);
      x1 = Math.max(x1, polygon[i]!);
      y0 = Math.min(y0, polygon[i + 1]!);
      y1 = Math.max(y1, polygon[i + 1]!);
    }
  }
  const left = Math.max(0, Math.floor(x0));
  const top = Math.max(0, Math.floor(y0));
  const right = Math.min(width, Math.ceil(x1) + 1);
  const bottom = Math.min(height, Math.ceil(y1));
  if (!(right > left) || !(bottom > top)) return null;
  const box = { left, top, width: right - left, height: bottom - top };
  // One column more takes what runs out at the right.
  const sums = new Float32Array((box.width + 2) * box.height);
  for (const polygon of polygons) {
    const count = polygon.length;
    for (let i = 0; i < count; i += 2) {
      const j = (i + 2) % count;
      addLine(sums, box, polygon[i]! - left, polygon[i + 1]! - top, polygon[j]! - left, polygon[j + 1]! - top);
    }
  }
  const values = new Float32Array(box.width * box.height);
  for (let y = 0; y < box.height; y++) {
    let sum = 0;
    for (let x = 0; x < box.width; x++) {
      sum += sums[y * (box.width + 2) + x]!;
      values[y * box.width + x] = Math.min(1, Math.abs(sum));
    }
  }
  return { ...box, values };
}

/** Adds one edge: to each row it crosses, the height it crosses there, split between the pixels by area. */
function addLine(
  sums: Float32Array,
  { width, height }: { width: number; height: number },
  ax: number,
  ay: number,
  bx: number,
  by: number,
): void {
  if (ay === by) return;
  const direction = ay < by ? 1 : -1;
  const [topX, topY, endX, endY] = ay < by ? [ax, ay, bx, by] : [bx, by, ax, ay];
  const slope = (endX - topX) / (endY - topY);
  const stride = width + 2;
  for (let row = Math.max(0, Math.floor(topY)); row < Math.min(height, Math.ceil(endY)); row++) {
    const from = Math.max(topY, row);
    const to = Math.min(endY, row + 1);
    if (to <= from) continue;
    const cover = (to - from) * direction;
    const limit = (x: number) => Math.min(width, Math.max(0, x));
    const xFrom = limit(topX + (from - topY) * slope);
    const xTo = limit(topX + (to - topY) * slope);
    const [low, high] = xFrom < xTo ? [xFrom, xTo] : [xTo, xFrom];
    const first = Math.floor(low);
    const base = row * stride;
    if (high <= first + 1) {
      // Within one pixel: what lies right of the edge's middle is covered.
      const covered = 1 - ((low + high) / 2 - first);
      sums[base + first]! += cover * covered;
      sums[base + first + 1]! += cover * (1 - covered);
      continue;
    }
    // Across several: the covered share grows from pixel to pixel along the edge.
    const perPixel = 1 / (high - low);
    const last = Math.ceil(high);
    let before = 0;
    let covered = 0;
    for (let x = first; x < last; x++) {
      const enter = Math.max(low, x);
      const leave = Math.min(high, x + 1);
      const share = (leave - enter) * perPixel;
      // Of this pixel: all of the edge that is left of it, and of what crosses it the part right of the crossing's middle.
      const now = before + share * (x + 1 - (enter + leave) / 2);
      sums[base + x]! += cover * (now - covered);
      covered = now;
      before += share;
    }
    sums[base + last]! += cover * (1 - covered);
  }
}
