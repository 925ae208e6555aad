/** Keyword arguments of plotting calls: the trailing object, its aliases, and what is not known. */
import { ValueError } from "../torch";

export type Keywords = Record<string, unknown>;

const ALIASES: Record<string, string> = {
  c: "color",
  lw: "linewidth",
  ls: "linestyle",
  ms: "markersize",
  fc: "facecolor",
  ec: "edgecolor",
};

/** A trailing plain object is the keywords; what is left are the positions. */
export function splitKeywords(args: readonly unknown[]): { positions: unknown[]; keywords: Keywords } {
  const last = args.at(-1);
  const isPlain = typeof last === "object" && last !== null && Object.getPrototypeOf(last) === Object.prototype;
  return isPlain
    ? { positions: args.slice(0, -1), keywords: last as Keywords }
    : { positions: [...args], keywords: {} };
}

/** The keywords by their full names. Throws TypeError for one that `name` does not take. */
export function checkKeywords(name: string, keywords: Keywords, allowed: readonly string[]): Keywords {
  const checked: Keywords = {};
  for (const [given, value] of Object.entries(keywords)) {
    const key = allowed.includes(given) ? given : (ALIASES[given] ?? given);
    if (!allowed.includes(key)) {
      throw new TypeError(`${name}() got an unexpected keyword argument '${given}'; it takes ${allowed.join(", ")}`);
    }
    if (key in checked) throw new TypeError(`${name}() got multiple values for argument '${key}'`);
    if (value !== undefined) checked[key] = value;
  }
  return checked;
}

/** Positions and keywords as one record, the positions named by `names`. */
export function bind(
  name: string,
  args: readonly unknown[],
  names: readonly string[],
  more: readonly string[] = [],
): Keywords {
  const { positions, keywords } = splitKeywords(args);
  if (positions.length > names.length) {
    throw new TypeError(
      `${name}() takes at most ${names.length} positional arguments but ${positions.length} were given`,
    );
  }
  const bound = checkKeywords(name, keywords, [...names, ...more]);
  positions.forEach((value, i) => {
    const key = names[i]!;
    if (key in bound) throw new TypeError(`${name}() got multiple values for argument '${key}'`);
    if (value !== undefined) bound[key] = value;
  });
  return bound;
}

export function required(name: string, bound: Keywords, key: string): unknown {
  if (bound[key] === undefined) throw new TypeError(`${name}() missing 1 required positional argument: '${key}'`);
  return bound[key];
}

export function optionalNumber(bound: Keywords, key: string): number | undefined {
  const value = bound[key];
  if (value === undefined || value === null) return undefined;
  const number = Number(value);
  if (Number.isNaN(number)) throw new ValueError(`${key} must be a number, not ${String(value)}`);
  return number;
}

export function sameLength(x: readonly unknown[], y: readonly unknown[]): void {
  if (x.length !== y.length) {
    throw new ValueError(`x and y must have same first dimension, but have shapes (${x.length},) and (${y.length},)`);
  }
}
