/** The op's formula and its derivatives, with the actual numbers at one element filled in. */
import { type Expression, formulaOf, show, simplify } from "../../src/graph/formula";
import type { InputFacts, NodeFacts, TensorRef } from "../../src/runner/questions";
import type { Ask } from "../asker";
import { element } from "../dom";

export interface FormulaContext {
  ask: Ask;
  /** What a node is called: its variable. */
  nameOf(node: number): string | undefined;
  /** Whether there are tables beside it in which another element can be clicked. */
  tables?: boolean;
}

/** A node as the formula needs it. */
export interface FormulaOf {
  gradFn: string;
  /** Its variable. */
  name: string | undefined;
  shape: readonly number[];
  facts: NodeFacts | null;
}

/** Words that stand for a name in a structured formula. */
const WORD = /[A-Za-z_]\w*/g;

export class FormulaCard {
  readonly root = element("section", { class: "formula", "aria-label": "Formula" });
  private index: number[];

  constructor(
    private readonly node: FormulaOf,
    private readonly context: FormulaContext,
  ) {
    this.index = node.shape.map(() => 0);
    void this.draw();
  }

  /** Fills in the numbers of another element. */
  at(index: number[]): void {
    this.index = index;
    void this.draw();
  }

  private async draw(): Promise<void> {
    const { gradFn, facts } = this.node;
    const formula = formulaOf(gradFn);
    this.root.hidden = false;
    if (formula?.kind === "elementwise") {
      this.root.replaceChildren(...this.symbolic(formula.value, formula.by));
      if (!facts) return;
      const numbers = await this.numbers();
      if (numbers) this.root.replaceChildren(...this.filled(formula.value, formula.by, numbers));
    } else if (formula) {
      const rows = [...formula.by].filter(([argument]) => this.takesGradient(argument));
      this.root.replaceChildren(
        line(`${this.result} = ${this.named(formula.value)}`),
        ...rows.map(([argument, text]) => line(`∇${this.call(argument)} = ${this.named(text)}`)),
      );
    } else if (facts?.doc) {
      this.root.replaceChildren(element("p", { class: "doc" }, [facts.doc.split("\n\n")[0]!]));
    } else {
      this.root.hidden = true;
    }
  }

  private symbolic(value: Expression, by: ReadonlyMap<string, Expression>): HTMLElement[] {
    const names = (name: string): string => this.call(name);
    const plain = (part: Expression): string =>
      show(
        simplify(part, (name) => this.isOne(name)),
        names,
      );
    const rows = [...by].filter(([argument]) => this.takesGradient(argument));
    return [
      line(`${this.result} = ${plain(value)}`),
      ...rows.map(([argument, part]) => line(`∂${this.result}/∂${this.call(argument)} = ${plain(part)}`)),
    ];
  }

  private filled(
    value: Expression,
    by: ReadonlyMap<string, Expression>,
    numbers: ReadonlyMap<string, string>,
  ): HTMLElement[] {
    const number = (name: string): string => numbers.get(name) ?? this.call(name);
    const shorter = (part: Expression): Expression => simplify(part, (name) => this.isOne(name));
    const chain = (left: string, part: Expression, result: string | undefined): HTMLElement => {
      const [symbols, figures] = [show(shorter(part), (name) => this.call(name)), show(shorter(part), number)];
      const steps = [
        symbols,
        ...(figures === symbols || figures === result ? [] : [figures]),
        ...(result ? [result] : []),
      ];
      return line(left, ...steps.map((step) => ` = ${step}`));
    };
    const rows = [chain(this.result, value, numbers.get("result"))];
    for (const [argument, part] of by) {
      if (!this.takesGradient(argument)) continue;
      const name = this.call(argument);
      const local = numbers.get(`∂${argument}`);
      rows.push(chain(`∂${this.result}/∂${name}`, part, local));
      const [g, sent] = [numbers.get("g"), numbers.get(`∇${argument}`)];
      if (g === undefined || sent === undefined || local === undefined) continue;
      const product = `${g} · ${/^-/.test(local) ? `(${local})` : local}`;
      rows.push(line(`∇${name}`, ` = ∇${this.result} · ∂${this.result}/∂${name}`, ` = ${product}`, ` = ${sent}`));
    }
    if (this.index.length > 0) {
      rows.unshift(
        element("p", { class: "note" }, [
          `At element [${this.index.join(", ")}]${this.context.tables ? "; click another in a table" : ""}.`,
        ]),
      );
    }
    return rows;
  }

  private get result(): string {
    return this.node.name ?? "result";
  }

  private takesGradient(argument: string): boolean {
    const { facts } = this.node;
    if (!facts) return true;
    return facts.inputs.some(({ name, node }) => plainName(name) === argument && node !== undefined);
  }

  private isOne(argument: string): boolean {
    return this.node.facts?.attributes.some(({ name, text }) => name === argument && text === "1") ?? false;
  }

  /** The variable's name for an argument's; what is no argument stays. */
  private call(argument: string): string {
    if (argument === "result") return this.result;
    const { facts } = this.node;
    const input = facts?.inputs.find(({ name }) => plainName(name) === argument);
    if (input) return input.number ?? this.inputName(input) ?? argument;
    return facts?.attributes.find(({ name, text }) => name === argument && text !== "None")?.text ?? argument;
  }

  private inputName({ node, variable }: InputFacts): string | undefined {
    return (node === undefined ? undefined : this.context.nameOf(node)) ?? variable;
  }

  private named(text: string): string {
    const g = `∇${this.result}`;
    return text.replace(WORD, (word) => (word === "g" ? g : this.isArgument(word) ? this.call(word) : word));
  }

  private isArgument(word: string): boolean {
    if (word === "result") return true;
    const { facts } = this.node;
    const known = [...(facts?.inputs ?? []), ...(facts?.attributes ?? [])];
    return known.some(({ name }) => plainName(name) === word);
  }

  /** As PyTorch prints them: arguments, `result`, `g`, `∂argument` and `∇argument`; null when none can be had. */
  private async numbers(): Promise<Map<string, string> | null> {
    const { facts, shape } = this.node;
    if (!facts) return null;
    const wanted = new Map<string, { ref: TensorRef; shape: readonly number[] }>();
    const add = (name: string, tensor: { ref: TensorRef; shape: readonly number[] } | null | undefined): void => {
      if (tensor) wanted.set(name, tensor);
    };
    add("result", facts.outputs[0]);
    add("g", facts.arrived[0]);
    for (const { name, tensor, edge = -1 } of facts.inputs) {
      add(plainName(name), tensor);
      add(`∂${plainName(name)}`, facts.local[edge]);
      add(`∇${plainName(name)}`, facts.sent[edge]);
    }
    try {
      const found = await Promise.all(
        [...wanted].map(async ([name, { ref, shape: own }]): Promise<[string, string]> => {
          const index = broadcast(this.index, shape, own);
          const [row = 0, column = 0] = index.length === 1 ? [index[0]] : index.slice(-2);
          const at = index.slice(0, -2);
          const part = { rows: [row, row + 1] as [number, number], columns: [column, column + 1] as [number, number] };
          const values = await this.context.ask({ type: "values", tensor: ref, at, ...part });
          return [name, values.rows[0]?.[0] ?? "?"];
        }),
      );
      for (const { name, text } of facts.attributes) if (text !== "None") found.push([name, text]);
      for (const { name, number } of facts.inputs) if (number !== undefined) found.push([plainName(name), number]);
      return new Map(found);
    } catch {
      return null;
    }
  }
}

/** Place of a result's element in an input that was broadcast to it. */
function broadcast(index: readonly number[], shape: readonly number[], own: readonly number[]): number[] {
  const lead = shape.length - own.length;
  return own.map((size, d) => (size === 1 ? 0 : (index[d + lead] ?? 0)));
}

/** `tensors[2]` is one of the argument `tensors`. */
function plainName(name: string): string {
  return name.replace(/\[\d+\]$/, "");
}

function line(...parts: string[]): HTMLElement {
  return element(
    "p",
    { class: "formula-line" },
    parts.map((part) => element("span", {}, [part])),
  );
}
