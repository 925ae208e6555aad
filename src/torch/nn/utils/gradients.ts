/** Gradients cut down, and parameters as one vector. */
import { withoutGrad } from "../../autograd/gradMode";
import { tensor } from "../../construct";
import { RuntimeError } from "../../errors";
import { cat, norm, stack } from "../../generated/functions";
import { leading } from "../../keywords";
import { Tensor } from "../../tensor";
import { warn } from "../../warnings";
import { bind, required } from "../arguments";
import { setData } from "../module";
import { float, typename } from "../text";

type Parameters = Tensor | Iterable<Tensor>;
type Either<P extends unknown[], K> = P | [...any[], K];
type ClipArguments = Either<
  [max_norm: number, norm_type?: number, error_if_nonfinite?: boolean],
  { max_norm?: number; norm_type?: number; error_if_nonfinite?: boolean }
>;

const listed = (parameters: Parameters): Tensor[] => (parameters instanceof Tensor ? [parameters] : [...parameters]);

/**
 * Scales all gradients, in place, by max_norm / ‖all of them‖ where that is below 1. Returns the norm before.
 * Throws RuntimeError for a norm that is not finite, if asked.
 */
export function clip_grad_norm_(parameters: Parameters, ...args: ClipArguments): Tensor {
  [parameters, ...args as any[]] = leading(["parameters"], [parameters, ...args]);
  const spec = { max_norm: required, norm_type: 2, error_if_nonfinite: false };
  const { max_norm, norm_type, error_if_nonfinite } = bind("clip_grad_norm_", spec, args);
  const grads = listed(parameters).flatMap((p) => (p.grad === null ? [] : [p.grad.detach()]));
  if (grads.length === 0) return tensor(0);
  return withoutGrad(() => {
    const each = stack(grads.map((g) => (norm_type === Number.POSITIVE_INFINITY ? g.abs().max() : norm(g, norm_type))));
    const total: Tensor = norm_type === Number.POSITIVE_INFINITY ? each.max() : norm(each, norm_type);
    if (error_if_nonfinite && !Number.isFinite(total.item())) {
      throw new RuntimeError(
        `The total norm of order ${float(norm_type)} for gradients from \`parameters\` is non-finite, so it cannot be clipped. To disable this error and scale the gradients by the non-finite norm anyway, set \`error_if_nonfinite=False\``,
      );
    }
    const share = total.add(1e-6).reciprocal().mul(max_norm).clamp({ max: 1 });
    for (const g of grads) g.mul_(share);
    return total;
  });
}

/** `clip_grad_norm_` under its deprecated name. */
export function clip_grad_norm(parameters: Parameters, ...args: ClipArguments): Tensor {
  warn("torch.nn.utils.clip_grad_norm is now deprecated in favor of torch.nn.utils.clip_grad_norm_.");
  return clip_grad_norm_(parameters, ...args);
}

/** Cuts every element of the gradients off at ±clip_value, in place. */
export function clip_grad_value_(parameters: Parameters, clip_value: number | { clip_value: number }): void {
  [parameters, clip_value] = leading(["parameters"], [parameters, clip_value]);
  const limit = typeof clip_value === "number" ? clip_value : clip_value.clip_value;
  for (const p of listed(parameters)) if (p.grad !== null) p.grad.data.clamp_(-limit, limit);
}

/** All parameters end to end, a vector. */
export function parameters_to_vector(parameters: Iterable<Tensor>): Tensor {
  return cat([...parameters].map((p) => p.view(-1)));
}

/** Makes the parameters parts of a vector, whose memory they then share. Throws TypeError for what is no tensor. */
export function vector_to_parameters(vec: Tensor, parameters: Iterable<Tensor>): void {
  if (!(vec instanceof Tensor)) throw new TypeError(`expected torch.Tensor, but got: ${typename(vec)}`);
  let at = 0;
  for (const p of parameters) {
    setData(p, vec.detach().narrow(0, at, p.numel()).view(p.shape));
    at += p.numel();
  }
}
