/** Finding one's way in the graph: search, where gradients come from and go, the run before, a map. */
import type { GraphView, Placement } from "../../src/graph";
import { reach, type Way } from "../../src/graph/reach";
import type { Viewport } from "../cards";
import { byId, element } from "../dom";
import type { PanelTrace } from "../protocol";
import type { Theme } from "../theme";
import { Comparison, type ComparisonState } from "./comparison";
import "./explore.css";
import { Finder } from "./finder";
import { iconButton } from "./icons";
import { Minimap } from "./minimap";
import { type Mark, Overlay } from "./overlay";

/** What the panel lends. Nodes are the trace's, cards the picture's. */
export interface ExploreHost {
  readonly view: GraphView | null;
  readonly selected: number | null;
  /** Selects a node and brings it into sight, out of closed groups too. */
  show(node: number): void;
  /** Brings a place of the layout into the middle. */
  centre(x: number, y: number): void;
  /** Brings these cards into sight, as large as they can be read. */
  zoomTo(cards: readonly number[]): void;
  repaint(): void;
  save(): void;
}

/** Kept with the panel's state. */
export interface ExploreState {
  find?: string | undefined;
  compare?: ComparisonState | undefined;
}

export class Explore {
  private trace: PanelTrace | null = null;
  private readonly overlay: Overlay;
  private readonly minimap: Minimap;
  private readonly finder: Finder;
  private readonly comparison: Comparison;
  private readonly section = byId("graph-section");
  private readonly announcer = element("p", { class: "unseen", role: "status", "aria-live": "polite" });
  private readonly follow: Follow;
  private found: { nodes: readonly number[] | null; current: number | null } = { nodes: null, current: null };
  private marks: ReadonlyMap<number, Mark> = new Map();

  constructor(
    private readonly host: ExploreHost,
    theme: Theme,
  ) {
    const overlay = element("canvas", { id: "overlay", "aria-hidden": "true" });
    const minimap = element("canvas", { id: "minimap", "aria-hidden": "true", hidden: "" });
    this.overlay = new Overlay(overlay, theme);
    this.minimap = new Minimap(minimap, theme, (x, y) => host.centre(x, y));
    this.finder = new Finder({
      found: (nodes, current) => {
        this.found = { nodes, current };
        this.light();
        host.save();
      },
      go: (node) => host.show(node),
      closed: () => this.focusGraph(),
    });
    this.comparison = new Comparison({
      marked: (marks) => {
        this.marks = marks;
        this.light();
      },
      go: (node) => host.show(node),
      announce: (text) => this.announce(text),
      changed: () => host.save(),
    });
    this.follow = new Follow(() => {
      this.light();
      this.focusGraph();
    });
    byId("cards").after(overlay, minimap);
    this.section.append(this.finder.root, this.follow.root, this.comparison.root, this.announcer);
    byId("toolbar").prepend(
      iconButton("find", "Find Nodes (Ctrl+F)", () => (this.finder.isOpen ? this.finder.close() : this.finder.open())),
      this.comparison.button,
      iconButton("comesFrom", "Where This Gradient Comes From (Shift+Up)", () => this.toggleWay("up"), {
        class: "icon when-selected",
      }),
      iconButton("goesTo", "Where This Gradient Goes (Shift+Down)", () => this.toggleWay("down"), {
        class: "icon when-selected",
      }),
      iconButton("target", "Zoom to Selection (Z)", () => this.zoomToSelection(), { class: "icon when-selected" }),
    );
    document.addEventListener("keydown", (event) => this.anywhere(event));
    this.section.addEventListener("keydown", (event) => this.key(event), { capture: true });
    this.selectionChanged();
  }

  get state(): ExploreState {
    return { find: this.finder.query, compare: this.comparison.kept };
  }

  /** Of an earlier window; before the first run is shown. */
  restore({ find, compare }: ExploreState): void {
    if (compare) this.comparison.restore(compare);
    if (find !== undefined) this.finder.open(find, false);
  }

  /** A run is shown. */
  ran(run: number, program: string, trace: PanelTrace): void {
    if (this.trace === trace) return;
    this.trace = trace;
    this.follow.clear();
    this.finder.show(trace);
    this.comparison.show(run, program, trace);
  }

  /** The same run looks different: groups were opened or closed. */
  pictureChanged(): void {
    this.light();
  }

  selectionChanged(): void {
    this.section.classList.toggle("has-selection", this.host.selected !== null);
  }

  applyTheme(theme: Theme): void {
    this.overlay.theme = theme;
    this.minimap.theme = theme;
    this.host.repaint();
  }

  /** After the graph was painted. */
  painted(view: GraphView, placed: Placement, port: Viewport): void {
    this.overlay.paint(view, placed, port);
    this.minimap.paint(view, placed, port);
  }

  announce(text: string): void {
    // The same words again are announced again.
    this.announcer.textContent = "";
    setTimeout(() => {
      this.announcer.textContent = text;
    }, 50);
  }

  /** What is found has the light; else what the selected gradient comes from or goes to. */
  private light(): void {
    const { view } = this.host;
    if (!view || !this.trace) return;
    const nodes = this.found.nodes ?? this.follow.nodes;
    const cardOf = (node: number) => view.nodeOf[node] ?? -1;
    this.overlay.lit = nodes ? new Set([...nodes].map(cardOf)) : null;
    this.overlay.current = this.found.current === null ? null : cardOf(this.found.current);
    const marks = new Map<number, Mark>();
    for (const [node, mark] of this.marks) {
      const card = cardOf(node);
      const isGroup = view.nodes[card]?.trace !== node;
      // A closed group shows the gravest change in it, without a number that is one node's.
      if (!isGroup) marks.set(card, mark);
      else if (RANK[mark.sign] > RANK[marks.get(card)?.sign ?? "none"]) marks.set(card, { ...mark, text: "" });
    }
    this.overlay.marks = marks;
    this.host.repaint();
  }

  private toggleWay(way: Way): void {
    const { selected } = this.host;
    if (selected === null || !this.trace) return;
    this.follow.toggle(this.trace, selected, way);
    this.announce(this.follow.text);
    this.light();
  }

  private zoomToSelection(): void {
    const { view, selected } = this.host;
    if (!view) return;
    const { lit } = this.overlay;
    if (lit && lit.size > 0) this.host.zoomTo([...lit].filter((card) => card >= 0));
    else if (selected !== null) {
      const card = view.nodeOf[selected]!;
      const near = view.edges.flatMap(({ from, to }) => (from === card ? [to] : to === card ? [from] : []));
      this.host.zoomTo([card, ...near]);
    }
  }

  private focusGraph(): void {
    byId("graph-tree").querySelector<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: true });
  }

  private anywhere(event: KeyboardEvent): void {
    const isFind =
      (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "f";
    if (!isFind || !this.trace || this.trace.nodes.length === 0) return;
    event.preventDefault();
    event.stopPropagation();
    this.finder.open();
  }

  private key(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (
      target.closest("#finder, #comparison, input, select, textarea") ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey
    )
      return;
    const { key, shiftKey } = event;
    if (shiftKey && key === "ArrowUp") this.toggleWay("up");
    else if (shiftKey && key === "ArrowDown") this.toggleWay("down");
    else if (key === "/") this.finder.open();
    else if (key === "z" || key === "Z") this.zoomToSelection();
    else if (key === "c" || key === "C") this.comparison.toggle();
    else if (key === "Escape" && this.follow.nodes) this.follow.clear();
    else if (key === "Escape" && this.finder.isOpen) this.finder.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (key === "Escape") this.light();
  }
}

const RANK = { none: 0, down: 1, up: 2, mended: 3, shape: 4, added: 5, broken: 6 } as const;

/** The path of the selected gradient, and the line that says so. */
class Follow {
  readonly root: HTMLElement;
  nodes: ReadonlySet<number> | null = null;
  text = "";
  private readonly words = element("span");
  private from: { node: number; ways: Set<Way> } | null = null;

  constructor(closed: () => void) {
    const close = iconButton("close", "Show the Whole Graph (Escape)", () => {
      this.clear();
      closed();
    });
    this.root = element("div", { id: "follow", hidden: "" }, [this.words, close]);
  }

  /** Adds a way, or takes it back. */
  toggle(trace: PanelTrace, node: number, way: Way): void {
    const ways = this.from?.node === node ? this.from.ways : new Set<Way>();
    if (!ways.delete(way)) ways.add(way);
    if (ways.size === 0) {
      this.clear();
      return;
    }
    this.from = { node, ways };
    this.nodes = reach(trace, node, [...ways]);
    const { variable, name } = trace.nodes[node]!;
    const count = this.nodes.size - 1;
    const verb = ways.size === 2 ? "comes from and goes to" : ways.has("up") ? "comes from" : "goes to";
    this.text = `The gradient of ${variable ?? name} ${verb} ${count === 1 ? "1 node" : `${count} nodes`}.`;
    this.words.textContent = this.text;
    this.root.hidden = false;
  }

  clear(): void {
    this.from = null;
    this.nodes = null;
    this.text = "The whole graph is shown.";
    this.root.hidden = true;
  }
}
