/** The scheduler that watches a number. */
import { ValueError } from "../../errors";
import { keywordArguments, leading } from "../../keywords";
import { exponentText } from "../../pythonText";
import type { Tensor } from "../../tensor";
import { warn } from "../../warnings";
import type { Optimizer } from "../optimizer";
import { checkOptimizer, EPOCH_DEPRECATED, epochText, print, type SchedulerArgs, stateOf } from "./scheduler";

export interface PlateauOptions {
  /** Which way is better. */
  mode?: "min" | "max";
  factor?: number;
  /** Epochs without improvement that pass before the change. */
  patience?: number;
  /** What counts as an improvement. */
  threshold?: number;
  threshold_mode?: "rel" | "abs";
  /** Epochs after a change that do not count. */
  cooldown?: number;
  min_lr?: number | readonly number[];
  /** Smaller changes are not made. */
  eps?: number;
  /** Prints each change. */
  verbose?: boolean;
}

/** `lr ← factor · lr` when a metric has stopped improving. Throws ValueError for a factor from 1 on and for unknown modes. */
export class ReduceLROnPlateau {
  factor: number;
  optimizer: Optimizer;
  min_lrs: number[];
  patience: number;
  verbose: boolean;
  cooldown: number;
  cooldown_counter = 0;
  mode: "min" | "max";
  threshold: number;
  threshold_mode: "rel" | "abs";
  best: number;
  num_bad_epochs = 0;
  /** The worst value that there is in this mode. */
  mode_worse: number;
  eps: number;
  last_epoch = 0;
  _last_lr: number[] = [];

  constructor(optimizer: Optimizer, ...args: SchedulerArgs<PlateauOptions>) {
    [optimizer, ...args] = leading(["optimizer"], [optimizer, ...args]);
    const names = ["mode", "factor", "patience", "threshold", "threshold_mode", "cooldown", "min_lr", "eps", "verbose"];
    const given = keywordArguments("ReduceLROnPlateau.__init__", names, args);
    this.factor = given.factor ?? 0.1;
    if (this.factor >= 1) throw new ValueError("Factor should be < 1.0.");
    checkOptimizer(optimizer);
    this.optimizer = optimizer;
    const { length } = optimizer.param_groups;
    const lowest: number | number[] = given.min_lr ?? 0;
    if (Array.isArray(lowest) && lowest.length !== length) {
      throw new ValueError(`expected ${length} min_lrs, got ${lowest.length}`);
    }
    this.min_lrs = Array.isArray(lowest) ? [...lowest] : new Array(length).fill(lowest);
    this.patience = given.patience ?? 10;
    this.verbose = given.verbose ?? false;
    this.cooldown = given.cooldown ?? 0;
    this.mode = given.mode ?? "min";
    this.threshold = given.threshold ?? 1e-4;
    this.threshold_mode = given.threshold_mode ?? "rel";
    this.eps = given.eps ?? 1e-8;
    if (this.mode !== "min" && this.mode !== "max") throw new ValueError(`mode ${this.mode} is unknown!`);
    if (this.threshold_mode !== "rel" && this.threshold_mode !== "abs") {
      throw new ValueError(`threshold mode ${this.threshold_mode} is unknown!`);
    }
    this.mode_worse = this.mode === "min" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    this.best = this.mode_worse;
  }

  /** Tells the metric of an epoch, a number or a scalar tensor. */
  step(metrics: number | Tensor, epoch: number | null = null): void {
    const current = Number(metrics);
    if (epoch === null) epoch = this.last_epoch + 1;
    else warn(EPOCH_DEPRECATED);
    this.last_epoch = epoch;
    if (this.is_better(current, this.best)) {
      this.best = current;
      this.num_bad_epochs = 0;
    } else {
      this.num_bad_epochs += 1;
    }
    if (this.in_cooldown) {
      this.cooldown_counter -= 1;
      this.num_bad_epochs = 0;
    }
    if (this.num_bad_epochs > this.patience) {
      this.#reduce(epoch);
      this.cooldown_counter = this.cooldown;
      this.num_bad_epochs = 0;
    }
    this._last_lr = this.optimizer.param_groups.map((group) => group.lr);
  }

  #reduce(epoch: number): void {
    this.optimizer.param_groups.forEach((group, i) => {
      const lr = Math.max(group.lr * this.factor, this.min_lrs[i]);
      if (group.lr - lr <= this.eps) return;
      group.lr = lr;
      if (this.verbose) {
        print(`Epoch ${epochText(epoch)}: reducing learning rate of group ${i} to ${exponentText(lr, 4)}.`);
      }
    });
  }

  get in_cooldown(): boolean {
    return this.cooldown_counter > 0;
  }

  is_better(a: number, best: number): boolean {
    if (this.mode === "min") {
      return this.threshold_mode === "rel" ? a < best * (1 - this.threshold) : a < best - this.threshold;
    }
    return this.threshold_mode === "rel" ? a > best * (this.threshold + 1) : a > best + this.threshold;
  }

  /** The learning rates of the groups as of the last step. */
  get_last_lr(): number[] {
    return this._last_lr;
  }

  state_dict(): Record<string, any> {
    return stateOf(this, ["optimizer"]);
  }

  load_state_dict(state_dict: Record<string, any>): void {
    Object.assign(this, state_dict);
    this.mode_worse = this.mode === "min" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  }
}
