/**
 * What makes a module a module: an object that can be called, and that notices what its fields hold.
 *
 * `instance(prototype)` is a proxy around a bare function with the class's prototype. Every way to make a field (class
 * field initialisers, assignment, `Object.assign`) arrives at its `defineProperty` trap, which files Parameters, buffers
 * and Modules in the order in which a field first held one. Reading has no trap, so that it costs nothing.
 */
import { HookList } from "../autograd/node";
import { IndexError, ValueError } from "../errors";
import { Tensor } from "../tensor";
import { Parameter } from "./parameter";
import { typename } from "./text";

export const STATE: unique symbol = Symbol("state of a module");
/** On a prototype: from `model[-1]`'s key to the name of what is there. */
export const POSITION: unique symbol = Symbol("names by position");
/** On a prototype: what a value becomes that is put under a key. */
export const ADMIT: unique symbol = Symbol("values by key");

type Hook = (...args: any[]) => any;

const hookLists = [
  "forwardPreHooks",
  "forwardHooks",
  "backwardHooks",
  "stateDictHooks",
  "loadStateDictPreHooks",
  "loadStateDictPostHooks",
] as const;

/** The registries of one module, and its hooks. */
export class ModuleState {
  readonly parameters = new Map<string, Parameter | null>();
  readonly buffers = new Map<string, Tensor | null>();
  readonly modules = new Map<string, any>();
  readonly nonPersistent = new Set<string>();
  readonly forwardPreHooks = new HookList<Hook>();
  readonly forwardHooks = new HookList<Hook>();
  readonly backwardHooks = new HookList<Hook>();
  readonly stateDictHooks = new HookList<Hook>();
  readonly loadStateDictPreHooks = new HookList<Hook>();
  readonly loadStateDictPostHooks = new HookList<Hook>();
  /** Of a dictionary of parameters: its keys in order. */
  readonly keys = new Set<string>();
  /** Which of its two kinds the backward hooks are; null before the first. */
  fullBackwardHooks: boolean | null = null;

  /** The function behind the proxy: fields written here are not filed. */
  constructor(readonly target: any) {}

  get hooked(): boolean {
    return this.forwardPreHooks.size + this.forwardHooks.size + this.backwardHooks.size > 0;
  }

  /** The same hooks as another module has. */
  copyHooks(from: ModuleState): void {
    for (const kind of hookLists) for (const hook of from[kind]) this[kind].add(hook);
    this.fullBackwardHooks = from.fullBackwardHooks;
  }

  has(name: string): boolean {
    return this.parameters.has(name) || this.buffers.has(name) || this.modules.has(name);
  }

  /** Makes `list` the children, named 0, 1, …. */
  renumber(list: readonly any[]): void {
    for (const name of this.modules.keys()) delete this.target[name];
    this.modules.clear();
    list.forEach((module, i) => {
      this.modules.set(String(i), module);
      this.target[i] = module;
    });
  }

  forget(name: string): void {
    this.parameters.delete(name);
    this.buffers.delete(name);
    this.nonPersistent.delete(name);
    this.modules.delete(name);
  }
}

/** Set by `module.ts`, which imports this file. */
export const modules = {
  is: (_value: unknown): boolean => false,
  call: undefined as unknown as (module: any, args: unknown[]) => unknown,
};

/** PyTorch's `Module.__setattr__`: a parameter's name takes parameters only, and so on. Throws TypeError. */
function file(state: ModuleState, name: string, value: unknown): void {
  if (value instanceof Parameter) {
    state.buffers.delete(name);
    state.modules.delete(name);
    state.parameters.set(name, checkedLeaf(name, value));
  } else if (state.parameters.has(name)) {
    state.parameters.set(name, absent(value, "parameter", name, "torch.nn.Parameter"));
  } else if (modules.is(value)) {
    state.buffers.delete(name);
    state.modules.set(name, value);
  } else if (state.modules.has(name)) {
    state.modules.set(name, absent(value, "child module", name, "torch.nn.Module"));
  } else if (state.buffers.has(name)) {
    state.buffers.set(name, value instanceof Tensor ? value : absent(value, "buffer", name, "torch.Tensor"));
  }
}

function absent(value: unknown, kind: string, name: string, expected: string): null {
  if (value === null || value === undefined) return null;
  throw new TypeError(`cannot assign '${typename(value)}' as ${kind} '${name}' (${expected} or None expected)`);
}

export function checkedLeaf(name: string, value: Parameter): Parameter {
  if (value.is_leaf) return value;
  throw new ValueError(
    `Cannot assign non-leaf Tensor to parameter '${name}'. Model parameters must be created explicitly. To express '${name}' as a function of another Tensor, compute the value in the forward() method.`,
  );
}

const stateOf = (target: object): ModuleState => (target as any)[STATE];

const fields: ProxyHandler<any> = {
  defineProperty(target, key, descriptor) {
    if (typeof key === "string" && "value" in descriptor) {
      const state = stateOf(target);
      // A subclass that only declares the type of an inherited field (`mask: torch.Tensor;`) does not mean to erase it.
      if (descriptor.value === undefined && state.has(key)) return true;
      file(state, key, descriptor.value);
    }
    return Reflect.defineProperty(target, key, descriptor);
  },
  deleteProperty(target, key) {
    if (typeof key === "string") stateOf(target).forget(key);
    return Reflect.deleteProperty(target, key);
  },
};

const isPosition = (key: string | symbol): key is string => typeof key === "string" && /^-?\d+$/.test(key);

const nameOf = (target: any, key: string | symbol, writing: boolean): string | symbol =>
  isPosition(key) && POSITION in target ? target[POSITION](key, writing) : key;

/** Of containers: `model[-1]`, `model[0] = …`, `delete model[0]` go by position; lists and dictionaries of parameters admit what they are given. */
const entries: ProxyHandler<any> = {
  get: (target, key, receiver) => Reflect.get(target, nameOf(target, key, false), receiver),
  defineProperty(target, key, descriptor) {
    const name = nameOf(target, key, true);
    if (typeof name === "string" && "value" in descriptor && ADMIT in target) {
      descriptor.value = target[ADMIT](name, descriptor.value);
    }
    return fields.defineProperty!(target, name, descriptor);
  },
  // Assignment asks for the field that it is about to write.
  getOwnPropertyDescriptor: (target, key) => Reflect.getOwnPropertyDescriptor(target, nameOf(target, key, true)),
  deleteProperty(target, key) {
    const name = nameOf(target, key, false);
    if (typeof name === "string") stateOf(target).keys.delete(name);
    const done = fields.deleteProperty!(target, name);
    // The numbering of a sequence has no gaps.
    if (POSITION in target) target[STATE].renumber([...target[STATE].modules.values()]);
    return done;
  },
};

/** Every module; to ask it runs no code of the value's. */
export const instances = new WeakSet<object>();

/** A callable object of the class whose prototype this is. */
export function instance(prototype: object): any {
  const target: any = (...args: unknown[]) => modules.call(proxy, args);
  // A bare function has a name and a length of its own; a module has not.
  delete target.name;
  delete target.length;
  Object.setPrototypeOf(target, prototype);
  Object.defineProperty(target, STATE, { value: new ModuleState(target) });
  const proxy: any = new Proxy(target, POSITION in prototype || ADMIT in prototype ? entries : fields);
  instances.add(proxy);
  return proxy;
}

/** Python's index of a list of `n`. Throws IndexError beyond its ends. */
export function position(key: string | number, n: number): number {
  const i = Number(key);
  if (i < -n || i >= n) throw new IndexError(`index ${i} is out of range`);
  return i < 0 ? i + n : i;
}
