/** Containers of parameters: ParameterList, ParameterDict. */
import { RuntimeError } from "../errors";
import { isKeywords } from "../keywords";
import { Tensor } from "../tensor";
import { type Bound, itemsOf, pairs, sliced } from "./container";
import { Module } from "./module";
import { Parameter } from "./parameter";
import { ADMIT, POSITION, position, STATE } from "./registry";
import { typename } from "./text";

/** A tensor becomes a parameter; whatever else may be held as it is. */
const admitted = (value: unknown): unknown =>
  value instanceof Tensor && !(value instanceof Parameter) ? new Parameter(value) : value;

/** `(0): Parameter containing: [torch.float32 of size 2x3]`. */
function line(key: string | number, value: unknown, kind: (t: Tensor) => string): string {
  if (!(value instanceof Tensor)) return `  (${key}): Object of type: ${typename(value)}`;
  const what = value instanceof Parameter ? "Parameter" : "Tensor";
  return `  (${key}): ${what} containing: [${kind(value)} of size ${value.shape.join("x")}]`;
}

/** Another container of the same class. */
const copyOf = <C extends Module>(container: C, values: unknown): C => new (container.constructor as any)(values);

/** Parameters in a list; tensors that are put into it become Parameters. It cannot be called. */
export class ParameterList extends Module {
  constructor(values?: Iterable<unknown> | null | { values?: Iterable<unknown> | null }) {
    super();
    const list = isKeywords(values) ? (values as { values?: Iterable<unknown> | null }).values : values;
    if (list != null) this.extend(list as Iterable<unknown>);
  }

  /** @internal */
  [POSITION](key: string, writing = false): string {
    return writing && Number(key) === this.length ? key : String(position(key, this.length));
  }

  /** @internal */
  [ADMIT](key: string, value: unknown): unknown {
    if (!/^\d+$/.test(key)) return value;
    this[STATE].keys.add(key);
    return admitted(value);
  }

  override get length(): number {
    return this[STATE].keys.size;
  }

  *[Symbol.iterator](): Iterator<any> {
    for (let i = 0; i < this.length; i++) yield this[i];
  }

  /** Adds a value at the end. Returns the list. */
  append(value: unknown): this {
    this[this.length] = value;
    return this;
  }

  /** Adds values at the end. Throws TypeError for a tensor. Returns the list. */
  extend(values: Iterable<unknown>): this {
    if (values instanceof Tensor || typeof (values as any)?.[Symbol.iterator] !== "function") {
      throw new TypeError(`ParameterList.extend should be called with an iterable, but got ${typename(values)}`);
    }
    for (const value of values) this.append(value);
    return this;
  }

  /** The part of a Python slice. */
  slice(start?: Bound, stop?: Bound, step?: Bound): ParameterList {
    return copyOf(this, sliced([...this], start, stop, step));
  }

  override forward(): never {
    throw new RuntimeError("ParameterList should not be called.");
  }

  override extra_repr(): string {
    return [...this].map((p, i) => line(i, p, (t) => String(t.dtype))).join("\n");
  }
}

/** Parameters by name; tensors that are put into it become Parameters. It cannot be called. */
export class ParameterDict extends Module {
  constructor(parameters?: Record<string, unknown> | Map<string, unknown> | Iterable<[string, unknown]> | null) {
    super();
    if (parameters != null) this.update(parameters);
  }

  /** @internal */
  [ADMIT](key: string, value: unknown): unknown {
    if (key === "training") return value;
    this[STATE].keys.add(key);
    return admitted(value);
  }

  override get length(): number {
    return this[STATE].keys.size;
  }

  [Symbol.iterator](): Iterator<string> {
    return this.keys();
  }

  keys(): SetIterator<string> {
    return this[STATE].keys.keys();
  }

  *items(): Generator<[string, any]> {
    for (const key of this.keys()) yield [key, this[key]];
  }

  *values(): Generator<any> {
    for (const key of this.keys()) yield this[key];
  }

  /** The value of a key, or `otherwise`. */
  get(key: string, otherwise: unknown = null): any {
    return this[STATE].keys.has(key) ? this[key] : otherwise;
  }

  /** The value of a key, which is put there first where it is missing. */
  setdefault(key: string, value: unknown = null): any {
    if (!this[STATE].keys.has(key)) this[key] = value;
    return this[key];
  }

  /** Adds or replaces values; those of a plain object in the order of their sorted keys, as PyTorch takes a dict's. */
  update(
    parameters: Record<string, unknown> | Map<string, unknown> | ParameterDict | Iterable<[string, unknown]>,
  ): void {
    const list = isKeywords(parameters) ? pairs(parameters).sort(([a], [b]) => (a < b ? -1 : 1)) : itemsOf(parameters);
    for (const [key, value] of list) this[key] = value;
  }

  /** Another dictionary with the same parameters. */
  copy(): ParameterDict {
    return copyOf(this, this.items());
  }

  /** Removes everything. */
  clear(): void {
    for (const key of [...this.keys()]) delete this[key];
  }

  /** Removes and returns a value. */
  pop(key: string): any {
    const value = this[key];
    delete this[key];
    return value;
  }

  /** Removes and returns the last `[key, value]`. */
  popitem(): [string, any] {
    const key = [...this.keys()].pop()!;
    return [key, this.pop(key)];
  }

  override forward(): never {
    throw new RuntimeError("ParameterDict should not be called.");
  }

  override extra_repr(): string {
    const kind = (t: Tensor) => typename(t instanceof Parameter ? t.detach() : t);
    return [...this.items()].map(([key, p]) => line(key, p, kind)).join("\n");
  }
}
