/** The gradient of showing memory under another geometry. */
import { int64 } from "../dtype";
import { forEachOffset, fromData, type Tensor } from "../tensor";

/** Sizes and strides over some memory, in elements. */
export interface Geometry {
  shape: number[];
  strides: number[];
  offset: number;
}

/** Memory positions of a geometry, row-major. */
function positionsOf({ shape, strides, offset }: Geometry): Tensor {
  const out: number[] = [];
  forEachOffset(shape, strides, offset, (at) => void out.push(at));
  return fromData(Float64Array.from(out), int64, [out.length]);
}

function highest(positions: Tensor): number {
  let most = -1;
  for (const at of positions.storageOf.data) if (at > most) most = at;
  return most;
}

/**
 * `grad` of a view with geometry `view`, as the gradient of a base with geometry `base` over the same memory.
 * Either may show an element more than once: what they show of it adds up, and is shared.
 */
export function stridedGradient(grad: Tensor, base: Geometry, view: Geometry): Tensor {
  const from = positionsOf(view);
  const to = positionsOf(base);
  const size = Math.max(highest(from), highest(to)) + 1;
  let memory: Tensor = grad.new_zeros([size]).index_add(0, from, grad.reshape([-1]));
  const shown = grad.new_zeros([size]).index_add(0, to, grad.new_ones([to.numel()]));
  if (shown.gt(1).any().item()) memory = memory.div(shown);
  return memory.index_select(0, to).reshape(base.shape);
}
