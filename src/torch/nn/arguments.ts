/** Arguments of layers: positions in PyTorch's order, or one trailing object of keywords. */
import type { DType } from "../dtype";
import { givenArguments } from "../keywords";

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
  const given = givenArguments(fn, names, args, (n) => {
    const needed = names.filter((name) => spec[name] === required).length + 1;
    const most = names.length + 1;
    const takes =
      needed === most
        ? `${most} positional argument${most === 1 ? "" : "s"}`
        : `from ${needed} to ${most} positional arguments`;
    return `takes ${takes} but ${n + 1} were given`;
  });
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
