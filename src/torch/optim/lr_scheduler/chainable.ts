/** Schedulers that say the next learning rate by the present one, so that they can be chained. */
import { ValueError } from "../../errors";
import { cosine, power } from "../../exact";
import { leading } from "../../keywords";
import type { Optimizer } from "../optimizer";
import { LRScheduler, need, type SchedulerArgs, type SchedulerOptions, schedulerArguments, stateOf } from "./scheduler";

type Factor = (epoch: number) => number;

function lambdasFor(optimizer: Optimizer, given: Factor | readonly Factor[]): Factor[] {
  const { length } = optimizer.param_groups;
  if (typeof given === "function") return new Array(length).fill(given);
  if (given.length !== length) throw new ValueError(`Expected ${length} lr_lambdas, but got ${given.length}`);
  return [...given];
}

export interface LambdaOptions extends SchedulerOptions {
  /** A factor for each epoch; an array has one such function for each group. */
  lr_lambda?: Factor | readonly Factor[];
}

/** What two schedulers by functions share; functions are not part of the state. */
abstract class ByFunction extends LRScheduler {
  declare lr_lambdas: Factor[];

  constructor(name: string, optimizer: Optimizer, args: readonly unknown[]) {
    [optimizer, ...args] = leading(["optimizer"], [optimizer, ...args]);
    const given = schedulerArguments(name, ["lr_lambda"], args);
    need(name, given, ["lr_lambda"]);
    super(optimizer, given.last_epoch, given.verbose, { lr_lambdas: lambdasFor(optimizer, given.lr_lambda) });
  }

  override state_dict(): Record<string, any> {
    return { ...stateOf(this, ["optimizer", "lr_lambdas"]), lr_lambdas: this.lr_lambdas.map(() => null) };
  }

  override load_state_dict({ lr_lambdas: _, ...rest }: Record<string, any>): void {
    Object.assign(this, rest);
  }
}

/** `lr = initial_lr · lr_lambda(epoch)`. Throws ValueError for an array of another length than there are groups. */
export class LambdaLR extends ByFunction {
  constructor(optimizer: Optimizer, ...args: SchedulerArgs<LambdaOptions>) {
    [optimizer, ...args] = leading(["optimizer"], [optimizer, ...args]);
    super("LambdaLR", optimizer, args);
  }

  override get_lr(): number[] {
    this.warnOutsideStep();
    return this.base_lrs.map((base, i) => base * this.lr_lambdas[i](this.last_epoch));
  }
}

/** `lr ← lr · lr_lambda(epoch)`. Throws ValueError for an array of another length than there are groups. */
export class MultiplicativeLR extends ByFunction {
  constructor(optimizer: Optimizer, ...args: SchedulerArgs<LambdaOptions>) {
    [optimizer, ...args] = leading(["optimizer"], [optimizer, ...args]);
    super("MultiplicativeLR", optimizer, args);
  }

  override get_lr(): number[] {
    this.warnOutsideStep();
    return this.fromPresent((lr, i) => (this.last_epoch > 0 ? lr * this.lr_lambdas[i](this.last_epoch) : lr));
  }
}

export interface StepOptions extends SchedulerOptions {
  /** Epochs between two changes. */
  step_size?: number;
  gamma?: number;
}

/** `lr ← γ lr` every `step_size` epochs. */
export class StepLR extends LRScheduler {
  declare step_size: number;
  declare gamma: number;

  constructor(optimizer: Optimizer, ...args: SchedulerArgs<StepOptions>) {
    [optimizer, ...args] = leading(["optimizer"], [optimizer, ...args]);
    const given = schedulerArguments("StepLR", ["step_size", "gamma"], args);
    need("StepLR", given, ["step_size"]);
    super(optimizer, given.last_epoch, given.verbose, { step_size: given.step_size, gamma: given.gamma ?? 0.1 });
  }

  override get_lr(): number[] {
    this.warnOutsideStep();
    const changes = this.last_epoch !== 0 && this.last_epoch % this.step_size === 0;
    return this.fromPresent((lr) => (changes ? lr * this.gamma : lr));
  }

  override _get_closed_form_lr(): number[] {
    const factor = power(this.gamma, Math.floor(this.last_epoch / this.step_size));
    return this.base_lrs.map((base) => base * factor);
  }
}

export interface MultiStepOptions extends SchedulerOptions {
  /** Epochs of the changes; one named twice changes twice. */
  milestones?: readonly number[];
  gamma?: number;
}

/** `lr ← γ lr` at each of the milestones. */
export class MultiStepLR extends LRScheduler {
  /** How often each epoch is named. */
  declare milestones: Record<string, number>;
  declare gamma: number;

  constructor(optimizer: Optimizer, ...args: SchedulerArgs<MultiStepOptions>) {
    [optimizer, ...args] = leading(["optimizer"], [optimizer, ...args]);
    const given = schedulerArguments("MultiStepLR", ["milestones", "gamma"], args);
    need("MultiStepLR", given, ["milestones"]);
    const milestones: Record<string, number> = {};
    for (const epoch of given.milestones) milestones[epoch] = (milestones[epoch] ?? 0) + 1;
    super(optimizer, given.last_epoch, given.verbose, { milestones, gamma: given.gamma ?? 0.1 });
  }

  override get_lr(): number[] {
    this.warnOutsideStep();
    const times = this.milestones[this.last_epoch];
    return this.fromPresent((lr) => (times === undefined ? lr : lr * power(this.gamma, times)));
  }

  override _get_closed_form_lr(): number[] {
    let passed = 0;
    for (const [epoch, times] of Object.entries(this.milestones)) if (Number(epoch) <= this.last_epoch) passed += times;
    return this.base_lrs.map((base) => base * power(this.gamma, passed));
  }
}

export interface ConstantOptions extends SchedulerOptions {
  factor?: number;
  /** Epochs for which the factor holds. */
  total_iters?: number;
}

/** `lr` times `factor` until `total_iters`. Throws ValueError for a factor outside [0, 1]. */
export class ConstantLR extends LRScheduler {
  declare factor: number;
  declare total_iters: number;

  constructor(optimizer: Optimizer, ...args: SchedulerArgs<ConstantOptions>) {
    [optimizer, ...args] = leading(["optimizer"], [optimizer, ...args]);
    const given = schedulerArguments("ConstantLR", ["factor", "total_iters"], args);
    const factor = given.factor ?? 1 / 3;
    if (factor > 1 || factor < 0) {
      throw new ValueError("Constant multiplicative factor expected to be between 0 and 1.");
    }
    super(optimizer, given.last_epoch, given.verbose, { factor, total_iters: given.total_iters ?? 5 });
  }

  override get_lr(): number[] {
    this.warnOutsideStep();
    if (this.last_epoch === 0) return this.fromPresent((lr) => lr * this.factor);
    return this.fromPresent((lr) => (this.last_epoch === this.total_iters ? lr * (1 / this.factor) : lr));
  }

  override _get_closed_form_lr(): number[] {
    const over = this.last_epoch >= this.total_iters ? 1 : 0;
    return this.base_lrs.map((base) => base * (this.factor + over * (1 - this.factor)));
  }
}

export interface LinearOptions extends SchedulerOptions {
  start_factor?: number;
  end_factor?: number;
  /** Epochs from the one to the other. */
  total_iters?: number;
}

/** `lr` times a factor that goes straight from `start_factor` to `end_factor`. Throws ValueError for a factor outside [0, 1]. */
export class LinearLR extends LRScheduler {
  declare start_factor: number;
  declare end_factor: number;
  declare total_iters: number;

  constructor(optimizer: Optimizer, ...args: SchedulerArgs<LinearOptions>) {
    [optimizer, ...args] = leading(["optimizer"], [optimizer, ...args]);
    const given = schedulerArguments("LinearLR", ["start_factor", "end_factor", "total_iters"], args);
    const { start_factor = 1 / 3, end_factor = 1, total_iters = 5 } = given;
    if (start_factor > 1 || start_factor < 0) {
      throw new ValueError("Starting multiplicative factor expected to be between 0 and 1.");
    }
    if (end_factor > 1 || end_factor < 0) {
      throw new ValueError("Ending multiplicative factor expected to be between 0 and 1.");
    }
    super(optimizer, given.last_epoch, given.verbose, { start_factor, end_factor, total_iters });
  }

  override get_lr(): number[] {
    this.warnOutsideStep();
    const { last_epoch: t, start_factor: start, end_factor: end, total_iters: total } = this;
    if (t === 0) return this.fromPresent((lr) => lr * start);
    if (t > total) return this.fromPresent((lr) => lr);
    return this.fromPresent((lr) => lr * (1 + (end - start) / (total * start + (t - 1) * (end - start))));
  }

  override _get_closed_form_lr(): number[] {
    const { last_epoch: t, start_factor: start, end_factor: end, total_iters: total } = this;
    return this.base_lrs.map((base) => base * (start + ((end - start) * Math.min(total, t)) / total));
  }
}

export interface ExponentialOptions extends SchedulerOptions {
  gamma?: number;
}

/** `lr ← γ lr` every epoch. */
export class ExponentialLR extends LRScheduler {
  declare gamma: number;

  constructor(optimizer: Optimizer, ...args: SchedulerArgs<ExponentialOptions>) {
    [optimizer, ...args] = leading(["optimizer"], [optimizer, ...args]);
    const given = schedulerArguments("ExponentialLR", ["gamma"], args);
    need("ExponentialLR", given, ["gamma"]);
    super(optimizer, given.last_epoch, given.verbose, { gamma: given.gamma });
  }

  override get_lr(): number[] {
    this.warnOutsideStep();
    return this.fromPresent((lr) => (this.last_epoch === 0 ? lr : lr * this.gamma));
  }

  override _get_closed_form_lr(): number[] {
    return this.base_lrs.map((base) => base * power(this.gamma, this.last_epoch));
  }
}

export interface PolynomialOptions extends SchedulerOptions {
  /** Epochs until zero. */
  total_iters?: number;
  power?: number;
}

/** `lr = initial_lr · (1 − t / total_iters)^power`. */
export class PolynomialLR extends LRScheduler {
  declare total_iters: number;
  declare power: number;

  constructor(optimizer: Optimizer, ...args: SchedulerArgs<PolynomialOptions>) {
    [optimizer, ...args] = leading(["optimizer"], [optimizer, ...args]);
    const given = schedulerArguments("PolynomialLR", ["total_iters", "power"], args);
    const { total_iters = 5, power: exponent = 1 } = given;
    super(optimizer, given.last_epoch, given.verbose, { total_iters, power: exponent });
  }

  override get_lr(): number[] {
    this.warnOutsideStep();
    const { last_epoch: t, total_iters: total } = this;
    if (t === 0 || t > total) return this.fromPresent((lr) => lr);
    const factor = power((1 - t / total) / (1 - (t - 1) / total), this.power);
    return this.fromPresent((lr) => lr * factor);
  }

  override _get_closed_form_lr(): number[] {
    const { last_epoch: t, total_iters: total } = this;
    return this.base_lrs.map((base) => base * power(1 - Math.min(total, t) / total, this.power));
  }
}

export interface CosineOptions extends SchedulerOptions {
  /** Epochs of half a wave. */
  T_max?: number;
  /** The lowest learning rate. */
  eta_min?: number;
}

/**
 * `lr = η_min + ½ (initial_lr − η_min)(1 + cos(π t / T_max))`.
 * Source: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2017), without the restarts.
 */
export class CosineAnnealingLR extends LRScheduler {
  declare T_max: number;
  declare eta_min: number;

  constructor(optimizer: Optimizer, ...args: SchedulerArgs<CosineOptions>) {
    [optimizer, ...args] = leading(["optimizer"], [optimizer, ...args]);
    const given = schedulerArguments("CosineAnnealingLR", ["T_max", "eta_min"], args);
    need("CosineAnnealingLR", given, ["T_max"]);
    super(optimizer, given.last_epoch, given.verbose, { T_max: given.T_max, eta_min: given.eta_min ?? 0 });
  }

  override get_lr(): number[] {
    this.warnOutsideStep();
    const { last_epoch: t, T_max: T, eta_min: low } = this;
    if (t === 0) return this.fromPresent((lr) => lr);
    if (this._step_count === 1 && t > 0) return this._get_closed_form_lr();
    // At the bottom of the wave the quotient below would be 0 / 0.
    if ((t - 1 - T) % (2 * T) === 0) {
      return this.fromPresent((lr, i) => lr + ((this.base_lrs[i] - low) * (1 - cosine(Math.PI / T))) / 2);
    }
    return this.fromPresent(
      (lr) => ((1 + cosine((Math.PI * t) / T)) / (1 + cosine((Math.PI * (t - 1)) / T))) * (lr - low) + low,
    );
  }

  override _get_closed_form_lr(): number[] {
    const { last_epoch: t, T_max: T, eta_min: low } = this;
    return this.base_lrs.map((base) => low + ((base - low) * (1 + cosine((Math.PI * t) / T))) / 2);
  }
}
