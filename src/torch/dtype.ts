/** Element types, what stores them, and how they promote. */
import { doubles, floats } from "./kernels/memory";

export type TypedArray = Float32Array | Float64Array | Int32Array | Int16Array | Int8Array | Uint8Array;

/** Promotion looks at the category first: bool < integer < floating. */
export enum Category {
  Bool = 0,
  Integer = 1,
  Floating = 2,
}

/** An element type. There is one object each, so `x.dtype === torch.float32`. */
export class DType {
  constructor(
    /** Without the `torch.`: `float32`. */
    readonly name: string,
    readonly itemsize: number,
    readonly category: Category,
    /** The C++ name in PyTorch's texts: `Float`, `Long`. */
    readonly scalarName: string,
    /** Where promotion within a category goes: the higher rank wins. */
    readonly rank: number,
    readonly allocate: (n: number) => TypedArray,
    /** A number as this type stores it: truncated, wrapped, rounded. */
    readonly cast: (value: number) => number,
    /** No array of JavaScript rounds as this type does: each op's result is rounded after it ran. */
    readonly roundsAfterwards = false,
  ) {}

  get is_floating_point(): boolean {
    return this.category === Category.Floating;
  }

  get is_signed(): boolean {
    return this !== uint8 && this !== bool;
  }

  toString(): string {
    return `torch.${this.name}`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

const identity = (value: number): number => value;
/** int64 lives in doubles: whole numbers up to 2^53 are exact, and no BigInt slows a kernel down. */
const toInt64 = (value: number): number => Math.trunc(value) + 0;
const toInt = (bits: number) => (value: number) => (Math.trunc(value) << (32 - bits)) >> (32 - bits);

/** To `bits` binary digits behind the leading one, ties to even; below `smallest` the step no longer shrinks, above `largest` is infinity. */
function toFewerBits(bits: number, smallest: number, largest: number): (value: number) => number {
  return (value) => {
    if (value === 0 || !Number.isFinite(value)) return value;
    const exponent = Math.max(Math.floor(Math.log2(Math.abs(value))), smallest);
    const step = 2 ** (exponent - bits);
    const scaled = value / step;
    let whole = Math.round(scaled);
    if (Math.abs(scaled - Math.trunc(scaled)) === 0.5 && whole % 2 !== 0) whole--;
    const rounded = whole * step;
    return Math.abs(rounded) > largest ? Math.sign(value) * Number.POSITIVE_INFINITY : rounded;
  };
}

export const float32 = new DType("float32", 4, Category.Floating, "Float", 1, floats, Math.fround);
export const float64 = new DType("float64", 8, Category.Floating, "Double", 2, doubles, identity);
/** Half precision, kept in float32 memory. */
export const float16 = new DType(
  "float16",
  2,
  Category.Floating,
  "Half",
  0,
  (n) => new Float32Array(n),
  toFewerBits(10, -14, 65504),
  true,
);
/** float32 with a short mantissa, kept in float32 memory. */
export const bfloat16 = new DType(
  "bfloat16",
  2,
  Category.Floating,
  "BFloat16",
  0,
  (n) => new Float32Array(n),
  toFewerBits(7, -126, 3.3895313892515355e38),
  true,
);
export const int64 = new DType("int64", 8, Category.Integer, "Long", 5, (n) => new Float64Array(n), toInt64);
export const int32 = new DType("int32", 4, Category.Integer, "Int", 4, (n) => new Int32Array(n), toInt(32));
export const int16 = new DType("int16", 2, Category.Integer, "Short", 3, (n) => new Int16Array(n), toInt(16));
export const int8 = new DType("int8", 1, Category.Integer, "Char", 2, (n) => new Int8Array(n), toInt(8));
export const uint8 = new DType(
  "uint8",
  1,
  Category.Integer,
  "Byte",
  1,
  (n) => new Uint8Array(n),
  (v) => Math.trunc(v) & 255,
);
export const bool = new DType(
  "bool",
  1,
  Category.Bool,
  "Bool",
  0,
  (n) => new Uint8Array(n),
  (v) => (v !== 0 ? 1 : 0),
);

export const dtypes = { float32, float64, float16, bfloat16, int64, int32, int16, int8, uint8, bool };

const largestNumbers = new Map([
  [float16, 65504],
  [bfloat16, 3.3895313892515355e38],
  [float32, 3.4028234663852886e38],
  [float64, Number.MAX_VALUE],
]);

/** The largest finite number of a floating-point type. */
export const largest = (dtype: DType): number => largestNumbers.get(dtype)!;

/** How many bits the significand of a floating-point type has, the leading one included. */
export const significandBits = (dtype: DType): number =>
  dtype === float16 ? 11 : dtype === bfloat16 ? 8 : dtype === float32 ? 24 : 53;

let defaultDtype = float32;

/** The dtype of floating-point results that no tensor decides: `torch.tensor([1.5])`. */
export function get_default_dtype(): DType {
  return defaultDtype;
}

/** Sets it; only floating-point types may be default (TypeError otherwise). */
export function set_default_dtype(dtype: DType): void {
  if (!dtype.is_floating_point) {
    throw new TypeError(`only floating-point types are supported as the default type`);
  }
  defaultDtype = dtype;
}

/** The type that two tensors of these types meet in, regardless of dimensions and numbers (`torch.promote_types`). */
export function promote_types(a: DType, b: DType): DType {
  if (a === b) return a;
  if (a.category !== b.category) return a.category > b.category ? a : b;
  // Neither half type holds the other.
  if (a.roundsAfterwards && b.roundsAfterwards) return float32;
  // uint8 holds what no int8 does: they meet in int16.
  if ((a === uint8 && b === int8) || (a === int8 && b === uint8)) return int16;
  if (a === uint8) return b;
  if (b === uint8) return a;
  return a.rank > b.rank ? a : b;
}
