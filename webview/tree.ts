/** The graph for the keyboard and the screen reader: one item a node, in reading order; arrow keys walk along the edges. */
import type { GraphView, Placement } from "../src/graph";
import { element } from "./dom";
import { type Direction, Navigation } from "./navigation";

export interface TreeEvents {
  select(node: number): void;
  /** Enter: go to the source. */
  open(node: number): void;
}

const KEYS: Record<string, Direction> = { ArrowDown: "down", ArrowUp: "up", ArrowLeft: "left", ArrowRight: "right" };

export class GraphTree {
  private navigation: Navigation | null = null;
  private items: HTMLElement[] = [];
  private current: number | null = null;

  constructor(
    private readonly root: HTMLElement,
    private readonly events: TreeEvents,
  ) {
    const section = root.parentElement!;
    root.addEventListener("keydown", (event) => this.key(event));
    root.addEventListener("keyup", () => section.classList.add("keyboard"));
    section.addEventListener("pointerdown", () => section.classList.remove("keyboard"));
    root.addEventListener("focusin", () => {
      const focused = Number((document.activeElement as HTMLElement | null)?.dataset.card);
      if (Number.isInteger(focused) && focused !== this.current) this.go(focused);
    });
    root.addEventListener("click", (event) => {
      const node = (event.target as HTMLElement).dataset.card;
      if (node !== undefined) events.open(Number(node));
    });
  }

  show(view: GraphView, placed: Placement): void {
    const hadFocus = this.root.contains(document.activeElement);
    const navigation = new Navigation(view, placed);
    this.navigation = navigation;
    this.items = [];
    const fragment = document.createDocumentFragment();
    for (const node of navigation.sequence) {
      const { description, trace } = view.nodes[node]!;
      const level = String(placed.rank[node]! + 1);
      const item = element(
        "div",
        { role: "treeitem", "aria-level": level, "aria-selected": "false", tabindex: "-1", "data-card": String(node) },
        [description],
      );
      if (trace >= 0) item.dataset.node = String(trace);
      else item.setAttribute("aria-expanded", "false");
      this.items[node] = item;
      fragment.append(item);
    }
    this.root.replaceChildren(fragment);
    const first = this.current !== null && this.items[this.current] ? this.current : navigation.sequence[0];
    if (first !== undefined) this.items[first]!.tabIndex = 0;
    this.mark(this.current !== null && this.items[this.current] ? this.current : null);
    if (hadFocus && first !== undefined) this.items[first]!.focus({ preventScroll: true });
  }

  /** Marks `node` as the selected one without moving the keyboard there. */
  mark(node: number | null): void {
    if (this.current !== null) this.items[this.current]?.setAttribute("aria-selected", "false");
    this.current = node;
    if (node === null || !this.items[node]) return;
    for (const item of this.root.querySelectorAll<HTMLElement>('[tabindex="0"]')) item.tabIndex = -1;
    this.items[node]!.tabIndex = 0;
    this.items[node]!.setAttribute("aria-selected", "true");
  }

  focus(): void {
    this.root.querySelector<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: true });
  }

  private go(node: number): void {
    this.mark(node);
    this.items[node]?.focus({ preventScroll: true });
    this.events.select(node);
  }

  private key(event: KeyboardEvent): void {
    if (!this.navigation || event.ctrlKey || event.metaKey || event.altKey) return;
    const { sequence } = this.navigation;
    const here = this.current ?? sequence[0];
    if (here === undefined) return;
    const direction = KEYS[event.key];
    if (direction) this.go(this.navigation.next(here, direction));
    else if (event.key === "Home") this.go(sequence[0]!);
    else if (event.key === "End") this.go(sequence.at(-1)!);
    else if (event.key === "Enter" || event.key === " ") this.events.open(here);
    else return;
    event.preventDefault();
  }
}
