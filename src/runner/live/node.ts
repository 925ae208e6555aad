/** All that is known of one grad_fn and of the last time it ran. */
import { AccumulateGrad, type Node } from "../../torch/autograd/node";
import { belowAutograd, OpNode } from "../../torch/dispatch";
import { numberText } from "../../torch/pythonText";
import { allocate, type Tensor, type TensorMeta } from "../../torch/tensor";
import { asItWas, isKept, withSaved } from "../../trace/keep";
import type { Entry } from "../../trace/structure";
import type { InputFacts, NodeFacts, TensorRef } from "../questions";
import { factsOf } from "./tensors";

export interface Graph {
  entry(index: number): Entry | undefined;
  /** Index of a grad_fn's entry, -1 for none. */
  indexOf(node: Node): number;
  /** A tensor that the program still names and that this grad_fn made. */
  named(node: Node, output: number): Tensor | null;
  /** What the program calls a tensor. */
  nameOf(tensor: Tensor): string | undefined;
}

/** An argument of an op: in its node, and as it was kept. */
interface Argument {
  name: string;
  value: unknown;
  kept: unknown;
  tensor: boolean;
  /** Position in `next_functions`; -1 for none. */
  edge: number;
}

export class NodeAnswers {
  readonly node: Node;

  constructor(
    private readonly graph: Graph,
    private readonly index: number,
    private readonly entry: Entry,
  ) {
    this.node = entry.lastNode ?? entry.node;
  }

  facts(elementwise: boolean): NodeFacts {
    const { node, entry, index } = this;
    const told = (of: "output" | "arrived" | "sent" | "local", i: number) => {
      const tensor = this.tensor(of, i, elementwise);
      return tensor && factsOf({ of, node: index, index: i }, tensor);
    };
    const edges = node.next_functions.map((_, i) => i);
    const outputs = node.outputs.map((_, i) => i);
    const spec = node instanceof OpNode ? node.spec : undefined;
    const saved = entry.held.flatMap(({ name }, i) => {
      const tensor = this.tensor("saved", i);
      const ref: TensorRef = { of: "saved", node: index, index: i };
      return tensor ? [{ name, tensor: factsOf(ref, tensor) }] : [];
    });
    return {
      ...(spec ? { schema: spec.text, doc: spec.doc } : {}),
      outputs: outputs.map((i) => told("output", i)),
      arrived: outputs.map((i) => told("arrived", i)),
      inputs: this.arguments().flatMap((argument, i) => this.input(argument, i)),
      sent: edges.map((i) => told("sent", i)),
      local: edges.map((i) => told("local", i)),
      saved,
      attributes: this.arguments().flatMap(({ name, value, tensor }) =>
        tensor || value === undefined ? [] : [{ name, text: attributeText(value) }],
      ),
      ...(node instanceof AccumulateGrad && node.variable.grad
        ? { grad: factsOf({ of: "grad", node: index, index: 0 }, node.variable.grad) }
        : {}),
    };
  }

  /** null where it is not there, or not any more. */
  tensor(of: Exclude<TensorRef["of"], "jacobian" | "product">, i: number, elementwise = true): Tensor | null {
    const { node, entry } = this;
    switch (of) {
      case "output":
        return this.output(i);
      case "arrived":
        return entry.lastGradients[i] ?? null;
      case "sent":
        return entry.lastSent[i] ?? null;
      case "saved": {
        const held = entry.held[i];
        return held ? withSaved([held], () => attempt(() => held.saved.unpack())) : null;
      }
      case "input": {
        const argument = this.arguments()[i];
        return argument ? this.inputTensor(argument) : null;
      }
      case "local":
        return this.local(i, elementwise);
      case "grad":
        return node instanceof AccumulateGrad ? node.variable.grad : null;
    }
  }

  private output(i: number): Tensor | null {
    const { node } = this;
    if (node instanceof AccumulateGrad) return node.variable;
    const kept = node.kept?.outputs[i];
    return (kept && asItWas(kept)) ?? this.graph.named(node, i);
  }

  /** ∂ output / ∂ input, where it is one tensor: row 0 of the Jacobian for a single number, its diagonal element by element. */
  private local(edge: number, elementwise: boolean): Tensor | null {
    const { node, entry } = this;
    const [meta, another] = node.outputs;
    if (!meta || another || node instanceof AccumulateGrad || !node.next_functions[edge]?.[0]) return null;
    const single = meta.shape.every((size) => size === 1);
    if (!single && !elementwise) return null;
    const ones = belowAutograd(() => allocate([...meta.shape], meta.dtype).add(1) as Tensor);
    const sent = withSaved(entry.held, () => belowAutograd(() => attempt(() => node.apply([ones]))));
    return sent?.[edge] ?? null;
  }

  private arguments(): Argument[] {
    const { node } = this;
    if (!(node instanceof OpNode)) {
      const edges = node instanceof AccumulateGrad ? [] : node.next_functions;
      return edges.map((_, edge) => ({ name: `input ${edge}`, value: null, kept: null, edge, tensor: true }));
    }
    let edges = 0;
    return node.spec.schema.params.flatMap(({ name, base }, i): Argument[] => {
      const value = node.args[i];
      const kept = node.kept?.inputs[i] ?? null;
      const one = (name: string, value: unknown, kept: unknown): Argument => {
        const tensor = base === "Tensor" && value !== null;
        const counts = tensor || node.spec.isAbsentTensor(i, value);
        return { name, value, kept, tensor, edge: counts && node.spec.edges[i] ? edges++ : -1 };
      };
      if (base !== "Tensor" || !Array.isArray(value)) return [one(name, value, kept)];
      return value.map((each, k) => one(`${name}[${k}]`, each, (kept as unknown[] | null)?.[k] ?? null));
    });
  }

  private input(argument: Argument, i: number): InputFacts[] {
    const { name, value, edge } = argument;
    if (!argument.tensor) return [];
    const tensor = this.inputTensor(argument);
    if (tensor?.wrappedNumber) return [{ name, shape: [], number: numberText(Number(tensor.item())) }];
    const [from, output] = this.node.next_functions[edge] ?? [null, 0];
    const node = from ? this.graph.indexOf(from) : -1;
    const variable = tensor && this.graph.nameOf(tensor);
    const { shape } = tensor ?? (value as TensorMeta | null) ?? from?.outputs[output] ?? { shape: [] };
    return [
      {
        name,
        ...(variable === undefined || variable === null ? {} : { variable }),
        shape: [...shape],
        ...(node >= 0 ? { node } : {}),
        ...(edge >= 0 ? { edge } : {}),
        ...(tensor ? { tensor: factsOf({ of: "input", node: this.index, index: i }, tensor) } : {}),
      },
    ];
  }

  private inputTensor({ name, kept }: Argument): Tensor | null {
    const then = isKept(kept) ? asItWas(kept) : null;
    if (then) return then;
    const saved = this.entry.held.findIndex((held) => held.name === name);
    return saved >= 0 ? this.tensor("saved", saved) : null;
  }
}

/** null where the user's own backward, or a tensor changed since, throws. */
function attempt<T>(f: () => T): T | null {
  try {
    return f();
  } catch {
    return null;
  }
}

function attributeText(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return numberText(value);
  return Array.isArray(value) ? `[${value.map(attributeText).join(", ")}]` : String(value);
}
