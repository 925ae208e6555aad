/** What the selected node says in full: its names, its value, its gradient, its course over the passes. */
import { formatNumber, formatShape, toNumber } from "../src/graph";
import type { Gradient, History, Num, TensorSummary } from "../src/trace/model";
import { element, placeLabel, svg } from "./dom";
import type { PanelTrace } from "./protocol";

export function renderInspector(
  root: HTMLElement,
  trace: PanelTrace,
  index: number | null,
  open: (node: number) => void,
): void {
  const node = index === null ? undefined : trace.nodes[index];
  root.hidden = node === undefined;
  if (!node || index === null) {
    root.replaceChildren();
    return;
  }
  const link = node.range ? element("a", { href: "#", class: "source" }, [placeLabel(trace.files, node.range)]) : null;
  link?.addEventListener("click", (event) => {
    event.preventDefault();
    open(index);
  });
  const value = heldBy(trace, index);
  const facts: [string, string][] = [
    ["shape", node.shapes.map(formatShape).join(" ")],
    ["dtype", node.dtype],
  ];
  if (node.gradient) facts.push(["‖∇‖", formatNumber(node.gradient.stats.norm)]);
  if (node.repeats > 1) facts.push(["repeats", `×${node.repeats}`]);
  const parts: (Node | null)[] = [
    element("header", {}, [
      element("h2", {}, [node.variable ?? node.name]),
      node.variable === undefined ? null : element("span", { class: "op" }, [node.name]),
      link,
    ]),
    element(
      "dl",
      { class: "facts" },
      facts.flatMap(([name, text]) => [element("div", {}, [element("dt", {}, [name]), element("dd", {}, [text])])]),
    ),
    node.norms && new Set(node.norms.values).size > 1 ? sparkline(node.norms, "Gradient norm over the passes") : null,
    node.gradient
      ? numbers(gradientTitle(node.gradient, node.name), node.gradient)
      : element("p", { class: "note" }, ["No gradient has arrived here."]),
    value ? numbers("Value", value) : null,
  ];
  root.replaceChildren(...parts.filter((part) => part !== null));
}

function gradientTitle(gradient: Gradient, name: string): string {
  return gradient.source === "grad" || name === "AccumulateGrad" ? "Gradient" : "Gradient that arrived";
}

/** Of the last capture that this node made. */
function heldBy(trace: PanelTrace, index: number): TensorSummary | null {
  for (let i = trace.captures.length - 1; i >= 0; i--) {
    const { last } = trace.captures[i]!;
    if (last.kind === "tensor" && last.node === index) return last.tensor;
  }
  return null;
}

function numbers(title: string, { text, stats }: Gradient | TensorSummary): HTMLElement {
  const facts: [string, Num][] = [
    ["min", stats.min],
    ["mean", stats.mean],
    ["max", stats.max],
  ];
  if (stats.zeros > 0) facts.push(["zeros", stats.zeros]);
  const bad: [string, Num][] = [];
  if (stats.nan > 0) bad.push(["NaN", stats.nan]);
  if (stats.inf > 0) bad.push(["Inf", stats.inf]);
  const summary = (list: [string, Num][]) => list.map(([name, value]) => `${name} ${formatNumber(value)}`).join(" · ");
  const line = element("p", { class: "stats" }, [stats.numel > 1 ? summary(facts) : ""]);
  if (bad.length > 0) line.append(element("strong", {}, [` · ${summary(bad)}`]));
  const pre = element("pre", { tabindex: "0", "aria-label": title }, [text]);
  return element("section", {}, [element("h3", {}, [title]), line.textContent === "" ? null : line, pre]);
}

/** A history as a small line, its last value at the end. */
export function sparkline(history: History, label: string): HTMLElement {
  const values = history.values.map(toNumber);
  const finite = values.filter(Number.isFinite);
  const min = Math.min(...finite);
  const span = Math.max(...finite) - min || 1;
  const [width, height] = [240, 34];
  let path = "";
  values.forEach((value, i) => {
    if (!Number.isFinite(value)) return;
    const x = (i / Math.max(1, values.length - 1)) * width;
    path += `${path === "" ? "M" : "L"}${x.toFixed(1)} ${(height - 2 - ((value - min) / span) * (height - 4)).toFixed(1)}`;
  });
  const picture = svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": label },
    [svg("path", { d: path })],
  );
  const ends = `${formatNumber(history.values[0]!)} → ${formatNumber(history.values.at(-1)!)}`;
  return element("figure", { class: "sparkline" }, [
    picture,
    element("figcaption", {}, [`${label}: ${ends}, ${history.total} in all`]),
  ]);
}
