import type { Num } from "./model";

/** A number as JSON can hold it. */
export function toNum(value: number): Num {
  if (Number.isFinite(value)) return value;
  if (Number.isNaN(value)) return "nan";
  return value > 0 ? "inf" : "-inf";
}
