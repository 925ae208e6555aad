/** How the graph is seen, as a small form: grouping, colours, direction, everything open or closed. */
import { type Grouping, MEASURES, type Quantity } from "../src/graph";
import { byId, element } from "./dom";
import type { GraphPane } from "./graphPane";

const GROUPINGS: Record<Grouping, string> = {
  module: "Module",
  function: "Function call",
  loop: "Loop iteration",
  line: "Source line",
  none: "Nothing",
};

export class GraphOptions {
  private readonly button = byId("graph-options");
  private readonly form = byId("options-card");
  private readonly grouping = byId<HTMLSelectElement>("group-by");
  private readonly color = byId<HTMLSelectElement>("color-by");
  private readonly direction = byId<HTMLSelectElement>("direction");

  constructor(pane: GraphPane, quietly: (change: Promise<unknown>) => void) {
    this.button.addEventListener("click", () => {
      this.fill(pane);
      this.toggle(this.form.hidden === true);
    });
    this.form.addEventListener("keydown", (event) => {
      // Its keys are its own: the graph below has others.
      event.stopPropagation();
      if (event.key !== "Escape") return;
      this.toggle(false);
      this.button.focus();
    });
    document.addEventListener("pointerdown", (event) => {
      const target = event.target as Node;
      if (!this.form.contains(target) && !this.button.contains(target)) this.toggle(false);
    });
    this.grouping.addEventListener("change", () => quietly(pane.setGrouping(this.grouping.value as Grouping)));
    this.color.addEventListener("change", () => quietly(pane.setQuantity(this.color.value as Quantity)));
    this.direction.addEventListener("change", () =>
      quietly(pane.setDirection(this.direction.value as "down" | "right")),
    );
    byId("open-all").addEventListener("click", () => quietly(pane.openAll()));
    byId("close-all").addEventListener("click", () => quietly(pane.closeAll()));
  }

  /** After the picture has changed. */
  show(pane: GraphPane): void {
    if (!this.form.hidden) this.fill(pane);
  }

  private fill(pane: GraphPane): void {
    fill(this.grouping, pane.groupings, (mode) => GROUPINGS[mode], pane.mode);
    fill(this.color, pane.quantities, (quantity) => MEASURES[quantity].name, pane.current!.view.quantity);
    this.direction.value = pane.settings.direction;
    for (const id of ["open-all", "close-all"]) byId<HTMLButtonElement>(id).disabled = pane.mode === "none";
  }

  private toggle(open: boolean): void {
    this.form.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    if (open) this.grouping.focus();
  }
}

function fill<T extends string>(
  select: HTMLSelectElement,
  values: readonly T[],
  name: (value: T) => string,
  chosen: T,
): void {
  select.replaceChildren(...values.map((value) => element("option", { value }, [name(value)])));
  select.value = chosen;
}
