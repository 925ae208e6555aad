/** `torch.nn.functional`: the declared ops, and what takes functions for arguments. */
import * as declared from "../generated/functional";
import type { Tensor } from "../tensor";
import { bind, required } from "./arguments";

export * from "../generated/functional";

type Distance = (x: Tensor, y: Tensor) => Tensor;

/**
 * max(d(a, p) − d(a, n) + margin, 0) with a distance `d` of one's own (the Euclidean one unless told otherwise);
 * with `swap` the nearer of anchor and positive is the one that the negative is compared with.
 * Options: `distance_function`, `margin`, `swap`, `reduction`.
 */
export function triplet_margin_with_distance_loss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: { distance_function?: Distance | null; margin?: number; swap?: boolean; reduction?: string } = {},
): Tensor {
  const spec = { distance_function: null, margin: 1, swap: false, reduction: "mean" };
  const o = bind("triplet_margin_with_distance_loss", { ...spec, anchor: required }, [{ ...options, anchor }]);
  const distance: Distance = o.distance_function ?? declared.pairwise_distance;
  const toPositive = distance(anchor, positive);
  let toNegative = distance(anchor, negative);
  if (o.swap) toNegative = toNegative.minimum(distance(positive, negative));
  const loss = toPositive.sub(toNegative).add(o.margin).clamp_min(0);
  return o.reduction === "mean" ? loss.mean() : o.reduction === "sum" ? loss.sum() : loss;
}
