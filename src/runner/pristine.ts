/**
 * The language's own objects as they were before the program. A program may replace what it likes (`Array.prototype.map`, `JSON`);
 * what the runner says of it afterwards must not depend on that.
 */

type Saved = { object: object; keys: PropertyKey[]; descriptors: PropertyDescriptor[] };

const { ownKeys, getOwnPropertyDescriptor, defineProperty, deleteProperty, getPrototypeOf } = Reflect;
const { is } = Object;

const NAMES = [
  ...["Object", "Function", "Array", "String", "Number", "Boolean", "Symbol", "BigInt", "RegExp", "Date", "Promise"],
  ...["Map", "Set", "WeakMap", "WeakSet", "WeakRef", "ArrayBuffer", "SharedArrayBuffer", "DataView", "Int8Array"],
  ...["Uint8Array", "Int16Array", "Int32Array", "Float32Array", "Float64Array", "BigInt64Array", "Buffer"],
  ...["Error", "TypeError", "RangeError", "SyntaxError", "Math", "JSON", "Reflect", "Atomics", "performance"],
] as const;

const saved: Saved[] = [];
const globals: { name: string; value: unknown }[] = [];

/** To be called before any program runs. */
export function rememberBuiltins(): void {
  const seen = new Set<unknown>();
  const add = (object: unknown): void => {
    if ((typeof object !== "object" && typeof object !== "function") || object === null || seen.has(object)) return;
    seen.add(object);
    const keys = ownKeys(object);
    saved.push({ object, keys, descriptors: keys.map((key) => getOwnPropertyDescriptor(object, key)!) });
  };
  for (const name of NAMES) {
    const value = (globalThis as Record<string, unknown>)[name] as { prototype?: unknown };
    globals.push({ name, value });
    add(value);
    add(value.prototype);
  }
  for (const iterable of [[], new Map(), new Set(), "", new Float32Array()] as Iterable<unknown>[]) {
    const iterator = getPrototypeOf(iterable[Symbol.iterator]());
    add(iterator);
    add(getPrototypeOf(iterator!));
  }
  add(getPrototypeOf(Float32Array.prototype));
}

/** Does `act` among the built-ins as they were, then puts back what the program had made of them. */
export function amongBuiltins<T>(act: () => T): T {
  const undo = restore();
  try {
    return act();
  } finally {
    // No method, no iterator: the program's own may be back already.
    for (let i = undo.length - 1; i >= 0; i--) undo[i]!();
  }
}

/** Loops by index throughout: until this is over, even `for … of` is the program's. */
function restore(): (() => void)[] {
  const undo: (() => void)[] = [];
  let steps = 0;
  const set = (object: object, key: PropertyKey, descriptor: PropertyDescriptor | undefined): void => {
    const theirs = getOwnPropertyDescriptor(object, key);
    if (descriptor) defineProperty(object, key, descriptor);
    else deleteProperty(object, key);
    defineProperty(undo, steps++, {
      value: () => (theirs ? defineProperty(object, key, theirs) : deleteProperty(object, key)),
    });
  };
  for (let i = 0; i < globals.length; i++) {
    const { name, value } = globals[i]!;
    const now = getOwnPropertyDescriptor(globalThis, name);
    if (!now || !is(now.value, value))
      set(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  }
  for (let i = 0; i < saved.length; i++) {
    const { object, keys, descriptors } = saved[i]!;
    let same = 0;
    for (let k = 0; k < keys.length; k++) {
      const now = getOwnPropertyDescriptor(object, keys[k]!);
      const then = descriptors[k]!;
      if (now) same++;
      if (!now || !is(now.value, then.value) || now.get !== then.get || now.set !== then.set)
        set(object, keys[k]!, then);
    }
    const present = ownKeys(object);
    if (present.length <= same) continue;
    for (let k = 0; k < present.length; k++) {
      const key = present[k]!;
      if (!isKnown(key, keys)) set(object, key, undefined);
    }
  }
  return undo;
}

function isKnown(key: PropertyKey, keys: readonly PropertyKey[]): boolean {
  for (let i = 0; i < keys.length; i++) if (keys[i] === key) return true;
  return false;
}
