/**
 * Forward-mode differentiation: tangents travel with the tensors they belong to.
 *
 * No op declares a forward derivative. A vector–Jacobian product is linear in its cotangent u, so differentiating uᵀJ by u
 * along a tangent gives J · tangent: two reverse passes over the one op stand for its forward derivative.
 */
import { RuntimeError } from "../errors";
import { sameShape } from "../shape";
import { alias, Tensor } from "../tensor";
import { grad } from "./backward";
import { ContextManager, enable_grad, type Guard, runUnder } from "./gradMode";

/** Tangents by tensor, while a level is open. */
export const forward: { level: number; tangents: WeakMap<Tensor, Tensor> } = { level: -1, tangents: new WeakMap() };

/** Opens the level in which dual tensors live; they lose their tangents at its end. Levels do not nest, as in PyTorch. */
export function dual_level<T>(f: () => T): T;
export function dual_level(): ContextManager;
export function dual_level(f?: () => unknown): unknown {
  const guard: Guard = { enter: enter_dual_level, exit: exit_dual_level };
  return f === undefined ? new ContextManager(guard) : runUnder(guard, f);
}

/** Opens the level by hand. Throws RuntimeError when it is open. */
export function enter_dual_level(): void {
  if (forward.level >= 0) {
    throw new RuntimeError("Nested forward mode AD is not supported at the moment");
  }
  forward.level = 0;
  forward.tangents = new WeakMap();
}

/** Closes it by hand. Throws RuntimeError when none is open. */
export function exit_dual_level(): void {
  if (forward.level < 0) {
    throw new RuntimeError("Trying to exit a forward AD level but no level is currently active.");
  }
  forward.level = -1;
  forward.tangents = new WeakMap();
}

/** A view of `tensor` that carries `tangent`, of the same shape and dtype. Throws outside a level. */
export function make_dual(tensor: Tensor, tangent: Tensor): Tensor {
  if (forward.level < 0) {
    throw new RuntimeError(
      "Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() first.",
    );
  }
  if (!tensor.dtype.is_floating_point) {
    throw new RuntimeError(`Expected primal to be floating point or complex, but got: ${tensor.dtype}`);
  }
  if (!sameShape(tensor.shape, tangent.shape)) {
    throw new RuntimeError(
      "Trying to set a forward gradient that has a different size than that of the original Tensor, this is not supported.",
    );
  }
  const dual = tensor.view(tensor.shape);
  forward.tangents.set(dual, tangent);
  return dual;
}

/** The tensor and its tangent (null where it has none): `[primal, tangent]`, also by these names. */
export function unpack_dual(tensor: Tensor): [Tensor, Tensor | null] & { primal: Tensor; tangent: Tensor | null } {
  const tangent = forward.tangents.get(tensor) ?? null;
  const primal = alias(tensor, tensor.shape, tensor.strides, tensor.offset);
  primal.gradFn = tensor.gradFn;
  primal.output_nr = tensor.output_nr;
  primal.leafRequiresGrad = tensor.leafRequiresGrad;
  primal.accumulator = tensor.accumulator;
  const out: any = [primal, tangent];
  out.primal = primal;
  out.tangent = tangent;
  return out;
}

/** Whether an argument carries a tangent. */
export function hasTangent(args: readonly unknown[]): boolean {
  for (const arg of args) {
    if (arg instanceof Tensor ? forward.tangents.has(arg) : Array.isArray(arg) && hasTangent(arg)) return true;
  }
  return false;
}

/** Runs an op on the primals, and gives its outputs the tangents that follow. */
export function runDual(args: readonly unknown[], run: (args: unknown[]) => any): any {
  const { level, tangents } = forward;
  forward.level = -1;
  try {
    const out = run([...args]);
    const outputs: unknown[] = Array.isArray(out) ? out : [out];
    if (!outputs.some((o) => o instanceof Tensor && o.dtype.is_floating_point)) return out;
    // A private graph of this one op: leaves in the place of the inputs.
    const inputs: Tensor[] = [];
    const directions: Tensor[] = [];
    const leaf = (arg: unknown): unknown => {
      if (Array.isArray(arg)) return arg.map(leaf);
      if (!(arg instanceof Tensor) || !tangents.has(arg)) return arg;
      const input = arg.detach().clone().requires_grad_();
      inputs.push(input);
      directions.push(tangents.get(arg)!);
      return input;
    };
    enable_grad(() => {
      const again = run(args.map(leaf));
      const results: unknown[] = Array.isArray(again) ? again : [again];
      results.forEach((result, i) => {
        const target = outputs[i];
        if (!(result instanceof Tensor) || !(target instanceof Tensor) || !result.requires_grad) return;
        tangents.set(target, pushForward(result, inputs, directions));
      });
    });
    return out;
  } finally {
    forward.level = level;
    forward.tangents = tangents;
  }
}

/** J · direction, where J is the Jacobian of `output` by `inputs`. */
function pushForward(output: Tensor, inputs: readonly Tensor[], directions: readonly Tensor[]): Tensor {
  const u = output.detach().zeros_like().requires_grad_();
  const pulled = grad(output, inputs, { grad_outputs: u, create_graph: true, allow_unused: true });
  let tangent: Tensor | null = null;
  pulled.forEach((p, i) => {
    if (p === null || !p.requires_grad) return;
    const [part] = grad(p, u, {
      grad_outputs: directions[i],
      retain_graph: true,
      create_graph: directions[i].requires_grad,
      allow_unused: true,
    });
    if (part !== null) tangent = tangent === null ? part : tangent.add(part);
  });
  return tangent ?? output.detach().zeros_like();
}
