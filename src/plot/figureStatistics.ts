/** Numbers behind the pictures: quartiles, errors, borders of cells. */
import { ValueError } from "../torch";
import { flat } from "./figureData";

export interface Box {
  q1: number;
  median: number;
  q3: number;
  /** Ends of the whiskers. */
  low: number;
  high: number;
  /** What lies beyond them. */
  fliers: number[];
}

/** `reach`: how many times the box's height a whisker may go. Quartiles interpolate linearly, as NumPy's do. */
export function boxOf(values: readonly number[], reach: number): Box {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const quantile = (q: number): number => {
    const at = q * (sorted.length - 1);
    const below = sorted[Math.floor(at)]!;
    return below + (sorted[Math.ceil(at)]! - below) * (at % 1);
  };
  if (sorted.length === 0) {
    const none = Number.NaN;
    return { q1: none, median: none, q3: none, low: none, high: none, fliers: [] };
  }
  const [q1, median, q3] = [quantile(0.25), quantile(0.5), quantile(0.75)];
  const room = reach * (q3 - q1);
  const inside = sorted.filter((value) => value >= q1 - room && value <= q3 + room);
  const [low, high] = [Math.min(q1, inside[0] ?? q1), Math.max(q3, inside.at(-1) ?? q3)];
  return { q1, median, q3, low, high, fliers: sorted.filter((value) => value < low || value > high) };
}

/** Errors below and above: from one number, one each, or two rows. Throws ValueError for negative ones and odd counts. */
export function errorsOf(error: unknown, count: number, name: string): [number[], number[]] {
  const values = flat(error, name);
  if (values.some((value) => value < 0)) throw new ValueError(`'${name}' must not contain negative values`);
  const all = (list: number[]) => (list.length === 1 ? new Array<number>(count).fill(list[0]!) : list);
  if (values.length === 1 || values.length === count) return [all(values), all(values)];
  if (values.length === 2 * count) return [values.slice(0, count), values.slice(count)];
  throw new ValueError(
    `'${name}' (shape: (${values.length},)) must be a scalar or a 1D or (2, n) array-like whose shape matches the data`,
  );
}

/** Borders of `count` cells from their borders, or from their centres. */
export function bordersOf(places: readonly number[], count: number): number[] {
  if (places.length === count + 1) return [...places];
  if (count === 1) return [places[0]! - 0.5, places[0]! + 0.5];
  return Array.from({ length: count + 1 }, (_, i) => {
    const [a, b] = i === 0 ? [0, 1] : i === count ? [count - 2, count - 1] : [i - 1, i];
    const [before, after] = [places[a]!, places[b]!];
    const half = (after - before) / 2;
    return i === 0 ? before - half : i === count ? after + half : before + half;
  });
}

/** `%1.1f%%` and its like, or a function of the percentage. Throws ValueError for other texts. */
export function percent(format: unknown, value: number): string {
  if (typeof format === "function") return String(format(value));
  const match = /^(.*?)%\d*(?:\.(\d+))?([fd])(.*)$/s.exec(String(format));
  if (!match) throw new ValueError(`autopct must be a function or a format such as '%1.1f%%', not '${String(format)}'`);
  const [, before, digits, kind, after] = match;
  const number = kind === "d" ? String(Math.trunc(value)) : value.toFixed(digits === undefined ? 6 : Number(digits));
  return `${before}${number}${after}`.replaceAll("%%", "%");
}

/** Two numbers. */
export function pair(value: unknown, what: string): [number, number] {
  const numbers = flat(value, what);
  if (numbers.length !== 2) throw new ValueError(`${what} must be [x, y]`);
  return numbers as [number, number];
}
