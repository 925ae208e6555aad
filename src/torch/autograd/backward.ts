/** `backward()` and `autograd.grad()`: what users pass, checked and made ready for the engine. */
import { RuntimeError } from "../errors";
import { keywordArguments, leading } from "../keywords";
import { seam } from "../observer";
import { sameShape, sizeText } from "../shape";
import { type BackwardOptions, Tensor } from "../tensor";
import { runBackward } from "./engine";

export type TensorOrTensors = Tensor | readonly Tensor[];
type Gradients = Tensor | readonly (Tensor | null)[] | null | undefined;

export interface GradOptions {
  /** The cotangent of each output; may be left out for scalars. */
  grad_outputs?: Gradients;
  retain_graph?: boolean | null;
  create_graph?: boolean;
  allow_unused?: boolean;
  is_grads_batched?: boolean;
}

function list(value: TensorOrTensors): readonly Tensor[] {
  return value instanceof Tensor ? [value] : value;
}

/** The cotangent of each root; a scalar's is 1. Throws PyTorch's texts. */
function startGradients(roots: readonly Tensor[], given: Gradients, createGraph: boolean): Tensor[] {
  const gradients = given == null ? roots.map(() => null) : given instanceof Tensor ? [given] : given;
  if (gradients.length !== roots.length) {
    throw new RuntimeError(`got ${roots.length} tensors and ${gradients.length} gradients`);
  }
  return roots.map((root, i) => {
    const gradient = gradients[i];
    if (gradient === null || gradient === undefined) {
      if (!root.requires_grad) throw noGraph(root, i);
      if (root.numel() !== 1) throw new RuntimeError("grad can be implicitly created only for scalar outputs");
      return root.detach().ones_like();
    }
    if (!(gradient instanceof Tensor)) {
      throw new TypeError(`gradients can be either Tensors or None, but got ${typeof gradient}`);
    }
    if (!sameShape(gradient.shape, root.shape)) {
      throw new RuntimeError(
        `Mismatch in shape: grad_output[${i}] has a shape of torch.Size(${sizeText(gradient.shape)}) and output[${i}] has a shape of torch.Size(${sizeText(root.shape)}).`,
      );
    }
    return createGraph || !gradient.requires_grad ? gradient : gradient.detach();
  });
}

function noGraph(root: Tensor, i: number): RuntimeError {
  seam.observer?.refused?.(root);
  return new RuntimeError(`element ${i} of tensors does not require grad and does not have a grad_fn`);
}

function run(
  roots: readonly Tensor[],
  given: Gradients,
  options: { retain_graph?: boolean | null; create_graph?: boolean },
  inputs: readonly Tensor[] | null,
  capture: boolean,
): (Tensor | null)[] {
  const createGraph = options.create_graph ?? false;
  const gradients = startGradients(roots, given, createGraph);
  roots.forEach((root, i) => {
    if (!root.requires_grad) throw noGraph(root, i);
  });
  const retainGraph = options.retain_graph ?? createGraph;
  return runBackward({ roots, gradients, retainGraph, createGraph, inputs, capture });
}

/** The method `backward` of a tensor. */
export function tensorBackward(root: Tensor, ...args: unknown[]): void {
  const given = keywordArguments(
    "backward",
    ["gradient", "retain_graph", "create_graph", "inputs"],
    args,
  ) as BackwardOptions;
  backwardOf([root], given.gradient, given);
}

function backwardOf(
  roots: readonly Tensor[],
  gradients: Gradients,
  options: { retain_graph?: boolean | null; create_graph?: boolean; inputs?: TensorOrTensors | null },
): void {
  const inputs = options.inputs == null ? null : list(options.inputs);
  if (inputs !== null && inputs.length === 0) {
    throw new RuntimeError("'inputs' argument to backward() cannot be empty.");
  }
  run(roots, gradients, options, inputs, false);
}

/**
 * Adds to every leaf's `grad` the gradient of `tensors`, each weighted by its entry of `grad_tensors` (none needed for scalars).
 * The graph is freed unless `retain_graph`. Throws RuntimeError with PyTorch's texts.
 */
export function backward(
  tensors: TensorOrTensors,
  grad_tensors?: Gradients | Record<string, unknown>,
  retain_graph?: boolean | null | Record<string, unknown>,
  create_graph?: boolean | Record<string, unknown>,
  inputs?: TensorOrTensors | null | Record<string, unknown>,
): void {
  const all = [tensors, grad_tensors, retain_graph, create_graph, inputs];
  [tensors, grad_tensors, retain_graph, create_graph, inputs] = leading(["tensors"], all);
  const names = ["grad_tensors", "retain_graph", "create_graph", "inputs"];
  const given = keywordArguments("backward", names, [grad_tensors, retain_graph, create_graph, inputs]);
  backwardOf(list(tensors), given.grad_tensors, given);
}

/** Parameters of `grad` after the first two. */
export const gradNames = [
  "grad_outputs",
  "retain_graph",
  "create_graph",
  "only_inputs",
  "allow_unused",
  "is_grads_batched",
];

/**
 * The gradients of `outputs` with respect to each of `inputs`, handed out instead of accumulated: one for each input,
 * null for an unused one under `allow_unused`. With `create_graph` they can be differentiated again.
 * Throws RuntimeError with PyTorch's texts.
 */
export function grad(
  outputs: TensorOrTensors,
  inputs: TensorOrTensors,
  grad_outputs?: Gradients | GradOptions,
  retain_graph?: boolean | null | GradOptions,
  create_graph?: boolean | GradOptions,
  options?: GradOptions,
): Tensor[] {
  const given = keywordArguments("grad", gradNames, [grad_outputs, retain_graph, create_graph, options]);
  const found = run(list(outputs), given.grad_outputs, given, list(inputs), true);
  if (!given.allow_unused && found.includes(null)) {
    seam.observer?.refused?.(list(inputs)[found.indexOf(null)]);
    throw new RuntimeError(
      "One of the differentiated Tensors appears to not have been used in the graph. Set allow_unused=True if this is the desired behavior.",
    );
  }
  // Typed as tensors: `const [g] = torch.autograd.grad(…)` must type-check without `!`.
  return found as Tensor[];
}
