/** What a node keeps of the forward pass. */
import { RuntimeError } from "../errors";
import { seam } from "../observer";
import { sizeText } from "../shape";
import { alias, gradFnOf, gradientTarget, type Storage, Tensor } from "../tensor";
import { unwatched } from "./buffers";
import { withoutGrad } from "./gradMode";
import type { AccumulateGrad, Node } from "./node";

const FREED =
  "Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors after calling backward.";

export interface SavedTensorHooks {
  pack: (tensor: Tensor) => unknown;
  unpack: (packed: any) => Tensor;
}

/** The innermost `saved_tensors_hooks`, and why there may be none. */
export const savedHooks: { stack: SavedTensorHooks[]; disabled: string | null } = { stack: [], disabled: null };

/** A saved tensor kept apart from its node; what a pack hook made of it, where there was one. */
export interface HeldTensor {
  tensor: Tensor | null;
  packed: unknown;
}

/** A tensor as it was at the time of saving: giving it back checks that nobody changed its memory since. */
export class SavedTensor {
  #tensor: Tensor | null;
  readonly #version: number;
  readonly #fn: Node | null;
  readonly #output: number;
  /** What hooks made of it, where there are any. */
  readonly #packed: Packed | null;

  constructor(tensor: Tensor) {
    if (tensor.inference) {
      throw new RuntimeError(
        "Inference tensors cannot be saved for backward. To work around you can make a clone to get a normal tensor and use it in autograd.",
      );
    }
    const { stack } = savedHooks;
    const hooks = stack.length === 0 ? null : stack[stack.length - 1];
    this.#version = tensor.versions.n;
    tensor.versions.saved = true;
    this.#fn = gradFnOf(tensor);
    this.#output = tensor.output_nr;
    this.#packed = hooks === null ? null : new Packed(hooks, tensor);
    this.#tensor = hooks === null ? tensor : null;
  }

  /** Throws PyTorch's RuntimeError when freed or modified. */
  unpack(): Tensor {
    if (this.#packed !== null) return this.#unpackHooked(this.#packed);
    const tensor = this.#tensor;
    if (tensor === null) throw new RuntimeError(FREED);
    const version = tensor.versions.n;
    if (version !== this.#version) {
      seam.observer?.changed?.(tensor, this.#version);
      const origin = this.#fn === null ? "" : `, which is output ${this.#output} of ${this.#fn.name()},`;
      throw new RuntimeError(
        `one of the variables needed for gradient computation has been modified by an inplace operation: [torch.${tensor.dtype.scalarName}Tensor ${sizeText(tensor.shape)}]${origin} is at version ${version}; expected version ${this.#version} instead. Hint: ${"enable anomaly detection to find the operation that failed to compute its gradient, with torch.autograd.set_detect_anomaly(True)."}`,
      );
    }
    // `detach_` and the like may have cut the tensor off its graph since; the saved one still belongs to it.
    return tensor.gradFn === this.#fn ? tensor : this.#placed(tensor);
  }

  /** What the hook gives back, put in the place of the original in the graph. */
  #unpackHooked(packed: Packed): Tensor {
    const given = packed.unpack();
    if (this.#fn === null && packed.leaf === null) return given;
    const out = this.#placed(given);
    if (packed.leaf !== null) {
      out.leafRequiresGrad = true;
      out.accumulator = gradientTarget(packed.leaf) as AccumulateGrad;
    }
    return out;
  }

  #placed(tensor: Tensor): Tensor {
    const out = alias(tensor, tensor.shape, tensor.strides, tensor.offset);
    out.gradFn = this.#fn;
    out.output_nr = this.#output;
    return out;
  }

  release(): void {
    this.#tensor = null;
    this.#packed?.release();
  }

  /** @internal What {@link release} would let go of; null once it has. */
  hold(): HeldTensor | null {
    if (this.#packed !== null) return this.#packed.freed ? null : { tensor: null, packed: this.#packed.value };
    return this.#tensor && { tensor: this.#tensor, packed: null };
  }

  /** @internal Gives back for a while what {@link hold} took, with the memory `storage` it had then; returns the way back. */
  lend({ tensor, packed }: HeldTensor, storage: Storage | null): () => void {
    const before = this.#tensor;
    const beforePacked = this.#packed?.value;
    if (this.#packed !== null) this.#packed.value = packed;
    this.#tensor = tensor;
    if (tensor !== null && storage !== null) {
      const then = new Tensor(storage, tensor.dtype, tensor.shape, tensor.strides, tensor.offset);
      then.versions = { n: this.#version };
      then.gradFn = this.#fn;
      then.output_nr = this.#output;
      then.leafRequiresGrad = tensor.leafRequiresGrad;
      then.accumulator = tensor.accumulator;
      this.#tensor = then;
    }
    return () => {
      this.#tensor = before;
      if (this.#packed !== null) this.#packed.value = beforePacked;
    };
  }
}

/** A tensor that `saved_tensors_hooks` have turned into something else. */
class Packed {
  readonly #hooks: SavedTensorHooks;
  value: unknown;
  /** The tensor itself, where it is a leaf of the graph. */
  readonly leaf: Tensor | null;

  constructor(hooks: SavedTensorHooks, tensor: Tensor) {
    this.#hooks = hooks;
    this.leaf = tensor.leafRequiresGrad ? tensor : null;
    this.value = withoutGrad(() => hooks.pack(tensor));
  }

  get freed(): boolean {
    return this.value === FREED;
  }

  unpack(): Tensor {
    if (this.freed) throw new RuntimeError(FREED);
    const given = unwatched(() => withoutGrad(() => this.#hooks.unpack(this.value)));
    if (given instanceof Tensor) return given;
    throw new TypeError(
      `Output of saved tensor unpack_hook expected to be a Tensor but got result of type ${typeof given}`,
    );
  }

  release(): void {
    this.value = FREED;
  }
}
