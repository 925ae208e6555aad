/** Values in Python's words, for what modules say of themselves. */
import { tupleText } from "../printing";
import { Tensor } from "../tensor";

/** Python's repr of a float: `2.0`, `1e-05`, `inf`. */
export function float(x: number): string {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  if (Object.is(x, -0)) return "-0.0";
  const exponent = x === 0 ? 0 : Number(x.toExponential().split("e")[1]);
  if (exponent >= -4 && exponent < 16) return Number.isInteger(x) ? `${x}.0` : String(x);
  const [mantissa] = x.toExponential().split("e");
  const power = String(Math.abs(exponent)).padStart(2, "0");
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${power}`;
}

/** A number as it was given: whole numbers as ints. */
export const number = (x: number): string => (Number.isInteger(x) ? String(x) : float(x));

/** `None`, `True`, `'text'`, `(3,)`, a number as given. */
export function python(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "number") return number(value);
  if (typeof value === "string") return `'${value}'`;
  if (Array.isArray(value)) {
    if (value.every((v) => typeof v === "number" && Number.isInteger(v))) return tupleText(value);
    return value.length === 1 ? `(${python(value[0])},)` : `(${value.map(python).join(", ")})`;
  }
  return String(value);
}

/** `a=1, b=(3, 3)`; strings without quotes, as Python's `format` puts them. */
export function fields(values: Record<string, unknown>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : python(value)}`)
    .join(", ");
}

/** `torch.Size([2, 3])`. */
export const size = (shape: readonly number[]): string => `torch.Size([${shape.join(", ")}])`;

/** What Python calls the type of a value: PyTorch's error texts name it. */
export function typename(value: unknown): string {
  if (value instanceof Tensor) {
    return value.constructor === Tensor
      ? `torch.${value.dtype.scalarName}Tensor`
      : `torch.nn.parameter.${value.constructor.name}`;
  }
  if (value === null || value === undefined) return "NoneType";
  if (Array.isArray(value)) return "list";
  switch (typeof value) {
    case "number":
      return Number.isInteger(value) ? "int" : "float";
    case "string":
      return "str";
    case "boolean":
      return "bool";
    case "function":
      return value.constructor === Function ? "function" : value.constructor.name;
    default: {
      const { name } = (value as object).constructor ?? { name: "Object" };
      return name === "Object" ? "dict" : name;
    }
  }
}

/** Later lines of a text moved in. */
export const indented = (text: string, by: number): string => text.split("\n").join(`\n${" ".repeat(by)}`);
