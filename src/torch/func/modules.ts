/** Modules as functions of their parameters. */
import { AttributeError, RuntimeError } from "../errors";
import { isKeywords, leading } from "../keywords";
import { deepcopy, type Module } from "../nn/module";
import { STATE } from "../nn/registry";
import { stack } from "../ops/joining";
import { Tensor } from "../tensor";

type Tensors = Record<string, Tensor>;

export interface FunctionalCallOptions {
  /** What the module's `forward` takes as its trailing object. */
  kwargs?: Record<string, any> | null;
  /** A tensor that the module holds under several names is replaced under all of them. */
  tie_weights?: boolean;
  /** Every parameter and buffer must be given, and nothing else. */
  strict?: boolean;
}

function isOptions(value: unknown): value is FunctionalCallOptions {
  if (!isKeywords(value)) return false;
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => ["kwargs", "tie_weights", "strict"].includes(key));
}

/** One place of a module that holds a parameter or a buffer. */
interface Place {
  module: Module;
  field: string;
  tensor: Tensor;
}

function placesOf(root: Module): Map<string, Place> {
  const places = new Map<string, Place>();
  const walk = (module: Module, prefix: string): void => {
    for (const held of [module._parameters, module._buffers]) {
      for (const [field, tensor] of held) if (tensor !== null) places.set(prefix + field, { module, field, tensor });
    }
    for (const [name, child] of module._modules) if (child !== null) walk(child, `${prefix}${name}.`);
  };
  walk(root, "");
  return places;
}

/** Puts another tensor, of whatever class, into a place; it reads there like the one before. */
function put({ module, field }: Place, tensor: Tensor): void {
  const { parameters, buffers, target } = module[STATE];
  if (parameters.has(field)) parameters.set(field, tensor as any);
  else buffers.set(field, tensor);
  target[field] = tensor;
}

/**
 * Calls a module as if its parameters and buffers were the given tensors: `{ "fc.weight": w, … }`, or an array of such
 * objects. What is not named stays the module's own. `args` is an array of arguments, or the only one.
 * Gradients flow to the given tensors; afterwards the module is as before.
 * Throws RuntimeError under `strict` for names that are missing or unknown.
 */
export function functional_call(
  module: any,
  parameter_and_buffer_dicts?: Tensors | readonly Tensors[],
  args?: any,
  kwargs?: Record<string, any> | FunctionalCallOptions | null,
  options?: FunctionalCallOptions,
): any {
  [module, parameter_and_buffer_dicts, args, kwargs, options] = leading(
    ["module", "parameter_and_buffer_dicts", "args"],
    [module, parameter_and_buffer_dicts, args, kwargs, options],
  );
  // The fourth position is an object itself, the keywords of `forward`; one that names only options is those.
  const given: FunctionalCallOptions = options ?? (isOptions(kwargs) ? kwargs : {});
  const forwarded = given.kwargs ?? (isOptions(kwargs) ? null : (kwargs ?? null));
  const dicts = Array.isArray(parameter_and_buffer_dicts) ? parameter_and_buffer_dicts : [parameter_and_buffer_dicts];
  const tensors: Tensors = Object.assign({}, ...dicts);
  const places = placesOf(module);
  if (given.strict ?? false) checkNames(module, places, tensors);
  const replaced = new Map<string, Tensor>();
  for (const [name, tensor] of Object.entries(tensors)) {
    const place = places.get(name);
    if (place === undefined) {
      // A path must lead to a module, as in PyTorch; a new field there would be seen by nobody.
      module.get_submodule(name.includes(".") ? name.slice(0, name.lastIndexOf(".")) : "");
      continue;
    }
    if (!(tensor instanceof Tensor)) throw new TypeError(`${name} is not an instance of torch.Tensor`);
    replaced.set(name, tensor);
    if (given.tie_weights === false) continue;
    for (const [other, { tensor: held }] of places) {
      if (held === place.tensor && !(other in tensors)) replaced.set(other, tensor);
    }
  }
  const positions = args === undefined || args === null ? [] : Array.isArray(args) ? args : [args];
  try {
    for (const [name, tensor] of replaced) put(places.get(name)!, tensor);
    return forwarded === null ? module(...positions) : module(...positions, forwarded);
  } finally {
    for (const name of replaced.keys()) put(places.get(name)!, places.get(name)!.tensor);
  }
}

function checkNames(module: Module, places: Map<string, Place>, tensors: Tensors): void {
  const missing = [...places.keys()].filter((name) => !(name in tensors));
  const unexpected = Object.keys(tensors).filter((name) => !places.has(name));
  if (missing.length + unexpected.length === 0) return;
  const quoted = (names: string[]) => names.map((name) => `"${name}"`).join(", ");
  const lines = [`Error(s) in loading state_dict for ${module._get_name()}:`];
  if (unexpected.length > 0) lines.push(`\tUnexpected key(s) in state_dict: ${quoted(unexpected)}. `);
  if (missing.length > 0) lines.push(`\tMissing key(s) in state_dict: ${quoted(missing)}. `);
  throw new RuntimeError(lines.join("\n"));
}

/**
 * `[params, buffers]` of several models of one class, stacked along a new first dimension: an ensemble for `vmap`. The
 * stacked parameters are leaves that require grad where the models' do.
 * Throws RuntimeError for no models, different classes, or different modes.
 */
export function stack_module_state(models: Iterable<any>): [Tensors, Tensors] {
  const list = [...models];
  if (list.length === 0) throw new RuntimeError("stack_module_state: Expected at least one model, got 0.");
  if (list.some((m) => m.training !== list[0].training)) {
    throw new RuntimeError("stack_module_state: Expected all models to have the same training/eval mode.");
  }
  if (list.some((m) => m.constructor !== list[0].constructor)) {
    throw new RuntimeError("stack_module_state: Expected all models to be of the same class.");
  }
  const stacked = (kind: "parameters" | "buffers") => {
    const all = list.map((m): Tensors => Object.fromEntries(m[`named_${kind}`]()));
    return Object.fromEntries(
      Object.keys(all[0]).map((name) => {
        const tensors = all.map((one) => one[name]);
        if (tensors.some((t) => t === undefined)) throw new AttributeError(`a model has no \`${name}\``);
        const wanted = tensors[0].requires_grad;
        if (tensors.some((t) => t.requires_grad !== wanted)) {
          throw new RuntimeError(`Expected ${name} from each model to have the same .requires_grad`);
        }
        return [name, stack(tensors, 0).detach().requires_grad_(wanted)];
      }),
    );
  };
  return [stacked("parameters"), stacked("buffers")];
}

/** A model without its parameters and buffers: they come first when it is called. */
function skeleton(model: any, kinds: readonly ("parameters" | "buffers")[], disable: boolean) {
  const copy = deepcopy(model) as any;
  const held = kinds.map((kind) => [...copy[`named_${kind}`]()] as [string, Tensor][]);
  if (disable) for (const [, t] of held.flat()) t.requires_grad_(false);
  const call = (...args: any[]): any => {
    const given = args.slice(0, kinds.length) as Tensor[][];
    const named = held.flatMap((list, i) => list.map(([name], k) => [name, given[i][k]] as const));
    return functional_call(copy, Object.fromEntries(named), args.slice(kinds.length));
  };
  return [call, ...held.map((list) => list.map(([, t]) => t))] as const;
}

const tracking = (o: { disable_autograd_tracking?: boolean } | boolean): boolean =>
  typeof o === "boolean" ? o : (o.disable_autograd_tracking ?? false);

/** `[fmodel, params]`: `fmodel(params, …inputs)` computes what the model does at those parameters, which are copies of its own. */
export function make_functional(
  model: any,
  disable_autograd_tracking: boolean | { disable_autograd_tracking?: boolean } = false,
): [(params: readonly Tensor[], ...args: any[]) => any, Tensor[]] {
  const [call, params] = skeleton(model, ["parameters"], tracking(disable_autograd_tracking));
  return [call, params];
}

/** `[fmodel, params, buffers]`: `fmodel(params, buffers, …inputs)`, as `make_functional`. */
export function make_functional_with_buffers(
  model: any,
  disable_autograd_tracking: boolean | { disable_autograd_tracking?: boolean } = false,
): [(params: readonly Tensor[], buffers: readonly Tensor[], ...args: any[]) => any, Tensor[], Tensor[]] {
  const [call, params, buffers] = skeleton(model, ["parameters", "buffers"], tracking(disable_autograd_tracking));
  return [call, params, buffers];
}

/** `[fmodel, params, buffers]` of several models of one class, each parameter and buffer stacked: an ensemble for `vmap`. Throws as `stack_module_state`. */
export function combine_state_for_ensemble(
  models: Iterable<any>,
): [(params: readonly Tensor[], buffers: readonly Tensor[], ...args: any[]) => any, Tensor[], Tensor[]] {
  const list = [...models];
  const [params, buffers] = stack_module_state(list);
  const [call] = make_functional_with_buffers(list[0]);
  // Unlike `stack_module_state`'s these require no grad.
  return [call, Object.values(params).map((p) => p.detach()), Object.values(buffers)];
}
