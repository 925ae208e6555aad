/** Arguments of functions that no op schema describes. */

/** A plain object is keywords; tensors, dtypes, arrays and functions are not plain. */
export function isKeywords(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Positions, or one trailing object, by name; an argument that is undefined is not given. `tooMany` is the text for more positions than names. */
export function givenArguments(
  fn: string,
  names: readonly string[],
  args: readonly unknown[],
  tooMany: (positions: number) => string,
): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  const last = args.findLastIndex((a) => a !== undefined);
  const keywords = last >= 0 && isKeywords(args[last]) ? args[last] : null;
  const positions = args.slice(0, keywords === null ? last + 1 : last);
  if (positions.length > names.length) throw new TypeError(`${fn}() ${tooMany(positions.length)}`);
  positions.forEach((value, i) => {
    if (value !== undefined) out[names[i]] = value;
  });
  for (const [key, value] of Object.entries(keywords ?? {})) {
    if (!names.includes(key)) throw new TypeError(`${fn}() got an unexpected keyword argument '${key}'`);
    if (key in out) throw new TypeError(`${fn}() got multiple values for argument '${key}'`);
    if (value !== undefined) out[key] = value;
  }
  return out;
}

/** `givenArguments` of a function. Throws TypeError for an unknown or repeated keyword and for too many positions. */
export const keywordArguments = (fn: string, names: readonly string[], args: readonly unknown[]): Record<string, any> =>
  givenArguments(fn, names, args, (n) => `takes ${names.length} positional arguments but ${n} were given`);

/**
 * The leading arguments `names` in their positions, however they came: `f({ a, b, c: 1 })` and `f(a, { b, c: 1 })` become
 * `f(a, b, { c: 1 })`. Typed as the arguments that it is assigned to.
 */
export function leading(names: readonly string[], args: readonly unknown[]): any {
  const last = args.findLastIndex((a) => a !== undefined);
  const keywords = args[last];
  if (last >= names.length || !isKeywords(keywords)) return args;
  const rest = { ...keywords };
  const positions = args.slice(0, last);
  for (const name of names.slice(last)) {
    if (!(name in rest)) break;
    positions.push(rest[name]);
    delete rest[name];
  }
  if (Object.keys(rest).length > 0) positions.push(rest);
  return positions;
}
