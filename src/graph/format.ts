/** How numbers, shapes and norms read wherever Gradlens writes them small: on nodes, at line ends, in hovers. */
import type { Num } from "../trace/model";

/** The trace's spelling of a number as JavaScript's. */
export function toNumber(value: Num): number {
  if (typeof value === "number") return value;
  return value === "nan" ? Number.NaN : value === "inf" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
}

/** Three significant digits, no trailing zeros: `8.49`, `0.031`, `1.2e-7`, `200`; `NaN` and `∞` as such. */
export function formatNumber(value: Num): string {
  const number = toNumber(value);
  if (Number.isNaN(number)) return "NaN";
  if (!Number.isFinite(number)) return number > 0 ? "∞" : "−∞";
  if (number === 0) return "0";
  const magnitude = Math.abs(number);
  if (Number.isInteger(number) && magnitude < 1e6) return sign(String(number));
  if (magnitude >= 1e5 || magnitude < 1e-3) {
    const [mantissa, exponent] = number.toExponential(2).split("e");
    return sign(`${trimZeros(mantissa!)}e${exponent!.replace("+", "")}`);
  }
  return sign(magnitude >= 1000 ? String(Math.round(number)) : trimZeros(number.toPrecision(3)));
}

/** `[64, 16]`; a scalar's is `[]`, as PyTorch prints a size. */
export function formatShape(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

/** `‖∇‖ 8.49` */
export function formatNorm(norm: Num): string {
  return `‖∇‖ ${formatNumber(norm)}`;
}

/** The middle of a long text gives way; `…` stands for it. */
export function shorten(text: string, length: number): string {
  const line = text.replace(/\s+/g, " ").trim();
  if (line.length <= length) return line;
  const head = Math.ceil((length - 1) * 0.65);
  return `${line.slice(0, head)}…${line.slice(line.length - (length - 1 - head))}`;
}

/** Milliseconds as a person says them: `3 ms`, `1.2 s`, `2 min 5 s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 10) return `${trimZeros(milliseconds.toPrecision(2))} ms`;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${trimZeros((milliseconds / 1000).toFixed(1))} s`;
  return `${Math.floor(milliseconds / 60_000)} min ${Math.round((milliseconds % 60_000) / 1000)} s`;
}

/** `512 B`, `6.4 KB`, `1.2 MB`; a thousand of each to the next. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  const units = ["KB", "MB", "GB", "TB"];
  let [size, unit] = [bytes / 1000, 0];
  for (; size >= 999.5 && unit + 1 < units.length; unit++) size /= 1000;
  return `${size >= 100 ? Math.round(size) : trimZeros(size.toPrecision(2))} ${units[unit]}`;
}

function trimZeros(digits: string): string {
  return digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
}

/** A minus sign of a digit's width instead of a hyphen. */
function sign(text: string): string {
  return text.replace(/^-/, "−");
}
