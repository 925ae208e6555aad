/** Reading the recorded values of a real PyTorch, and comparing with them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import * as torch from "gradlens";

/** Another folder, written by `regenerate.py`, may stand in for the recorded data. */
const folder = process.env.GRADLENS_CONFORMANCE ?? join(import.meta.dirname, "data");

export function readText(name: string): string {
  return gunzipSync(readFileSync(join(folder, name))).toString("utf8");
}

export type Recorded = any;

const nonFinite: Record<string, number> = { nan: Number.NaN, inf: Infinity, "-inf": -Infinity };
const number = (v: number | string | boolean): number => (typeof v === "string" ? nonFinite[v] : Number(v));

export const isTensorRecord = (v: Recorded): boolean => typeof v === "object" && v !== null && "$t" in v;

/**
 * A recorded value as the engine's. Every tensor made is appended to `leaves` when it requires grad.
 * `double` takes float64 for float32, for finite differences.
 */
export function decode(value: Recorded, leaves: torch.Tensor[] = [], double = false): any {
  if (Array.isArray(value)) return value.map((v) => decode(v, leaves, double));
  if (typeof value !== "object" || value === null) return value;
  const dtypeOf = (name: string) => (torch as any)[double && name === "float32" ? "float64" : name];
  if ("$t" in value) {
    const dtype = dtypeOf(value.$t);
    if (dtype === undefined) throw new Error(`no dtype ${value.$t}`);
    const t = torch.tensor(value.data.map(number), { dtype }).reshape(value.shape);
    if (!value.rg) return t;
    leaves.push(t.requires_grad_());
    return t;
  }
  if ("$f" in value) return nonFinite[value.$f];
  if ("$dtype" in value) return dtypeOf(value.$dtype);
  if ("$slice" in value) return torch.slice(value.$slice[0], value.$slice[1], value.$slice[2]);
  if ("$ellipsis" in value) return "...";
  throw new Error(`unknown record ${JSON.stringify(value)}`);
}

/** What differs between a result and the record, or null when they are equal. */
export function difference(got: any, want: Recorded, at = ""): string | null {
  if (Array.isArray(want)) {
    if (!Array.isArray(got)) return `${at} is no list but ${got}`;
    if (got.length !== want.length) return `${at} has ${got.length} entries, not ${want.length}`;
    for (let i = 0; i < want.length; i++) {
      const d = difference(got[i], want[i], `${at}[${i}]`);
      if (d !== null) return d;
    }
    return null;
  }
  if (isTensorRecord(want)) return tensorDifference(got, want, at);
  if (typeof want === "object" && want !== null) want = decode(want);
  if (typeof want === "number")
    return Math.abs(Number(got) - want) <= tolerance(want, Math.abs(want)) || Object.is(got, want)
      ? null
      : `${at} is ${got}, not ${want}`;
  return got === want || (got == null && want == null) || String(got) === String(want)
    ? null
    : `${at} is ${got}, not ${want}`;
}

const tolerance = (want: number, scale: number) => 1e-4 * Math.max(1, scale) + 1e-3 * Math.abs(want);

function tensorDifference(got: any, want: Recorded, at: string): string | null {
  if (!(got instanceof torch.Tensor)) return `${at} is no tensor but ${got}`;
  if (got.dtype.name !== want.$t) return `${at} has dtype ${got.dtype.name}, not ${want.$t}`;
  if (got.shape.join() !== want.shape.join()) return `${at} has shape [${got.shape}], not [${want.shape}]`;
  const a = Array.from(got.detach().flatData());
  const b: number[] = want.data.map(number);
  const scale = b.reduce((m, v) => (Number.isFinite(v) ? Math.max(m, Math.abs(v)) : m), 0);
  for (let i = 0; i < b.length; i++) {
    const same = Object.is(a[i], b[i]) || a[i] === b[i] || Math.abs(a[i] - b[i]) <= tolerance(b[i], scale);
    if (!same) return `${at}[${i}] is ${a[i]}, not ${b[i]}`;
  }
  return null;
}
