/** What colours and marks mean: the scale in the footer, and all of it, with words, on demand. */
import { MEASURES, scaleLabels, scaleStops } from "../src/graph";
import { byId, element, svg } from "./dom";
import type { Shown } from "./graphPane";
import type { Theme } from "./theme";

export class Legend {
  private readonly card = byId("legend-card");
  private readonly button = byId("legend-more");

  constructor() {
    this.button.addEventListener("click", () => this.toggle(this.card.hidden === true));
    this.card.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.toggle(false);
      this.button.focus();
    });
    document.addEventListener("pointerdown", (event) => {
      const target = event.target as Node;
      if (!this.card.contains(target) && !this.button.contains(target)) this.toggle(false);
    });
  }

  private toggle(open: boolean): void {
    this.card.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
  }

  show(shown: Shown | null, theme: Theme): void {
    const view = shown?.view;
    byId("legend").hidden = !view || view.nodes.length === 0;
    this.button.hidden = byId("legend").hidden;
    byId("legend-scale").hidden = !view?.scale;
    byId("legend-leaf").hidden = !view?.nodes.some((node) => node.kind === "leaf");
    byId("legend-repeats").hidden = !view || view.repeats === 1;
    byId("legend-repeats").textContent = `×${view?.repeats}`;
    if (!view) return;
    const { prefix, name } = MEASURES[view.quantity];
    byId("legend-name").textContent = prefix === "" ? view.quantity : prefix;
    byId("legend-name").title = name;
    if (view.scale) {
      const [low, high] = scaleLabels(view.scale, view.quantity);
      byId("legend-low").textContent = low;
      byId("legend-high").textContent = low === high ? "" : high;
      byId("legend-bar").style.backgroundImage = gradientOf(theme);
    }
    this.card.replaceChildren(...rows(shown, theme));
  }
}

function gradientOf(theme: Theme): string {
  return `linear-gradient(to right, ${scaleStops(theme.appearance).join(", ")})`;
}

/** One row for each thing that is in this picture. */
function rows({ view }: Shown, theme: Theme): HTMLElement[] {
  const has = (test: (node: (typeof view.nodes)[number]) => boolean) => view.nodes.some(test);
  const made: HTMLElement[] = [];
  const row = (picture: Element, name: string, meaning: string) =>
    made.push(
      element("div", { class: "legend-row" }, [
        picture,
        element("span", {}, [element("strong", {}, [name]), ` ${meaning}`]),
      ]),
    );
  if (view.scale) {
    const bar = element("span", { class: "swatch" });
    bar.style.backgroundImage = gradientOf(theme);
    row(bar, MEASURES[view.quantity].name, "is the colour of the bar at the left of a card, on a logarithmic scale.");
  }
  if (has(({ broken }) => broken)) {
    const bar = element("span", { class: "swatch" });
    bar.style.background = theme.error;
    row(bar, "NaN or ∞", "is among the gradient that arrived.");
  }
  row(sample({ rx: 3 }), "Operation:", "a grad_fn, under the variable that first held its result.");
  if (has(({ kind }) => kind === "leaf"))
    row(sample({ rx: 7 }), "Leaf:", "a tensor that requires a gradient; AccumulateGrad adds up its .grad.");
  if (has(({ kind }) => kind === "group"))
    row(sample({ rx: 3, stack: true }), "Group:", "a module, function, loop or line; click to open it.");
  if (has(({ marks }) => marks.view)) row(sample({ rx: 3, dash: true }), "View:", "shares its input's memory.");
  if (has(({ marks }) => marks.inPlace))
    row(mark("↻", theme.inPlace), "In place:", "the result took its input's place.");
  if (has(({ marks }) => marks.saved > 0))
    row(mark("■", theme.saved), "Saved:", "a square for each tensor that is kept for backward.");
  if (has(({ marks }) => marks.derivative))
    row(mark("∂", theme.derivative), "Derivative:", "made by a backward pass with create_graph.");
  const line = svg("svg", { viewBox: "0 0 26 14", class: "sample" }, [
    svg("path", { d: "M2 4h22", "stroke-width": 1 }),
    svg("path", { d: "M2 10h22", "stroke-width": 3 }),
  ]);
  row(
    line as unknown as Element,
    "Edge:",
    "next_functions, with the shape of what went along; thicker where more gradient flows.",
  );
  if (view.repeats > 1) row(mark(`×${view.repeats}`, theme.muted), "Repeats:", "the graph was built and run so often.");
  return made;
}

function sample({ rx, stack, dash }: { rx: number; stack?: boolean; dash?: boolean }): Element {
  const card = (by: number) =>
    svg("rect", { x: 1 + by, y: 1 + by, width: 20, height: 11, rx, ...(dash ? { "stroke-dasharray": "2.5 2" } : {}) });
  return svg("svg", { viewBox: "0 0 26 16", class: "sample" }, stack ? [card(3), card(0)] : [card(1)]);
}

function mark(text: string, color: string): HTMLElement {
  const made = element("span", { class: "sample-mark" }, [text]);
  made.style.color = color;
  return made;
}
