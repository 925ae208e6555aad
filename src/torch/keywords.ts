/** Arguments of functions that no op schema describes. */

/** A plain object is keywords; tensors, dtypes, arrays and functions are not plain. */
export function isKeywords(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Positions, or one trailing object, into one object; an argument that is undefined is not given.
 * Throws TypeError for an unknown or repeated keyword and for too many positions.
 */
export function keywordArguments(fn: string, names: readonly string[], args: readonly unknown[]): Record<string, any> {
  const out: Record<string, unknown> = {};
  const last = args.findLastIndex((a) => a !== undefined);
  for (let i = 0; i <= last; i++) {
    const arg = args[i];
    if (i === last && isKeywords(arg)) {
      for (const [key, value] of Object.entries(arg)) {
        if (!names.includes(key)) throw new TypeError(`${fn}() got an unexpected keyword argument '${key}'`);
        if (key in out) throw new TypeError(`${fn}() got multiple values for argument '${key}'`);
        if (value !== undefined) out[key] = value;
      }
    } else if (i >= names.length) {
      throw new TypeError(`${fn}() takes ${names.length} positional arguments but ${last + 1} were given`);
    } else if (arg !== undefined) {
      out[names[i]] = arg;
    }
  }
  return out;
}
