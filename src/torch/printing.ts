/** Tensors in PyTorch's own words, to the letter. */
import { bool, get_default_dtype, int64 } from "./dtype";
import { elements } from "./kernels/copy";
import { alias, gradFnOf, type Tensor } from "./tensor";

export interface PrintOptions {
  precision: number;
  threshold: number;
  edgeitems: number;
  linewidth: number;
  /** null: where the numbers ask for it. */
  sci_mode: boolean | null;
}

const profiles: Record<string, Omit<PrintOptions, "sci_mode">> = {
  default: { precision: 4, threshold: 1000, edgeitems: 3, linewidth: 80 },
  short: { precision: 2, threshold: 1000, edgeitems: 2, linewidth: 80 },
  full: { precision: 4, threshold: Number.POSITIVE_INFINITY, edgeitems: 3, linewidth: 80 },
};

let options: PrintOptions = { ...profiles.default, sci_mode: null };

/** Sets how tensors print. What is not named stays, except that `sci_mode` goes back to automatic, as in PyTorch. Throws ValueError for an unknown profile. */
export function set_printoptions(given: Partial<PrintOptions> & { profile?: "default" | "short" | "full" }): void {
  const { profile, ...rest } = given;
  for (const key of Object.keys(rest)) {
    if (!(key in options)) throw new TypeError(`set_printoptions() got an unexpected keyword argument '${key}'`);
  }
  options = { ...options, ...(profile ? profiles[profile] : {}), ...rest, sci_mode: given.sci_mode ?? null };
}

/** `tensor([1., 2.], grad_fn=<SinBackward0>)`. */
export function tensorText(t: Tensor): string {
  const prefix = "tensor(";
  const suffixes: string[] = [];
  let body: string;
  if (t.numel() === 0) {
    if (t.ndim !== 1) suffixes.push(`size=${tupleText(t.shape)}`);
    if (t.dtype !== get_default_dtype()) suffixes.push(`dtype=${t.dtype}`);
    body = "[]";
  } else {
    if (t.dtype !== get_default_dtype() && t.dtype !== int64 && t.dtype !== bool) suffixes.push(`dtype=${t.dtype}`);
    body = bodyText(t, prefix.length);
  }
  const fn = gradFnOf(t);
  if (fn !== null) suffixes.push(`grad_fn=<${fn.name().split("::").pop()}>`);
  else if (t.requires_grad) suffixes.push("requires_grad=True");
  return withSuffixes(prefix + body, suffixes, prefix.length);
}

/** Python's tuple: `(2, 3)`, `(2,)`. */
export function tupleText(items: readonly number[]): string {
  return items.length === 1 ? `(${items[0]},)` : `(${items.join(", ")})`;
}

function withSuffixes(text: string, suffixes: readonly string[], indent: number): string {
  let lastLine = text.length - text.lastIndexOf("\n") + 1;
  for (const suffix of suffixes) {
    if (lastLine + suffix.length + 2 > options.linewidth) {
      text += `,\n${" ".repeat(indent)}${suffix}`;
      lastLine = indent + suffix.length;
    } else {
      text += `, ${suffix}`;
      lastLine += suffix.length + 2;
    }
  }
  return `${text})`;
}

/** Indices of a dimension that are shown; a summarised one keeps its edges. */
function shown(size: number, summarise: boolean): { head: number[]; tail: number[] } {
  const span = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
  const { edgeitems } = options;
  if (!summarise || size <= 2 * edgeitems) return { head: span(0, size), tail: [] };
  return { head: span(0, edgeitems), tail: span(size - edgeitems, size) };
}

function bodyText(t: Tensor, indent: number): string {
  const summarise = t.numel() > options.threshold;
  const format = elementFormat(t);
  const { data } = t.storageOf;

  const level = (dim: number, at: number, depth: number): string => {
    if (dim === t.ndim) return format.show(data[at]);
    const { head, tail } = shown(t.shape[dim], summarise);
    const position = (i: number) => at + i * t.strides[dim];
    if (dim === t.ndim - 1) {
      const text = (i: number) => format.show(data[position(i)]);
      const items = [...head.map(text), ...(tail.length > 0 ? [" ...", ...tail.map(text)] : [])];
      const perLine = Math.max(1, Math.floor((options.linewidth - depth) / (format.width + 2)));
      const lines: string[] = [];
      for (let i = 0; i < items.length; i += perLine) lines.push(items.slice(i, i + perLine).join(", "));
      return `[${lines.join(`,\n${" ".repeat(depth + 1)}`)}]`;
    }
    const part = (i: number) => level(dim + 1, position(i), depth + 1);
    const slices = [...head.map(part), ...(tail.length > 0 ? ["...", ...tail.map(part)] : [])];
    return `[${slices.join(`,${"\n".repeat(t.ndim - dim - 1)}${" ".repeat(depth + 1)}`)}]`;
  };
  return level(0, t.offset, indent);
}

/** Only what a summary shows decides its format. */
function shownValues(t: Tensor): number[] {
  const values: number[] = [];
  const walk = (part: Tensor): void => {
    if (part.ndim === 0) {
      values.push(part.storageOf.data[part.offset]);
      return;
    }
    const { head, tail } = shown(part.shape[0], true);
    for (const i of [...head, ...tail]) {
      walk(alias(part, part.shape.slice(1), part.strides.slice(1), part.offset + i * part.strides[0]));
    }
  };
  walk(t);
  return values;
}

/** @internal How `String(t)` prints each element, summarised or not. */
export function elementFormat(t: Tensor): Formatter {
  return formatter(t, t.numel() > options.threshold ? shownValues(t) : Array.from(elements(t)));
}

export interface Formatter {
  width: number;
  show(value: number): string;
}

function formatter(t: Tensor, values: readonly number[]): Formatter {
  if (!t.dtype.is_floating_point) {
    const text = t.dtype === bool ? (v: number) => (v ? "True" : "False") : (v: number) => String(v);
    const width = values.reduce((w, v) => Math.max(w, text(v).length), 1);
    return { width, show: (v) => text(v).padStart(width) };
  }
  const { precision } = options;
  const counted = values.filter((v) => Number.isFinite(v) && v !== 0);
  let whole = true;
  let scientific = false;
  let width = 1;
  if (counted.length > 0) {
    // Of the positive and of the negative ones.
    let [low, high, lowNegative, highNegative] = [Number.POSITIVE_INFINITY, 0, Number.NEGATIVE_INFINITY, 0];
    for (const v of counted) {
      if (v > 0) {
        if (v < low) low = v;
        if (v > high) high = v;
      } else {
        if (v > lowNegative) lowNegative = v;
        if (v < highNegative) highNegative = v;
      }
      if (!Number.isInteger(v)) whole = false;
    }
    const min = Math.min(low, -lowNegative);
    const max = Math.max(high, -highNegative);
    scientific = max / min > 1000 || max > 1e8 || (!whole && min < 1e-4);
    const text = scientific
      ? (v: number) => exponential(v, precision)
      : whole
        ? (v: number) => `${fixed(v, 0)}.`
        : (v: number) => fixed(v, precision);
    // Of one sign the longest text is that of the largest or, for its exponent, of the smallest.
    for (const v of [low, high, lowNegative, highNegative])
      if (Number.isFinite(v) && v !== 0) width = Math.max(width, text(v).length);
  }
  if (options.sci_mode !== null) scientific = options.sci_mode;
  const show = (v: number): string => {
    if (!Number.isFinite(v)) return Number.isNaN(v) ? "nan" : v > 0 ? "inf" : "-inf";
    if (scientific) return exponential(v, precision);
    return whole ? `${fixed(v, 0)}.` : fixed(v, precision);
  };
  return { width, show: (v) => show(v).padStart(width) };
}

/** C's `%.{digits}f`: the exact decimal value, ties to even. */
export function fixed(value: number, digits: number): string {
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const x = Math.abs(value);
  if (x >= 1e21) return sign + BigInt(x).toString() + (digits > 0 ? `.${"0".repeat(digits)}` : "");
  const rounded = x.toFixed(digits);
  // Halfway between two texts lies an odd number of half units: the product is exact then.
  if (!Number.isInteger(x * 2 * 10 ** digits)) return sign + rounded;
  return (
    sign +
    tieToEven(
      rounded,
      () => x.toFixed(Math.min(100, digits + 60)),
      () => stepDown(x, digits),
    )
  );
}

/** C's `%.{digits}e`, with an exponent of two digits at least. */
export function exponential(value: number, digits: number): string {
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const x = Math.abs(value);
  const rounded = x.toExponential(digits);
  const [mantissa, power] = rounded.split("e") as [string, string];
  const text = (even: string) => {
    const e = Number(power);
    return `${sign}${even}e${e < 0 ? "-" : "+"}${String(Math.abs(e)).padStart(2, "0")}`;
  };
  // Halfway between two texts a few more digits already show a 5 and zeros.
  if (isEven(mantissa) || !/50{6}e/.test(x.toExponential(Math.min(100, digits + 7)))) return text(mantissa);
  const full = x.toExponential(Math.min(100, digits + 60));
  const [fullMantissa, fullPower] = full.split("e") as [string, string];
  if (power !== fullPower) return text(mantissa);
  const lower = () => stepDown(Number(fullMantissa), digits, fullMantissa);
  return text(tieToEven(mantissa, () => fullMantissa, lower));
}

const isEven = (text: string) => "02468".includes(text[text.length - 1]!);

/** JavaScript rounds a tie up; where the last digit became odd by that, the lower neighbour is the even one. */
function tieToEven(rounded: string, full: () => string, lower: () => string): string {
  if (isEven(rounded)) return rounded;
  const exact = full();
  const digits = rounded.includes(".") ? rounded.length - rounded.indexOf(".") - 1 : 0;
  const rest = exact.slice(exact.indexOf(".") + 1 + digits);
  return /^50*$/.test(rest) ? lower() : rounded;
}

/** The value cut, not rounded, after `digits` places. */
function stepDown(x: number, digits: number, text = x.toFixed(Math.min(100, digits + 60))): string {
  const dot = text.indexOf(".");
  return digits === 0 ? text.slice(0, dot) : text.slice(0, dot + 1 + digits);
}
