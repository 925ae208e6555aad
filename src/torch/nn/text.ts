/** Values in Python's words, for what modules say of themselves. */
import { tupleText } from "../printing";
import { floatText as float, numberText as number, typeText } from "../pythonText";
import { Tensor } from "../tensor";

export { float, number };

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
  if (typeof value === "function" && value.constructor !== Function) return value.constructor.name;
  return typeText(value);
}

/** Later lines of a text moved in. */
export const indented = (text: string, by: number): string => text.split("\n").join(`\n${" ".repeat(by)}`);
