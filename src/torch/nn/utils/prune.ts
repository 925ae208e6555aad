/** `torch.nn.utils.prune`: entries of parameters held at zero by masks. */
import { withoutGrad } from "../../autograd/gradMode";
import { AssertionError, AttributeError, IndexError, NotImplementedError, ValueError } from "../../errors";
import { abs, kthvalue, norm, ones_like, rand, rand_like, topk, zeros_like } from "../../generated/functions";
import { isKeywords, leading } from "../../keywords";
import { sameShape } from "../../shape";
import type { Tensor } from "../../tensor";
import { bind, required } from "../arguments";
import { type Module, setData } from "../module";
import { STATE } from "../registry";
import { size, typename } from "../text";
import { parameters_to_vector } from "./gradients";

type Kind = "unstructured" | "structured" | "global";
type Place = readonly [module: any, name: string];
type Index = Tensor | string;

/** Ties go to the even one, as in Python. */
function round(x: number): number {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

/** A whole number counts entries, any other is their share. Throws ValueError, TypeError. */
function checkAmount(amount: unknown): number {
  if (typeof amount !== "number") throw new TypeError(`Invalid type for amount: ${amount}. Must be int or float.`);
  if (amount < 0 || (!Number.isInteger(amount) && amount > 1)) {
    throw new ValueError(`amount=${amount} should either be a float in the range [0, 1] or a non-negative integer`);
  }
  return amount;
}

/** How many of `total` to prune. Throws ValueError for more than there are. */
function count(amount: number, total: number): number {
  const n = Number.isInteger(amount) ? amount : round(amount * total);
  if (n > total) throw new ValueError(`amount=${n} should be smaller than the number of parameters to prune=${total}`);
  return n;
}

function checkStructured(t: Tensor, dim: number): void {
  if (t.ndim <= 1) {
    throw new ValueError(
      `Structured pruning can only be applied to multidimensional tensors. Found tensor of shape ${size(t.shape)} with ${t.ndim} dims`,
    );
  }
  if (dim >= t.ndim) throw new IndexError(`Invalid index ${dim} for tensor of size ${size(t.shape)}`);
}

/** `[:, …, kept, …, :]`, at one dimension. */
const along = (t: Tensor, dim: number, kept: Tensor): Index[] =>
  t.shape.map((_, d) => (d === (dim < 0 ? dim + t.ndim : dim) ? kept : ":"));

/** Ones where `kept`, an index or mask of dimension `dim`, points; times what was kept before. */
function channels(t: Tensor, dim: number, kept: Tensor, before: Tensor): Tensor {
  const mask = zeros_like(t);
  mask.index_put_(along(t, dim, kept), 1);
  return mask.mul_(before.to(mask.dtype));
}

const hookIds = new WeakMap<BasePruningMethod, { remove(): void }>();

/** The method as the forward pre-hook that it is in PyTorch: a function that also has its fields. */
function hookOf(method: BasePruningMethod): any {
  const call = (module: Module): void => {
    module[method._tensor_name] = method.apply_mask(module);
  };
  return new Proxy(call, {
    get: (_, key) => Reflect.get(method, key, method),
    has: (_, key) => Reflect.has(method, key),
    getPrototypeOf: () => Object.getPrototypeOf(method),
    apply: (_, __, [module]) => call(module),
  });
}

const isMethod = (hook: unknown): hook is BasePruningMethod => hook instanceof BasePruningMethod;

/** The method that prunes a parameter, if one does. */
const methodOf = (module: Module, name: string): BasePruningMethod | undefined =>
  ([...module[STATE].forwardPreHooks] as unknown[]).filter(isMethod).find((hook) => hook._tensor_name === name)?.self;

function attach(module: Module, method: BasePruningMethod): void {
  hookIds.set(method, module.register_forward_pre_hook(hookOf(method)));
}

/**
 * A way to choose what to prune: a subclass names its `PRUNING_TYPE` (`"unstructured"`, `"structured"`, `"global"`) and
 * returns the mask from `compute_mask`.
 */
export abstract class BasePruningMethod {
  declare _tensor_name: string;
  declare PRUNING_TYPE: Kind;

  /** The method itself, seen through its hook. */
  get self(): this {
    return this;
  }

  /** The new mask: `default_mask` and more zeros. */
  compute_mask(_t: Tensor, _default_mask: Tensor): Tensor {
    throw new NotImplementedError();
  }

  /** The parameter times its mask. */
  apply_mask(module: any): Tensor {
    if (this._tensor_name === undefined) throw new AssertionError(`Module ${module} has to be pruned`);
    const mask: Tensor = module[`${this._tensor_name}_mask`];
    const original: Tensor = module[`${this._tensor_name}_orig`];
    return mask.to(original.dtype).mul(original);
  }

  /**
   * Prunes `module[name]`: it becomes `name_orig` times the buffer `name_mask`, made anew before every call. The arguments
   * are the method's own and `importance_scores`, a tensor to choose by instead of the parameter. Returns the method.
   */
  static apply<T extends typeof BasePruningMethod>(this: T, module: any, name: string, ...args: any[]): any {
    const last = args[args.length - 1];
    const { importance_scores = null, ...rest } = isKeywords(last) ? (last as Record<string, any>) : {};
    const own = isKeywords(last) ? [...args.slice(0, -1), rest] : args;
    const m: Module = module;
    const old = methodOf(m, name);
    if (old !== undefined) hookIds.get(old)?.remove();
    const fresh: BasePruningMethod = new (this as any)(...own);
    fresh._tensor_name = name;
    let method = fresh;
    if (old !== undefined) {
      const container = old instanceof PruningContainer ? old : new PruningContainer(old);
      container.add_pruning_method(fresh);
      method = container;
    }
    const original = m[name];
    if (importance_scores !== null && !sameShape(importance_scores.shape, original.shape)) {
      throw new AssertionError(
        `importance_scores should have the same shape as parameter                 ${name} of ${module}`,
      );
    }
    const first = !(method instanceof PruningContainer);
    if (first) {
      m.register_parameter(`${name}_orig`, original);
      delete m[name];
    }
    try {
      const before = first ? ones_like(original) : m[`${name}_mask`].detach().clone();
      const mask = withoutGrad(() => method.compute_mask(importance_scores ?? original, before));
      m.register_buffer(`${name}_mask`, mask);
      m[name] = method.apply_mask(m);
      attach(m, method);
    } catch (error) {
      if (first) {
        delete m[`${name}_orig`];
        m.register_parameter(name, original);
      }
      throw error;
    }
    return method;
  }

  /** `t` with the chosen entries set to 0. */
  prune(t: Tensor, default_mask: Tensor | null = null, importance_scores: Tensor | null = null): Tensor {
    if (importance_scores !== null && !sameShape(importance_scores.shape, t.shape)) {
      throw new AssertionError("importance_scores should have the same shape as tensor t");
    }
    return t.mul(this.compute_mask(importance_scores ?? t, default_mask ?? ones_like(t)));
  }

  /** Makes the pruning permanent: the parameter is one again, with zeros in it. */
  remove(module: any): void {
    const name = this._tensor_name;
    if (name === undefined) {
      throw new AssertionError(`Module ${module} has to be pruned            before pruning can be removed`);
    }
    const value = withoutGrad(() => this.apply_mask(module));
    const original = module[`${name}_orig`];
    for (const field of [name, `${name}_orig`, `${name}_mask`]) delete module[field];
    setData(original, value);
    module[name] = original;
  }
}

/** Several methods on one parameter, one after the other: each acts on what the ones before left. */
export class PruningContainer extends BasePruningMethod {
  _pruning_methods: BasePruningMethod[] = [];

  constructor(...methods: BasePruningMethod[]) {
    super();
    if (methods.length === 1) this._tensor_name = methods[0]._tensor_name;
    for (const method of methods) this.add_pruning_method(method);
  }

  /** Throws TypeError for what is no method, ValueError for one of another parameter. */
  add_pruning_method(method: BasePruningMethod): void {
    if (!(method instanceof BasePruningMethod)) {
      throw new TypeError(`<class '${typename(method)}'> is not a BasePruningMethod subclass`);
    }
    if (this._tensor_name !== method._tensor_name) {
      throw new ValueError(
        `Can only add pruning methods acting on the parameter named '${this._tensor_name}' to PruningContainer ${this}. Found '${method._tensor_name}'`,
      );
    }
    this._pruning_methods.push(method);
  }

  get length(): number {
    return this._pruning_methods.length;
  }

  __len__(): number {
    return this.length;
  }

  __getitem__(i: number): BasePruningMethod {
    return this._pruning_methods.at(i)!;
  }

  [Symbol.iterator](): Iterator<BasePruningMethod> {
    return this._pruning_methods[Symbol.iterator]();
  }

  /** The last method's mask, on what `mask` keeps. Throws ValueError for an unknown `PRUNING_TYPE`. */
  override compute_mask(t: Tensor, mask: Tensor): Tensor {
    const method: any = this._pruning_methods[this.length - 1];
    const part = this.partOf(method, t, mask);
    const combined = mask.to(t.dtype).clone();
    const chosen = method.compute_mask(t.index(...(part as any)), mask.index(...(part as any)));
    combined.index_put_(part, chosen.to(combined.dtype));
    return combined;
  }

  private partOf(method: any, t: Tensor, mask: Tensor): Index[] {
    const kind: string = method.PRUNING_TYPE ?? method.constructor.PRUNING_TYPE;
    switch (kind) {
      case "unstructured":
        return [mask.eq(1)];
      case "global":
        return t.shape.map(() => ":");
      case "structured": {
        if (method.dim === undefined) {
          throw new AttributeError(
            'Pruning methods of PRUNING_TYPE "structured" need to have the attribute `dim` defined.',
          );
        }
        const dim = method.dim < 0 ? method.dim + t.ndim : method.dim;
        if (dim < 0) throw new IndexError(`Index is out of bounds for tensor with dimensions ${t.ndim}`);
        const others = t.shape.map((_, d) => d).filter((d) => d !== dim);
        return along(t, dim, mask.sum(others).ne(0));
      }
      default:
        throw new ValueError(`Unrecognized PRUNING_TYPE ${kind}`);
    }
  }
}

const typed = (Method: any, kind: Kind): void => {
  Object.defineProperty(Method.prototype, "PRUNING_TYPE", { value: kind, writable: true, configurable: true });
  Object.defineProperty(Method, "PRUNING_TYPE", { value: kind, writable: true, configurable: true });
};

/** Prunes nothing, but makes the mask and the original. */
export class Identity extends BasePruningMethod {
  override compute_mask(_t: Tensor, default_mask: Tensor): Tensor {
    return default_mask;
  }
}
typed(Identity, "unstructured");

/** Prunes entries at random. */
export class RandomUnstructured extends BasePruningMethod {
  declare amount: number;

  constructor(...args: any[]) {
    super();
    this.amount = checkAmount(bind("RandomUnstructured.__init__", { amount: required }, args).amount);
  }

  override compute_mask(t: Tensor, default_mask: Tensor): Tensor {
    const n = count(this.amount, t.numel());
    const mask = default_mask.clone().contiguous();
    if (n > 0) mask.view(-1).index_put_([topk(rand_like(t).view(-1), n).indices], 0);
    return mask;
  }
}
typed(RandomUnstructured, "unstructured");

/** Prunes the entries of least magnitude. */
export class L1Unstructured extends BasePruningMethod {
  declare amount: number;

  constructor(...args: any[]) {
    super();
    this.amount = checkAmount(bind("L1Unstructured.__init__", { amount: required }, args).amount);
  }

  override compute_mask(t: Tensor, default_mask: Tensor): Tensor {
    const n = count(this.amount, t.numel());
    const mask = default_mask.clone().contiguous();
    if (n > 0) mask.view(-1).index_put_([topk(abs(t).reshape(-1), n, { largest: false }).indices], 0);
    return mask;
  }
}
typed(L1Unstructured, "unstructured");

/** Prunes whole channels along a dimension at random. */
export class RandomStructured extends BasePruningMethod {
  declare amount: number;
  declare dim: number;

  constructor(...args: any[]) {
    super();
    const { amount, dim } = bind("RandomStructured.__init__", { amount: required, dim: -1 }, args);
    this.amount = checkAmount(amount);
    this.dim = dim;
  }

  override compute_mask(t: Tensor, default_mask: Tensor): Tensor {
    checkStructured(t, this.dim);
    const total = t.size(this.dim) as number;
    const n = count(this.amount, total);
    if (n === 0) return default_mask;
    const drawn = rand(total);
    return channels(t, this.dim, drawn.gt(kthvalue(drawn, n).values), default_mask);
  }
}
typed(RandomStructured, "structured");

/** Prunes the channels along a dimension with the least Lₙ norm. */
export class LnStructured extends BasePruningMethod {
  declare amount: number;
  declare n: number | string;
  declare dim: number;

  constructor(...args: any[]) {
    super();
    const { amount, n, dim } = bind("LnStructured.__init__", { amount: required, n: required, dim: -1 }, args);
    this.amount = checkAmount(amount);
    this.n = n;
    this.dim = dim;
  }

  override compute_mask(t: Tensor, default_mask: Tensor): Tensor {
    checkStructured(t, this.dim);
    const total = t.size(this.dim) as number;
    const n = count(this.amount, total);
    if (n === 0) return default_mask;
    const kept = this.dim < 0 ? this.dim + t.ndim : this.dim;
    const others = t.shape.map((_, d) => d).filter((d) => d !== kept);
    const sizes = norm(t, this.n as number, others);
    return channels(t, this.dim, topk(sizes, total - n, { largest: true }).indices, default_mask);
  }
}
typed(LnStructured, "structured");

/** Prunes what a given mask says. */
export class CustomFromMask extends BasePruningMethod {
  declare mask: Tensor;

  constructor(...args: any[]) {
    super();
    this.mask = bind("CustomFromMask.__init__", { mask: required }, args).mask;
  }

  override compute_mask(_t: Tensor, default_mask: Tensor): Tensor {
    if (!sameShape(default_mask.shape, this.mask.shape)) throw new AssertionError("");
    return default_mask.mul(this.mask.to(default_mask.dtype));
  }
}
typed(CustomFromMask, "global");

/** Prepares a parameter for pruning without pruning any of it. Returns the module. */
export function identity<M>(module: M, name: string): M {
  Identity.apply(module, name);
  return module;
}

/** Prunes `amount` entries (a share, or a whole number of them) at random. Returns the module. */
export function random_unstructured<M>(module: M, name: string, ...args: any[]): M {
  [module, name, ...args] = leading(["module", "name"], [module, name, ...args]);
  RandomUnstructured.apply(module, name, bind("random_unstructured", { amount: required }, args));
  return module;
}

/** Prunes the `amount` entries of least magnitude, or of least score. Returns the module. */
export function l1_unstructured<M>(module: M, name: string, ...args: any[]): M {
  [module, name, ...args] = leading(["module", "name"], [module, name, ...args]);
  const spec = { amount: required, importance_scores: null };
  L1Unstructured.apply(module, name, bind("l1_unstructured", spec, args));
  return module;
}

/** Prunes `amount` channels along `dim` at random. Returns the module. */
export function random_structured<M>(module: M, name: string, ...args: any[]): M {
  [module, name, ...args] = leading(["module", "name"], [module, name, ...args]);
  const spec = { amount: required, dim: required };
  RandomStructured.apply(module, name, bind("random_structured", spec, args));
  return module;
}

/** Prunes the `amount` channels along `dim` with the least Lₙ norm. Returns the module. */
export function ln_structured<M>(module: M, name: string, ...args: any[]): M {
  [module, name, ...args] = leading(["module", "name"], [module, name, ...args]);
  const spec = { amount: required, n: required, dim: required, importance_scores: null };
  LnStructured.apply(module, name, bind("ln_structured", spec, args));
  return module;
}

/** Prunes by a mask of zeros and ones. Returns the module. */
export function custom_from_mask<M>(module: M, name: string, mask: Tensor | { mask: Tensor }): M {
  CustomFromMask.apply(module, name, isKeywords(mask) ? mask : { mask });
  return module;
}

/** A method by its class, its arguments, and scores by `[[module, name], tensor]`. */
interface GlobalOptions {
  pruning_method: any;
  importance_scores?: Iterable<readonly [Place, Tensor]> | null;
  [argument: string]: any;
}

/**
 * Prunes the parameters at all `[module, name]` together, by one unstructured method: `global_unstructured(places,
 * { pruning_method: prune.L1Unstructured, amount: 0.2 })`. Throws TypeError for another kind of method.
 */
export function global_unstructured(
  parameters: Iterable<Place>,
  pruning_method: any,
  options: Omit<GlobalOptions, "pruning_method"> = {},
): void {
  const given: Record<string, any> = isKeywords(pruning_method) ? pruning_method : { pruning_method, ...options };
  const { pruning_method: Method, importance_scores, ...rest } = given;
  if (typeof (parameters as any)?.[Symbol.iterator] !== "function") {
    throw new TypeError("global_unstructured(): parameters is not an Iterable");
  }
  const places = [...parameters];
  const scores = [...(importance_scores ?? [])] as [Place, Tensor][];
  const scoreOf = ([module, name]: Place): Tensor =>
    scores.find(([[m, n]]) => m === module && n === name)?.[1] ?? module[name];
  const method = new Method(rest);
  const kind = method.PRUNING_TYPE ?? Method.PRUNING_TYPE;
  if (kind !== "unstructured") {
    throw new TypeError(
      `Only "unstructured" PRUNING_TYPE supported for the \`pruning_method\`. Found method <class 'torch.nn.utils.prune.${Method.name}'> of type ${kind}`,
    );
  }
  const container = new PruningContainer();
  container._tensor_name = "temp";
  method._tensor_name = "temp";
  container.add_pruning_method(method);
  const mask = withoutGrad(() =>
    container.compute_mask(
      parameters_to_vector(places.map(scoreOf)),
      parameters_to_vector(places.map(([m, name]) => m[`${name}_mask`] ?? ones_like(m[name]))),
    ),
  );
  let at = 0;
  for (const [module, name] of places) {
    const t: Tensor = module[name];
    custom_from_mask(module, name, mask.narrow(0, at, t.numel()).view_as(t));
    at += t.numel();
  }
}

/** Makes the pruning of a parameter permanent. Throws ValueError where nothing is pruned. Returns the module. */
export function remove<M>(module: M, name: string): M {
  const method = methodOf(module as Module, name);
  if (method === undefined) {
    throw new ValueError(`Parameter '${name}' of module ${module} has to be pruned before pruning can be removed`);
  }
  method.remove(module);
  hookIds.get(method)?.remove();
  return module;
}

/** Whether anything in a module is being pruned. */
export function is_pruned(module: any): boolean {
  for (const [, part] of (module as Module).named_modules()) {
    if ([...part[STATE].forwardPreHooks].some(isMethod)) return true;
  }
  return false;
}
