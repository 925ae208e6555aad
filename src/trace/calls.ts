/** How each grad_fn came about: in which call of which module, in which grad_fn's backward, in place. */
import type { Node } from "../torch/autograd/node";
import type { ModuleCall } from "./model";

/** A call under way; it gets its number when it makes its first grad_fn. */
interface Call {
  parent: Call | null;
  name: string;
  type: string;
  index: number;
  /** How many calls of each name have made grad_fns within this one. */
  counts: Map<string, number>;
}

/** Different calls kept; those beyond count as part of the call around them. */
const CALLS_MAX = 10_000;

export class Calls {
  readonly kept: (ModuleCall & { module: WeakRef<object> })[] = [];
  private current: Call | null = null;
  private topCounts = new Map<string, number>();
  private readonly byKey = new Map<string, number>();
  private readonly callOf = new WeakMap<Node, number>();
  private readonly sources = new WeakMap<Node, Node>();
  private readonly replacing = new WeakSet<Node>();
  private readonly names = new WeakMap<object, Map<object, string>>();

  start(module: object): void {
    const parent = this.current;
    const type = typeOf(module);
    const name = parent ? (this.childName(parent, module) ?? type) : type;
    this.current = { parent, name, type, index: -1, counts: new Map() };
    this.modules.set(this.current, module);
  }

  end(): void {
    this.current = this.current?.parent ?? null;
  }

  /** `source` is the grad_fn whose backward is making `node`. */
  made(node: Node, source: Node | null): void {
    if (source) this.sources.set(node, source);
    else if (this.current) this.callOf.set(node, this.number(this.current));
  }

  /** An op has put its result, and with it `node`, in the place of its input. */
  madeInPlace(node: Node): void {
    this.replacing.add(node);
  }

  isInPlace(node: Node): boolean {
    return this.replacing.has(node);
  }

  /** A training step is over: the next call of the model is its first again. */
  stepDone(): void {
    if (!this.current) this.topCounts = new Map();
  }

  /** Index into {@link kept}; -1 for what was made outside of all modules. */
  indexOf(node: Node): number {
    return this.callOf.get(node) ?? -1;
  }

  /** The grad_fn in whose backward `node` was made; undefined for one of the forward pass. */
  sourceOf(node: Node): Node | undefined {
    return this.sources.get(node);
  }

  private readonly modules = new WeakMap<Call, object>();

  private number(call: Call): number {
    if (call.index >= 0) return call.index;
    const parent = call.parent ? this.number(call.parent) : -1;
    const counts = call.parent ? call.parent.counts : this.topCounts;
    const repetition = counts.get(call.name) ?? 0;
    counts.set(call.name, repetition + 1);
    const key = `${parent} ${repetition} ${call.name}`;
    let index = this.byKey.get(key);
    if (index === undefined) {
      if (this.kept.length >= CALLS_MAX) return parent >= 0 ? parent : 0;
      const { name, type } = call;
      index = this.kept.push({ parent, name, type, repetition, module: new WeakRef(this.modules.get(call)!) }) - 1;
      this.byKey.set(key, index);
    }
    call.index = index;
    return index;
  }

  /** As the caller's `named_modules()` has it: `blocks.0`. */
  private childName(parent: Call, module: object): string | undefined {
    const caller = this.modules.get(parent)!;
    let names = this.names.get(caller);
    if (!names) {
      names = new Map();
      this.names.set(caller, names);
      for (const [path, child] of namedModules(caller)) if (path !== "" && !names.has(child)) names.set(child, path);
    }
    return names.get(module);
  }
}

function typeOf(module: object): string {
  return (module as { _get_name?(): string })._get_name?.() ?? "Module";
}

function namedModules(module: object): Iterable<[string, object]> {
  return (module as { named_modules(): Iterable<[string, object]> }).named_modules();
}
