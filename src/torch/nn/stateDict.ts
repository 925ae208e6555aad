/** State dicts: every parameter and persistent buffer by its path, out of a module and into one. */
import { withoutGrad } from "../autograd/gradMode";
import { RuntimeError } from "../errors";
import { isKeywords } from "../keywords";
import { Tensor } from "../tensor";
import type { Module } from "./module";
import { STATE } from "./registry";
import { size, typename } from "./text";
import { is_lazy } from "./uninitialized";

/** Tensors by path, in order; a plain object. */
export type StateDict = Record<string, any>;

/** Versions of the modules that a state dict came from, where nobody iterating over it sees them. */
const METADATA = "_metadata";

const EXTRA_STATE = "_extra_state";

/** What loading left undone. */
export class IncompatibleKeys extends Array<string[]> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
  readonly missing_keys: string[];
  readonly unexpected_keys: string[];

  constructor(missing: string[], unexpected: string[]) {
    super();
    this.push(missing, unexpected);
    this.missing_keys = missing;
    this.unexpected_keys = unexpected;
  }

  override toString(): string {
    const list = (keys: string[]) => `[${keys.map((k) => `'${k}'`).join(", ")}]`;
    if (this.missing_keys.length + this.unexpected_keys.length === 0) return "<All keys matched successfully>";
    return `_IncompatibleKeys(missing_keys=${list(this.missing_keys)}, unexpected_keys=${list(this.unexpected_keys)})`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

export function newStateDict(): StateDict {
  return Object.defineProperty({}, METADATA, { value: {}, enumerable: false, writable: true });
}

/** Writes the state of `module` and its children into `destination`, paths beginning with `prefix`. */
export function saveInto(module: Module, destination: StateDict, prefix: string, keepVars: boolean): StateDict {
  const state = module[STATE];
  // A class has it where Python has it, as an attribute of the class.
  const version = { version: (module.constructor as { _version?: number })._version ?? module._version };
  if (destination[METADATA] !== undefined) destination[METADATA][prefix.slice(0, -1)] = version;
  module._save_to_state_dict(destination, prefix, keepVars);
  for (const [name, child] of state.modules) {
    child?.state_dict({ destination, prefix: `${prefix}${name}.`, keep_vars: keepVars });
  }
  for (const hook of state.stateDictHooks) destination = hook(module, destination, prefix, version) ?? destination;
  return destination;
}

export function saveOwn(module: Module, destination: StateDict, prefix: string, keepVars: boolean): void {
  const state = module[STATE];
  const kept = (t: Tensor) => (keepVars || is_lazy(t) ? t : t.detach());
  for (const [name, p] of state.parameters) if (p !== null) destination[prefix + name] = kept(p);
  for (const [name, b] of state.buffers) {
    if (b !== null && !state.nonPersistent.has(name)) destination[prefix + name] = kept(b);
  }
  if (typeof module.get_extra_state === "function") destination[prefix + EXTRA_STATE] = module.get_extra_state();
}

/** What is found wrong on the way; one for a whole `load_state_dict`. */
export interface LoadReport {
  missing: string[];
  unexpected: string[];
  errors: string[];
}

/** Copies a module's own state out of `source`, whose keys all begin with `prefix`. */
export function loadOwn(module: Module, source: StateDict, prefix: string, report: LoadReport): void {
  const state = module[STATE];
  const local = new Map<string, Tensor>();
  for (const [name, p] of state.parameters) if (p !== null) local.set(name, p);
  for (const [name, b] of state.buffers) if (b !== null && !state.nonPersistent.has(name)) local.set(name, b);
  for (const [name, own] of local) {
    const key = prefix + name;
    if (key in source) copyInto(own, source[key], key, report.errors);
    else report.missing.push(key);
  }
  const extra = prefix + EXTRA_STATE;
  if (typeof module.set_extra_state === "function") {
    if (extra in source) module.set_extra_state(source[extra]);
    else report.missing.push(extra);
  } else if (extra in source) {
    report.unexpected.push(extra);
  }
  for (const key of Object.keys(source)) {
    if (!key.startsWith(prefix) || key === extra) continue;
    const name = key.slice(prefix.length).split(".")[0];
    if (!state.modules.has(name) && !local.has(name)) report.unexpected.push(key);
  }
}

function copyInto(own: Tensor, given: unknown, key: string, errors: string[]): void {
  if (!(given instanceof Tensor)) {
    errors.push(
      `While copying the parameter named "${key}", expected torch.Tensor or Tensor-like object from checkpoint but received <class '${typename(given)}'>`,
    );
    return;
  }
  if (is_lazy(own) && is_lazy(given)) return;
  // Scalars were once saved as tensors of one element.
  const value = own.ndim === 0 && given.ndim === 1 ? given.select(0, 0) : given;
  if (size(value.shape) !== size(own.shape)) {
    errors.push(
      `size mismatch for ${key}: copying a param with shape ${size(value.shape)} from checkpoint, the shape in current model is ${size(own.shape)}.`,
    );
    return;
  }
  try {
    withoutGrad(() => own.copy_(value));
  } catch (error) {
    errors.push(
      `While copying the parameter named "${key}", whose dimensions in the model are ${size(own.shape)} and whose dimensions in the checkpoint are ${size(value.shape)}, an exception occurred : ('${(error as Error).message}',).`,
    );
  }
}

/** `Module.load_state_dict`. Throws RuntimeError that lists everything that does not fit. */
export function loadInto(module: Module, given: StateDict | Map<string, unknown>, strict: boolean): IncompatibleKeys {
  if (!(given instanceof Map) && !isKeywords(given)) {
    throw new TypeError(`Expected state_dict to be dict-like, got <class '${typename(given)}'>.`);
  }
  const metadata: Record<string, { version?: number }> | undefined = (given as StateDict)[METADATA];
  const source: StateDict = given instanceof Map ? Object.fromEntries(given) : { ...given };
  const report: LoadReport = { missing: [], unexpected: [], errors: [] };
  const load = (target: Module, part: StateDict, prefix: string): void => {
    const version = metadata?.[prefix.slice(0, -1)] ?? {};
    for (const hook of target[STATE].loadStateDictPreHooks) {
      hook.call(target, part, prefix, version, true, report.missing, report.unexpected, report.errors);
    }
    target._load_from_state_dict(part, prefix, version, report);
    for (const [name, child] of target[STATE].modules) {
      if (child === null) continue;
      const inner = `${prefix}${name}.`;
      load(child, Object.fromEntries(Object.entries(part).filter(([key]) => key.startsWith(inner))), inner);
    }
    const keys = new IncompatibleKeys(report.missing, report.unexpected);
    for (const hook of target[STATE].loadStateDictPostHooks) hook(target, keys);
  };
  load(module, source, "");
  const { missing, unexpected, errors } = report;
  const quoted = (keys: string[]) => keys.map((k) => `"${k}"`).join(", ");
  if (strict && unexpected.length > 0) errors.unshift(`Unexpected key(s) in state_dict: ${quoted(unexpected)}. `);
  if (strict && missing.length > 0) errors.unshift(`Missing key(s) in state_dict: ${quoted(missing)}. `);
  if (errors.length > 0) {
    throw new RuntimeError(`Error(s) in loading state_dict for ${module._get_name()}:\n\t${errors.join("\n\t")}`);
  }
  return new IncompatibleKeys(missing, unexpected);
}
