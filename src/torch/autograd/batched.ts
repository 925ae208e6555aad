/** `autograd.grad` with a batch of cotangents. */
import { keywordArguments, leading } from "../keywords";
import { stack } from "../ops/joining";
import { Tensor } from "../tensor";
import { type GradOptions, gradNames, grad as gradOnce, type TensorOrTensors } from "./backward";

type Gradients = Tensor | readonly (Tensor | null)[] | null | undefined;

/**
 * The gradients of `outputs` with respect to each of `inputs`, handed out instead of accumulated: one for each input,
 * null for an unused one under `allow_unused`. With `create_graph` they can be differentiated again. With
 * `is_grads_batched` the cotangents have one dimension more in front, and so have the gradients: a pass for each entry.
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
  const all = [outputs, inputs, grad_outputs, retain_graph, create_graph, options];
  [outputs, inputs, grad_outputs, retain_graph, create_graph, options] = leading(["outputs", "inputs"], all);
  const given = keywordArguments("grad", gradNames, [grad_outputs, retain_graph, create_graph, options]);
  const { is_grads_batched, ...rest } = given as GradOptions;
  if (!is_grads_batched) return gradOnce(outputs, inputs, rest);
  const cotangents = rest.grad_outputs instanceof Tensor ? [rest.grad_outputs] : (rest.grad_outputs ?? []);
  const size = cotangents.find((g) => g !== null)?.shape[0] ?? 0;
  const passes = Array.from({ length: size }, (_, i) => {
    const slice = cotangents.map((g) => g?.select(0, i) ?? null);
    // The graph must outlive all passes but the last.
    const retain = i < size - 1 || (rest.retain_graph ?? rest.create_graph ?? false);
    return gradOnce(outputs, inputs, { ...rest, grad_outputs: slice, retain_graph: retain });
  });
  return (passes[0] ?? []).map((first, k) => {
    const parts: (Tensor | null)[] = [first, ...passes.slice(1).map((grads) => grads[k])];
    // Typed as a tensor like the rest; null stands for an unused input.
    return parts.includes(null) ? (null as unknown as Tensor) : stack(parts as Tensor[], 0);
  });
}
