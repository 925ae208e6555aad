/** What every learning-rate scheduler is. */
import { KeyError, NotImplementedError, ValueError } from "../../errors";
import { keywordArguments } from "../../keywords";
import { exponentText, typeText } from "../../pythonText";
import { warn } from "../../warnings";
import { Optimizer } from "../optimizer";

/** Options by position, by name in one trailing object, or both. */
export type SchedulerArgs<O> = readonly (O | O[keyof O])[];

export interface SchedulerOptions {
  /** −1 to begin; the last finished epoch to go on. */
  last_epoch?: number;
  /** Prints each change. */
  verbose?: boolean;
}

const SOURCE = "https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate";
export const EPOCH_DEPRECATED =
  "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. Please use `scheduler.step()` to step the scheduler. During the deprecation, if epoch is different from None, the closed form is used instead of the new chainable form, where available. Please open an issue if you are unable to replicate your use case: https://github.com/pytorch/pytorch/issues/new/choose.";

/** Throws TypeError unless it is one. */
export function checkOptimizer(optimizer: unknown): asserts optimizer is Optimizer {
  if (!(optimizer instanceof Optimizer)) throw new TypeError(`${typeText(optimizer)} is not an Optimizer`);
}

/** One value for every group, or an array with one for each. Throws ValueError for another length. */
export function forEachGroup<T>(name: string, optimizer: Optimizer, value: T | readonly T[]): T[] {
  const { length } = optimizer.param_groups;
  if (!Array.isArray(value)) return new Array(length).fill(value);
  if (value.length !== length) throw new ValueError(`expected ${length} values for ${name}, got ${value.length}`);
  return [...value];
}

export function print(text: string): void {
  const { console } = globalThis as unknown as { console?: { log(text: string): void } };
  console?.log(text);
}

/** Python's `%.5d`, and `%.2f` for what is no whole number. */
export const epochText = (epoch: number): string =>
  Number.isInteger(epoch) ? String(epoch).padStart(5, "0") : epoch.toFixed(2);

/** Positions and keywords after the optimiser, with the two that end every scheduler's list. */
export function schedulerArguments(
  name: string,
  names: readonly string[],
  args: readonly unknown[],
): Record<string, any> {
  return {
    last_epoch: -1,
    verbose: false,
    ...keywordArguments(`${name}.__init__`, [...names, "last_epoch", "verbose"], args),
  };
}

/** Throws TypeError with Python's text where an argument without default is missing. */
export function need(name: string, given: Record<string, any>, wanted: readonly string[]): void {
  const missing = wanted.filter((key) => given[key] === undefined);
  if (missing.length === 0) return;
  const list = missing.map((key) => `'${key}'`).join(" and ");
  const plural = missing.length === 1 ? "" : "s";
  throw new TypeError(`${name}.__init__() missing ${missing.length} required positional argument${plural}: ${list}`);
}

/**
 * Base class of schedulers; also `_LRScheduler`. A subclass overrides `get_lr`, which returns one learning rate for each group
 * and is asked at once by the constructor: fields that it reads go into `super`'s last argument.
 * Throws TypeError for what is no optimiser, KeyError when it resumes without `initial_lr`.
 */
export class LRScheduler {
  declare optimizer: Optimizer;
  declare base_lrs: number[];
  declare last_epoch: number;
  declare verbose: boolean;
  declare _step_count: number;
  declare _get_lr_called_within_step: boolean;
  declare _last_lr: number[];

  constructor(
    optimizer: Optimizer,
    last_epoch: number | SchedulerOptions = -1,
    verbose: boolean | SchedulerOptions = false,
    fields: object = {},
  ) {
    const given = keywordArguments("_LRScheduler.__init__", ["last_epoch", "verbose"], [last_epoch, verbose]);
    // Class fields would be set after the first step below; these are there before.
    Object.assign(this, fields);
    checkOptimizer(optimizer);
    this.optimizer = optimizer;
    const resumed = given.last_epoch ?? -1;
    optimizer.param_groups.forEach((group, i) => {
      if (resumed === -1) group.initial_lr ??= group.lr;
      else if (!("initial_lr" in group)) {
        throw new KeyError(`"param 'initial_lr' is not specified in param_groups[${i}] when resuming an optimizer"`);
      }
    });
    this.base_lrs = optimizer.param_groups.map((group) => group.initial_lr);
    this.last_epoch = resumed;
    countSteps(optimizer);
    this.verbose = given.verbose ?? false;
    this._initial_step();
  }

  _initial_step(): void {
    this.optimizer._step_count = 0;
    this._step_count = 0;
    this.step();
  }

  /** The scheduler's fields but the optimiser and functions: plain data. */
  state_dict(): Record<string, any> {
    return stateOf(this, ["optimizer"]);
  }

  load_state_dict(state_dict: Record<string, any>): void {
    Object.assign(this, state_dict);
  }

  /** The learning rates of the groups as last set. */
  get_last_lr(): number[] {
    return this._last_lr;
  }

  /** The next learning rate of each group, from the present ones. */
  get_lr(): number[] {
    throw new NotImplementedError("");
  }

  /** @internal The learning rates of an epoch from its number alone, where there is such a formula. */
  _get_closed_form_lr?(): number[];

  print_lr(is_verbose: boolean, group: number, lr: number, epoch: number | null = null): void {
    if (!is_verbose) return;
    const text = exponentText(lr, 4);
    if (epoch === null) print(`Adjusting learning rate of group ${group} to ${text}.`);
    else print(`Epoch ${epochText(epoch)}: adjusting learning rate of group ${group} to ${text}.`);
  }

  /** Goes to the next epoch (or to `epoch`) and sets the learning rates. Call it after `optimizer.step()`: otherwise it warns. */
  step(epoch: number | null = null): void {
    if (this._step_count === 1) this.#checkOrder();
    this._step_count += 1;
    let values: number[];
    if (epoch === null) {
      this.last_epoch += 1;
      values = this.withinStep(() => this.get_lr());
    } else {
      warn(EPOCH_DEPRECATED);
      this.last_epoch = epoch;
      values = this.withinStep(() => this._get_closed_form_lr?.() ?? this.get_lr());
    }
    this.setLr(values, epoch);
  }

  #checkOrder(): void {
    if (!("_with_counter" in this.optimizer.step)) {
      warn(
        `Seems like \`optimizer.step()\` has been overridden after learning rate scheduler initialization. Please, make sure to call \`optimizer.step()\` before \`lr_scheduler.step()\`. See more details at ${SOURCE}`,
      );
    } else if (this.optimizer._step_count < 1) {
      warn(
        `Detected call of \`lr_scheduler.step()\` before \`optimizer.step()\`. In PyTorch 1.1.0 and later, you should call them in the opposite order: \`optimizer.step()\` before \`lr_scheduler.step()\`.  Failure to do this will result in PyTorch skipping the first value of the learning rate schedule. See more details at ${SOURCE}`,
      );
    }
  }

  /** @internal */
  protected withinStep(f: () => number[]): number[] {
    this._get_lr_called_within_step = true;
    try {
      return f();
    } finally {
      this._get_lr_called_within_step = false;
    }
  }

  /** @internal */
  protected setLr(values: readonly number[], epoch: number | null): void {
    const groups = this.optimizer.param_groups;
    for (let i = 0; i < Math.min(groups.length, values.length); i++) {
      groups[i].lr = values[i];
      this.print_lr(this.verbose, i, values[i], epoch);
    }
    this._last_lr = groups.map((group) => group.lr);
  }

  /** @internal Warns where a user asks `get_lr` for what `get_last_lr` tells. */
  protected warnOutsideStep(): void {
    if (!this._get_lr_called_within_step) {
      warn("To get the last learning rate computed by the scheduler, please use `get_last_lr()`.");
    }
  }

  /** @internal `lr ← f(lr)` for each group. */
  protected fromPresent(f: (lr: number, group: number) => number): number[] {
    return this.optimizer.param_groups.map((group, i) => f(group.lr, i));
  }
}

export function stateOf(scheduler: object, without: readonly string[]): Record<string, any> {
  return Object.fromEntries(
    Object.entries(scheduler).filter(([key, value]) => !without.includes(key) && typeof value !== "function"),
  );
}

/** Makes `optimizer.step` count its calls, once. */
function countSteps(optimizer: Optimizer): void {
  const { step } = optimizer;
  if ("_with_counter" in step) return;
  const counted = (...args: any[]): any => {
    optimizer._step_count += 1;
    return step.apply(optimizer, args as []);
  };
  optimizer.step = Object.assign(counted, { _with_counter: true });
}
