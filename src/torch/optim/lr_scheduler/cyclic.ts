/** Schedulers that go up and down again: CyclicLR, CosineAnnealingWarmRestarts, OneCycleLR. */
import { ValueError } from "../../errors";
import { cosine, power } from "../../exact";
import { leading } from "../../keywords";
import { numberText } from "../../pythonText";
import type { Optimizer } from "../optimizer";
import {
  checkOptimizer,
  forEachGroup,
  LRScheduler,
  need,
  type SchedulerArgs,
  type SchedulerOptions,
  schedulerArguments,
} from "./scheduler";

type PerGroup = number | readonly number[];

export interface CyclicOptions extends SchedulerOptions {
  base_lr?: PerGroup;
  max_lr?: PerGroup;
  /** Steps of the rising half. */
  step_size_up?: number;
  /** Steps of the falling half; by default as many. */
  step_size_down?: number | null;
  /** Cycles of one height, of halved height, or of a height that falls with `gamma` at every step. */
  mode?: "triangular" | "triangular2" | "exp_range";
  gamma?: number;
  /** The height, from the cycle's number or the step's; overrides `mode`. */
  scale_fn?: ((x: number) => number) | null;
  scale_mode?: "cycle" | "iterations";
  /** Momentum goes the other way. */
  cycle_momentum?: boolean;
  base_momentum?: PerGroup;
  max_momentum?: PerGroup;
}

/**
 * Between `base_lr` and `max_lr` and back, in straight lines.
 * Throws ValueError for an unknown mode, and for an optimiser without momentum under `cycle_momentum`.
 * Source: Smith, "Cyclical Learning Rates for Training Neural Networks" (2017).
 */
export class CyclicLR extends LRScheduler {
  declare max_lrs: number[];
  declare total_size: number;
  declare step_ratio: number;
  declare mode: string;
  declare gamma: number;
  declare scale_mode: string;
  declare cycle_momentum: boolean;
  declare base_momentums: number[];
  declare max_momentums: number[];
  declare _scale_fn_custom: ((x: number) => number) | null;

  constructor(optimizer: Optimizer, ...args: SchedulerArgs<CyclicOptions>) {
    [optimizer, ...args] = leading(["optimizer"], [optimizer, ...args]);
    const names = [
      "base_lr",
      "max_lr",
      "step_size_up",
      "step_size_down",
      "mode",
      "gamma",
      "scale_fn",
      "scale_mode",
      "cycle_momentum",
      "base_momentum",
      "max_momentum",
    ];
    const given = schedulerArguments("CyclicLR", names, args);
    need("CyclicLR", given, ["base_lr", "max_lr"]);
    checkOptimizer(optimizer);
    const { step_size_up: up = 2000, mode = "triangular", cycle_momentum = true, last_epoch } = given;
    const groups = optimizer.param_groups;
    const base_lrs: number[] = forEachGroup("base_lr", optimizer, given.base_lr);
    if (last_epoch === -1) for (const [i, group] of groups.entries()) group.lr = base_lrs[i];
    const total_size = up + (given.step_size_down ?? up);
    const custom = given.scale_fn ?? null;
    if (!["triangular", "triangular2", "exp_range"].includes(mode) && custom === null) {
      throw new ValueError("mode is invalid and scale_fn is None");
    }
    const fields: Record<string, any> = {
      max_lrs: forEachGroup("max_lr", optimizer, given.max_lr),
      total_size,
      step_ratio: up / total_size,
      mode,
      gamma: given.gamma ?? 1,
      _scale_fn_custom: custom,
      scale_mode: custom === null ? (mode === "exp_range" ? "iterations" : "cycle") : (given.scale_mode ?? "cycle"),
      cycle_momentum,
    };
    if (cycle_momentum) {
      if (!("momentum" in optimizer.defaults)) {
        throw new ValueError("optimizer must support momentum with `cycle_momentum` option enabled");
      }
      const momentums: number[] = forEachGroup("base_momentum", optimizer, given.base_momentum ?? 0.8);
      if (last_epoch === -1) for (const [i, group] of groups.entries()) group.momentum = momentums[i];
      fields.base_momentums = groups.map((group) => group.momentum);
      fields.max_momentums = forEachGroup("max_momentum", optimizer, given.max_momentum ?? 0.9);
    }
    super(optimizer, last_epoch, given.verbose, fields);
    this.base_lrs = base_lrs;
  }

  scale_fn(x: number): number {
    if (this._scale_fn_custom !== null) return this._scale_fn_custom(x);
    if (this.mode === "triangular") return 1;
    return this.mode === "triangular2" ? 1 / power(2, x - 1) : power(this.gamma, x);
  }

  override get_lr(): number[] {
    this.warnOutsideStep();
    const cycle = Math.floor(1 + this.last_epoch / this.total_size);
    const x = 1 + this.last_epoch / this.total_size - cycle;
    const factor = x <= this.step_ratio ? x / this.step_ratio : (x - 1) / (this.step_ratio - 1);
    const scale = () => this.scale_fn(this.scale_mode === "cycle" ? cycle : this.last_epoch);
    const rates = this.base_lrs.map((base, i) => base + (this.max_lrs[i] - base) * factor * scale());
    if (this.cycle_momentum) {
      this.optimizer.param_groups.forEach((group, i) => {
        const [base, max] = [this.base_momentums[i], this.max_momentums[i]];
        group.momentum = max - (max - base) * factor * scale();
      });
    }
    return rates;
  }
}

export interface WarmRestartsOptions extends SchedulerOptions {
  /** Epochs until the first restart. */
  T_0?: number;
  /** Each round is this many times as long as the one before. */
  T_mult?: number;
  /** The lowest learning rate. */
  eta_min?: number;
}

const wholeAndAtLeastOne = (x: number): boolean => Number.isInteger(x) && x >= 1;

/**
 * `lr = η_min + ½ (initial_lr − η_min)(1 + cos(π T_cur / T_i))`, from the top again after each T_i epochs.
 * `step` takes fractions of epochs too. Throws ValueError for lengths that are no whole numbers from 1 on.
 * Source: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2017).
 */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  declare T_0: number;
  declare T_i: number;
  declare T_mult: number;
  declare eta_min: number;
  declare T_cur: number;

  constructor(optimizer: Optimizer, ...args: SchedulerArgs<WarmRestartsOptions>) {
    [optimizer, ...args] = leading(["optimizer"], [optimizer, ...args]);
    const name = "CosineAnnealingWarmRestarts";
    const given = schedulerArguments(name, ["T_0", "T_mult", "eta_min"], args);
    need(name, given, ["T_0"]);
    const { T_0, T_mult = 1, eta_min = 0, last_epoch } = given;
    if (!wholeAndAtLeastOne(T_0)) throw new ValueError(`Expected positive integer T_0, but got ${numberText(T_0)}`);
    if (!wholeAndAtLeastOne(T_mult)) {
      throw new ValueError(`Expected integer T_mult >= 1, but got ${numberText(T_mult)}`);
    }
    super(optimizer, last_epoch, given.verbose, { T_0, T_i: T_0, T_mult, eta_min, T_cur: last_epoch });
  }

  override get_lr(): number[] {
    this.warnOutsideStep();
    const wave = 1 + cosine((Math.PI * this.T_cur) / this.T_i);
    return this.base_lrs.map((base) => this.eta_min + ((base - this.eta_min) * wave) / 2);
  }

  override step(epoch: number | null = null): void {
    if (epoch === null && this.last_epoch < 0) epoch = 0;
    if (epoch === null) {
      epoch = this.last_epoch + 1;
      this.T_cur += 1;
      if (this.T_cur >= this.T_i) {
        this.T_cur -= this.T_i;
        this.T_i *= this.T_mult;
      }
    } else {
      if (epoch < 0) throw new ValueError(`Expected non-negative epoch, but got ${numberText(epoch)}`);
      this.jump(epoch);
    }
    this.last_epoch = Math.floor(epoch);
    this.setLr(
      this.withinStep(() => this.get_lr()),
      epoch,
    );
  }

  // No private name: the base class's constructor steps before those are there.
  protected jump(epoch: number): void {
    const { T_0, T_mult } = this;
    if (epoch < T_0) {
      this.T_i = T_0;
      this.T_cur = epoch;
    } else if (T_mult === 1) {
      this.T_cur = epoch % T_0;
    } else {
      // The rounds before: T_0 (1 + m + … + mⁿ⁻¹) = T_0 (mⁿ − 1) / (m − 1)
      const rounds = Math.trunc(Math.log((epoch / T_0) * (T_mult - 1) + 1) / Math.log(T_mult));
      this.T_cur = epoch - (T_0 * (T_mult ** rounds - 1)) / (T_mult - 1);
      this.T_i = T_0 * T_mult ** rounds;
    }
  }
}

export interface OneCycleOptions extends SchedulerOptions {
  max_lr?: PerGroup;
  /** Or `epochs` and `steps_per_epoch`. */
  total_steps?: number | null;
  epochs?: number | null;
  steps_per_epoch?: number | null;
  /** The part of all steps for which the learning rate rises. */
  pct_start?: number;
  anneal_strategy?: "cos" | "linear";
  /** Momentum goes the other way. */
  cycle_momentum?: boolean;
  base_momentum?: PerGroup;
  max_momentum?: PerGroup;
  /** `max_lr` over the first learning rate. */
  div_factor?: number;
  /** The first learning rate over the last. */
  final_div_factor?: number;
  /** Falls as long as it rose before it falls to the last. */
  three_phase?: boolean;
}

interface Phase {
  end_step: number;
  start_lr: string;
  end_lr: string;
  start_momentum: string;
  end_momentum: string;
}

/**
 * One rise to `max_lr` and one long fall; `step` is called after every batch.
 * Throws ValueError for options out of range, and for more steps than `total_steps`.
 * Source: Smith and Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates" (2018).
 */
export class OneCycleLR extends LRScheduler {
  declare total_steps: number;
  declare _schedule_phases: Phase[];
  declare _anneal_strategy: "cos" | "linear";
  declare cycle_momentum: boolean;
  declare use_beta1: boolean;

  constructor(optimizer: Optimizer, ...args: SchedulerArgs<OneCycleOptions>) {
    [optimizer, ...args] = leading(["optimizer"], [optimizer, ...args]);
    const names = [
      "max_lr",
      "total_steps",
      "epochs",
      "steps_per_epoch",
      "pct_start",
      "anneal_strategy",
      "cycle_momentum",
      "base_momentum",
      "max_momentum",
      "div_factor",
      "final_div_factor",
      "three_phase",
    ];
    const given = schedulerArguments("OneCycleLR", names, args);
    need("OneCycleLR", given, ["max_lr"]);
    checkOptimizer(optimizer);
    const total_steps = totalSteps(given);
    const { pct_start = 0.3, anneal_strategy = "cos", cycle_momentum = true, last_epoch } = given;
    if (!(pct_start >= 0 && pct_start <= 1)) {
      throw new ValueError(`Expected float between 0 and 1 pct_start, but got ${numberText(pct_start)}`);
    }
    if (!["cos", "linear"].includes(anneal_strategy)) {
      throw new ValueError(`anneal_strategy must by one of 'cos' or 'linear', instead got ${anneal_strategy}`);
    }
    const groups = optimizer.param_groups;
    const max_lrs: number[] = forEachGroup("max_lr", optimizer, given.max_lr);
    if (last_epoch === -1) {
      for (const [i, group] of groups.entries()) {
        group.initial_lr = max_lrs[i] / (given.div_factor ?? 25);
        group.max_lr = max_lrs[i];
        group.min_lr = group.initial_lr / (given.final_div_factor ?? 1e4);
      }
    }
    const use_beta1 = "betas" in optimizer.defaults;
    if (cycle_momentum) {
      if (!use_beta1 && !("momentum" in optimizer.defaults)) {
        throw new ValueError("optimizer must support momentum with `cycle_momentum` option enabled");
      }
      const highest: number[] = forEachGroup("max_momentum", optimizer, given.max_momentum ?? 0.95);
      const lowest: number[] = forEachGroup("base_momentum", optimizer, given.base_momentum ?? 0.85);
      if (last_epoch === -1) {
        for (const [i, group] of groups.entries()) {
          setMomentum(group, use_beta1, highest[i]);
          group.max_momentum = highest[i];
          group.base_momentum = lowest[i];
        }
      }
    }
    super(optimizer, last_epoch, given.verbose, {
      total_steps,
      _schedule_phases: phases(total_steps, pct_start, given.three_phase ?? false),
      _anneal_strategy: anneal_strategy,
      cycle_momentum,
      ...(cycle_momentum ? { use_beta1 } : {}),
    });
  }

  protected anneal(start: number, end: number, part: number): number {
    if (this._anneal_strategy === "linear") return (end - start) * part + start;
    return end + ((start - end) / 2) * (cosine(Math.PI * part) + 1);
  }

  override get_lr(): number[] {
    this.warnOutsideStep();
    const step = this.last_epoch;
    if (step > this.total_steps) {
      throw new ValueError(
        `Tried to step ${step + 1} times. The specified number of total steps is ${this.total_steps}`,
      );
    }
    const last = this._schedule_phases.length - 1;
    const index = this._schedule_phases.findIndex((phase, i) => step <= phase.end_step || i === last);
    const phase = this._schedule_phases[index];
    const start = index === 0 ? 0 : this._schedule_phases[index - 1].end_step;
    const part = (step - start) / (phase.end_step - start);
    return this.optimizer.param_groups.map((group) => {
      if (this.cycle_momentum) {
        const momentum = this.anneal(group[phase.start_momentum], group[phase.end_momentum], part);
        setMomentum(group, this.use_beta1, momentum);
      }
      return this.anneal(group[phase.start_lr], group[phase.end_lr], part);
    });
  }
}

function setMomentum(group: any, beta1: boolean, value: number): void {
  if (beta1) group.betas = [value, ...group.betas.slice(1)];
  else group.momentum = value;
}

function totalSteps({ total_steps, epochs, steps_per_epoch }: Record<string, any>): number {
  const positive = (name: string, value: number) => {
    if (wholeAndAtLeastOne(value)) return value;
    throw new ValueError(`Expected positive integer ${name}, but got ${numberText(value)}`);
  };
  if (total_steps != null) return positive("total_steps", total_steps);
  if (epochs == null && steps_per_epoch == null) {
    throw new ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)");
  }
  return positive("epochs", epochs) * positive("steps_per_epoch", steps_per_epoch);
}

function phases(total: number, part: number, three: boolean): Phase[] {
  const phase = (end_step: number, start_lr: string, end_lr: string, start: string, end: string): Phase => ({
    end_step,
    start_lr,
    end_lr,
    start_momentum: `${start}_momentum`,
    end_momentum: `${end}_momentum`,
  });
  const rise = phase(part * total - 1, "initial_lr", "max_lr", "max", "base");
  if (!three) return [rise, phase(total - 1, "max_lr", "min_lr", "base", "max")];
  return [
    rise,
    phase(2 * part * total - 2, "max_lr", "initial_lr", "base", "max"),
    phase(total - 1, "initial_lr", "min_lr", "max", "max"),
  ];
}
