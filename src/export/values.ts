/** A value of a run, to be pasted elsewhere: as JSON, as a line of PyTorch. */
import type { Capture, Num, Numbers, TensorSummary } from "../trace/model";

/** Numbers in arrays as deep as the shape; NaN and infinities are spelled out, for JSON has none. */
type Nested = Num | Nested[];

/** Null where the trace has not all of a tensor's values. */
export function valueJson({ name, last }: Pick<Capture, "name" | "last">): string | null {
  if (last.kind === "number") return JSON.stringify({ name, value: last.value }, null, 2);
  if (last.kind === "other") return JSON.stringify({ name, type: last.type, text: last.text }, null, 2);
  const { tensor } = last;
  if (!tensor.values) return null;
  const { gradient, shape, dtype, requires_grad } = tensor;
  const facts = {
    name,
    shape,
    dtype,
    requires_grad,
    values: nested(tensor.values, shape),
    ...(gradient?.values ? { gradient: nested(gradient.values, gradient.shape) } : {}),
  };
  // A row of numbers stands on one line.
  return JSON.stringify(facts, null, 2).replace(/\[\s+((?:[^[\]{}"]|"(?:nan|-?inf)")*?)\s+\]/g, (_, row: string) => {
    return `[${row.replace(/\s*\n\s*/g, " ")}]`;
  });
}

/** Python that makes the same tensor; null where the trace has not all of its values. */
export function pytorchCode({ name, last }: Pick<Capture, "name" | "last">): string | null {
  const variable = pythonName(name);
  if (last.kind === "number") return `${variable} = ${pythonNumber(last.value, "float64")}`;
  if (last.kind === "other") return null;
  const { tensor } = last;
  if (!tensor.values) return null;
  const made = `${variable} = ${tensorCall(tensor, tensor.dtype, tensor.shape, tensor.requires_grad)}`;
  const { gradient } = tensor;
  if (gradient?.source !== "grad" || !gradient.values) return made;
  return `${made}\n${variable}.grad = ${tensorCall(gradient, tensor.dtype, gradient.shape, false)}`;
}

/** A tensor's capture with all of its values, which the trace has of small ones only. */
export function withElements(
  { name, last }: Pick<Capture, "name" | "last">,
  { values, gradient }: { values: Num[]; gradient?: Num[] },
): Pick<Capture, "name" | "last"> {
  if (last.kind !== "tensor") return { name, last };
  const { tensor } = last;
  const filled = gradient && tensor.gradient ? { gradient: { ...tensor.gradient, values: gradient } } : {};
  return { name, last: { ...last, tensor: { ...tensor, values, ...filled } } };
}

function tensorCall(
  { values = [] }: Numbers,
  dtype: TensorSummary["dtype"],
  shape: readonly number[],
  requiresGrad: boolean,
): string {
  const options = [`dtype=torch.${dtype}`, ...(requiresGrad ? ["requires_grad=True"] : [])].join(", ");
  if (values.length === 0) return `torch.empty([${shape.join(", ")}], ${options})`;
  return `torch.tensor(${python(nested(values, shape), dtype)}, ${options})`;
}

/** Row-major values as arrays within arrays. */
function nested(values: readonly Num[], shape: readonly number[]): Nested {
  if (shape.length === 0) return values[0] ?? 0;
  const [size = 0, ...inner] = shape;
  const step = inner.reduce((product, length) => product * length, 1);
  return Array.from({ length: size }, (_, i) => nested(values.slice(i * step, (i + 1) * step), inner));
}

function python(value: Nested, dtype: string): string {
  return Array.isArray(value) ? `[${value.map((item) => python(item, dtype)).join(", ")}]` : pythonNumber(value, dtype);
}

function pythonNumber(value: Num, dtype: string): string {
  if (typeof value === "string") return `float("${value}")`;
  if (dtype === "bool") return value ? "True" : "False";
  if (!dtype.startsWith("float")) return String(value);
  const digits = dtype === "float32" ? shortestFloat32(value) : String(value);
  return /[.e]/.test(digits) ? digits : `${digits}.`;
}

/** The fewest digits that are the same float32. */
function shortestFloat32(value: number): string {
  for (let precision = 1; precision < 10; precision++) {
    const digits = Number(value.toPrecision(precision));
    if (Math.fround(digits) === value) return String(digits);
  }
  return String(value);
}

/** `model.fc1.weight` is no name to assign to. */
function pythonName(name: string): string {
  const plain = name.replace(/[^\p{L}\p{N}_]+/gu, "_").replace(/^(?=\p{N})/u, "_");
  return /^[\p{L}_]/u.test(plain) ? plain : "value";
}
