/** What cards can be coloured by. */
import type { Trace } from "../trace/model";
import { formatBytes, formatDuration, formatNumber, toNumber } from "./format";

export type Quantity = "gradient" | "value" | "time" | "memory";

export interface MeasureInfo {
  /** In a menu. */
  name: string;
  /** Before the number on a card and in the legend. */
  prefix: string;
  /** In the sentence that a screen reader says. */
  spoken: string;
  format(value: number): string;
}

export const MEASURES: Record<Quantity, MeasureInfo> = {
  gradient: { name: "Gradient norm", prefix: "‖∇‖", spoken: "gradient norm", format: norm },
  value: { name: "Value norm", prefix: "‖x‖", spoken: "value norm", format: norm },
  time: { name: "Time of backward", prefix: "", spoken: "time", format: formatDuration },
  memory: { name: "Memory of the result", prefix: "", spoken: "memory", format: formatBytes },
};

function norm(value: number): string {
  return Number.isNaN(value) ? "NaN" : value === Number.POSITIVE_INFINITY ? "∞" : formatNumber(value);
}

export interface Measured {
  quantity: Quantity;
  prefix: string;
  /** One for each trace node; NaN where it is not known. */
  values: Float64Array;
  /** Where a gradient holds a NaN or an infinity. */
  broken: boolean[];
  /** Whether a group's quantity is the sum of its nodes' rather than the largest. */
  adds: boolean;
  format(value: number): string;
}

const BYTES: Record<string, number> = {
  float64: 8,
  int64: 8,
  complex64: 8,
  complex128: 16,
  float16: 2,
  bfloat16: 2,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
};

export function quantities(
  { nodes, captures = [] }: Pick<Trace, "nodes"> & Partial<Pick<Trace, "captures">>,
  quantity: Quantity,
): Measured {
  const values = new Float64Array(nodes.length).fill(Number.NaN);
  const broken = nodes.map(({ gradient }) => {
    if (!gradient) return false;
    const { nan, inf, norm } = gradient.stats;
    return nan > 0 || inf > 0 || !Number.isFinite(toNumber(norm));
  });
  if (quantity === "value") {
    for (const { last } of captures)
      if (last.kind === "tensor" && last.node !== undefined) values[last.node] = toNumber(last.tensor.stats.norm);
  } else {
    nodes.forEach(({ gradient, shapes, dtype, time }, v) => {
      if (quantity === "gradient" && gradient) values[v] = toNumber(gradient.stats.norm);
      if (quantity === "time" && time !== undefined) values[v] = time;
      if (quantity === "memory") {
        const elements = shapes.reduce((sum, shape) => sum + shape.reduce((product, size) => product * size, 1), 0);
        values[v] = elements * (BYTES[dtype] ?? 4);
      }
    });
  }
  const { prefix, format } = MEASURES[quantity];
  return { quantity, prefix, values, broken, adds: quantity === "time" || quantity === "memory", format };
}

/** Quantities that this run has anything to say about. */
export function quantitiesOf(trace: Pick<Trace, "nodes" | "captures">): Quantity[] {
  return (Object.keys(MEASURES) as Quantity[]).filter((quantity) =>
    quantities(trace, quantity).values.some((value) => !Number.isNaN(value)),
  );
}
