/** What every optimiser is: groups of parameters with their options, and a state for each parameter. */
import { forward } from "../autograd/forwardAd";
import { enable_grad, mode, set_grad_enabled } from "../autograd/gradMode";
import { AssertionError, NotImplementedError, RuntimeError, ValueError } from "../errors";
import { isKeywords, keywordArguments } from "../keywords";
import { seam } from "../observer";
import { floatText, typeText } from "../pythonText";
import { Tensor } from "../tensor";
import { warn } from "../warnings";

/** Parameters with options of their own; what is left out comes from the optimiser's defaults. */
export interface ParamGroup {
  params: Tensor | Iterable<Tensor>;
  [option: string]: any;
}

/** `model.parameters()`, an array of tensors, or an array of groups. */
export type Params = Iterable<Tensor | ParamGroup>;

/** Options by position, by name in one trailing object, or both. */
export type Options<O> = readonly (O | O[keyof O])[];

/** What `state_dict()` gives: parameters are numbered in the order of the groups. */
export interface OptimizerStateDict {
  state: Record<string, any>;
  param_groups: Record<string, any>[];
}

/** Stands for a default that there is not: the group must say it. */
export const required = Symbol("required");

export interface CommonOptions {
  /** How far a step goes. */
  lr?: number;
  /** Factor of an L2 penalty, which adds its multiple of the parameter to the gradient. */
  weight_decay?: number;
  /** Climb instead of descend. */
  maximize?: boolean;
  /** PyTorch's choice between two ways to compute the same; there is one here. */
  foreach?: boolean | null;
}

/** Where PyTorch's default is an int, its text has no point. */
const WHOLE_DEFAULTS: Record<string, number> = {
  momentum: 0,
  dampening: 0,
  weight_decay: 0,
  lr_decay: 0,
  initial_accumulator_value: 0,
};
const WHOLE_OPTIONS = ["max_iter", "max_eval", "history_size"];

/**
 * Base class of optimisers; a subclass calls `super(params, defaults)` and overrides `step`.
 * Throws TypeError for parameters that are no tensors, ValueError for no parameters, for a result of an op, or for one given twice.
 */
export class Optimizer {
  /** Options of groups that do not say theirs. */
  readonly defaults: Record<string, any>;
  /** What is kept of each parameter between steps: PyTorch's names (`momentum_buffer`, `exp_avg`, …). */
  state: Map<any, any> = new Map();
  /** Plain objects: `opt.param_groups[0].lr = 0.01` takes effect at once. */
  param_groups: any[] = [];
  /** @internal Steps made, once a scheduler counts them. */
  declare _step_count: number;

  constructor(params: Params, defaults: Record<string, any>) {
    this.defaults = defaults;
    if ((params as unknown) instanceof Tensor) {
      const name = (params as unknown as Tensor).type();
      throw new TypeError(
        `params argument given to the optimizer should be an iterable of Tensors or dicts, but got ${name}`,
      );
    }
    const list: any[] = [...params];
    if (list.length === 0) throw new ValueError("optimizer got an empty parameter list");
    const groups: ParamGroup[] = isKeywords(list[0]) ? (list as ParamGroup[]) : [{ params: list }];
    for (const group of groups) this.add_param_group(group);
  }

  /**
   * Makes one step from the gradients as they are. `closure` computes the loss anew (and calls backward), and its value is
   * what `step` returns.
   */
  step<T = any>(_closure?: (() => T) | null): T {
    throw new NotImplementedError("");
  }

  /** Sets the gradient of every parameter to zero, or with `set_to_none` to null. */
  zero_grad(set_to_none: boolean | { set_to_none?: boolean } = false): void {
    const { set_to_none: drop = false } = keywordArguments("zero_grad", ["set_to_none"], [set_to_none]);
    for (const group of this.param_groups) {
      for (const p of group.params as Tensor[]) {
        if (p.gradient === null) continue;
        if (drop) {
          p.grad = null;
          continue;
        }
        if (p.grad.grad_fn !== null) p.grad.detach_();
        else p.grad.requires_grad_(false);
        p.grad.zero_();
      }
    }
  }

  /** Another group, for instance of layers that are trained from now on. Its options are written into `group`. */
  add_param_group(group: ParamGroup): void {
    if (!isKeywords(group)) throw new AssertionError("param group must be a dict");
    const given: unknown = group.params;
    if (given instanceof Set) {
      throw new TypeError(
        "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets will change between runs. Please use a list instead.",
      );
    }
    const params: Tensor[] = given instanceof Tensor ? [given] : [...(given as Iterable<Tensor>)];
    group.params = params;
    for (const p of params) {
      if (!(p instanceof Tensor)) {
        throw new TypeError(`optimizer can only optimize Tensors, but one of the params is ${typeText(p)}`);
      }
      if (!this.defaults.differentiable && !(p.is_leaf || p.retains_grad)) {
        throw new ValueError("can't optimize a non-leaf Tensor");
      }
    }
    for (const [name, value] of Object.entries(this.defaults)) {
      if (name in group) continue;
      if (value === required) {
        throw new ValueError(`parameter group didn't specify a value of required optimization parameter ${name}`);
      }
      group[name] = value;
    }
    if (new Set(params).size !== params.length) {
      warn(
        "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; see github.com/pytorch/pytorch/issues/40967 for more information",
      );
    }
    const known = new Set(this.param_groups.flatMap((g) => g.params as Tensor[]));
    if (params.some((p) => known.has(p))) {
      throw new ValueError("some parameters appear in more than one parameter group");
    }
    this.param_groups.push(group);
    seam.observer?.optimises?.(params);
  }

  /** State and options as plain data, parameters by number. The tensors in it are the optimiser's own. */
  state_dict(): OptimizerStateDict {
    const numbers = new Map<unknown, number>();
    let start = 0;
    const param_groups = this.param_groups.map((group) => {
      const { params, ...packed } = group;
      for (const [i, p] of params.entries()) if (!numbers.has(p)) numbers.set(p, start + i);
      start += params.length;
      packed.params = params.map((p: Tensor) => numbers.get(p));
      return packed;
    });
    const state: Record<string, any> = {};
    for (const [key, value] of this.state) state[key instanceof Tensor ? numbers.get(key)! : key] = value;
    return { state, param_groups };
  }

  /**
   * Goes on from what `state_dict()` gave, of which it keeps a copy in the parameters' dtype.
   * Throws ValueError where groups or their sizes differ.
   */
  load_state_dict(state_dict: OptimizerStateDict): void {
    const { state, param_groups: saved } = deepCopy(state_dict) as OptimizerStateDict;
    const groups = this.param_groups;
    if (groups.length !== saved.length) {
      throw new ValueError("loaded state dict has a different number of parameter groups");
    }
    if (groups.some((group, i) => group.params.length !== saved[i].params.length)) {
      throw new ValueError(
        "loaded state dict contains a parameter group that doesn't match the size of optimizer's group",
      );
    }
    const byNumber = new Map<string, Tensor>();
    groups.forEach((group, g) => {
      group.params.forEach((p: Tensor, i: number) => void byNumber.set(String(saved[g].params[i]), p));
    });
    this.state = new Map();
    for (const [key, value] of Object.entries(state)) {
      const p = byNumber.get(key);
      if (p === undefined) this.state.set(key, value);
      else this.state.set(p, castState(p, value));
    }
    this.param_groups = groups.map((group, g) => ({ ...this.defaults, ...saved[g], params: group.params }));
    this.restored();
  }

  /** @internal Brings a state from an older release up to date. */
  protected restored(): void {}

  /** @internal Counts that older releases kept as numbers become tensors. */
  protected numbersToTensors(make: (x: number) => Tensor, keys: readonly string[]): void {
    for (const state of this.state.values()) {
      for (const key of keys) if (typeof state[key] === "number") state[key] = make(state[key]);
    }
  }

  /** @internal The closure's loss, then `update` for every parameter with a gradient, none of it recorded. */
  protected run<T>(
    closure: (() => T) | null | undefined,
    update: (p: Tensor, grad: Tensor, group: any, state: any) => void,
  ): T {
    const observer = seam.observer;
    observer?.stepStart?.(this, parametersOf(this));
    try {
      return this.#update(closure, update);
    } finally {
      observer?.stepEnd?.(this, parametersOf(this));
    }
  }

  #update<T>(
    closure: (() => T) | null | undefined,
    update: (p: Tensor, grad: Tensor, group: any, state: any) => void,
  ): T {
    const loss = closure == null ? null : enable_grad(closure);
    const observed = seam.observer !== null || forward.level >= 0;
    set_grad_enabled(this.defaults.differentiable ?? false, () => {
      for (const group of this.param_groups) {
        for (const p of group.params as Tensor[]) {
          // An update keeps nothing of a gradient, unless it is itself recorded or watched.
          const grad = mode.grad || observed ? p.grad : p.gradient;
          if (grad === null) continue;
          let state = this.state.get(p);
          if (state === undefined) {
            state = {};
            this.state.set(p, state);
          }
          update(p, group.maximize ? grad.neg() : grad, group, state);
        }
      }
    });
    return loss as T;
  }

  /** @internal Options that print without a point at this value. */
  protected wholeDefaults(): Record<string, number> {
    return WHOLE_DEFAULTS;
  }

  /** PyTorch's text: the options of each group. */
  toString(): string {
    const number = (key: string, x: number) =>
      Number.isInteger(x) && (WHOLE_OPTIONS.includes(key) || this.wholeDefaults()[key] === x)
        ? String(x)
        : floatText(x);
    const text = (key: string, value: unknown): string => {
      if (typeof value === "number") return number(key, value);
      if (Array.isArray(value)) return `(${value.map((v) => text(key, v)).join(", ")})`;
      if (typeof value === "boolean") return value ? "True" : "False";
      return value == null ? "None" : String(value);
    };
    const groups = this.param_groups.map((group, i) => {
      const keys = Object.keys(group)
        .filter((key) => key !== "params")
        .sort();
      return `\nParameter Group ${i}\n${keys.map((key) => `    ${key}: ${text(key, group[key])}\n`).join("")}`;
    });
    return `${this.constructor.name} (${groups.join("")})`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** Those of all groups. */
export function* parametersOf({ param_groups }: Optimizer): Generator<Tensor> {
  for (const group of param_groups) yield* group.params as Tensor[];
}

/** Throws ValueError with PyTorch's text unless `x ≥ 0`. */
export function atLeastZero(what: string, x: number): void {
  if (!(x >= 0)) throw new ValueError(`Invalid ${what}: ${floatText(x)}`);
}

/** Coefficients of running averages lie in [0, 1). Throws ValueError. */
export function checkBetas(betas: readonly number[]): void {
  for (const i of [0, 1]) {
    if (!(betas[i] >= 0 && betas[i] < 1)) {
      throw new ValueError(`Invalid beta parameter at index ${i}: ${floatText(betas[i])}`);
    }
  }
}

/** There is no GPU here. Throws what PyTorch throws on a CPU. */
export function checkPlacement(given: { fused?: boolean; capturable?: boolean; differentiable?: boolean }): void {
  if (given.fused) {
    if (given.differentiable) throw new RuntimeError("`fused` cannot be `differentiable`");
    throw new RuntimeError("FusedAdam requires all the params to be CUDA, floating point");
  }
  if (given.capturable) {
    throw new AssertionError("If capturable=True, params and state_steps must be CUDA tensors.");
  }
}

export function isEmpty(state: object): boolean {
  for (const _ in state) return false;
  return true;
}

/** Tensors become copies without graph; arrays, maps and plain objects are copied through. */
function deepCopy(value: unknown): unknown {
  if (value instanceof Tensor) return value.detach().clone().requires_grad_(value.requires_grad);
  if (Array.isArray(value)) return value.map(deepCopy);
  if (value instanceof Map) return new Map([...value].map(([k, v]) => [k, deepCopy(v)]));
  if (!isKeywords(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, deepCopy(v)]));
}

/** Floating-point state follows the parameter's dtype, except the count of steps. */
function castState(p: Tensor, value: any, key?: string): any {
  if (value instanceof Tensor) return key !== "step" && p.is_floating_point() ? value.to(p.dtype) : value;
  if (Array.isArray(value)) return value.map((v) => castState(p, v));
  if (!isKeywords(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, castState(p, v, k)]));
}
