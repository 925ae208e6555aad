/** What a node keeps of the forward pass. */
import { RuntimeError } from "../errors";
import { sizeText } from "../shape";
import { alias, gradFnOf, type Tensor } from "../tensor";
import type { Node } from "./node";

const FREED =
  "Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors after calling backward.";

/** A tensor as it was at the time of saving: giving it back checks that nobody changed its memory since. */
export class SavedTensor {
  #tensor: Tensor | null;
  readonly #version: number;
  readonly #fn: Node | null;
  readonly #output: number;

  constructor(tensor: Tensor) {
    this.#tensor = tensor;
    this.#version = tensor.versions.n;
    this.#fn = gradFnOf(tensor);
    this.#output = tensor.output_nr;
  }

  /** Throws PyTorch's RuntimeError when freed or modified. */
  unpack(): Tensor {
    const tensor = this.#tensor;
    if (tensor === null) throw new RuntimeError(FREED);
    const version = tensor.versions.n;
    if (version !== this.#version) {
      const origin = this.#fn === null ? "" : `, which is output ${this.#output} of ${this.#fn.name()},`;
      throw new RuntimeError(
        `one of the variables needed for gradient computation has been modified by an inplace operation: [torch.${tensor.dtype.scalarName}Tensor ${sizeText(tensor.shape)}]${origin} is at version ${version}; expected version ${this.#version} instead. Hint: ${"enable anomaly detection to find the operation that failed to compute its gradient, with torch.autograd.set_detect_anomaly(True)."}`,
      );
    }
    // `detach_` and the like may have cut the tensor off its graph since; the saved one still belongs to it.
    if (tensor.gradFn === this.#fn) return tensor;
    const out = alias(tensor, tensor.shape, tensor.strides, tensor.offset);
    out.gradFn = this.#fn;
    out.output_nr = this.#output;
    return out;
  }

  release(): void {
    this.#tensor = null;
  }
}
