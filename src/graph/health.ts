/** What stands in the table of parameters, how it is sorted, and what in it is worth a second look. */
import type { Distribution, Num, Parameter } from "../trace/model";
import { toNumber } from "./format";

export type Column = "name" | "shape" | "value" | "gradient" | "update" | "zeros" | "broken";

/** `bad`: it will not train. `odd`: it may not. */
export interface Finding {
  level: "bad" | "odd";
  column: Column;
  text: string;
}

/** Update ratios of a training that goes well lie around 1e-3. */
const UPDATE_LOW = 1e-7;
const UPDATE_HIGH = 0.1;
const VANISHED = 1e-8;

export function lastUpdate({ updates }: Parameter): number | undefined {
  return optional(updates?.values.at(-1));
}

const optional = (given: Num | undefined) => (given === undefined ? undefined : toNumber(given));

/** Of `.grad` at the end or, where the program has cleared it, of the gradient that arrived last. */
export function gradientNorm({ gradient, gradientNorms }: Parameter): Num | undefined {
  return gradient?.norm ?? gradientNorms?.values.at(-1);
}

/** Elements of value and gradient that are NaN or infinite. */
export function brokenCount({ value, gradient }: Parameter): number {
  return value.nan + value.inf + (gradient ? gradient.nan + gradient.inf : 0);
}

export function findingsOf(parameter: Parameter): Finding[] {
  const { value, updates } = parameter;
  const gradient = gradientNorm(parameter);
  const found: Finding[] = [];
  const broken = brokenCount(parameter);
  if (broken > 0) found.push({ level: "bad", column: "broken", text: `${broken} NaN or infinite` });
  if (gradient === undefined) {
    found.push({ level: "odd", column: "gradient", text: "no gradient ever arrived" });
  } else if (value.numel > 0) {
    const norm = toNumber(gradient);
    if (norm === 0) found.push({ level: "odd", column: "gradient", text: "the gradient is all zeros" });
    else if (norm < VANISHED)
      found.push({ level: "odd", column: "gradient", text: "the gradient has all but vanished" });
  }
  if (value.numel > 1 && value.zeros === value.numel) {
    found.push({ level: "odd", column: "zeros", text: "every element is zero" });
  }
  const update = lastUpdate(parameter);
  // After a single pass there may be no optimiser at all.
  if (update !== undefined && (updates?.total ?? 0) > 1) {
    if (update > UPDATE_HIGH)
      found.push({ level: "odd", column: "update", text: "a step changes more than a tenth of it" });
    else if (update < UPDATE_LOW) found.push({ level: "odd", column: "update", text: "steps hardly change it" });
  }
  return found;
}

/** Positions in `parameters`, in the order of a column; without one, as the program has them. Unknown values come last. */
export function sorted(parameters: readonly Parameter[], column: Column | null, descending: boolean): number[] {
  const order = parameters.map((_, i) => i);
  if (column === null) return order;
  const keys = parameters.map((parameter) => key(parameter, column));
  const sign = descending ? -1 : 1;
  return order.sort((a, b) => {
    const [x, y] = [keys[a], keys[b]];
    if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined) || a - b;
    if (typeof x === "string") return sign * x.localeCompare(String(y), "en", { numeric: true }) || a - b;
    // A NaN is larger than anything: it is what one looks for.
    const [p, q] = [x, y as number].map((n) => (Number.isNaN(n) ? Number.POSITIVE_INFINITY : n)) as [number, number];
    return (p === q ? 0 : sign * (p < q ? -1 : 1)) || a - b;
  });
}

function key(parameter: Parameter, column: Column): number | string | undefined {
  switch (column) {
    case "name":
      return parameter.name;
    case "shape":
      return parameter.value.numel;
    case "value":
      return toNumber(parameter.value.norm);
    case "gradient":
      return optional(gradientNorm(parameter));
    case "update":
      return lastUpdate(parameter);
    case "zeros":
      return parameter.value.zeros / Math.max(1, parameter.value.numel);
    case "broken":
      return brokenCount(parameter);
  }
}

/** Distributions over the steps on one common scale: `levels[step][bin]` from 0 to 1, bins from `min` to `max`. */
export interface Ridge {
  min: number;
  max: number;
  steps: number[];
  levels: number[][];
}

const RIDGE_BINS = 24;

/** null if there is nothing finite to show. */
export function ridgeOf(distributions: readonly Distribution[] | undefined): Ridge | null {
  if (!distributions || distributions.length === 0) return null;
  const min = Math.min(...distributions.map((each) => each.min));
  const max = Math.max(...distributions.map((each) => each.max));
  const width = (max - min) / RIDGE_BINS || 1;
  const levels = distributions.map(({ counts, min: low, max: high }) => {
    const bins = new Array<number>(RIDGE_BINS).fill(0);
    const own = (high - low) / counts.length;
    for (const [i, count] of counts.entries()) {
      // A bin's elements are taken as spread evenly over it.
      const [from, to] = [(low + i * own - min) / width, (low + (i + 1) * own - min) / width];
      const span = Math.max(to - from, 1e-9);
      const end = Math.min(RIDGE_BINS - 1, Math.floor(Math.max(from, to - 1e-9)));
      for (let bin = Math.min(RIDGE_BINS - 1, Math.floor(from)); bin <= end; bin++) {
        const share = end === Math.floor(from) ? 1 : Math.max(0, Math.min(to, bin + 1) - Math.max(from, bin)) / span;
        bins[bin]! += count * share;
      }
    }
    const most = Math.max(...bins) || 1;
    return bins.map((count) => count / most);
  });
  return { min, max, steps: distributions.map(({ step }) => step), levels };
}
