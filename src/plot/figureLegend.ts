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

type Point = [x: number, y: number];

/** The corner with the least drawn in it; the first of several. */
export function quietCorner(artists: readonly Artist[], entries: number): Corner {
  const points = artists.flatMap(placesOf).filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  if (points.length === 0) return CORNERS[0];
  const [left, right] = range(points.map(([x]) => x));
  const [low, high] = range(points.map(([, y]) => y));
  const height = MARGIN + ENTRY * entries;
  const counts = CORNERS.map((corner) => {
    const inside = ([x, y]: Point) => {
      const u = (x - left) / (right - left || 1);
      const v = (y - low) / (high - low || 1);
      return (
        (corner.endsWith("right") ? u > 1 - WIDTH : u < WIDTH) &&
        (corner.startsWith("top") ? v > 1 - height : v < height)
      );
    };
    return points.filter(inside).length;
  });
  return CORNERS[counts.indexOf(Math.min(...counts))]!;
}

function placesOf(artist: Artist): Point[] {
  if (artist.kind === "points") return artist.x.map((x, i) => [x, artist.y[i]!]);
  if (artist.kind !== "line") return [];
  const { x, y } = artist;
  return x.flatMap((from, i) =>
    Array.from({ length: BETWEEN }, (_, k): Point => {
      const next = Math.min(i + 1, x.length - 1);
      return [from + ((x[next]! - from) * k) / BETWEEN, y[i]! + ((y[next]! - y[i]!) * k) / BETWEEN];
    }),
  );
}

function range(values: readonly number[]): [number, number] {
  return values.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, -Infinity]);
}
