/** `torch.nn.utils.parametrize`: a parameter as a function of another. */
import { withoutGrad } from "../../autograd/gradMode";
import { NotImplementedError, RuntimeError, ValueError } from "../../errors";
import { leading } from "../../keywords";
import { sameShape } from "../../shape";
import { Tensor } from "../../tensor";
import { ModuleDict, ModuleList } from "../container";
import { type Module, setData } from "../module";
import { Parameter } from "../parameter";
import { STATE } from "../registry";
import { size, typename } from "../text";

/** Values computed within `cached`, by module and name. */
let cache: Map<Module, Map<string, Tensor>> | null = null;

/** Inside, each parametrised tensor is computed once. */
export function cached<T>(f: () => T): T {
  const before = cache;
  cache ??= new Map();
  try {
    return f();
  } finally {
    cache = before;
  }
}

function hold(module: Module, name: string, value: Tensor): void {
  if (value instanceof Parameter) module.register_parameter(name, value);
  else module.register_buffer(name, value);
}

/** Inverts the parametrisations, last first; one that has no inverse passes the value on. */
function inverted(parametrizations: Iterable<any>, value: any): any {
  return [...parametrizations].reverse().reduce((x, p) => {
    if (typeof p.right_inverse !== "function") return x;
    try {
      return p.right_inverse(x);
    } catch (error) {
      if (error instanceof NotImplementedError) return x;
      throw error;
    }
  }, value);
}

const UNLESS = "unless `unsafe` flag is enabled.";

/** The parametrisations of one tensor, and `original` (or `original0`, `original1`, …), what they are applied to. */
export class ParametrizationList extends ModuleList {
  declare unsafe: boolean;
  declare is_tensor: boolean;
  declare ntensors: number;

  constructor(modules: Iterable<Module>, original: Tensor, unsafe = false) {
    super([...modules]);
    if (this.length === 0) throw new ValueError("ParametrizationList requires one or more modules.");
    this.unsafe = unsafe;
    const { shape, dtype } = original;
    const value = withoutGrad(() => inverted(this, original));
    if (!(value instanceof Tensor) && !Array.isArray(value)) {
      throw new ValueError(
        `'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got ${typename(value)}`,
      );
    }
    this.is_tensor = value instanceof Tensor;
    this.ntensors = value instanceof Tensor ? 1 : value.length;
    if (value instanceof Tensor) {
      if (value.dtype !== dtype) {
        throw new ValueError(
          `When \`right_inverse\` outputs one tensor, it may not change the dtype.\noriginal.dtype: ${dtype}\nright_inverse(original).dtype: ${value.dtype}`,
        );
      }
      // The parameter stays the same object: an optimiser that holds it need not be told.
      setData(original, value.detach());
      hold(this, "original", original);
    } else {
      value.forEach((t: Tensor, i: number) => {
        const part = original instanceof Parameter ? new Parameter(t) : t;
        hold(this, `original${i}`, part.requires_grad_(original.requires_grad));
      });
    }
    if (!unsafe) this.check(shape, dtype);
  }

  private check(shape: readonly number[], dtype: unknown): void {
    const value = this.forward();
    if (!(value instanceof Tensor)) {
      throw new ValueError(`A parametrization must return a tensor. Got ${typename(value)}.`);
    }
    const kinds = { dtype: [dtype, value.dtype], shape: [size(shape), size(value.shape)] };
    for (const [kind, [before, after]] of Object.entries(kinds)) {
      if (before === after) continue;
      throw new ValueError(
        `Registering a parametrization may not change the ${kind} of the tensor, ${UNLESS}\nunparametrized ${kind}: ${before}\nparametrized ${kind}: ${after}`,
      );
    }
  }

  /** Sets what the tensor is made from, so that it becomes `value`. Throws RuntimeError for a parametrisation without inverse. */
  right_inverse(value: Tensor): void {
    withoutGrad(() => {
      let x: any = value;
      for (const p of [...this].reverse()) {
        if (typeof p.right_inverse !== "function") {
          throw new RuntimeError(`parametrization ${p._get_name()} does not implement right_inverse.`);
        }
        x = p.right_inverse(x);
      }
      if (this.is_tensor) setData(this.original, x.detach());
      else for (let i = 0; i < x.length; i++) setData(this[`original${i}`], x[i].detach());
    });
  }

  override forward(): Tensor {
    const originals = this.is_tensor
      ? [this.original]
      : Array.from({ length: this.ntensors }, (_, i) => this[`original${i}`]);
    const [first, ...rest] = this;
    return rest.reduce((x, p) => p(x), first(...originals));
  }
}

/** Gives a module a class of its own, under which tensors can be computed properties. */
function ownClass(module: Module): object {
  const parent = Object.getPrototypeOf(module);
  const Base = parent.constructor as typeof Module;
  const Own = class extends Base {};
  Object.defineProperty(Own, "name", { value: `Parametrized${Base.name}` });
  Object.setPrototypeOf(module, Own.prototype);
  module.parametrizations = new ModuleDict();
  return Own.prototype;
}

/**
 * Makes `module[tensor_name]` the value of `parametrization` at the tensor that was there, now
 * `module.parametrizations[tensor_name].original`; or adds one to those that are there.
 * Throws ValueError for a name without tensor and, unless `unsafe`, for another shape or dtype.
 */
export function register_parametrization<M extends Module>(
  module: M,
  tensor_name: string,
  parametrization: Module,
  options?: { unsafe?: boolean },
): M {
  const names = ["module", "tensor_name", "parametrization"];
  [module, tensor_name, parametrization, options] = leading(names, [module, tensor_name, parametrization, options]);
  const { unsafe = false } = options ?? {};
  const m: Module = module;
  parametrization.train(m.training);
  if (is_parametrized(m, tensor_name)) {
    if (!unsafe) checkFurther(m[tensor_name], parametrization, tensor_name);
    m.parametrizations[tensor_name].append(parametrization);
    m.parametrizations[tensor_name].unsafe ||= unsafe;
    return module;
  }
  if (!m[STATE].buffers.has(tensor_name) && !m[STATE].parameters.has(tensor_name)) {
    throw new ValueError(
      `Module '${m}' does not have a parameter, a buffer, or a parametrized element with name '${tensor_name}'`,
    );
  }
  const list = new ParametrizationList([parametrization], m[tensor_name], unsafe);
  delete m[tensor_name];
  const prototype = is_parametrized(m) ? Object.getPrototypeOf(m) : ownClass(m);
  Object.defineProperty(prototype, tensor_name, {
    configurable: true,
    get(this: Module) {
      const compute = () => this.parametrizations[tensor_name]();
      if (cache === null) return compute();
      const known = cache.get(this) ?? new Map<string, Tensor>();
      cache.set(this, known);
      if (!known.has(tensor_name)) known.set(tensor_name, compute());
      return known.get(tensor_name);
    },
    set(this: Module, value: Tensor) {
      this.parametrizations[tensor_name].right_inverse(value);
    },
  });
  m.parametrizations[tensor_name] = list;
  return module;
}

/** Throws ValueError unless a further parametrisation keeps shape and dtype. */
function checkFurther(y: Tensor, parametrization: Module, name: string): void {
  const x = parametrization(y);
  if (!(x instanceof Tensor)) throw new ValueError(`A parametrization must return a tensor. Got ${typename(x)}.`);
  const changed = x.dtype !== y.dtype ? "dtype" : sameShape(x.shape, y.shape) ? null : "shape";
  if (changed === null) return;
  const text = (t: Tensor) => (changed === "dtype" ? String(t.dtype) : size(t.shape));
  throw new ValueError(
    `Registering a parametrization may not change the ${changed} of the tensor, unless the \`unsafe\` flag is enabled.\nmodule.${name}.${changed}: ${text(y)}\nparametrization(module.${name}).${changed}: ${text(x)}`,
  );
}

/** Whether a module has parametrised tensors, or this one. */
export function is_parametrized(module: Module, tensor_name: string | null = null): boolean {
  const dict = module[STATE].modules.get("parametrizations");
  if (!(dict instanceof ModuleDict)) return false;
  return tensor_name === null ? dict.length > 0 : dict[STATE].modules.has(tensor_name);
}

/**
 * Makes a parametrised tensor a plain one again: with its value, or with `leave_parametrized` false, with the original's.
 * Throws ValueError where there is nothing to remove.
 */
export function remove_parametrizations<M extends Module>(
  module: M,
  tensor_name: string,
  leave_parametrized: boolean | { leave_parametrized?: boolean } = true,
): M {
  const m: Module = module;
  const keep =
    typeof leave_parametrized === "boolean" ? leave_parametrized : (leave_parametrized.leave_parametrized ?? true);
  if (!is_parametrized(m, tensor_name)) {
    throw new ValueError(`Module ${m} does not have a parametrization on ${tensor_name}`);
  }
  const list: ParametrizationList = m.parametrizations[tensor_name];
  let plain: Tensor;
  if (list.is_tensor) {
    plain = list.original;
    if (keep) setData(plain, withoutGrad(() => m[tensor_name]).detach());
  } else {
    if (!keep) {
      throw new ValueError(
        "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a sequence of tensors.",
      );
    }
    const value: Tensor = withoutGrad(() => m[tensor_name]).detach();
    plain = list.original0.requires_grad ? new Parameter(value) : value;
  }
  const prototype = Object.getPrototypeOf(m);
  delete prototype[tensor_name];
  delete m.parametrizations[tensor_name];
  hold(m, tensor_name, plain);
  if (!is_parametrized(m)) {
    delete m.parametrizations;
    Object.setPrototypeOf(m, Object.getPrototypeOf(prototype));
  }
  return module;
}

/** The class that a module had before it was parametrised. */
export function type_before_parametrizations(module: Module): unknown {
  const prototype = Object.getPrototypeOf(module);
  return is_parametrized(module) ? Object.getPrototypeOf(prototype).constructor : prototype.constructor;
}
