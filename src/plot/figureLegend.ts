/** Where a legend stands in nobody's way: matplotlib's `loc="best"`. */
import type { Artist } from "./figureAxes";

/** In matplotlib's order of preference. */
const CORNERS = ["top-right", "top-left", "bottom-left", "bottom-right"] as const;
export type Corner = (typeof CORNERS)[number];

/** What a legend takes of the plot's width; of its height, each entry and the margin. */
const WIDTH = 0.34;
const ENTRY = 0.08;
const MARGIN = 0.06;
/** Places looked at between two points of a line. */
const BETWEEN = 8;

/** The corner with the least drawn in it; the first of several. */
export function quietCorner(artists: readonly Artist[], entries: number): Corner {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  forEachPlace(artists, (x, y) => {
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < low) low = y;
    if (y > high) high = y;
  });
  const height = MARGIN + ENTRY * entries;
  const counts = CORNERS.map(() => 0);
  forEachPlace(artists, (x, y) => {
    const u = (x - left) / (right - left || 1);
    const v = (y - low) / (high - low || 1);
    const [onRight, onLeft, above, below] = [u > 1 - WIDTH, u < WIDTH, v > 1 - height, v < height];
    if (above && onRight) counts[0]!++;
    if (above && onLeft) counts[1]!++;
    if (below && onLeft) counts[2]!++;
    if (below && onRight) counts[3]!++;
  });
  return CORNERS[counts.indexOf(Math.min(...counts))]!;
}

/** Every finite point, and places between those that a line joins. */
function forEachPlace(artists: readonly Artist[], visit: (x: number, y: number) => void): void {
  for (const artist of artists) {
    if (artist.kind !== "points" && artist.kind !== "line") continue;
    const { x, y } = artist;
    const places = artist.kind === "line" ? BETWEEN : 1;
    for (let i = 0; i < x.length; i++) {
      const next = Math.min(i + 1, x.length - 1);
      for (let k = 0; k < places; k++) {
        const atX = x[i]! + ((x[next]! - x[i]!) * k) / places;
        const atY = y[i]! + ((y[next]! - y[i]!) * k) / places;
        if (Number.isFinite(atX) && Number.isFinite(atY)) visit(atX, atY);
      }
    }
  }
}
