/** Arguments of layers: positions in PyTorch's order, or one trailing object of keywords. */
import type { DType } from "../dtype";
import { isKeywords } from "../keywords";

/** Stands for the default of a parameter that has none. */
export const required: unique symbol = Symbol("required");

/** Parameters that most layers take last; there is one device here. */
export const placed = { device: null, dtype: null };

export interface Placement {
  device: unknown;
  dtype: DType | null;
}

/** Positions, labelled; or any number of them and then an object that names the rest. */
export type Arguments<P extends unknown[], K> = P | [...positions: any[], keywords: Partial<K & Placement>];

/** One of these words; typed as text, for users choose them in loops. */
export type Word<T extends string> = T | (string & {});

type Bound<S> = { [K in keyof S]: any };

/** `'a'`, `'a' and 'b'`, `'a', 'b', and 'c'`. */
function enumerate(names: readonly string[]): string {
  const quoted = names.map((n) => `'${n}'`);
  if (quoted.length <= 2) return quoted.join(" and ");
  return `${quoted.slice(0, -1).join(", ")}, and ${quoted[quoted.length - 1]}`;
}

/**
 * The value of each parameter of `spec` (names in order, with their defaults).
 * Throws TypeError with Python's texts for what is missing, unknown, repeated or too much.
 */
export function bind<S extends Record<string, unknown>>(fn: string, spec: S, args: readonly unknown[]): Bound<S> {
  const names = Object.keys(spec);
  const given: Record<string, unknown> = {};
  const last = args.findLastIndex((a) => a !== undefined);
  const keywords = last >= 0 && isKeywords(args[last]) ? (args[last] as Record<string, unknown>) : {};
  const positions = args.slice(0, last + 1 - (last >= 0 && keywords === args[last] ? 1 : 0));
  if (positions.length > names.length) {
    const needed = names.filter((n) => spec[n] === required).length + 1;
    const most = names.length + 1;
    const takes =
      needed === most
        ? `${most} positional argument${most === 1 ? "" : "s"}`
        : `from ${needed} to ${most} positional arguments`;
    throw new TypeError(`${fn}() takes ${takes} but ${positions.length + 1} were given`);
  }
  positions.forEach((value, i) => {
    if (value !== undefined) given[names[i]] = value;
  });
  for (const [key, value] of Object.entries(keywords)) {
    if (!(key in spec)) throw new TypeError(`${fn}() got an unexpected keyword argument '${key}'`);
    if (key in given) throw new TypeError(`${fn}() got multiple values for argument '${key}'`);
    if (value !== undefined) given[key] = value;
  }
  const missing = names.filter((n) => spec[n] === required && !(n in given));
  if (missing.length > 0) {
    const plural = missing.length === 1 ? "" : "s";
    throw new TypeError(
      `${fn}() missing ${missing.length} required positional argument${plural}: ${enumerate(missing)}`,
    );
  }
  return { ...spec, ...given } as Bound<S>;
}

/** `bind` for the constructor of a layer: `construct("Linear", {…}, args)`. */
export const construct = <S extends Record<string, unknown>>(
  cls: string,
  spec: S,
  args: readonly unknown[],
): Bound<S> => bind(`${cls}.__init__`, spec, args);

/** `bind` for a `forward` that takes keywords. */
export const forwarded = <S extends Record<string, unknown>>(
  cls: string,
  spec: S,
  args: readonly unknown[],
): Bound<S> => bind(`${cls}.forward`, spec, args);

/** A number for each of `n` dimensions; a list stays what it is. */
export function each(value: number | readonly number[], n: number): number[] {
  return Array.isArray(value) ? [...value] : new Array<number>(n).fill(value as number);
}
