/** `torch.nn.Module`. */

import { withoutGrad } from "../autograd/gradMode";
import type { Handle } from "../autograd/node";
import { checkDevice, isDevice } from "../device";
import { DType } from "../dtype";
import { AttributeError, KeyError, NotImplementedError, RuntimeError, ValueError } from "../errors";
import { isKeywords, leading } from "../keywords";
import { Tensor } from "../tensor";
import { bind } from "./arguments";
import { callModule } from "./hooks";
import { Parameter } from "./parameter";
import { checkedLeaf, instance, type ModuleState, modules, STATE } from "./registry";
import {
  type IncompatibleKeys,
  type LoadReport,
  loadInto,
  loadOwn,
  newStateDict,
  type StateDict,
  saveInto,
  saveOwn,
} from "./stateDict";
import { indented, typename } from "./text";
import { is_lazy, UninitializedBuffer, UninitializedParameter } from "./uninitialized";

type Hook<A extends unknown[]> = (...args: A) => any;
type StateOptions = { destination?: StateDict | null; prefix?: string; keep_vars?: boolean };

// A module is called like the function that it is; and users' fields, buffers registered by name among them, type-check as they come.
export interface Module {
  (...args: any[]): any;
  [name: string]: any;
}

/**
 * What every network is made of. A subclass holds Parameters and other modules in its fields and says in `forward` what
 * it computes; the module itself is then called: `model(x)` runs the hooks and `forward`.
 *
 *     class Net extends nn.Module {
 *       fc = new nn.Linear(2, 1);
 *       forward(x: torch.Tensor) { return this.fc(x).tanh(); }
 *     }
 *     const y = new Net()(x);
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the call signature of its instances
export class Module {
  /** @internal */ declare readonly [STATE]: ModuleState;
  /** What a state dict says of the layout it was saved with. */
  declare readonly _version: number;
  /** Whether `train()` or `eval()` was last called: dropout and batch normalisation read it. */
  declare training: boolean;

  constructor() {
    const self: Module = instance(new.target.prototype);
    self.training = true;
    // biome-ignore lint/correctness/noConstructorReturn: a class's instances cannot be called, so they are made here
    return self;
  }

  /** What the module computes; subclasses say. Throws NotImplementedError. */
  forward(..._input: any[]): any {
    throw new NotImplementedError(`Module [${this._get_name()}] is missing the required "forward" function`);
  }

  // ── what it holds ───────────────────────────────────────────────────────────────────────────────────────────────

  /** Own parameters by name, null where one was registered as absent. */
  get _parameters(): Map<string, Parameter | null> {
    return this[STATE].parameters;
  }

  /** Own buffers by name. */
  get _buffers(): Map<string, Tensor | null> {
    return this[STATE].buffers;
  }

  /** Children by name. */
  get _modules(): Map<string, Module | null> {
    return this[STATE].modules;
  }

  /** Throws TypeError or KeyError unless a field of this name may become a `kind`. */
  private checkName(kind: string, name: unknown, held: Map<string, unknown>): asserts name is string {
    if (typeof name !== "string") throw new TypeError(`${kind} name should be a string. Got ${typename(name)}`);
    // Read past the proxy: containers find by position there.
    const exists = this[STATE].target[name] !== undefined && !held.has(name);
    if (kind === "module" && exists) throw new KeyError(`"attribute '${name}' already exists"`);
    if (name.includes(".")) {
      throw new KeyError(
        kind === "module" ? `'module name can\\'t contain ".", got: ${name}'` : `'${kind} name can\\'t contain "."'`,
      );
    }
    if (name === "") throw new KeyError(`'${kind} name can\\'t be empty string ""'`);
    if (exists) throw new KeyError(`"attribute '${name}' already exists"`);
  }

  /**
   * Holds a tensor that is state but no parameter, such as a running mean; it is saved unless `persistent` is false.
   * Throws TypeError for what is no tensor, KeyError for a name that is taken or has a dot.
   */
  register_buffer(name: string, tensor?: Tensor | null, persistent?: boolean | { persistent?: boolean }): void;
  register_buffer(arguments_: { name: string; tensor: Tensor | null; persistent?: boolean }): void;
  register_buffer(...given: any[]): void {
    const [name, tensor = null, persistent = true] = leading(["name", "tensor", "persistent"], given);
    const { buffers, nonPersistent } = this[STATE];
    this.checkName("buffer", name, buffers);
    if (tensor !== null && !(tensor instanceof Tensor)) {
      throw new TypeError(
        `cannot assign '${typename(tensor)}' object to buffer '${name}' (torch Tensor or None required)`,
      );
    }
    buffers.set(name, tensor);
    this[STATE].target[name] = tensor;
    if (isKeywords(persistent) ? (persistent.persistent ?? true) : persistent) nonPersistent.delete(name);
    else nonPersistent.add(name);
  }

  /** Holds a parameter, or the place of one that is absent. Throws as `register_buffer`; ValueError for a result. */
  register_parameter(name: string, param: Parameter | null): void {
    const { parameters } = this[STATE];
    this.checkName("parameter", name, parameters);
    if (param !== null && !(param instanceof Parameter)) {
      throw new TypeError(
        `cannot assign '${typename(param)}' object to parameter '${name}' (torch.nn.Parameter or None required)`,
      );
    }
    parameters.set(name, param === null ? null : checkedLeaf(name, param));
    this[STATE].target[name] = param;
  }

  /** Holds a child under `name`. Throws TypeError for what is no module, KeyError for a name that is taken or has a dot. */
  add_module(name: string, module: Module | null): void {
    if (module !== null && !modules.is(module)) throw new TypeError(`${typename(module)} is not a Module subclass`);
    this.checkName("module", name, this[STATE].modules);
    this[STATE].modules.set(name, module);
    this[STATE].target[name] = module;
  }

  /** `add_module`. */
  register_module(name: string, module: Module | null): void {
    this.add_module(name, module);
  }

  /** The module at a path such as `"encoder.layers.0"`. Throws AttributeError. */
  get_submodule(target: string): Module {
    let module: Module = this;
    for (const name of target === "" ? [] : target.split(".")) {
      if (!(name in module)) throw new AttributeError(`${module._get_name()} has no attribute \`${name}\``);
      const next = module[name];
      if (!modules.is(next)) throw new AttributeError(`\`${name}\` is not an nn.Module`);
      module = next;
    }
    return module;
  }

  private member(target: string): [Module, string] {
    const dot = target.lastIndexOf(".");
    const module = this.get_submodule(target.slice(0, Math.max(dot, 0)));
    const name = target.slice(dot + 1);
    if (!(name in module)) throw new AttributeError(`${module._get_name()} has no attribute \`${name}\``);
    return [module, name];
  }

  /** The parameter at a path. Throws AttributeError. */
  get_parameter(target: string): Parameter {
    const [module, name] = this.member(target);
    if (!(module[name] instanceof Parameter)) throw new AttributeError(`\`${name}\` is not an nn.Parameter`);
    return module[name];
  }

  /** The buffer at a path. Throws AttributeError. */
  get_buffer(target: string): Tensor {
    const [module, name] = this.member(target);
    if (!module[STATE].buffers.has(name)) throw new AttributeError(`\`${name}\` is not a buffer`);
    return module[name];
  }

  // ── iterators ───────────────────────────────────────────────────────────────────────────────────────────────────

  private *members<T>(
    of: (s: ModuleState) => Map<string, T | null>,
    prefix: string,
    recurse: boolean,
  ): Generator<[string, T]> {
    const seen = new Set<T>();
    const owners: Iterable<[string, Module]> = recurse ? this.named_modules({ prefix }) : [[prefix, this]];
    for (const [path, module] of owners) {
      for (const [name, value] of of(module[STATE])) {
        if (value === null || seen.has(value)) continue;
        seen.add(value);
        yield [path === "" ? name : `${path}.${name}`, value];
      }
    }
  }

  /** Every parameter once, own ones before the children's. */
  *parameters(...args: [recurse?: boolean] | [{ recurse?: boolean }]): Generator<Parameter> {
    const { recurse } = bind("Module.parameters", { recurse: true }, args);
    for (const [, p] of this.named_parameters({ recurse })) yield p;
  }

  /** `[path, parameter]` of each. */
  *named_parameters(
    ...args: [prefix?: string, recurse?: boolean] | [{ prefix?: string; recurse?: boolean }]
  ): Generator<[string, Parameter]> {
    const { prefix, recurse } = bind("Module.named_parameters", { prefix: "", recurse: true }, args);
    yield* this.members((s) => s.parameters, prefix, recurse);
  }

  /** Every buffer once. */
  *buffers(...args: [recurse?: boolean] | [{ recurse?: boolean }]): Generator<Tensor> {
    const { recurse } = bind("Module.buffers", { recurse: true }, args);
    for (const [, b] of this.named_buffers({ recurse })) yield b;
  }

  /** `[path, buffer]` of each. */
  *named_buffers(
    ...args: [prefix?: string, recurse?: boolean] | [{ prefix?: string; recurse?: boolean }]
  ): Generator<[string, Tensor]> {
    const { prefix, recurse } = bind("Module.named_buffers", { prefix: "", recurse: true }, args);
    yield* this.members((s) => s.buffers, prefix, recurse);
  }

  /** The modules held directly, each once. */
  *children(): Generator<Module> {
    for (const [, module] of this.named_children()) yield module;
  }

  /** `[name, module]` of each child. */
  *named_children(): Generator<[string, Module]> {
    const seen = new Set<Module>();
    for (const [name, module] of this[STATE].modules) {
      if (module === null || seen.has(module)) continue;
      seen.add(module);
      yield [name, module];
    }
  }

  /** The module itself and all below it, each once. */
  *modules(): Generator<Module> {
    for (const [, module] of this.named_modules()) yield module;
  }

  /** `[path, module]` of the module itself (path `""`) and all below it. */
  *named_modules(
    ...args:
      | [memo?: Set<Module> | null, prefix?: string, remove_duplicate?: boolean]
      | [{ memo?: Set<Module> | null; prefix?: string; remove_duplicate?: boolean }]
  ): Generator<[string, Module]> {
    const spec = { memo: null, prefix: "", remove_duplicate: true };
    const { memo, prefix, remove_duplicate } = bind("Module.named_modules", spec, args);
    yield* this.walk(memo ?? new Set(), prefix, remove_duplicate);
  }

  private *walk(memo: Set<Module>, path: string, once: boolean): Generator<[string, Module]> {
    if (memo.has(this)) return;
    if (once) memo.add(this);
    yield [path, this];
    for (const [name, child] of this[STATE].modules) {
      if (child !== null) yield* child.walk(memo, path === "" ? name : `${path}.${name}`, once);
    }
  }

  // ── changing all of it ──────────────────────────────────────────────────────────────────────────────────────────

  /** Calls `fn` with every module below, then with this one. Returns the module. */
  apply(fn: ((module: any) => unknown) | { fn: (module: any) => unknown }): this {
    const [call] = leading(["fn"], [fn]);
    for (const child of this.children()) child.apply(call);
    call(this);
    return this;
  }

  /** Replaces each parameter, its gradient and each buffer by `fn` of it; parameters stay the same objects. */
  _apply(fn: (t: Tensor) => Tensor): this {
    for (const child of this.children()) child._apply(fn);
    const { parameters, buffers } = this[STATE];
    for (const p of parameters.values()) {
      if (p === null) continue;
      if (is_lazy(p)) {
        p.retype(fn);
        continue;
      }
      setData(
        p,
        withoutGrad(() => fn(p)),
      );
      if (p.grad !== null)
        setData(
          p.grad,
          withoutGrad(() => fn(p.grad)),
        );
    }
    for (const [name, b] of buffers) {
      if (is_lazy(b)) b.retype(fn);
      else if (b !== null) this[name] = fn(b);
    }
    return this;
  }

  /** Switches to training mode, children too. Throws ValueError for what is no boolean. */
  train(mode: boolean | { mode?: boolean } = true): this {
    const on = isKeywords(mode) ? (mode.mode ?? true) : mode;
    if (typeof on !== "boolean") throw new ValueError("training mode is expected to be boolean");
    this.training = on;
    for (const child of this.children()) child.train(on);
    return this;
  }

  /** Leaves training mode, children too. */
  eval(): this {
    return this.train(false);
  }

  /** Sets the flag of every parameter. */
  requires_grad_(requires_grad: boolean | { requires_grad?: boolean } = true): this {
    const on = typeof requires_grad === "boolean" ? requires_grad : (requires_grad.requires_grad ?? true);
    for (const p of this.parameters()) p.requires_grad_(on);
    return this;
  }

  /** Fills the gradients of all parameters with zeros, or sets them to null. */
  zero_grad(...args: [set_to_none?: boolean] | [{ set_to_none?: boolean }]): void {
    const { set_to_none } = bind("Module.zero_grad", { set_to_none: false }, args);
    for (const p of this.parameters()) {
      if (p.gradient === null) continue;
      if (set_to_none) p.grad = null;
      else if (p.grad.grad_fn === null) withoutGrad(() => p.grad.requires_grad_(false).zero_());
      else withoutGrad(() => p.grad.detach_().zero_());
    }
  }

  /** Parameters and buffers of floating point in another dtype: `to(torch.float64)`, `to({ dtype })`, `to(tensor)`; or on a device, which must be the CPU. */
  to(...args: any[]): this {
    const options = isKeywords(args[args.length - 1]) ? args[args.length - 1] : {};
    checkDevice(options.device ?? args.find(isDevice));
    const dtype: unknown =
      options.dtype ?? args.find((a) => a instanceof DType) ?? args.find((a) => a instanceof Tensor)?.dtype;
    if (!(dtype instanceof DType)) return this;
    if (!dtype.is_floating_point) {
      throw new TypeError(`nn.Module.to only accepts floating point or complex dtypes, but got desired dtype=${dtype}`);
    }
    return this._apply((t) => (t.is_floating_point() ? t.to(dtype) : t));
  }

  /** Every tensor in another dtype. */
  type(dtype: DType): this {
    return this._apply((t) => t.to(dtype));
  }

  /** Everything of floating point in float32. */
  float(): this {
    return this._apply((t) => (t.is_floating_point() ? t.float() : t));
  }

  /** Everything of floating point in float64. */
  double(): this {
    return this._apply((t) => (t.is_floating_point() ? t.double() : t));
  }

  /** Everything of floating point in float16. */
  half(): this {
    return this._apply((t) => (t.is_floating_point() ? t.half() : t));
  }

  /** Everything of floating point in bfloat16. */
  bfloat16(): this {
    return this._apply((t) => (t.is_floating_point() ? t.bfloat16() : t));
  }

  /** All parameters and buffers in memory of their own that nothing was written to. A device is taken and ignored. */
  to_empty(_: { device: unknown }): this {
    return this._apply((t) => t.empty_like());
  }

  /** The module: everything is on the CPU. */
  cpu(): this {
    return this;
  }

  /** The module: there is one memory to share. Throws RuntimeError while parameters have no shape. */
  share_memory(): this {
    for (const t of [...this.parameters(), ...this.buffers()]) {
      if (!is_lazy(t)) continue;
      throw new RuntimeError(
        "Can't share memory on an uninitialized parameter or buffer. Call `forward` to initialize the parameters before calling `module.share_memory()`.",
      );
    }
    return this;
  }

  /** A module of the same class with copies of all tensors: Python's `copy.deepcopy`. What was shared inside stays shared. */
  __deepcopy__(memo: Map<unknown, unknown> = new Map()): this {
    return deepcopy(this, memo) as this;
  }

  /** Hooks before `forward` by number. */
  get _forward_pre_hooks(): Map<number, (...args: any[]) => any> {
    return this[STATE].forwardPreHooks.entries;
  }

  /** Hooks after `forward` by number. */
  get _forward_hooks(): Map<number, (...args: any[]) => any> {
    return this[STATE].forwardHooks.entries;
  }

  /** Backward hooks by number. */
  get _backward_hooks(): Map<number, (...args: any[]) => any> {
    return this[STATE].backwardHooks.entries;
  }

  // ── hooks ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Calls `hook(module, inputs)` before `forward`; what it returns replaces the inputs. */
  register_forward_pre_hook(hook: Hook<[module: any, inputs: any]>): Handle {
    return this[STATE].forwardPreHooks.add(hook);
  }

  /** Calls `hook(module, inputs, output)` after `forward`; what it returns replaces the output. */
  register_forward_hook(hook: Hook<[module: any, inputs: any, output: any]>): Handle {
    return this[STATE].forwardHooks.add(hook);
  }

  /**
   * Calls `hook(module, grad_input, grad_output)` in backward, once the gradients of the inputs are there (null for what
   * is no tensor); what it returns replaces them. Throws RuntimeError next to hooks of `register_backward_hook`.
   */
  register_full_backward_hook(hook: Hook<[module: any, grad_input: any, grad_output: any]>): Handle {
    return this.addBackwardHook(hook, true);
  }

  /** The older kind: sees the gradients of the last node of `forward` only. */
  register_backward_hook(hook: Hook<[module: any, grad_input: any, grad_output: any]>): Handle {
    return this.addBackwardHook(hook, false);
  }

  private addBackwardHook(hook: Hook<[any, any, any]>, full: boolean): Handle {
    const state = this[STATE];
    if (state.fullBackwardHooks === !full) {
      throw new RuntimeError(
        "Cannot use both regular backward hooks and full backward hooks on a single Module. Please use only one of them.",
      );
    }
    state.fullBackwardHooks = full;
    return state.backwardHooks.add(hook);
  }

  /** Calls `hook(module, state_dict, prefix, metadata)` at the end of `state_dict`. */
  _register_state_dict_hook(hook: Hook<any[]>): Handle {
    return this[STATE].stateDictHooks.add(hook);
  }

  /** Calls `hook` with what is about to be loaded, which it may change. */
  _register_load_state_dict_pre_hook(hook: Hook<any[]>, with_module = false): Handle {
    const wrapped = function (this: Module, ...args: any[]) {
      return hook(this, ...args);
    };
    return this[STATE].loadStateDictPreHooks.add(with_module ? wrapped : hook);
  }

  /** Calls `hook(module, incompatible_keys)` after loading; it may change those lists. */
  register_load_state_dict_post_hook(hook: Hook<[module: any, incompatible_keys: IncompatibleKeys]>): Handle {
    return this[STATE].loadStateDictPostHooks.add(hook);
  }

  // ── state ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Parameters and persistent buffers by path, in order; the tensors share the module's memory (the very Parameters with `keep_vars`). */
  state_dict(
    ...args: [destination?: StateDict | null, prefix?: string, keep_vars?: boolean] | [StateOptions]
  ): StateDict {
    const spec = { destination: null, prefix: "", keep_vars: false };
    const { destination, prefix, keep_vars } = bind("Module.state_dict", spec, args);
    return saveInto(this, destination ?? newStateDict(), prefix, keep_vars);
  }

  /** Own state only; `state_dict` asks for it. */
  _save_to_state_dict(destination: StateDict, prefix: string, keep_vars: boolean): void {
    saveOwn(this, destination, prefix, keep_vars);
  }

  /**
   * Copies a state dict into the parameters and buffers. Returns the keys that were missing or unexpected.
   * Throws RuntimeError, listing everything, for sizes that do not fit and, when strict, for such keys.
   */
  load_state_dict(
    state_dict: StateDict | Map<string, unknown>,
    strict: boolean | { strict?: boolean } = true,
  ): IncompatibleKeys {
    const named = state_dict as { state_dict?: any; strict?: boolean };
    if (named.state_dict !== undefined && !(named.state_dict instanceof Tensor)) {
      return this.load_state_dict(named.state_dict, named.strict ?? strict);
    }
    return loadInto(this, state_dict, typeof strict === "boolean" ? strict : (strict.strict ?? true));
  }

  /** Own state only; `load_state_dict` asks for it. */
  _load_from_state_dict(source: StateDict, prefix: string, _metadata: { version?: number }, report: LoadReport): void {
    loadOwn(this, source, prefix, report);
  }

  // ── text ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The name of the class. */
  _get_name(): string {
    return this.constructor.name;
  }

  /** What stands between the parentheses besides the children. */
  extra_repr(): string {
    return "";
  }

  /** PyTorch's text: the class, its settings, its children, moved in. */
  toString(): string {
    const extra = this.extra_repr();
    const lines = extra === "" ? [] : extra.split("\n");
    const children = [...this[STATE].modules].map(
      ([name, m]) => `(${name}): ${m === null ? "None" : indented(String(m), 2)}`,
    );
    if (children.length === 0 && lines.length <= 1) return `${this._get_name()}(${extra})`;
    return `${this._get_name()}(\n  ${[...lines, ...children].join("\n  ")}\n)`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  [Symbol.toPrimitive](): string {
    return this.toString();
  }
}

Object.defineProperty(Module.prototype, "_version", { value: 1 });
modules.is = (value) => value instanceof Module;
modules.call = callModule;

/** Makes `t` a tensor over the memory of `source`, which may have another dtype; whoever holds `t` sees the change. */
export function setData(t: Tensor, source: Tensor): void {
  const { storageOf, dtype, shape, strides, offset } = source;
  Object.assign(t, { storageOf, dtype, shape, strides, offset });
}

/** Copies of modules, tensors and plain containers; anything else is shared. */
export function deepcopy(value: any, memo: Map<unknown, unknown> = new Map()): unknown {
  if (typeof value !== "object" && typeof value !== "function") return value;
  if (value === null || memo.has(value)) return value === null ? null : memo.get(value);
  const keep = <T>(copy: T): T => {
    memo.set(value, copy);
    return copy;
  };
  if (value instanceof UninitializedParameter) return keep(new UninitializedParameter(value));
  if (value instanceof UninitializedBuffer) return keep(new UninitializedBuffer(value));
  if (value instanceof Tensor) {
    const data = withoutGrad(() => value.detach().clone());
    if (value instanceof Parameter) return keep(new Parameter(data, value.requires_grad));
    return keep(data.requires_grad_(value.requires_grad));
  }
  if (value instanceof Module) {
    const copy: Module = keep(instance(Object.getPrototypeOf(value)));
    const [from, to] = [value[STATE], copy[STATE]];
    // A buffer is known by its name only; parameters and modules file themselves, in the order of the registries.
    for (const [name, b] of from.buffers) to.buffers.set(name, deepcopy(b, memo) as Tensor | null);
    for (const name of from.nonPersistent) to.nonPersistent.add(name);
    for (const [name, p] of from.parameters) to.parameters.set(name, deepcopy(p, memo) as Parameter | null);
    for (const [name, m] of from.modules) to.modules.set(name, deepcopy(m, memo));
    for (const key of from.keys) to.keys.add(key);
    to.copyHooks(from);
    for (const name of Object.keys(value)) to.target[name] = deepcopy(from.target[name], memo);
    return copy;
  }
  if (Array.isArray(value)) return keep(value.map((v) => deepcopy(v, memo)));
  if (isKeywords(value)) {
    return keep(Object.fromEntries(Object.entries(value).map(([k, v]) => [k, deepcopy(v, memo)])));
  }
  return value;
}
