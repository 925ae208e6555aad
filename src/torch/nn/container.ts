/** Containers of modules: Sequential, ModuleList, ModuleDict. */
import { AssertionError, IndexError, ValueError } from "../errors";
import { isKeywords } from "../keywords";
import { Module } from "./module";
import { POSITION, position, STATE } from "./registry";
import { typename } from "./text";

type Children = Record<string, Module> | Map<string, Module>;
export type Bound = number | null | undefined;

export const pairs = <T>(dict: Record<string, T> | Map<string, T>): [string, T][] =>
  dict instanceof Map ? [...dict] : Object.entries(dict);

/** `[name, value]` of a dictionary of ours, or pairs as they come. (No class may name itself in its body: esbuild would rename it.) */
export const itemsOf = (given: any): Iterable<[string, any]> =>
  typeof given.items === "function" ? given.items() : given;

/** Python's `list[start:stop:step]`. */
export function sliced<T>(list: readonly T[], start: Bound, stop: Bound, step: Bound): T[] {
  const by = step ?? 1;
  if (by === 0) throw new ValueError("slice step cannot be zero");
  const n = list.length;
  const clip = (i: number) => Math.max(by < 0 ? -1 : 0, Math.min(by < 0 ? n - 1 : n, i < 0 ? i + n : i));
  const from = start == null ? (by < 0 ? n - 1 : 0) : clip(start);
  const to = stop == null ? (by < 0 ? -1 : n) : clip(stop);
  const out: T[] = [];
  for (let i = from; by > 0 ? i < to : i > to; i += by) out.push(list[i]);
  return out;
}

/** Modules in order, reached by position. */
class ModuleSequence extends Module {
  /** @internal */
  [POSITION](key: string, writing = false): string {
    const names = [...this[STATE].modules.keys()];
    // A child that is only now being added has its number for a name.
    if (writing && Number(key) === names.length) return key;
    return names[position(key, names.length)];
  }

  override get length(): number {
    return this[STATE].modules.size;
  }

  [Symbol.iterator](): Iterator<any> {
    return [...this[STATE].modules.values()][Symbol.iterator]();
  }

  /** Adds a module at the end. Returns the container. */
  append(module: Module): this {
    this.add_module(String(this.length), module);
    return this;
  }

  /** Adds modules at the end. Returns the container. */
  extend(modules: Iterable<Module>): this {
    for (const module of modules) this.append(module);
    return this;
  }
}

/**
 * Modules that run one after the other: from positions, `new nn.Sequential(a, b)`, or with names, `new nn.Sequential({ fc: a, act: b })`.
 * Each gets the output of the one before.
 */
export class Sequential extends ModuleSequence {
  constructor(...args: Module[] | [Children]) {
    super();
    const first = args[0];
    const named = args.length === 1 && (isKeywords(first) || first instanceof Map);
    for (const [name, module] of named ? pairs(first as Children) : Object.entries(args as Module[])) {
      this.add_module(name, module);
    }
  }

  override forward(input: any): any {
    for (const module of this) input = module(input);
    return input;
  }

  /** The part of a Python slice, with the names it had: `model.slice(0, 2)` is `model[:2]`. */
  slice(start?: Bound, stop?: Bound, step?: Bound): Sequential {
    const part = sliced([...this[STATE].modules], start, stop, step);
    const Class = this.constructor as typeof Sequential;
    return new Class(new Map(part as [string, Module][]));
  }

  /** Adds a module before position `index`. Throws AssertionError, IndexError. Returns the container. */
  insert(index: number, module: Module): this {
    if (!(module instanceof Module)) {
      throw new AssertionError("module should be of type: <class 'torch.nn.modules.module.Module'>");
    }
    const list: any[] = [...this];
    if (index < -list.length || index > list.length) throw new IndexError(`Index out of range: ${index}`);
    list.splice(index, 0, module);
    this[STATE].renumber(list);
    return this;
  }

  /** Removes and returns a module. */
  pop(key: number): any {
    const module = this[key];
    delete this[key];
    return module;
  }
}

/** Modules in a list, registered; what is done with them is for the owner's `forward` to say. */
export class ModuleList extends ModuleSequence {
  constructor(modules?: Iterable<Module> | null | { modules?: Iterable<Module> | null }) {
    super();
    const list = isKeywords(modules) ? (modules as { modules?: Iterable<Module> | null }).modules : modules;
    if (list != null) this.extend(list as Iterable<Module>);
  }

  override extend(modules: Iterable<Module>): this {
    if (typeof (modules as any)?.[Symbol.iterator] !== "function") {
      throw new TypeError(`ModuleList.extend should be called with an iterable, but got ${typename(modules)}`);
    }
    return super.extend(modules);
  }

  /** The part of a Python slice, numbered anew. */
  slice(start?: Bound, stop?: Bound, step?: Bound): ModuleList {
    const Class = this.constructor as typeof ModuleList;
    return new Class(sliced([...this], start, stop, step));
  }

  /** Adds a module before position `index`. */
  insert(index: number, module: Module): void {
    const list: any[] = [...this];
    list.splice(index, 0, module);
    this[STATE].renumber(list);
  }

  /** Removes and returns a module. */
  pop(key: number): any {
    const module = this[key];
    delete this[key];
    return module;
  }
}

/** Modules by name, registered: `heads["cls"]`, `"cls" in heads`, `delete heads.cls`. */
export class ModuleDict extends Module {
  constructor(modules?: Children | Iterable<[string, Module]> | null) {
    super();
    if (modules != null) this.update(modules);
  }

  override get length(): number {
    return this[STATE].modules.size;
  }

  [Symbol.iterator](): Iterator<string> {
    return this.keys();
  }

  keys(): MapIterator<string> {
    return this[STATE].modules.keys();
  }

  items(): MapIterator<[string, any]> {
    return this[STATE].modules.entries();
  }

  values(): MapIterator<any> {
    return this[STATE].modules.values();
  }

  /** Adds or replaces modules, from an object, a ModuleDict or `[name, module]` pairs. */
  update(modules: Children | ModuleDict | Iterable<[string, Module]>): void {
    if (isKeywords(modules)) for (const [name, module] of Object.entries(modules)) this.put(name, module);
    else for (const [name, module] of itemsOf(modules)) this.put(name, module);
  }

  private put(name: string, module: any): void {
    this.add_module(name, module);
  }

  /** Removes everything. */
  clear(): void {
    for (const name of [...this.keys()]) delete this[name];
  }

  /** Removes and returns a module. */
  pop(key: string): any {
    const module = this[key];
    delete this[key];
    return module;
  }
}
