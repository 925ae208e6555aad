/** `torch.nn.Parameter`. */
import { RuntimeError } from "../errors";
import { leading } from "../keywords";
import { alias, Tensor } from "../tensor";

/**
 * A leaf that a module registers as its own; it requires grad unless told otherwise, and shares the memory of `data`.
 * Throws RuntimeError for integers that should require grad.
 */
export class Parameter extends Tensor {
  constructor(data: Tensor, requires_grad?: boolean | { requires_grad?: boolean }) {
    [data, requires_grad] = leading(["data"], [data, requires_grad]);
    const source = alias(data, data.shape, data.strides, data.offset);
    super(source.storageOf, source.dtype, source.shape, source.strides, source.offset);
    const requires =
      typeof requires_grad === "object" ? (requires_grad.requires_grad ?? true) : (requires_grad ?? true);
    if (requires && !source.dtype.is_floating_point) {
      throw new RuntimeError("Only Tensors of floating point and complex dtype can require gradients");
    }
    this.requires_grad = requires;
  }

  override toString(): string {
    return `Parameter containing:\n${super.toString()}`;
  }
}
