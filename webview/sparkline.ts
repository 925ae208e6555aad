/** A history as a small line. */
import { formatNumber, toNumber } from "../src/graph";
import type { History } from "../src/trace/model";
import { element, svg } from "./dom";

export function sparklinePicture(history: History, label: string, [width, height] = [240, 34]): SVGElement {
  const values = history.values.map(toNumber);
  const finite = values.filter(Number.isFinite);
  const min = Math.min(...finite);
  const span = Math.max(...finite) - min || 1;
  const at = (i: number): string => {
    const x = (i / Math.max(1, values.length - 1)) * width;
    return `${x.toFixed(1)} ${(height - 2 - ((values[i]! - min) / span) * (height - 4)).toFixed(1)}`;
  };
  let path = "";
  for (const [i, value] of values.entries()) {
    if (Number.isFinite(value)) path += `${path === "" ? "M" : "L"}${at(i)}`;
  }
  // One value alone is a level.
  if (values.length === 1 && path !== "") path += `H${width}`;
  return svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": label },
    [svg("path", { d: path })],
  );
}

/** With its first and last value written below. */
export function sparkline(history: History, label: string): HTMLElement {
  const ends = `${formatNumber(history.values[0]!)} → ${formatNumber(history.values.at(-1)!)}`;
  return element("figure", { class: "sparkline" }, [
    sparklinePicture(history, label),
    element("figcaption", {}, [`${label}: ${ends}, ${history.total} in all`]),
  ]);
}
