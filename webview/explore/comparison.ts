/** This run beside an earlier one: a line that sums up, a list of what changed, marks on the cards. */
import { type Diff, diffRuns, factorText, summaryOf } from "../../src/graph/diff";
import type { GraphNode, Trace } from "../../src/trace/model";
import { element } from "../dom";
import type { PanelTrace } from "../protocol";
import { iconButton } from "./icons";
import type { Mark } from "./overlay";

/** What of a run a comparison needs. */
type Graph = Pick<Trace, "nodes" | "edges" | "calls">;

export interface ComparisonState {
  on: boolean;
  with: "previous" | "pinned";
  previous?: Graph | undefined;
  pinned?: Graph | undefined;
}

export interface ComparisonEvents {
  /** Marks for trace nodes; none when nothing is compared. */
  marked(marks: ReadonlyMap<number, Mark>): void;
  go(node: number): void;
  announce(text: string): void;
  changed(): void;
}

const LISTED_MAX = 300;
/** Nodes of a run that are still worth keeping with the panel's state. */
const KEPT_NODES_MAX = 1_000;
const SIGNS = { up: "▲", down: "▼", added: "+", removed: "−", shape: "◻", broken: "!", mended: "✓" } as const;

export class Comparison {
  readonly root: HTMLElement;
  readonly button: HTMLButtonElement;
  private readonly summary = element("p", { class: "summary", role: "status" });
  private readonly choice = element("select", { "aria-label": "Compare with" }, [
    element("option", { value: "previous" }, ["the run before"]),
    element("option", { value: "pinned" }, ["the pinned run"]),
  ]);
  private readonly list = element("ul", { "aria-label": "What changed", tabindex: "0" });
  private readonly pin: HTMLButtonElement;
  private state: ComparisonState = { on: false, with: "previous" };
  private current: { run: number; program: string; trace: PanelTrace } | null = null;

  constructor(private readonly events: ComparisonEvents) {
    this.button = iconButton("compare", "Compare with an Earlier Run (C)", () => this.toggle(), {
      "aria-pressed": "false",
    });
    this.pin = iconButton("pin", "Pin this run, to compare later ones with it", () => this.pinCurrent());
    const close = iconButton("close", "Stop comparing", () => this.toggle());
    const head = element("div", { class: "row" }, [element("span", {}, ["Against"]), this.choice, this.pin, close]);
    this.root = element(
      "div",
      { id: "comparison", role: "region", "aria-label": "Comparison with an earlier run", hidden: "" },
      [head, this.summary, this.list],
    );
    this.choice.addEventListener("change", () => {
      this.state.with = this.choice.value as ComparisonState["with"];
      this.refresh(true);
    });
    this.root.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") this.toggle();
    });
    this.list.addEventListener("click", (event) => {
      const node = (event.target as HTMLElement).closest<HTMLElement>("[data-node]")?.dataset.node;
      if (node !== undefined) this.events.go(Number(node));
    });
  }

  get kept(): ComparisonState {
    const small = (graph: Graph | undefined) => (graph && graph.nodes.length <= KEPT_NODES_MAX ? graph : undefined);
    const { on, previous, pinned } = this.state;
    return { on, with: this.state.with, previous: on ? small(previous) : undefined, pinned: small(pinned) };
  }

  /** State of an earlier window; before the first {@link show}. */
  restore(state: ComparisonState): void {
    this.state = state;
  }

  /** A run of `program` is shown: what was shown before becomes the run before, if it is the same program's. */
  show(run: number, program: string, trace: PanelTrace): void {
    // The same run may be told of again, with more in it.
    if (this.current?.run !== run) {
      if (this.current?.program === program) this.state.previous = slim(this.current.trace);
      else if (this.current) this.state = { on: this.state.on, with: "previous" };
    }
    this.current = { run, program, trace };
    this.refresh(this.state.on);
  }

  toggle(): void {
    this.state.on = !this.state.on;
    this.refresh(this.state.on);
    if (!this.state.on) this.button.focus();
  }

  private pinCurrent(): void {
    if (!this.current) return;
    this.state.pinned = slim(this.current.trace);
    this.state.with = "pinned";
    this.refresh(false);
    this.events.announce("This run is pinned; later runs are compared with it.");
  }

  private refresh(tell: boolean): void {
    const { on, pinned } = this.state;
    if (this.state.with === "pinned" && !pinned) this.state.with = "previous";
    this.button.setAttribute("aria-pressed", String(on));
    this.root.hidden = !on || !this.current;
    this.choice.value = this.state.with;
    this.choice.querySelector<HTMLOptionElement>('[value="pinned"]')!.disabled = !pinned;
    this.events.changed();
    const before = this.state[this.state.with];
    if (!on || !this.current) {
      this.events.marked(new Map());
      return;
    }
    if (!before) {
      this.summary.textContent = "Run the program again to compare.";
      this.list.replaceChildren();
      this.events.marked(new Map());
      return;
    }
    const diff = diffRuns(before, this.current.trace);
    const text = summaryOf(diff);
    this.summary.textContent = text;
    this.fill(diff, before);
    if (tell)
      this.events.announce(
        `Compared with ${this.state.with === "pinned" ? "the pinned run" : "the run before"}: ${text}`,
      );
    this.events.marked(marksOf(diff));
  }

  private fill(diff: Diff, before: Graph): void {
    const { nodes } = this.current!.trace;
    const changed = diff.changes.flatMap((change, node) => (change ? [{ node, change }] : []));
    const size = ({ change }: (typeof changed)[number]) =>
      change.ratio ? Math.abs(Math.log(change.ratio)) : Number.POSITIVE_INFINITY;
    changed.sort((a, b) => size(b) - size(a) || a.node - b.node);
    const items = changed.map(({ node, change }) =>
      element("li", {}, [
        element("button", { type: "button", "data-node": String(node), "data-kind": change.kind }, [
          element("span", { class: "sign", "aria-hidden": "true" }, [SIGNS[change.kind]]),
          element("span", { class: "name" }, [nameOf(nodes[node]!)]),
          element("span", { class: "what" }, [change.text]),
        ]),
      ]),
    );
    const gone = diff.removed.map((node) =>
      element("li", { "data-kind": "removed" }, [
        element("span", { class: "sign", "aria-hidden": "true" }, [SIGNS.removed]),
        element("span", { class: "name" }, [nameOf(before.nodes[node]!)]),
        element("span", { class: "what" }, ["removed"]),
      ]),
    );
    const all = [...gone, ...items];
    this.list.replaceChildren(...all.slice(0, LISTED_MAX));
    if (all.length > LISTED_MAX) this.list.append(element("li", {}, [`and ${all.length - LISTED_MAX} more`]));
  }
}

function nameOf(node: GraphNode): string {
  return node.variable ? `${node.variable} ${node.name}` : node.name;
}

function marksOf({ changes }: Diff): Map<number, Mark> {
  const marks = new Map<number, Mark>();
  changes.forEach((change, node) => {
    if (!change) return;
    const { kind, ratio } = change;
    marks.set(node, {
      sign: kind,
      text: ratio !== null && Number.isFinite(ratio) && ratio > 0 ? factorText(ratio) : "",
    });
  });
  return marks;
}

/** Without texts, values and histories. */
function slim({ nodes, edges, calls }: PanelTrace): Graph {
  return {
    nodes: nodes.map(({ name, variable, range, shapes, dtype, sequence, repeats, call, gradient }) => ({
      name,
      shapes,
      dtype,
      sequence,
      repeats,
      ...(variable === undefined ? {} : { variable }),
      ...(range === undefined ? {} : { range }),
      ...(call === undefined ? {} : { call }),
      ...(gradient === undefined
        ? {}
        : { gradient: { shape: gradient.shape, source: gradient.source, text: "", stats: gradient.stats } }),
    })),
    edges,
    ...(calls === undefined ? {} : { calls }),
  };
}
