/** Parameters and buffers of lazy modules: tensors whose shape the first input will tell. */
import { type DType, get_default_dtype } from "../dtype";
import { RuntimeError, ValueError } from "../errors";
import { allocate, Tensor } from "../tensor";
import { Parameter } from "./parameter";

interface Options {
  requires_grad?: boolean;
  device?: unknown;
  dtype?: DType | null;
}

/** What may be asked of a tensor without shape. */
const allowed = new Set(["constructor", "materialize", "retype", "is_floating_point", "requires_grad_", "toString"]);

const SHAPELESS =
  "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in `load_state_dict` when trying to load an uninitialized parameter into an initialized one. Call `forward` to initialize the parameters before accessing their attributes.";

/** Takes the shape from a fresh tensor, and every method that would need one. */
function hideShape(t: Tensor): void {
  refuseMethods(Object.getPrototypeOf(t));
  Object.defineProperty(t, "shape", {
    configurable: true,
    get: () => {
      throw new RuntimeError(SHAPELESS);
    },
  });
}

/** Once for each of the two classes, when all methods of tensors are there. */
function refuseMethods(prototype: object): void {
  if (Object.hasOwn(prototype, "add")) return;
  const kind = prototype.constructor.name;
  for (const name of Object.getOwnPropertyNames(Tensor.prototype)) {
    const { value } = Object.getOwnPropertyDescriptor(Tensor.prototype, name)!;
    if (allowed.has(name) || typeof value !== "function") continue;
    Object.defineProperty(prototype, name, {
      configurable: true,
      value: () => {
        throw new ValueError(
          `Attempted to use an uninitialized parameter in <method '${name}' of 'torch._C._TensorBase' objects>. This error happens when you are using a \`LazyModule\` or explicitly manipulating \`torch.nn.parameter.${kind}\` objects. When using LazyModules Call \`forward\` with a dummy batch to initialize the parameters before calling torch functions`,
        );
      },
    });
  }
}

/** Gives the tensor memory of a shape; from then on it is an ordinary one, and the same object. */
function materialize(t: Tensor, shape: readonly number[], dtype: DType, prototype: object): void {
  const { storageOf, strides } = allocate([...shape], dtype);
  Object.setPrototypeOf(t, prototype);
  Object.defineProperty(t, "shape", { value: [...shape], writable: true, enumerable: true, configurable: true });
  Object.assign(t, { storageOf, strides, dtype, offset: 0 });
}

const empty = (dtype: DType | null | undefined): Tensor => allocate([0], dtype ?? get_default_dtype());

const retype = (t: Tensor, fn: (t: Tensor) => Tensor): void =>
  void Object.assign(t, { dtype: fn(empty(t.dtype)).dtype });

/** A parameter without shape or values yet. Reading its shape throws RuntimeError, using it ValueError. */
export class UninitializedParameter extends Parameter {
  constructor({ requires_grad = true, dtype }: Options = {}) {
    super(empty(dtype), requires_grad);
    hideShape(this);
  }

  /** Gives it memory of `shape`: it becomes a Parameter. */
  materialize(shape: readonly number[], _device: unknown = null, dtype: DType | null = null): void {
    materialize(this, shape, dtype ?? this.dtype, Parameter.prototype);
  }

  /** Takes on the dtype that `fn` gives a tensor. */
  retype(fn: (t: Tensor) => Tensor): void {
    retype(this, fn);
  }

  override toString(): string {
    return "<UninitializedParameter>";
  }
}

/** A buffer without shape or values yet, as `UninitializedParameter`. */
export class UninitializedBuffer extends Tensor {
  constructor({ requires_grad = false, dtype }: Options = {}) {
    const { storageOf, dtype: type, shape, strides } = empty(dtype);
    super(storageOf, type, shape, strides, 0);
    this.requires_grad = requires_grad;
    hideShape(this);
  }

  /** Gives it memory of `shape`: it becomes a plain tensor. */
  materialize(shape: readonly number[], _device: unknown = null, dtype: DType | null = null): void {
    materialize(this, shape, dtype ?? this.dtype, Tensor.prototype);
  }

  /** Takes on the dtype that `fn` gives a tensor. */
  retype(fn: (t: Tensor) => Tensor): void {
    retype(this, fn);
  }

  override toString(): string {
    return "<UninitializedBuffer>";
  }
}

/** Whether a value is a parameter or buffer without shape yet. */
export const is_lazy = (value: unknown): value is UninitializedParameter | UninitializedBuffer =>
  value instanceof UninitializedParameter || value instanceof UninitializedBuffer;
