/** A tensor: its text as PyTorch prints it, what its elements are like, and all of them as a table or a picture. */
import { formatNumber, formatShape } from "../../src/graph";
import type { TensorRef } from "../../src/runner/questions";
import type { Num, Statistics } from "../../src/trace/model";
import type { Ask } from "../asker";
import { element } from "../dom";
import { heatMap } from "./heatMap";
import { histogram } from "./histogram";
import { ValueTable } from "./valueTable";

export interface TensorShown {
  shape: readonly number[];
  text: string;
  stats: Statistics;
  /** Where the rest of the values can be had; absent when the run's process is gone. */
  ref?: TensorRef;
}

export type CardView = "text" | "table" | "picture";

export interface CardContext {
  ask: Ask;
  /** The view last chosen for a card of this title; survives the next selection and a reload. */
  views: Map<string, CardView>;
  changed(): void;
  /** An element was clicked in a table, by its index in each dimension. */
  pick?(index: number[]): void;
}

const VIEWS: readonly [CardView, string][] = [
  ["text", "Text"],
  ["table", "Table"],
  ["picture", "Picture"],
];
/** Cells of a picture, down and across. */
const PICTURE = 128;

export function tensorCard(title: string, tensor: TensorShown, context: CardContext): HTMLElement {
  const many = tensor.stats.numel > 1;
  const body = element("div", { class: "tensor-body" });
  const head = element("div", { class: "tensor-head" }, [
    element("h3", {}, [title]),
    element("span", { class: "shape" }, [tensor.shape.length > 0 ? formatShape(tensor.shape) : ""]),
  ]);
  const card = element("section", { class: "tensor", "aria-label": title }, [
    head,
    many ? summary(tensor.stats) : null,
    body,
    many ? histogram(tensor.stats) : null,
  ]);
  const show = (view: CardView): void => body.replaceChildren(viewOf(view, title, tensor, context));
  if (!many || !tensor.ref) {
    show("text");
    return card;
  }
  const tabs = VIEWS.map(([view, label]) => {
    const tab = element("button", { "data-view": view }, [label]);
    tab.addEventListener("click", () => {
      context.views.set(title, view);
      choose(view);
      context.changed();
    });
    return tab;
  });
  const choose = (view: CardView): void => {
    for (const tab of tabs) tab.setAttribute("aria-pressed", String(tab.dataset.view === view));
    show(view);
  };
  head.append(element("span", { class: "views", role: "group", "aria-label": `How ${title} is shown` }, tabs));
  choose(context.views.get(title) ?? "text");
  return card;
}

function viewOf(view: CardView, title: string, { shape, text, ref }: TensorShown, context: CardContext): HTMLElement {
  if (view === "text" || !ref) return element("pre", { tabindex: "0", "aria-label": title }, [text]);
  const place = element("div");
  const lead = shape.slice(0, Math.max(0, shape.length - 2));
  const show = (at: number[]): void => {
    if (view === "table") {
      const pick = (row: number, column: number): void => {
        const index = shape.length === 1 ? [row] : [...at, row, column];
        context.pick?.(index);
      };
      place.replaceChildren(new ValueTable({ ref, shape, at }, context.ask, pick).root);
      return;
    }
    context.ask({ type: "picture", tensor: ref, at, rows: PICTURE, columns: PICTURE }).then(
      (picture) => place.replaceChildren(heatMap(picture, { name: title })),
      (error: Error) => place.replaceChildren(element("p", { class: "note" }, [error.message])),
    );
  };
  show(lead.map(() => 0));
  return lead.length === 0 ? place : element("div", {}, [slicePicker(lead, show), place]);
}

/** `[ 0 , 3 , :, : ]`: which matrix of a tensor with more than two dimensions. */
function slicePicker(lead: readonly number[], show: (at: number[]) => void): HTMLElement {
  const inputs = lead.map((size, d) => {
    const label = `Index in dimension ${d}`;
    const attributes = {
      type: "number",
      min: "0",
      max: String(size - 1),
      value: "0",
      "aria-label": label,
      title: label,
    };
    return element("input", attributes);
  });
  for (const input of inputs) {
    input.addEventListener("input", () => {
      const at = inputs.map(({ valueAsNumber, max }) => Math.min(Number(max), Math.max(0, valueAsNumber || 0)));
      show(at);
    });
  }
  const parts = inputs.flatMap((input) => [input, ", "]);
  return element("p", { class: "slice" }, ["[", ...parts, ":, :]"]);
}

function summary(stats: Statistics): HTMLElement {
  const facts: [string, Num][] = [
    ["min", stats.min],
    ["mean", stats.mean],
    ["max", stats.max],
    ["norm", stats.norm],
  ];
  if (stats.zeros > 0) facts.push(["zeros", stats.zeros]);
  const bad: [string, Num][] = [];
  if (stats.nan > 0) bad.push(["NaN", stats.nan]);
  if (stats.inf > 0) bad.push(["Inf", stats.inf]);
  const line = (list: [string, Num][]): string =>
    list.map(([name, value]) => `${name} ${formatNumber(value)}`).join(" · ");
  const shown = element("p", { class: "stats" }, [line(facts)]);
  if (bad.length > 0) shown.append(element("strong", {}, [` · ${line(bad)}`]));
  return shown;
}
