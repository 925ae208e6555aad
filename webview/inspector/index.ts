/** What the selected node says in full: formula and numbers, inputs, gradients, what it saved, its source, its Jacobians. */
import { formatNumber, formatShape } from "../../src/graph";
import { formulaOf } from "../../src/graph/formula";
import type { AnswerError, InputFacts, NodeFacts, TensorFacts } from "../../src/runner/questions";
import type { Gradient, TensorSummary } from "../../src/trace/model";
import type { Ask } from "../asker";
import { element, placeLabel } from "../dom";
import type { PanelTrace } from "../protocol";
import { sparkline } from "../sparkline";
import { FormulaCard } from "./formulaCard";
import "./inspector.css";
import { JacobianCard, refusal } from "./jacobianCard";
import { sourceExcerpt } from "./sourceExcerpt";
import { type CardContext, type CardView, type TensorShown, tensorCard } from "./tensorCard";

export interface InspectorEvents {
  /** Go to the node's source. */
  open(node: number): void;
  select(node: number): void;
  runAgain(): void;
  /** Something that {@link Inspector.state} tells has changed. */
  changed(): void;
}

export interface InspectorState {
  views: [string, CardView][];
  opened: string[];
  other: number | null;
}

/** Sections that are open until somebody closes them. */
const OPEN_FIRST = ["Inputs"];

export class Inspector {
  private readonly views = new Map<string, CardView>();
  private opened = new Set(OPEN_FIRST);
  private trace: PanelTrace | null = null;
  private node: number | null = null;
  private jacobian: JacobianCard | null = null;
  private other: number | null = null;
  private takeOther: ((node: number) => void) | null = null;
  /** Answers to a question about another node than the one now shown come too late. */
  private shownAt = 0;

  constructor(
    private readonly root: HTMLElement,
    private readonly events: InspectorEvents,
  ) {}

  get state(): InspectorState {
    return { views: [...this.views], opened: [...this.opened], other: this.jacobian?.chosen ?? this.other };
  }

  set state({ views, opened, other }: InspectorState) {
    for (const [title, view] of views) this.views.set(title, view);
    this.opened = new Set(opened);
    this.other = other;
  }

  /** A click that chooses the other end of a Jacobian selects nothing: then true. */
  takes(node: number): boolean {
    const take = this.takeOther;
    take?.(node);
    return take !== null;
  }

  show(trace: PanelTrace | null, node: number | null, ask: Ask): void {
    if (this.trace === trace && this.node === node) return;
    const sameNode = this.node === node;
    this.trace = trace;
    this.node = node;
    this.takeOther = null;
    if (!sameNode) this.other = null;
    this.shownAt++;
    this.root.hidden = !trace || node === null || !trace.nodes[node];
    if (!trace || node === null || this.root.hidden) this.root.replaceChildren();
    else void this.fill(trace, node, ask);
  }

  private async fill(trace: PanelTrace, index: number, ask: Ask): Promise<void> {
    const shown = this.shownAt;
    this.draw(trace, index, ask, null, null);
    const { name } = trace.nodes[index]!;
    try {
      const facts = await ask({ type: "inspect", node: index, elementwise: formulaOf(name)?.kind === "elementwise" });
      if (shown === this.shownAt) this.draw(trace, index, ask, facts, null);
    } catch (error) {
      if (shown === this.shownAt) this.draw(trace, index, ask, null, error as AnswerError);
    }
  }

  private draw(trace: PanelTrace, index: number, ask: Ask, facts: NodeFacts | null, refused: AnswerError | null): void {
    const node = trace.nodes[index]!;
    const formula = new FormulaCard(
      { gradFn: node.name, name: node.variable, shape: node.shapes[0] ?? [], facts },
      { ask, nameOf: (other) => trace.nodes[other]?.variable, tables: true },
    );
    const context = {
      ask,
      views: this.views,
      changed: () => this.events.changed(),
      pick: (at: number[]) => formula.at(at),
    };
    const label = node.range ? placeLabel(trace.files, node.range) : "";
    const open = (): void => this.events.open(index);
    const leaf = node.name === "AccumulateGrad";
    const card = (title: string, tensor: TensorShown | null | undefined): HTMLElement | null =>
      tensor ? tensorCard(title, tensor, context) : null;
    const several = (title: string, tensors: readonly (TensorFacts | null)[]): (HTMLElement | null)[] =>
      tensors.map((tensor, i) => card(tensors.length > 1 ? `${title} ${i}` : title, tensor));

    const values = facts ? several(leaf ? "Value" : "Result", facts.outputs) : [card("Value", heldBy(trace, index))];
    const arrived = facts?.arrived.some((each) => each !== null)
      ? several(leaf ? "Gradient that arrived last" : "Gradient that arrived", facts.arrived)
      : [card(gradientTitle(node.gradient, node.name), node.gradient)];
    this.jacobian = facts ? this.jacobianCard(trace, index, context) : null;
    this.root.replaceChildren(
      ...[
        header(node.variable ?? node.name, node.variable === undefined ? undefined : node.name, label, open),
        factsLine(trace, index),
        formula.root,
        node.range ? sourceExcerpt(node.range, label, ask, open) : null,
        refused && refused.reason !== "cancelled" ? refusal(refused, () => this.events.runAgain()) : null,
        ...values,
        card(".grad", facts?.grad),
        ...arrived,
        node.gradient || facts?.arrived.some((each) => each) ? null : note("No gradient has arrived here."),
        node.norms && new Set(node.norms.values).size > 1
          ? sparkline(node.norms, "Gradient norm over the passes")
          : null,
        facts ? this.inputs(trace, facts, context) : null,
        facts
          ? this.section(
              "Saved for backward",
              facts.saved.map(({ name, tensor }) => tensorCard(name, tensor, context)),
            )
          : null,
        facts ? attributes(facts) : null,
        this.jacobian?.root ?? null,
      ].filter((part) => part !== null),
    );
  }

  private jacobianCard(trace: PanelTrace, index: number, context: CardContext): JacobianCard {
    const card = new JacobianCard(trace, index, {
      ...context,
      pickOther: (take) => {
        this.takeOther = take;
      },
      runAgain: () => this.events.runAgain(),
    });
    if (this.other !== null && trace.nodes[this.other]) card.choose(this.other);
    return card;
  }

  private inputs(trace: PanelTrace, { inputs, sent, local }: NodeFacts, context: CardContext): HTMLElement | null {
    const rows = inputs.map((input) => {
      const parts = [
        input.tensor ? tensorCard(`Value of ${input.name}`, input.tensor, context) : null,
        card(`∂ result / ∂ ${input.name}`, local[input.edge ?? -1]),
        card(`Gradient sent to ${input.name}`, sent[input.edge ?? -1]),
      ];
      const details = parts.filter((part) => part !== null);
      const title = this.inputTitle(trace, input);
      return details.length === 0
        ? element("div", { class: "input-row" }, [title])
        : this.disclosure(`input ${input.name}`, title, details);
    });
    function card(title: string, tensor: TensorFacts | null | undefined): HTMLElement | null {
      return tensor ? tensorCard(title, tensor, context) : null;
    }
    return this.section("Inputs", rows);
  }

  private inputTitle(trace: PanelTrace, { name, variable, node, shape, number, tensor }: InputFacts): HTMLElement {
    const from = node === undefined ? undefined : trace.nodes[node];
    const link = from ? element("button", { class: "link" }, [from.variable ?? from.name]) : null;
    link?.addEventListener("click", (event) => {
      event.preventDefault();
      this.events.select(node!);
    });
    const single = tensor?.stats.numel === 1 ? formatNumber(tensor.stats.min) : undefined;
    return element("span", { class: "input-title" }, [
      element("span", { class: "argument" }, [name]),
      link ?? (variable === undefined ? null : element("span", {}, [variable])),
      element("span", { class: "shape" }, [number ?? single ?? formatShape(shape)]),
    ]);
  }

  private section(title: string, parts: readonly HTMLElement[]): HTMLElement | null {
    if (parts.length === 0) return null;
    const heading = element("h3", {}, [`${title} `, element("span", { class: "count" }, [String(parts.length)])]);
    return this.disclosure(title, heading, parts);
  }

  /** A part that stays open or closed from one node to the next. */
  private disclosure(key: string, title: HTMLElement, parts: readonly HTMLElement[]): HTMLElement {
    const details = element("details", {}, [element("summary", {}, [title]), ...parts]);
    details.open = this.opened.has(key);
    details.addEventListener("toggle", () => {
      if (details.open === this.opened.has(key)) return;
      if (details.open) this.opened.add(key);
      else this.opened.delete(key);
      this.events.changed();
    });
    return details;
  }
}

function header(title: string, op: string | undefined, label: string, open: () => void): HTMLElement {
  const link = label === "" ? null : element("a", { href: "#", class: "source" }, [label]);
  link?.addEventListener("click", (event) => {
    event.preventDefault();
    open();
  });
  return element("header", {}, [
    element("h2", {}, [title]),
    op === undefined ? null : element("span", { class: "op" }, [op]),
    link,
  ]);
}

function factsLine(trace: PanelTrace, index: number): HTMLElement {
  const node = trace.nodes[index]!;
  const facts: [string, string][] = [
    ["shape", node.shapes.map(formatShape).join(" ")],
    ["dtype", node.dtype],
  ];
  if (node.gradient) facts.push(["‖∇‖", formatNumber(node.gradient.stats.norm)]);
  if (node.repeats > 1) facts.push(["repeats", `×${node.repeats}`]);
  return pairs(facts);
}

function attributes({ attributes: all }: NodeFacts): HTMLElement | null {
  const told = all.filter(({ text }) => text !== "None");
  if (told.length === 0) return null;
  return element("section", {}, [element("h3", {}, ["Attributes"]), pairs(told.map(({ name, text }) => [name, text]))]);
}

function pairs(facts: readonly (readonly [string, string])[]): HTMLElement {
  const cells = facts.map(([name, text]) => element("div", {}, [element("dt", {}, [name]), element("dd", {}, [text])]));
  return element("dl", { class: "facts" }, cells);
}

function note(text: string): HTMLElement {
  return element("p", { class: "note" }, [text]);
}

function gradientTitle(gradient: Gradient | undefined, name: string): string {
  return gradient?.source === "grad" || name === "AccumulateGrad" ? "Gradient" : "Gradient that arrived";
}

/** Of the last capture that this node made. */
function heldBy(trace: PanelTrace, index: number): TensorSummary | null {
  for (let i = trace.captures.length - 1; i >= 0; i--) {
    const { last } = trace.captures[i]!;
    if (last.kind === "tensor" && last.node === index) return last.tensor;
  }
  return null;
}
