/** The backward pass: PyTorch's, iterative, one ready queue ordered by sequence number. */
import { promote_types } from "../dtype";
import { RuntimeError } from "../errors";
import { seam } from "../observer";
import { isExpandableTo, sameShape, sizeText } from "../shape";
import { gradientEdge, type Tensor, type TensorMeta } from "../tensor";
import { anomaly, applyWatched } from "./anomaly";
import { mode } from "./gradMode";
import { AccumulateGrad, type Edge, type Node } from "./node";

export interface BackwardRun {
  roots: readonly Tensor[];
  /** One for each root. */
  gradients: readonly Tensor[];
  retainGraph: boolean;
  createGraph: boolean;
  /** Where gradients stop and are handed out (`autograd.grad`) or accumulated (`backward(inputs=)`); null: at every leaf. */
  inputs: readonly Tensor[] | null;
  /** Hand the gradients of `inputs` out instead of accumulating them. */
  capture: boolean;
}

/** Which outputs of which node are asked for: position in `inputs` by output number. */
type Captures = Map<Node, Map<number, number[]>>;

/**
 * Runs backward from the roots. Returns the gradient of each of `inputs` when they are captured (null where none arrived).
 * Throws RuntimeError with PyTorch's texts; what a hook throws comes out unchanged.
 */
export function runBackward(run: BackwardRun): (Tensor | null)[] {
  const edges = run.roots.map((root) => gradientEdge(root));
  const observer = seam.observer;
  observer?.backwardStart?.(run.roots, run.createGraph);
  let failure: unknown;
  const previous = mode.grad;
  mode.grad = run.createGraph;
  try {
    return traverse(run, edges);
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    mode.grad = previous;
    observer?.backwardEnd?.(failure);
  }
}

function traverse(run: BackwardRun, rootEdges: Edge[]): (Tensor | null)[] {
  const waiting = countDependencies(rootEdges);
  const captures = run.inputs === null ? null : captureSites(run.inputs);
  const needed = captures === null ? null : nodesLeadingTo(captures, waiting);
  const captured: (Tensor | null)[] = new Array(run.inputs?.length ?? 0).fill(null);
  const buffers = new Map<Node, InputBuffer>();
  const ready = new ReadyQueue();

  rootEdges.forEach(([node, output], i) => {
    if (node === null) return;
    bufferOf(buffers, node).add(output, validated(run.gradients[i], node.outputs[output], node, i));
  });
  // A root that feeds another root waits for it like any inner node.
  for (const node of buffers.keys()) if (!waiting.get(node)) ready.push(node);

  for (let node = ready.pop(); node !== null; node = ready.pop()) {
    const buffer = bufferOf(buffers, node);
    buffers.delete(node);
    const wanted = captures?.get(node);
    const runs = needed === null || needed.has(node);
    const arrived = buffer.grads(node);
    if (wanted !== undefined) {
      for (const [output, positions] of wanted) for (const p of positions) captured[p] = arrived[output] ?? null;
    }
    if (!runs) continue;
    const inputs = runNode(node, runPreHooks(node, runTensorHooks(node, arrived)));
    if (!run.retainGraph) node.release();
    node.next_functions.forEach(([next, output], i) => {
      if (next === null) return;
      const grad = inputs[i] ?? null;
      if (grad !== null) bufferOf(buffers, next).add(output, validated(grad, next.outputs[output], node, i));
      else bufferOf(buffers, next);
      const left = waiting.get(next)! - 1;
      waiting.set(next, left);
      if (left === 0) ready.push(next);
    });
  }
  if (captures !== null && !run.capture) accumulateInto(run.inputs!, captured);
  return captured;
}

/** How many edges of the reachable graph lead into each node. */
function countDependencies(roots: Edge[]): Map<Node, number> {
  const counts = new Map<Node, number>();
  const stack: Node[] = [];
  for (const [node] of roots) {
    if (node !== null && !counts.has(node)) {
      counts.set(node, 0);
      stack.push(node);
    }
  }
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    for (const [next] of node.next_functions) {
      if (next === null) continue;
      const count = counts.get(next);
      if (count === undefined) stack.push(next);
      counts.set(next, (count ?? 0) + 1);
    }
  }
  return counts;
}

function captureSites(inputs: readonly Tensor[]): Captures {
  const captures: Captures = new Map();
  inputs.forEach((input, position) => {
    const [node, output] = gradientEdge(input);
    if (node === null) throw new RuntimeError("One of the differentiated Tensors does not require grad");
    let outputs = captures.get(node);
    if (outputs === undefined) {
      outputs = new Map();
      captures.set(node, outputs);
    }
    const positions = outputs.get(output);
    if (positions === undefined) outputs.set(output, [position]);
    else positions.push(position);
  });
  return captures;
}

/** The nodes from which a captured one can be reached: only these need to run. Post-order, without recursion. */
function nodesLeadingTo(captures: Captures, reachable: Map<Node, number>): Set<Node> {
  const needed = new Set<Node>();
  const seen = new Set<Node>();
  for (const start of reachable.keys()) {
    if (seen.has(start)) continue;
    seen.add(start);
    const stack: { node: Node; next: number }[] = [{ node: start, next: 0 }];
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (top.next < top.node.next_functions.length) {
        const [child] = top.node.next_functions[top.next++];
        if (child === null) continue;
        if (!seen.has(child)) {
          seen.add(child);
          stack.push({ node: child, next: 0 });
        }
      } else {
        stack.pop();
        if (top.node.next_functions.some(([c]) => c !== null && (captures.has(c) || needed.has(c)))) {
          needed.add(top.node);
        }
      }
    }
  }
  return needed;
}

/** `backward(inputs=…)`: adds to `.grad`, of results too. */
function accumulateInto(inputs: readonly Tensor[], grads: (Tensor | null)[]): void {
  inputs.forEach((input, i) => {
    if (grads[i] !== null) new AccumulateGrad(input).apply([grads[i]]);
  });
}

function runPreHooks(node: Node, grads: (Tensor | null)[]): (Tensor | null)[] {
  if (node.preHooks !== null) {
    for (const hook of node.preHooks) grads = replaced(grads, hook(grads));
  }
  return grads;
}

function runTensorHooks(node: Node, grads: (Tensor | null)[]): (Tensor | null)[] {
  node.hooksOfOutputs?.forEach((hooks, output) => {
    for (const hook of hooks ?? []) {
      const grad = grads[output];
      if (grad !== null) grads[output] = hook(grad) ?? grad;
    }
  });
  node.retaining?.forEach((ref, output) => {
    const tensor = ref?.deref();
    const grad = grads[output];
    if (tensor === undefined || grad === null) return;
    tensor.gradient = tensor.gradient === null ? grad.clone() : tensor.gradient.add(grad);
  });
  return grads;
}

function runNode(node: Node, grads: (Tensor | null)[]): (Tensor | null)[] {
  const observer = seam.observer;
  observer?.nodeStart?.(node, grads);
  let inputs = anomaly.enabled ? applyWatched(node, grads) : node.apply(grads);
  if (node.postHooks !== null) {
    for (const hook of node.postHooks) inputs = replaced(inputs, hook(inputs, grads));
  }
  observer?.nodeEnd?.(node, inputs);
  return inputs;
}

function replaced(
  grads: (Tensor | null)[],
  by: readonly (Tensor | null)[] | Tensor | null | undefined | void,
): (Tensor | null)[] {
  if (by === null || by === undefined) return grads;
  return Array.isArray(by) ? [...by] : [by as Tensor];
}

/** What arrives must fit the tensor it is the gradient of: summed where that one was broadcast, cast to its dtype. */
function validated(grad: Tensor, meta: TensorMeta, from: Node, index: number): Tensor {
  if (!sameShape(grad.shape, meta.shape)) {
    if (!isExpandableTo(meta.shape, grad.shape)) {
      throw new RuntimeError(
        `Function ${from.name()} returned an invalid gradient at index ${index} - got ${sizeText(grad.shape)} but expected shape compatible with ${sizeText(meta.shape)}`,
      );
    }
    grad = grad.sum_to_size(meta.shape);
  }
  return grad.dtype === meta.dtype ? grad : grad.to(meta.dtype);
}

/** Sums what arrives at each output of a node. */
class InputBuffer {
  readonly #sums: (Tensor | null)[] = [];
  /** Sums made here, which nobody else can hold: the next gradient may be added in place. */
  readonly #own: boolean[] = [];

  add(output: number, grad: Tensor): void {
    const sum = this.#sums[output] ?? null;
    if (sum === null) {
      this.#sums[output] = grad;
      return;
    }
    if (this.#own[output] && !mode.grad && promote_types(sum.dtype, grad.dtype) === sum.dtype) {
      sum.add_(grad);
    } else {
      this.#sums[output] = sum.add(grad);
      this.#own[output] = true;
    }
  }

  grads(node: Node): (Tensor | null)[] {
    return Array.from({ length: node.outputs.length }, (_, i) => this.#sums[i] ?? null);
  }
}

function bufferOf(buffers: Map<Node, InputBuffer>, node: Node): InputBuffer {
  let buffer = buffers.get(node);
  if (buffer === undefined) {
    buffer = new InputBuffer();
    buffers.set(node, buffer);
  }
  return buffer;
}

/** A binary heap: the node made last comes first, leaves before all. */
class ReadyQueue {
  readonly #heap: Node[] = [];

  push(node: Node): void {
    const heap = this.#heap;
    let i = heap.push(node) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (heap[parent].sequence >= node.sequence) break;
      heap[i] = heap[parent];
      i = parent;
    }
    heap[i] = node;
  }

  pop(): Node | null {
    const heap = this.#heap;
    if (heap.length === 0) return null;
    const top = heap[0];
    const last = heap.pop()!;
    const n = heap.length;
    if (n > 0) {
      let i = 0;
      for (;;) {
        let child = 2 * i + 1;
        if (child >= n) break;
        if (child + 1 < n && heap[child + 1].sequence > heap[child].sequence) child++;
        if (heap[child].sequence <= last.sequence) break;
        heap[i] = heap[child];
        i = child;
      }
      heap[i] = last;
    }
    return top;
  }
}
