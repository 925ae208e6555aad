/** The find widget: a query, how many nodes it finds, the way from one to the next, and a list of them. */
import { formatNumber, formatShape } from "../../src/graph";
import { parseQuery } from "../../src/graph/search";
import { element } from "../dom";
import type { PanelTrace } from "../protocol";
import { iconButton } from "./icons";

export interface FinderEvents {
  /** What is found now, null while nothing is asked; `current` is the one that stands out. */
  found(nodes: readonly number[] | null, current: number | null): void;
  /** Brings a node into sight and selects it. */
  go(node: number): void;
  closed(): void;
}

/** A list of more is for nobody to read. */
const LISTED_MAX = 200;
const REST_MS = 90;
const PLACEHOLDER = "relu, op:Mul norm>1, nan, leaf, [64, *]";
const HELP =
  "Words are looked for in names, operators and modules. Filters: op:Mul, name:h, module:blocks.0, shape:64x*, line:12, line:10-20, dtype:float64, norm>1, numel>=1000, repeats>1, nan, inf, zero, leaf, nograd. A minus in front excludes, | separates alternatives.";

export class Finder {
  readonly root: HTMLElement;
  private readonly input: HTMLInputElement;
  private readonly count = element("span", { class: "count", role: "status" });
  private readonly error = element("p", { class: "error", role: "alert", hidden: "" });
  private readonly list = element("ul", {
    role: "listbox",
    id: "find-results",
    "aria-label": "Nodes found",
    hidden: "",
  });
  private trace: PanelTrace | null = null;
  private nodes: number[] = [];
  /** Index into `nodes`. */
  private at: number | null = null;
  private rest = 0;

  constructor(private readonly events: FinderEvents) {
    this.input = element("input", {
      type: "text",
      role: "combobox",
      spellcheck: "false",
      autocomplete: "off",
      placeholder: PLACEHOLDER,
      title: HELP,
      "aria-label": "Find nodes",
      "aria-description": HELP,
      "aria-controls": "find-results",
      "aria-expanded": "false",
      "aria-autocomplete": "list",
    });
    const close = iconButton("close", "Close (Escape)", () => this.close());
    const row = element("div", { class: "row" }, [
      this.input,
      this.count,
      iconButton("up", "Previous (Shift+Enter)", () => this.step(-1)),
      iconButton("down", "Next (Enter)", () => this.step(1)),
      close,
    ]);
    this.root = element("div", { id: "finder", role: "search", hidden: "" }, [row, this.error, this.list]);
    this.input.addEventListener("input", () => {
      clearTimeout(this.rest);
      this.rest = window.setTimeout(() => this.search(), REST_MS);
    });
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("click", (event) => {
      const item = (event.target as HTMLElement).closest<HTMLElement>("[data-at]");
      if (item) this.choose(Number(item.dataset.at));
    });
  }

  get isOpen(): boolean {
    return !this.root.hidden;
  }

  /** The query while the widget is open; kept with the panel's state. */
  get query(): string | undefined {
    return this.isOpen ? this.input.value : undefined;
  }

  open(query?: string, focus = true): void {
    this.root.hidden = false;
    if (query !== undefined) this.input.value = query;
    if (focus) {
      this.input.focus();
      this.input.select();
    }
    this.search();
  }

  close(): void {
    if (!this.isOpen) return;
    this.root.hidden = true;
    this.events.found(null, null);
    this.events.closed();
  }

  /** Another run: the query stands. */
  show(trace: PanelTrace): void {
    this.trace = trace;
    if (this.isOpen) this.search();
  }

  private search(): void {
    clearTimeout(this.rest);
    const query = parseQuery(this.input.value);
    const error = query && "error" in query ? query.error : "";
    this.error.hidden = error === "";
    this.error.textContent = error;
    this.input.setAttribute("aria-invalid", String(error !== ""));
    const asked = query !== undefined && "matches" in query && this.trace !== null;
    this.nodes = asked ? query.matches(this.trace!) : [];
    this.at = null;
    this.fill();
    this.say(asked);
    this.events.found(asked ? this.nodes : null, null);
  }

  private say(asked: boolean): void {
    const { length } = this.nodes;
    const place = this.at === null ? "" : `${this.at + 1} of `;
    this.count.textContent = !asked ? "" : length === 0 ? "Nothing" : `${place}${length}`;
  }

  private fill(): void {
    const { trace, nodes, list } = this;
    list.hidden = nodes.length === 0;
    this.input.setAttribute("aria-expanded", String(nodes.length > 0));
    this.input.removeAttribute("aria-activedescendant");
    list.replaceChildren(
      ...nodes.slice(0, LISTED_MAX).map((index, at) => {
        const node = trace!.nodes[index]!;
        const norm = node.gradient ? `‖∇‖ ${formatNumber(node.gradient.stats.norm)}` : "";
        const line = node.range?.file === 0 ? `line ${node.range.start.line + 1}` : "";
        return element("li", { role: "option", id: `found-${at}`, "data-at": String(at), "aria-selected": "false" }, [
          element("span", { class: "name" }, [node.variable ?? node.name]),
          element("span", { class: "what" }, [
            [node.variable ? node.name : "", node.shapes.map(formatShape).join(" ")].filter(Boolean).join(" "),
          ]),
          element("span", { class: "norm" }, [norm]),
          element("span", { class: "place" }, [line]),
        ]);
      }),
    );
    if (nodes.length > LISTED_MAX)
      list.append(
        element("li", { class: "more", role: "presentation" }, [
          `and ${nodes.length - LISTED_MAX} more; narrow it down`,
        ]),
      );
  }

  private step(by: number): void {
    const { length } = this.nodes;
    if (length === 0) return;
    const from = this.at ?? (by > 0 ? -1 : 0);
    this.choose((from + by + length) % length);
  }

  private choose(at: number): void {
    if (this.at !== null) this.item(this.at)?.setAttribute("aria-selected", "false");
    this.at = at;
    const item = this.item(at);
    item?.setAttribute("aria-selected", "true");
    item?.scrollIntoView({ block: "nearest" });
    if (item) this.input.setAttribute("aria-activedescendant", item.id);
    this.say(true);
    this.events.found(this.nodes, this.nodes[at]!);
    this.events.go(this.nodes[at]!);
  }

  private item(at: number): HTMLElement | null {
    return this.list.querySelector(`[data-at="${at}"]`);
  }

  private key(event: KeyboardEvent): void {
    // The graph has keys of its own.
    event.stopPropagation();
    if (event.key === "Escape") this.close();
    else if (event.key === "F3" || (event.key === "Enter" && event.target === this.input))
      this.step(event.shiftKey ? -1 : 1);
    else if (event.key === "ArrowDown" && event.target === this.input) this.step(1);
    else if (event.key === "ArrowUp" && event.target === this.input) this.step(-1);
    else return;
    event.preventDefault();
  }
}
