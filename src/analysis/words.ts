/** How findings say things. */
import type { Cut, Made } from "../trace/facts";
import type { Num, SourceRange } from "../trace/model";

export const quoted = (name: string | undefined, otherwise: string): string => (name ? `'${name}'` : otherwise);

export const line = (range: SourceRange | undefined): string => (range ? ` at line ${range.start.line + 1}` : "");

export const named = (made: Made, otherwise: string): string => quoted(made.name, otherwise);

/** `'a', 'b' and 3 more` */
export function listed(names: readonly string[], most = 4): string {
  const shown = names.slice(0, most).map((name) => `'${name}'`);
  const rest = names.length - shown.length;
  return rest > 0
    ? `${shown.join(", ")} and ${rest} more`
    : shown.length > 1
      ? `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`
      : (shown[0] ?? "");
}

/** A factor as a power of ten: `10^-8`. */
export const power = (exponent: number): string => `10^${Math.round(exponent)}`;

export function number(value: Num): string {
  if (typeof value !== "number") return value === "nan" ? "NaN" : value === "inf" ? "Infinity" : "-Infinity";
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

export const percent = (share: number): string => `${Math.round(100 * share)} %`;

export const related = (range: SourceRange | undefined, message: string): { range: SourceRange; message: string }[] =>
  range ? [{ range, message }] : [];

/** `detach()`, `.data`, `argmax()` */
export function cutter({ by }: Cut): string {
  return by === "data" ? "'.data'" : `'${by.split(".")[0]}()'`;
}
