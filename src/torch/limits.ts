/** `torch.finfo` and `torch.iinfo`: what numbers a dtype has. */
import { bfloat16, type DType, float16, float32, float64, get_default_dtype } from "./dtype";
import { generalText } from "./pythonText";

/** Of a floating-point dtype: the step after 1, the largest number and the smallest normal one, the digits that hold. */
export interface FloatInfo {
  bits: number;
  eps: number;
  max: number;
  min: number;
  smallest_normal: number;
  tiny: number;
  resolution: number;
  dtype: string;
}

export interface IntegerInfo {
  bits: number;
  max: number;
  min: number;
  dtype: string;
}

/** Binary digits behind the point, the largest exponent, decimal digits that hold. */
const formats = new Map<DType, [number, number, number]>([
  [float64, [52, 1023, 15]],
  [float32, [23, 127, 6]],
  [float16, [10, 15, 3]],
  [bfloat16, [7, 127, 2]],
]);

function printed<T extends object>(info: T, name: string, keys: readonly (keyof T)[]): T {
  const text = (): string => {
    const parts = keys.map((key) => {
      const value = info[key];
      return `${String(key)}=${typeof value === "number" ? generalText(value) : value}`;
    });
    return `${name}(${parts.join(", ")})`;
  };
  Object.defineProperties(info, {
    toString: { value: text },
    [Symbol.for("nodejs.util.inspect.custom")]: { value: text },
  });
  return info;
}

/** Throws TypeError for a dtype of whole numbers. */
export function finfo(dtype: DType = get_default_dtype()): FloatInfo {
  const format = formats.get(dtype);
  if (format === undefined) {
    throw new TypeError(
      `torch.finfo() requires a floating point input type. Use torch.iinfo to handle '${dtype.name}'`,
    );
  }
  const [digits, exponent, decimals] = format;
  const max = (2 - 2 ** -digits) * 2 ** exponent;
  const smallest_normal = 2 ** (1 - exponent);
  const info: FloatInfo = {
    bits: dtype.itemsize * 8,
    eps: 2 ** -digits,
    max,
    min: -max,
    smallest_normal,
    tiny: smallest_normal,
    resolution: 10 ** -decimals,
    dtype: dtype.name,
  };
  return printed(info, "finfo", ["resolution", "min", "max", "eps", "smallest_normal", "tiny", "dtype"]);
}

/** Of a dtype of whole numbers. int64's bounds are rounded to doubles. Throws TypeError for any other. */
export function iinfo(dtype: DType): IntegerInfo {
  if (dtype.is_floating_point || dtype.name === "bool") {
    throw new TypeError(`torch.iinfo() requires an integer input type. Use torch.finfo to handle '${dtype.name}'`);
  }
  const bits = dtype.itemsize * 8;
  const [min, max] = dtype.is_signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
  return printed({ bits, min, max, dtype: dtype.name }, "iinfo", ["min", "max", "dtype"]);
}
