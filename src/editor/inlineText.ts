/** What stands at the end of a line: `x [25] · ‖∇‖ 8.49`, `loss 0.031 ▇▅▃▂▁`. */
import { formatNorm, formatNumber, formatShape, toNumber } from "../graph/format";
import type { Capture, History, Num, SourceRange } from "../trace/model";

const LENGTH_MAX = 90;
const SPARK = "▁▂▃▄▅▆▇█";
const SPARK_LENGTH = 12;

/** One text a line, by line number; `at` says where a capture stands now, `textOf` what a line says. */
export function inlineTexts(
  captures: readonly Capture[],
  at: (range: SourceRange) => SourceRange | undefined,
  textOf: (line: number) => string,
): Map<number, string> {
  const parts = new Map<number, { column: number; text: string }[]>();
  for (const capture of captures) {
    const range = capture.kind === "variable" && capture.range.file === 0 ? at(capture.range) : undefined;
    const text = range && inlineText(capture);
    if (!range || !text || isLiteral(capture, textOf(range.end.line).slice(range.end.column))) continue;
    const line = parts.get(range.start.line) ?? [];
    line.push({ column: range.start.column, text });
    parts.set(range.start.line, line);
  }
  const joined = [...parts].map(([line, texts]): [number, string] => {
    const text = texts.sort((a, b) => a.column - b.column).map((part) => part.text);
    const whole = text.join("   ");
    return [line, whole.length > LENGTH_MAX ? `${whole.slice(0, LENGTH_MAX - 1)}…` : whole];
  });
  return new Map(joined);
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
