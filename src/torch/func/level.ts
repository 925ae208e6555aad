/**
 * A level of differentiation: inside it a function sees fresh inputs, and what comes out belongs to the world outside.
 *
 * Levels nest by the graph itself. An input that already requires grad (of an outer level, or of the user's own graph) is
 * seen through a view, so that its history goes on; any other is seen as a leaf that only this level knows. A result that
 * leads to no leaf but this level's own is cut off: outside it is a constant.
 */
import { grad as autogradGrad } from "../autograd/backward";
import { mode, withoutGrad } from "../autograd/gradMode";
import { AccumulateGrad, type Node } from "../autograd/node";
import { RuntimeError, ValueError } from "../errors";
import { typeText } from "../pythonText";
import { gradFnOf, gradientEdge, Tensor } from "../tensor";
import { mapTree } from "./tree";

export class Level {
  /** Leaves that only this level knows. */
  readonly #own = new Set<Node>();
  /** Whether the world outside records: under `no_grad`, nothing that comes out has a history. */
  readonly #recorded = mode.grad;

  /** Runs `f` with recording on, whatever it is outside. */
  run<T>(f: () => T): T {
    const before = mode.grad;
    mode.grad = true;
    try {
      return f();
    } finally {
      mode.grad = before;
    }
  }

  /** The input as the function inside sees it. Throws ValueError for what is no tensor, RuntimeError for integers. */
  input(value: unknown): Tensor {
    if (!(value instanceof Tensor)) {
      throw new ValueError(`Thing passed to transform API must be Tensor, got <class '${typeText(value)}'>`);
    }
    if (!value.dtype.is_floating_point) {
      throw new RuntimeError("only Tensors of floating point dtype can require gradients");
    }
    if (this.#recorded && value.requires_grad) return this.run(() => value.view_as(value));
    return this.leaf(value.detach());
  }

  /** Makes a tensor without history a leaf of this level. */
  leaf(value: Tensor): Tensor {
    value.requires_grad = true;
    this.#own.add(gradientEdge(value)[0]!);
    return value;
  }

  /** Whether any of the tensors leads to a leaf of the world outside, which may ask for derivatives in its turn. */
  reachesOut(tensors: readonly Tensor[]): boolean {
    if (!this.#recorded) return false;
    const seen = new Set<Node>();
    const stack: Node[] = [];
    const visit = (node: Node | null): void => {
      if (node === null || seen.has(node) || this.#own.has(node)) return;
      seen.add(node);
      stack.push(node);
    };
    for (const t of tensors) {
      // A leaf of the outside, returned as it is.
      if (gradFnOf(t) === null && t.leafRequiresGrad && !this.#own.has(gradientEdge(t)[0]!)) return true;
      visit(gradFnOf(t));
    }
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (node instanceof AccumulateGrad) return true;
      for (const [next] of node.next_functions) visit(next);
    }
    return false;
  }

  /** A result as the world outside sees it: cut off where it depends on nothing there. */
  output(tree: any): any {
    return mapTree(tree, (t) =>
      t instanceof Tensor && t.requires_grad && !this.reachesOut([t]) ? withoutGrad(() => t.detach()) : t,
    );
  }

  /** Gradients of `outputs` by `inputs` with the given cotangents; zeros where there is no way from one to the other. */
  pull(
    outputs: readonly Tensor[],
    inputs: readonly Tensor[],
    cotangents: readonly (Tensor | null)[],
    createGraph: boolean,
  ): Tensor[] {
    const used = outputs.flatMap((o, i) => (o.requires_grad ? [i] : []));
    if (used.length === 0) return inputs.map((x) => x.detach().zeros_like());
    const found: (Tensor | null)[] = autogradGrad(
      used.map((i) => outputs[i]),
      inputs,
      {
        grad_outputs: used.map((i) => cotangents[i]),
        create_graph: createGraph,
        retain_graph: true,
        allow_unused: true,
      },
    );
    return found.map((g, i) => g ?? inputs[i].detach().zeros_like());
  }
}

/** Which positional arguments are differentiated: a number, or an array of them, negative from the end. */
export type Argnums = number | readonly number[];

/** Argnums as positions. Throws RuntimeError with PyTorch's texts. */
export function positions(argnums: Argnums, count: number): number[] {
  const list = typeof argnums === "number" ? [argnums] : [...argnums];
  if (list.length === 0) throw new RuntimeError("argnums must be non-empty");
  const found = list.map((n) => {
    if (!Number.isInteger(n)) throw new RuntimeError(`argnum must be int, got: <class '${typeText(n)}'>`);
    if (n < -count || n >= count) throw new RuntimeError(`Got argnum=${n}, but only ${count} positional inputs`);
    return n < 0 ? n + count : n;
  });
  if (new Set(found).size !== found.length) {
    throw new RuntimeError(`argnums elements must be unique, got (${list.join(", ")})`);
  }
  return found;
}

/** `[output, aux]` of a function that returns both. Throws RuntimeError for anything else. */
export function splitAux(result: any, hasAux: boolean, api: string): [any, any] {
  if (!hasAux) return [result, undefined];
  if (Array.isArray(result) && result.length === 2) return [result[0], result[1]];
  throw new RuntimeError(`${api}: output of function f should be a tuple: (output, aux) if has_aux is True`);
}
