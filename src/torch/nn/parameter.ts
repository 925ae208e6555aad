/** `torch.nn.Parameter`. */
import { alias, Tensor } from "../tensor";

/** A leaf that a module registers as its own; it requires grad unless told otherwise, and shares the memory of `data`. */
export class Parameter extends Tensor {
  constructor(data: Tensor, requires_grad: boolean | { requires_grad?: boolean } = true) {
    const source = alias(data, data.shape, data.strides, data.offset);
    super(source.storageOf, source.dtype, source.shape, source.strides, source.offset);
    this.requires_grad = typeof requires_grad === "boolean" ? requires_grad : (requires_grad.requires_grad ?? true);
  }

  override toString(): string {
    return `Parameter containing:\n${super.toString()}`;
  }
}
