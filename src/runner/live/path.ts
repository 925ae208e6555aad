/** Vector-Jacobian products between two grad_fns of a graph that has run, without hooks and without leaving a trace. */
import { runBackward } from "../../torch/autograd/engine";
import { mode } from "../../torch/autograd/gradMode";
import type { Node } from "../../torch/autograd/node";
import { belowAutograd } from "../../torch/dispatch";
import { allocate, type Tensor, type TensorMeta } from "../../torch/tensor";
import { type Held, withSaved } from "../../trace/keep";

/** A result: its grad_fn (a leaf's AccumulateGrad) and which of its outputs. */
export interface End {
  node: Node;
  output: number;
}

export function metaOf({ node, output }: End): TensorMeta {
  return node.outputs[output]!;
}

/** Everything between the result of `of` and that of `by`, in the order in which backward runs it. */
export class Path {
  private readonly held: Held[];

  private constructor(
    private readonly of: End,
    private readonly by: End,
    private readonly order: readonly Node[],
    heldBy: (node: Node) => readonly Held[],
  ) {
    this.held = order.flatMap((node) => [...heldBy(node)]);
  }

  /** null if the one does not depend on the other. */
  static between(of: End, by: End, heldBy: (node: Node) => readonly Held[]): Path | null {
    if (of.node === by.node) return of.output === by.output ? new Path(of, by, [], heldBy) : null;
    const leads = new Map<Node, boolean>([[by.node, true]]);
    const order: Node[] = [];
    const stack: { node: Node; next: number }[] = [{ node: of.node, next: 0 }];
    leads.set(of.node, false);
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const functions = top.node.next_functions;
      if (top.next < functions.length) {
        const child = functions[top.next++]![0];
        if (!child || leads.has(child)) continue;
        leads.set(child, false);
        stack.push({ node: child, next: 0 });
      } else {
        stack.pop();
        if (!functions.some(([child]) => child && leads.get(child))) continue;
        leads.set(top.node, true);
        order.push(top.node);
      }
    }
    return leads.get(of.node) ? new Path(of, by, order.reverse(), heldBy) : null;
  }

  /** vᵀ J */
  vjp(v: Tensor): Tensor {
    return withSaved(this.held, () => belowAutograd(() => this.pull(v)));
  }

  /** J v: vᵀ J is linear in v, and its derivative is J. */
  jvp(v: Tensor): Tensor {
    return withSaved(this.held, () =>
      belowAutograd(() => {
        const { shape, dtype } = metaOf(this.of);
        const u = allocate([...shape], dtype).requires_grad_();
        mode.grad = true;
        const pulled = this.pull(u);
        if (!pulled.requires_grad) return allocate([...shape], dtype);
        const run = {
          roots: [pulled],
          gradients: [v],
          retainGraph: true,
          createGraph: false,
          inputs: [u],
          capture: true,
        };
        return runBackward(run)[0] ?? allocate([...shape], dtype);
      }),
    );
  }

  private pull(v: Tensor): Tensor {
    const { of, by } = this;
    const sums = new Map([[of.node, of.node.outputs.map((_, i): Tensor | null => (i === of.output ? v : null))]]);
    for (const node of this.order) {
      const arrived = sums.get(node);
      if (!arrived) continue;
      const sent = node.apply(arrived);
      for (const [i, [next, output]] of node.next_functions.entries()) {
        const gradient = sent[i];
        if (!next || !gradient) continue;
        const meta = next.outputs[output]!;
        const fitted = gradient.shape.join() === meta.shape.join() ? gradient : gradient.sum_to_size(meta.shape);
        const cast = fitted.dtype === meta.dtype ? fitted : (fitted.to(meta.dtype) as Tensor);
        const buffer = sums.get(next) ?? next.outputs.map(() => null);
        const before = buffer[output];
        buffer[output] = before ? before.add(cast) : cast;
        sums.set(next, buffer);
      }
    }
    const { shape, dtype } = metaOf(by);
    return sums.get(by.node)?.[by.output] ?? allocate([...shape], dtype);
  }
}
