/** The derivative of one result by another: the matrix as a heat map, and its products with a vector. */
import { formatShape } from "../../src/graph";
import { reach, type Way } from "../../src/graph/reach";
import type { AnswerError, Question, Vector } from "../../src/runner/questions";
import { element } from "../dom";
import type { PanelAnswerTo, PanelTrace } from "../protocol";
import { heatMap } from "./heatMap";
import { type CardContext, tensorCard } from "./tensorCard";

export interface JacobianContext extends CardContext {
  /** The next node that is selected becomes the other end; called with null to give that up. */
  pickOther(take: ((node: number) => void) | null): void;
  /** Runs the program again. */
  runAgain(): void;
}

/** Elements of a Jacobian that is computed without being asked for. */
const AT_ONCE = 1 << 16;
/** Ends offered in the list; any other can be picked in the graph. */
const OFFERED = 200;
const SHOW_BACK = "vJ";

export class JacobianCard {
  readonly root: HTMLElement;
  private readonly ends: HTMLSelectElement;
  private readonly matrix = element("div", { class: "jacobian-result" });
  private readonly product = element("div", { class: "jacobian-result" });
  private readonly controls = element("div", { class: "product-controls" });
  private readonly pickButton: HTMLButtonElement;
  private stop: AbortController | null = null;
  private other: number | null = null;
  private readonly above: ReadonlySet<number>;

  constructor(
    private readonly trace: PanelTrace,
    private readonly node: number,
    private readonly context: JacobianContext,
  ) {
    const others = (way: Way): number[] => [...reach(trace, node, [way])].filter((other) => other !== node);
    const [below, above] = [others("down"), others("up")];
    this.above = new Set(above);
    this.ends = element("select", { "aria-label": "The other end of the Jacobian" }, [
      element("option", { value: "" }, ["choose a result…"]),
      this.group("by what it is made from", below),
      this.group("of what is made from it", above),
    ]);
    this.ends.addEventListener("change", () => this.choose(this.ends.value === "" ? null : Number(this.ends.value)));
    this.pickButton = element("button", { class: "secondary", "aria-pressed": "false" }, ["Pick in graph"]);
    this.pickButton.addEventListener("click", () => this.togglePick());
    const related = below.length + above.length > 0;
    this.root = element("section", { class: "jacobian", "aria-label": "Jacobian" }, [
      element("h3", {}, ["Jacobian"]),
      related
        ? element("div", { class: "jacobian-ends" }, [this.ends, this.pickButton])
        : element("p", { class: "note" }, ["Nothing was made from this, and it from nothing that has a gradient."]),
      this.matrix,
      this.controls,
      this.product,
    ]);
  }

  /** The other end, so that it outlives a re-run. */
  get chosen(): number | null {
    return this.other;
  }

  choose(other: number | null): void {
    this.stop?.abort();
    this.other = other;
    this.pick(false);
    this.matrix.replaceChildren();
    this.product.replaceChildren();
    this.controls.replaceChildren();
    this.context.changed();
    if (other === null) return;
    if (!this.ends.querySelector(`option[value="${other}"]`)) this.ends.append(this.option(other));
    this.ends.value = String(other);
    const { of, by } = this.between(other);
    const [rows, columns] = [this.size(of), this.size(by)];
    const name = `∂${this.label(of)}/∂${this.label(by)}`;
    const title = element("p", { class: "jacobian-title" }, [
      element("strong", {}, [name]),
      element("span", { class: "shape" }, [`${rows} × ${columns}`]),
    ]);
    const compute = element("button", { class: "secondary" }, ["Compute"]);
    const place = element("div");
    compute.addEventListener("click", () => {
      compute.remove();
      void this.compute(name, place);
    });
    const atOnce = rows * columns <= AT_ONCE;
    this.matrix.replaceChildren(title, ...(atOnce ? [] : [compute]), place);
    if (atOnce) void this.compute(name, place);
    this.productControls();
  }

  private async compute(name: string, place: HTMLElement): Promise<void> {
    const question = { type: "jacobian", ...this.results() } as const;
    await this.run(question, place, (jacobian) => {
      const labels = { name };
      const picture = heatMap(jacobian.picture, labels);
      return [picture, tensorCard("Matrix", jacobian.facts, this.context)];
    });
  }

  private productControls(): void {
    const { of, by } = this.between(this.other!);
    const side = element("select", { "aria-label": "Side of the product" }, [
      element("option", { value: SHOW_BACK }, ["v · J"]),
      element("option", { value: "Jv" }, ["J · v"]),
    ]);
    const kind = element("select", { "aria-label": "The vector v" });
    const detail = element("input", { type: "text", "aria-label": "Numbers of v", hidden: "" });
    const button = element("button", { class: "secondary" }, ["Multiply"]);
    const offer = (): void => {
      const end = side.value === SHOW_BACK ? of : by;
      const shape = formatShape(this.trace.nodes[end]!.shapes[0] ?? []);
      kind.replaceChildren(
        element("option", { value: "ones" }, [`v = ones ${shape}`]),
        element("option", { value: "arrived" }, [`v = ∇${this.label(end)}`]),
        element("option", { value: "unit" }, ["v = 1 at one element"]),
        element("option", { value: "values" }, ["v = numbers"]),
      );
      ask();
    };
    const ask = (): void => {
      detail.hidden = kind.value !== "unit" && kind.value !== "values";
      detail.placeholder = kind.value === "unit" ? "0" : "1, 0, -1";
    };
    side.addEventListener("change", offer);
    kind.addEventListener("change", ask);
    const multiply = (): void => {
      const v = vectorOf(kind.value, detail.value);
      if (typeof v === "string") {
        this.product.replaceChildren(element("p", { class: "note", role: "alert" }, [v]));
        return;
      }
      const title = `${side.value === SHOW_BACK ? "v · " : ""}∂${this.label(of)}/∂${this.label(by)}${side.value === SHOW_BACK ? "" : " · v"}`;
      const question = { type: "product", ...this.results(), side: side.value as "vJ" | "Jv", v } as const;
      void this.run(question, this.product, ({ facts }) => [tensorCard(title, facts, this.context)]);
    };
    button.addEventListener("click", multiply);
    detail.addEventListener("keydown", ({ key }) => key === "Enter" && multiply());
    offer();
    this.controls.replaceChildren(side, kind, detail, button);
  }

  /** Asks, with a way to have enough of it, and shows the answer or why there is none. */
  private async run<Q extends Extract<Question, { type: "jacobian" | "product" }>>(
    question: Q,
    place: HTMLElement,
    show: (answer: PanelAnswerTo<Q>) => Node[],
  ): Promise<void> {
    this.stop?.abort();
    const stop = new AbortController();
    this.stop = stop;
    const bar = element("progress", { max: "1", "aria-label": "Computing" });
    const cancel = element("button", { class: "secondary" }, ["Cancel"]);
    cancel.addEventListener("click", () => stop.abort());
    const wait = setTimeout(() => place.replaceChildren(element("p", { class: "computing" }, [bar, cancel])), 120);
    const onProgress = (done: number, total: number): void => {
      bar.value = done / total;
    };
    try {
      const answer = await this.context.ask(question, { signal: stop.signal, onProgress });
      place.replaceChildren(...show(answer));
    } catch (error) {
      place.replaceChildren(refusal(error as AnswerError, () => this.context.runAgain()));
    } finally {
      clearTimeout(wait);
    }
  }

  private results() {
    const { of, by } = this.between(this.other!);
    return { of: { node: of, output: 0 }, by: { node: by, output: 0 } };
  }

  /** The later result is derived by the earlier one. */
  private between(other: number): { of: number; by: number } {
    return this.above.has(other) ? { of: other, by: this.node } : { of: this.node, by: other };
  }

  private size(node: number): number {
    return (this.trace.nodes[node]!.shapes[0] ?? []).reduce((product, size) => product * size, 1);
  }

  private label(node: number): string {
    const { variable, name } = this.trace.nodes[node]!;
    return variable ?? name;
  }

  private group(label: string, nodes: readonly number[]): HTMLOptGroupElement | null {
    // What the program names comes first; of the rest the nearest.
    const named = nodes.filter((node) => this.trace.nodes[node]!.variable !== undefined);
    const rest = nodes.filter((node) => this.trace.nodes[node]!.variable === undefined);
    const offered = [...named, ...rest].slice(0, OFFERED);
    if (offered.length === 0) return null;
    return element(
      "optgroup",
      { label },
      offered.map((node) => this.option(node)),
    );
  }

  private option(node: number): HTMLOptionElement {
    const { shapes, range } = this.trace.nodes[node]!;
    const place = range ? `, line ${range.start.line + 1}` : "";
    return element("option", { value: String(node) }, [`${this.label(node)} ${formatShape(shapes[0] ?? [])}${place}`]);
  }

  private togglePick(): void {
    this.pick(this.pickButton.getAttribute("aria-pressed") !== "true");
  }

  private pick(on: boolean): void {
    this.pickButton.setAttribute("aria-pressed", String(on));
    this.pickButton.textContent = on ? "Now click the other node" : "Pick in graph";
    this.context.pickOther(on ? (node) => this.choose(node === this.node ? null : node) : null);
  }
}

export function refusal({ reason, message }: AnswerError, runAgain: () => void): HTMLElement {
  const note = element("p", { class: "note refusal", role: "status" }, [message]);
  if (reason === "gone" || reason === "unkept") {
    const again = element("button", { class: "secondary host-only" }, ["Run Again"]);
    again.addEventListener("click", runAgain);
    note.append(" ", again);
  }
  return note;
}

/** What the person chose, or what is wrong with it. */
function vectorOf(kind: string, text: string): Vector | string {
  if (kind === "ones" || kind === "arrived") return { kind };
  const numbers = text.split(/[\s,;[\]]+/).filter((part) => part !== "");
  const values = numbers.map(Number);
  if (values.some(Number.isNaN)) return `'${numbers[values.findIndex(Number.isNaN)]}' is no number.`;
  if (kind === "values")
    return values.length > 0 ? { kind: "values", values } : "Write the numbers of v, with commas between.";
  const [index = 0] = values;
  return Number.isInteger(index) && index >= 0 ? { kind: "unit", index } : "Write the element's place, counted from 0.";
}
