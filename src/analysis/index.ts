/** Questions asked of a trace: why is a gradient null, where did the NaN start, what is wrong with these gradients. */
import type { Trace } from "../trace/model";
import { depth } from "./depth";
import { failure } from "./failure";
import type { Finding } from "./finding";
import { nonFinite } from "./nonFinite";
import { nullGradients } from "./nullGradients";
import { accumulated, graphKept } from "./training";
import { units } from "./units";

export { hintOf } from "./failure";
export { CODES, type Code, type Edit, type Finding, type Fix, isCode } from "./finding";
export { whyNull } from "./nullGradients";

/** Everything that is wrong with the run's gradients, in the order of the text. */
export function analyse(trace: Trace): Finding[] {
  const { facts } = trace;
  const ended = failure(trace);
  if (!facts) return ended;
  const numbers = nonFinite(facts.nonFinite);
  // What NaN has gone through says nothing of units, and of depth only what was so in the first pass.
  const broken = numbers.length > 0;
  const shapes = broken ? [] : units(trace);
  const flat = broken || shapes.some(({ code }) => code === "saturated");
  const found = [
    ...ended,
    ...nullGradients(facts.nulls.filter(({ asked }) => asked !== "backward")),
    ...numbers,
    ...shapes,
    ...depth(trace, facts.clipped, broken ? 1 : undefined).filter(({ code }) => !flat || code !== "vanishing"),
    ...accumulated(facts.accumulated),
    ...(trace.status === "error" ? [] : graphKept(facts.kept, undefined)),
  ];
  return inOrder(unique(found));
}

/** One finding of a code at a place. */
function unique(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings.filter(({ code, range }) => {
    const key = `${code} ${range ? `${range.file}:${range.start.line}:${range.start.column}` : ""}`;
    return !seen.has(key) && seen.add(key);
  });
}

function inOrder(findings: Finding[]): Finding[] {
  const at = ({ range }: Finding) => (range ? [range.file, range.start.line, range.start.column] : [0, 0, 0]);
  return findings.sort((a, b) => {
    const [left, right] = [at(a), at(b)];
    const differs = left.findIndex((value, i) => value !== right[i]);
    return differs < 0 ? 0 : left[differs]! - right[differs]!;
  });
}
