/** The backward pass: PyTorch's, iterative, one ready queue ordered by sequence number. */
import { RuntimeError } from "../errors";
import { addInto } from "../kernels/elementwise";
import { seam } from "../observer";
import { isExpandableTo, sameShape, sizeText } from "../shape";
import { gradientEdge, type Tensor, type TensorMeta } from "../tensor";
import { anomaly, applyWatched } from "./anomaly";
import { Buffers, isOwn, isTracked, show, unwatched } from "./buffers";
import { forward } from "./forwardAd";
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
  observer?.backwardStart?.(run.roots, run.createGraph, run.capture);
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

/** One backward pass; passes nest where a node's derivative runs another, even through the same nodes. */
export class Pass {
  active = true;
  /** What passes around this one had left at nodes that it went through too. */
  readonly #interrupted: (Pick<Node, (typeof PASS_STATE)[number]> & { node: Node })[] = [];

  /** Makes the state of `node` that of this pass. */
  enter(node: Node): void {
    if (node.pass?.active) {
      const { pass, waiting, arrived, arrivedOthers } = node;
      this.#interrupted.push({ node, pass, waiting, arrived, arrivedOthers });
    }
    node.pass = this;
    node.waiting = 0;
    node.arrived = null;
    node.arrivedOthers = null;
  }

  end(): void {
    this.active = false;
    for (const { node, ...state } of this.#interrupted) Object.assign(node, state);
  }
}

const PASS_STATE = ["pass", "waiting", "arrived", "arrivedOthers"] as const;

/** Adds what arrives at an output to what has arrived there before. */
function receive(node: Node, output: number, grad: Tensor, buffers: Buffers): void {
  const sum = output === 0 ? node.arrived : (node.arrivedOthers?.[output] ?? null);
  if (sum === null) {
    buffers.hold(grad);
  } else {
    if (isOwn(sum) && !mode.grad && addInto(sum, grad)) return;
    grad = sum.add(grad);
    buffers.replace(sum);
    buffers.hold(grad);
    // Made here: only this node has it.
    if (!mode.grad) grad.storageOf.holders = 1;
  }
  if (output === 0) {
    node.arrived = grad;
  } else {
    node.arrivedOthers ??= [];
    node.arrivedOthers[output] = grad;
  }
}

/** Whether only the pass sees what arrives at the node and what it hands on. */
const isUnseen = (node: Node): boolean =>
  node.makesGradients &&
  node.rare === null &&
  !mode.grad &&
  seam.observer === null &&
  !anomaly.enabled &&
  forward.level < 0;

/** What has arrived, one for each output; the node is then free for the next pass. */
function collect(node: Node): (Tensor | null)[] {
  const grads: (Tensor | null)[] = [node.arrived];
  for (let i = 1; i < node.outputCount; i++) grads.push(node.arrivedOthers?.[i] ?? null);
  node.arrived = null;
  node.arrivedOthers = null;
  return grads;
}

function traverse(run: BackwardRun, rootEdges: Edge[]): (Tensor | null)[] {
  const pass = new Pass();
  try {
    return unwatched(() => traverseIn(pass, run, rootEdges));
  } finally {
    pass.end();
  }
}

function traverseIn(pass: Pass, run: BackwardRun, rootEdges: Edge[]): (Tensor | null)[] {
  const captures = run.inputs === null ? null : captureSites(run.inputs);
  const reachable = countDependencies(rootEdges, pass);
  const needed = captures === null ? null : nodesLeadingTo(captures, reachable);
  const captured: (Tensor | null)[] = new Array(run.inputs?.length ?? 0).fill(null);
  const ready = new ReadyQueue();
  const buffers = new Buffers();
  const roots = new Set<Node>();

  rootEdges.forEach(([node, output], i) => {
    if (node === null) return;
    roots.add(node);
    receive(node, output, validated(run.gradients[i], node.output(output), node, i), buffers);
  });
  // A root that feeds another root waits for it like any inner node.
  for (const node of roots) if (node.waiting === 0) ready.push(node);

  for (let node = ready.pop(); node !== null; node = ready.pop()) {
    const arrived = collect(node);
    const wanted = captures?.get(node);
    if (wanted !== undefined) {
      for (const [output, positions] of wanted) for (const p of positions) captured[p] = arrived[output] ?? null;
    }
    const unseen = wanted === undefined && isUnseen(node);
    // A leaf's node finds out for itself whether it may keep what arrived.
    if (!unseen && (wanted !== undefined || !(node instanceof AccumulateGrad))) show(arrived);
    if (needed !== null && !needed.has(node)) continue;
    const watched = unseen && isTracked(arrived);
    if (watched) buffers.watch();
    const inputs = runNode(node, runPreHooks(node, runTensorHooks(node, arrived)));
    if (!run.retainGraph) node.release();
    for (let i = 0; i < node.edgeCount; i++) {
      const next = node.target(i);
      if (next === null) continue;
      const output = node.targetOutput(i);
      const grad = inputs[i] ?? null;
      if (grad !== null) receive(next, output, validated(grad, next.output(output), node, i), buffers);
      if (--next.waiting === 0) ready.push(next);
    }
    if (watched) buffers.settle(arrived);
  }
  if (captures !== null && !run.capture) accumulateInto(run.inputs!, captured);
  return captured;
}

/** The nodes that can be reached; each has now as much work waiting as edges lead into it. */
function countDependencies(roots: Edge[], pass: Pass): Node[] {
  const reachable: Node[] = [];
  const visit = (node: Node): void => {
    if (node.pass === pass) return;
    pass.enter(node);
    reachable.push(node);
  };
  for (const [node] of roots) if (node !== null) visit(node);
  for (let i = 0; i < reachable.length; i++) {
    const node = reachable[i];
    for (let k = 0; k < node.edgeCount; k++) {
      const next = node.target(k);
      if (next === null) continue;
      visit(next);
      next.waiting++;
    }
  }
  return reachable;
}

function captureSites(inputs: readonly Tensor[]): Captures {
  const captures: Captures = new Map();
  inputs.forEach((input, position) => {
    const [node, output] = gradientEdge(input);
    if (node === null) {
      seam.observer?.refused?.(input);
      throw new RuntimeError("One of the differentiated Tensors does not require grad");
    }
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
function nodesLeadingTo(captures: Captures, reachable: readonly Node[]): Set<Node> {
  const needed = new Set<Node>();
  const seen = new Set<Node>();
  for (const start of reachable) {
    if (seen.has(start)) continue;
    seen.add(start);
    const stack: { node: Node; next: number }[] = [{ node: start, next: 0 }];
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (top.next < top.node.edgeCount) {
        const child = top.node.target(top.next++);
        if (child === null) continue;
        if (!seen.has(child)) {
          seen.add(child);
          stack.push({ node: child, next: 0 });
        }
      } else {
        stack.pop();
        for (let i = 0; i < top.node.edgeCount; i++) {
          const child = top.node.target(i);
          if (child !== null && (captures.has(child) || needed.has(child))) needed.add(top.node);
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
  const hooks = node.rare?.preHooks ?? null;
  if (hooks !== null) for (const hook of hooks) grads = replaced(grads, hook(grads));
  return grads;
}

function runTensorHooks(node: Node, grads: (Tensor | null)[]): (Tensor | null)[] {
  if (node.rare === null) return grads;
  node.rare.hooksOfOutputs?.forEach((hooks, output) => {
    for (const hook of hooks ?? []) {
      const grad = grads[output];
      if (grad !== null) grads[output] = hook(grad) ?? grad;
    }
  });
  node.rare.retaining?.forEach((ref, output) => {
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
  const hooks = node.rare?.postHooks ?? null;
  if (hooks !== null) {
    for (const hook of hooks) inputs = replaced(inputs, hook(inputs, grads));
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
