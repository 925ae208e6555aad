/** Values in Python's words, where PyTorch prints them with `str` or `format`. */
import { Tensor } from "./tensor";

/** Python's `repr` of a float: `1.0`, `1e-05`, `1e+16`, `inf`. */
export function floatText(x: number): string {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  const size = Math.abs(x);
  if (x !== 0 && (size < 1e-4 || size >= 1e16)) {
    return x.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  }
  const text = Object.is(x, -0) ? "-0" : String(x);
  return text.includes(".") ? text : `${text}.0`;
}

/** Python's `{:.4e}`. */
export function exponentText(x: number, digits: number): string {
  return x.toExponential(digits).replace(/e([+-])(\d)$/, "e$10$2");
}

/** A number as its value says: whole ones as Python's int. */
export function numberText(x: number): string {
  return Number.isInteger(x) && Math.abs(x) < 1e16 ? String(x) : floatText(x);
}

/** Python's name of a value's type, as in the texts of errors. */
export function typeText(value: unknown): string {
  if (value === null || value === undefined) return "NoneType";
  if (value instanceof Tensor) return "Tensor";
  if (Array.isArray(value)) return "list";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  if (typeof value === "bigint") return "int";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "str";
  if (typeof value === "function") return "function";
  const name = (value as object).constructor?.name ?? "dict";
  return name === "Object" ? "dict" : name;
}

/** Python's `{:g}`: six digits, the zeros behind them left out. */
export function generalText(x: number): string {
  if (x === 0 || !Number.isFinite(x)) return numberText(x);
  const [digits, exponent] = x.toExponential(5).split("e");
  const size = Number(exponent);
  const short = (text: string) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  if (size >= -4 && size < 6) return short(x.toFixed(5 - size));
  return `${short(digits)}e${exponent.replace(/([+-])(\d)$/, "$10$2")}`;
}
