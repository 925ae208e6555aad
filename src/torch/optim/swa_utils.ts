/** `torch.optim.swa_utils`: stochastic weight averaging (Izmailov et al., 2018). */
import { withoutGrad } from "../autograd/gradMode";
import { tensor } from "../construct";
import { int64 } from "../dtype";
import { ValueError } from "../errors";
import { ones_like, zeros_like } from "../generated/functions";
import { keywordArguments, leading } from "../keywords";
import { BatchNorm } from "../nn/batchnorm";
import { deepcopy, Module } from "../nn/module";
import type { Tensor } from "../tensor";
import { forEachGroup, LRScheduler, type SchedulerArgs } from "./lr_scheduler/scheduler";
import type { Optimizer } from "./optimizer";

type Average = (averaged: Tensor, parameter: Tensor, count: Tensor) => Tensor;

const mean: Average = (averaged, parameter, count) => averaged.add(parameter.sub(averaged).div(count.add(1)));

/** A copy of a model whose parameters are the mean, or `avg_fn`, of those that `update_parameters` was given. */
export class AveragedModel extends Module {
  declare module: any;
  declare n_averaged: Tensor;
  declare avg_fn: Average;
  declare use_buffers: boolean;

  constructor(model: any, ...args: any[]) {
    [model, ...args] = leading(["model"], [model, ...args]);
    super();
    const names = ["device", "avg_fn", "use_buffers"];
    const { avg_fn = null, use_buffers = false } = keywordArguments("AveragedModel.__init__", names, args);
    this.module = deepcopy(model);
    this.register_buffer("n_averaged", tensor(0, { dtype: int64 }));
    this.avg_fn = avg_fn ?? mean;
    this.use_buffers = use_buffers;
  }

  override forward(...args: any[]): any {
    return this.module(...args);
  }

  /** Takes the model's present parameters, and with `use_buffers` its buffers, into the average. */
  update_parameters(model: any): void {
    const all = (m: any): Tensor[] => [...m.parameters(), ...(this.use_buffers ? m.buffers() : [])];
    const theirs = all(model);
    withoutGrad(() => {
      all(this.module).forEach((own, i) => {
        const given = theirs[i].detach();
        own.copy_(this.n_averaged.item() === 0 ? given : this.avg_fn(own.detach(), given, this.n_averaged));
      });
      this.n_averaged.add_(1);
    });
  }
}

/** Computes the running statistics of all batch normalisations anew, over a loader of inputs (or of arrays that begin with one). */
export function update_bn(loader: Iterable<any>, model: any): void {
  const norms = [...model.modules()].filter((m) => m instanceof BatchNorm);
  const momenta = norms.map((m) => m.momentum);
  if (norms.length === 0) return;
  const training = model.training;
  withoutGrad(() => {
    model.train();
    for (const norm of norms) {
      norm.running_mean = zeros_like(norm.running_mean);
      norm.running_var = ones_like(norm.running_var);
      norm.momentum = null;
      norm.num_batches_tracked.mul_(0);
    }
    for (const batch of loader) model(Array.isArray(batch) ? batch[0] : batch);
  });
  norms.forEach((norm, i) => {
    norm.momentum = momenta[i];
  });
  model.train(training);
}

interface SWAOptions {
  swa_lr?: number | readonly number[];
  anneal_epochs?: number;
  anneal_strategy?: "cos" | "linear";
  last_epoch?: number;
}

/** Moves the learning rate to `swa_lr` within `anneal_epochs` and keeps it there. Throws ValueError for a bad strategy or length. */
export class SWALR extends LRScheduler {
  declare anneal_epochs: number;
  declare anneal_strategy: string;

  constructor(optimizer: Optimizer, ...args: SchedulerArgs<SWAOptions>) {
    [optimizer, ...args] = leading(["optimizer"], [optimizer, ...args]);
    const names = ["swa_lr", "anneal_epochs", "anneal_strategy", "last_epoch"];
    const given = keywordArguments("SWALR.__init__", names, args);
    const { swa_lr, anneal_epochs = 10, anneal_strategy = "cos", last_epoch = -1 } = given;
    const { length } = optimizer.param_groups;
    if (Array.isArray(swa_lr) && swa_lr.length !== length) {
      throw new ValueError(
        `swa_lr must have the same length as optimizer.param_groups: swa_lr has ${swa_lr.length}, optimizer.param_groups has ${length}`,
      );
    }
    forEachGroup("swa_lr", optimizer, swa_lr).forEach((lr, i) => {
      optimizer.param_groups[i].swa_lr = lr;
    });
    if (anneal_strategy !== "cos" && anneal_strategy !== "linear") {
      throw new ValueError(`anneal_strategy must by one of 'cos' or 'linear', instead got ${anneal_strategy}`);
    }
    if (!Number.isInteger(anneal_epochs) || anneal_epochs < 0) {
      throw new ValueError(`anneal_epochs must be equal or greater than 0, got ${anneal_epochs}`);
    }
    super(optimizer, last_epoch, false, { anneal_epochs, anneal_strategy });
  }

  /** How far the rate has moved after the share `t` of the epochs. */
  private annealed(t: number): number {
    return this.anneal_strategy === "linear" ? t : (1 - Math.cos(Math.PI * t)) / 2;
  }

  override get_lr(): number[] {
    const epochs = Math.max(1, this.anneal_epochs);
    const step = this.anneal_epochs === 0 ? Math.max(1, this._step_count - 1) : this._step_count - 1;
    const share = (t: number) => this.annealed(Math.max(0, Math.min(1, t / epochs)));
    const before = share(step - 1);
    const now = share(step);
    return this.optimizer.param_groups.map(({ lr, swa_lr }) => {
      const first = before === 1 ? swa_lr : (lr - before * swa_lr) / (1 - before);
      return swa_lr * now + first * (1 - now);
    });
  }
}
