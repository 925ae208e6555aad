/** The graph of a run with all that changes how it is seen: grouping, open groups, colours, direction. */
import {
  type GraphView,
  type Grouped,
  type Grouping,
  groupingsFor,
  groupsOf,
  layoutInput,
  type Memory,
  matchNodes,
  openFirst,
  type Placement,
  type Quantity,
  quantitiesOf,
  usualGroups,
  viewOf,
  wayTo,
} from "../src/graph";
import type { GraphCanvas } from "./graphView";
import type { LayoutClient } from "./layoutClient";
import type { PanelTrace } from "./protocol";

/** How a program's graph is seen; kept with the panel's state. */
export interface GraphSettings {
  grouping?: Grouping;
  quantity: Quantity;
  direction: "down" | "right";
  /** Keys of the open groups; absent as long as nobody has opened or closed any. */
  open?: string[];
  steps?: [key: string, step: number][];
}

export interface Shown {
  trace: PanelTrace;
  view: GraphView;
  placed: Placement;
}

export class GraphPane {
  settings: GraphSettings = { quantity: "gradient", direction: "down" };
  private trace: PanelTrace | null = null;
  private grouped: Grouped = { mode: "none", groups: [], of: new Int32Array(0) };
  private open = new Set<string>();
  private steps = new Map<string, number>();
  private memory: Memory | undefined;
  private shown: Shown | null = null;
  private modes: Grouping[] | null = null;
  private colors: Quantity[] = [];

  constructor(
    private readonly canvas: GraphCanvas,
    private readonly layouts: LayoutClient,
    /** The picture has changed, be it for a new run or because a group was opened. */
    private readonly changed: (shown: Shown) => void,
  ) {}

  get current(): Shown | null {
    return this.shown;
  }

  /** Those that make any groups; found out when somebody asks. */
  get groupings(): readonly Grouping[] {
    this.modes ??= this.trace ? groupingsFor(this.trace) : ["none"];
    return this.modes;
  }

  get quantities(): readonly Quantity[] {
    return this.colors;
  }

  get mode(): Grouping {
    return this.grouped.mode;
  }

  /** Lays out and shows a run; `again` when the same program ran before. Rejects with a Cancelled when a later one takes over. */
  async show(trace: PanelTrace, again: boolean): Promise<void> {
    const before = again ? this.trace : null;
    this.trace = trace;
    this.modes = null;
    this.colors = quantitiesOf(trace);
    if (!again) this.forget();
    this.group();
    if (before && this.memory) this.memory = renamed(this.memory, before, trace);
    else this.memory = undefined;
    await this.draw({ keepViewport: again });
  }

  /** Another program: nothing of how the last one was seen is of use. */
  private forget(): void {
    delete this.settings.grouping;
    delete this.settings.open;
    delete this.settings.steps;
    this.shown = null;
  }

  private group(): void {
    const { grouping, open, steps } = this.settings;
    this.grouped = grouping ? groupsOf(this.trace!, grouping) : usualGroups(this.trace!);
    this.open = open ? new Set(open) : openFirst(this.trace!, this.grouped);
    this.steps = new Map(steps ?? []);
  }

  async setGrouping(mode: Grouping): Promise<void> {
    this.settings = { ...this.settings, grouping: mode };
    delete this.settings.open;
    delete this.settings.steps;
    this.group();
    this.memory = undefined;
    await this.draw({ keepViewport: false });
  }

  async setQuantity(quantity: Quantity): Promise<void> {
    this.settings = { ...this.settings, quantity };
    await this.draw({ keepViewport: true });
  }

  async setDirection(direction: GraphSettings["direction"]): Promise<void> {
    this.settings = { ...this.settings, direction };
    this.memory = undefined;
    await this.draw({ keepViewport: false });
  }

  async openAll(): Promise<void> {
    await this.setOpen(this.grouped.groups.map(({ key }) => key));
  }

  async closeAll(): Promise<void> {
    await this.setOpen([]);
  }

  private async setOpen(keys: readonly string[]): Promise<void> {
    this.open = new Set(keys);
    this.memory = undefined;
    this.remember();
    await this.draw({ keepViewport: false });
  }

  /** Opens what a card stands for. */
  async openCard(card: number): Promise<void> {
    const node = this.shown!.view.nodes[card]!;
    const { key, steps } = this.grouped.groups[node.group]!;
    if (node.steps) {
      // Folded iterations: the nearest of them is shown.
      const at = this.steps.get(key) ?? Number.POSITIVE_INFINITY;
      await this.setStep(key, node.steps[1] < Math.min(at, steps!.length - 1) ? node.steps[1] : node.steps[0]);
      return;
    }
    this.open.add(key);
    const { steps: iterations } = this.grouped.groups[node.group]!;
    if (iterations) {
      const at = this.steps.get(key) ?? iterations.length - 1;
      this.open.add(this.grouped.groups[iterations[at]!]!.key);
    }
    this.remember();
    await this.draw({ keepViewport: true, anchor: key });
  }

  async closeFrame(frame: number): Promise<void> {
    const { key } = this.shown!.view.frames[frame]!;
    this.open.delete(key);
    this.remember();
    await this.draw({ keepViewport: true, anchor: key });
  }

  async stepFrame(frame: number, at: number): Promise<void> {
    await this.setStep(this.shown!.view.frames[frame]!.key, at);
  }

  private async setStep(key: string, at: number): Promise<void> {
    const run = this.grouped.groups.find((group) => group.key === key)!;
    const before = this.steps.get(key) ?? run.steps!.length - 1;
    const [from, to] = [before, at].map((step) => this.grouped.groups[run.steps![step]!]!.key) as [string, string];
    if (this.open.has(from)) {
      // What was open in one iteration is open in the next.
      for (const open of [...this.open]) if (open.startsWith(from)) this.open.add(to + open.slice(from.length));
    }
    this.steps.set(key, at);
    this.remember();
    await this.draw({ keepViewport: true, anchor: key });
  }

  /** The card of a trace node, its groups opened where they hide it. */
  async uncover(node: number): Promise<number | null> {
    if (!this.shown || node >= this.shown.trace.nodes.length) return null;
    const card = this.shown.view.nodeOf[node]!;
    if (this.shown.view.nodes[card]!.trace === node) return card;
    const way = wayTo(this.grouped, node);
    for (const key of way.open) this.open.add(key);
    for (const [key, step] of way.steps) this.steps.set(key, step);
    this.remember();
    await this.draw({ keepViewport: true, anchor: this.shown.view.nodes[card]!.key });
    return this.shown.view.nodeOf[node]!;
  }

  private remember(): void {
    this.settings = { ...this.settings, open: [...this.open], steps: [...this.steps] };
  }

  private async draw({ keepViewport, anchor }: { keepViewport: boolean; anchor?: string }): Promise<void> {
    const trace = this.trace!;
    const { quantity, direction } = this.settings;
    const view = viewOf(trace, {
      measure: trace.nodes.length > 3000 ? undefined : (text, line) => this.canvas.measure(text, line),
      quantity: this.colors.includes(quantity) ? quantity : "gradient",
      grouped: this.grouped,
      open: this.open,
      steps: this.steps,
      ...(this.shown ? { widths: this.shown.view.widths } : {}),
    });
    const result = await this.layouts.run({
      input: layoutInput(view),
      options: { wrapWidth: this.canvas.comfortableWidth, direction },
      ...(this.memory ? { memory: this.memory } : {}),
      ...(anchor ? { anchor } : {}),
    });
    const { memory, ...placed } = result;
    // A group that is closed now may be opened again.
    this.memory = { ...this.memory, ...memory };
    this.shown = { trace, view, placed };
    this.canvas.show(view, placed, keepViewport);
    this.changed(this.shown);
  }
}

/** Places of the run before under the names of this one. */
function renamed(memory: Memory, before: PanelTrace, now: PanelTrace): Memory {
  const match = matchNodes(before, now);
  const names = new Map<string, string>();
  match.forEach((old, v) => {
    if (old >= 0) names.set(`n${old}`, `n${v}`);
  });
  const rename = (key: string): string | null => {
    const [port, name] =
      key.startsWith("in ") || key.startsWith("out ")
        ? [key.slice(0, key.indexOf(" ") + 1), key.slice(key.indexOf(" ") + 1)]
        : ["", key];
    if (!/^n\d+$/.test(name)) return key;
    const known = names.get(name);
    return known === undefined ? null : port + known;
  };
  const result: Memory = {};
  for (const [graph, { nodes, trunks }] of Object.entries(memory)) {
    const kept: Memory[string] = { nodes: {}, trunks: [] };
    for (const [key, place] of Object.entries(nodes)) {
      const name = rename(key);
      if (name !== null) kept.nodes[name] = place;
    }
    for (const [key, top, x] of trunks) {
      const name = rename(key);
      if (name !== null) kept.trunks.push([name, top, x]);
    }
    result[graph] = kept;
  }
  return result;
}
