/** What stands at the end of a line: `x [25] · ‖∇‖ 8.49`, `loss 0.031 ▇▅▃▂▁`, `→ what console.log printed`. */
import { formatNorm, formatNumber, formatShape, shorten, toNumber } from "../graph/format";
import type { Capture, History, Num, SourceRange, Trace } from "../trace/model";
import { type Health, healthOf, worse } from "./health";

const LENGTH_MAX = 90;
const SPARK = "▁▂▃▄▅▆▇█";
const SPARK_LENGTH = 12;

export interface LineText {
  text: string;
  /** Of the gradients on the line, the worst. */
  health: Health;
}

export interface LineContext {
  /** Index of the file among the trace's. */
  file: number;
  /** Where a range stands now. */
  at(range: SourceRange): SourceRange | undefined;
  /** What a line says. */
  textOf(line: number): string;
}

interface Part extends LineText {
  column: number;
}

/** One text a line, by line number. */
export function inlineTexts(
  trace: Pick<Trace, "captures" | "console" | "nodes">,
  { file, at, textOf }: LineContext,
): Map<number, LineText> {
  const parts = new Map<number, Part[]>();
  const add = (line: number, part: Part): void => {
    const others = parts.get(line);
    if (others) others.push(part);
    else parts.set(line, [part]);
  };
  const health = healthOf(trace.nodes);
  for (const capture of trace.captures) {
    const range = capture.kind === "variable" && capture.range.file === file ? at(capture.range) : undefined;
    const text = range && inlineText(capture);
    if (!range || !text || isLiteral(capture, textOf(range.end.line).slice(range.end.column))) continue;
    const gradient = capture.last.kind === "tensor" ? capture.last.tensor.gradient : undefined;
    const isBroken = capture.last.kind === "tensor" && !isWhole(capture.last.tensor.stats);
    add(range.start.line, {
      column: range.start.column,
      text,
      health: isBroken ? "broken" : gradient ? health(gradient.stats) : "unknown",
    });
  }
  for (const { range, text } of printed(trace, file)) {
    const now = at(range);
    if (now) add(now.end.line, { column: now.end.column, text, health: "unknown" });
  }
  const joined = [...parts].map(([line, all]): [number, LineText] => {
    const sorted = all.sort((a, b) => a.column - b.column);
    const whole = sorted.map(({ text }) => text).join("   ");
    const text = whole.length > LENGTH_MAX ? `${whole.slice(0, LENGTH_MAX - 1)}…` : whole;
    return [line, { text, health: sorted.map((part) => part.health).reduce(worse) }];
  });
  return new Map(joined);
}

/** What each place printed last. */
function printed({ console }: Pick<Trace, "console">, file: number): { range: SourceRange; text: string }[] {
  const byPlace = new Map<string, { range: SourceRange; last: string; count: number }>();
  for (const { range, text } of console) {
    if (range?.file !== file) continue;
    const key = `${range.start.line}:${range.start.column}`;
    const count = (byPlace.get(key)?.count ?? 0) + 1;
    byPlace.set(key, { range, last: text, count });
  }
  return [...byPlace.values()].map(({ range, last, count }) => {
    const times = count > 1 ? ` ×${count}` : "";
    return { range, text: `→ ${shorten(last.slice(0, 4 * LENGTH_MAX), LENGTH_MAX - times.length - 2)}${times}` };
  });
}

function isWhole({ nan, inf }: { nan: number; inf: number }): boolean {
  return nan === 0 && inf === 0;
}

/** Null for what says nothing that the code does not: other values, counters. */
export function inlineText({ name, last, history }: Capture): string | null {
  if (last.kind === "other") return null;
  if (history && isCounter(history)) return null;
  const course = history && history.values.length > 1 ? ` ${sparkline(history.values)} ×${history.total}` : "";
  if (last.kind === "number") return `${name} ${formatNumber(last.value)}${course}`;
  const { stats, shape, gradient } = last.tensor;
  const scalar = stats.numel === 1;
  const bad = stats.nan > 0 && !scalar ? ` · ${stats.nan} NaN` : stats.inf > 0 && !scalar ? ` · ${stats.inf} Inf` : "";
  const value = scalar
    ? `${shape.length > 0 ? `${formatShape(shape)} ` : ""}${formatNumber(stats.mean)}`
    : formatShape(shape);
  return `${name} ${value}${bad}${course}${gradient ? ` · ${formatNorm(gradient.stats.norm)}` : ""}`;
}

/** Eight heights of bars, at most {@link SPARK_LENGTH} of them; a number that is not finite leaves a gap. */
export function sparkline(values: readonly Num[]): string {
  const step = Math.max(1, values.length / SPARK_LENGTH);
  const picked: number[] = [];
  for (let i = 0; Math.floor(i) < values.length; i += step) picked.push(toNumber(values[Math.floor(i)]!));
  const finite = picked.filter(Number.isFinite);
  const min = Math.min(...finite);
  const span = Math.max(...finite) - min;
  return picked
    .map((value) => (Number.isFinite(value) ? SPARK[span > 0 ? Math.round(((value - min) / span) * 7) : 3]! : "·"))
    .join("");
}

/** `n = 100`: the line says the number itself. `rest`: the line after the name. */
function isLiteral({ last }: Capture, rest: string): boolean {
  return last.kind === "number" && /^\s*(:\s*number\s*)?=\s*-?[\d._]+(e[-+]?\d+)?\s*([;,)]|$)/i.test(rest);
}

/** 0, 1, 2, …: a loop's own variable. */
function isCounter({ values }: History): boolean {
  if (values.length < 3) return false;
  const step = toNumber(values[1]!) - toNumber(values[0]!);
  if (!Number.isInteger(step) || step === 0) return false;
  return values.every((value, i) => toNumber(value) === toNumber(values[0]!) + i * step);
}
