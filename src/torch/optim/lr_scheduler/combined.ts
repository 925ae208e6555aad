/** Schedulers made of schedulers: one after the other, or all at once. */
import { ValueError } from "../../errors";
import { keywordArguments, leading } from "../../keywords";
import type { Optimizer } from "../optimizer";
import { type SchedulerArgs, type SchedulerOptions, stateOf } from "./scheduler";

/** What the two below ask of their parts. */
interface Part {
  optimizer: Optimizer;
  last_epoch: number;
  step(epoch?: number): void;
  get_last_lr(): number[];
  state_dict(): Record<string, any>;
  load_state_dict(state_dict: Record<string, any>): void;
  _initial_step(): void;
}

/** What both share: the state of the parts is kept with their own. */
abstract class Combined {
  declare optimizer: Optimizer;
  declare _schedulers: Part[];
  declare _last_lr: number[];

  /** The learning rates of the groups as last set. */
  get_last_lr(): number[] {
    return this._last_lr;
  }

  state_dict(): Record<string, any> {
    return {
      ...stateOf(this, ["optimizer", "_schedulers"]),
      _schedulers: this._schedulers.map((part) => part.state_dict()),
    };
  }

  load_state_dict({ _schedulers, ...rest }: Record<string, any>): void {
    Object.assign(this, rest);
    this._schedulers.forEach((part, i) => void part.load_state_dict(_schedulers[i]));
  }
}

export interface SequentialOptions extends SchedulerOptions {
  schedulers?: readonly any[];
  /** The epochs at which the next scheduler takes over. */
  milestones?: readonly number[];
}

/** One scheduler after the other. Throws ValueError for schedulers of another optimiser or a wrong count of milestones. */
export class SequentialLR extends Combined {
  _milestones: number[];
  last_epoch: number;

  constructor(optimizer: Optimizer, ...args: SchedulerArgs<SequentialOptions>) {
    [optimizer, ...args] = leading(["optimizer"], [optimizer, ...args]);
    super();
    const names = ["schedulers", "milestones", "last_epoch", "verbose"];
    const given = keywordArguments("SequentialLR.__init__", names, args);
    const schedulers: Part[] = given.schedulers;
    const milestones: number[] = given.milestones;
    const same =
      "Sequential Schedulers expects all schedulers to belong to the same optimizer, but got schedulers at index";
    for (const [i, part] of schedulers.entries()) {
      if (part.optimizer !== optimizer) {
        throw new ValueError(`${same} ${i} to be different than the optimizer passed in.`);
      }
    }
    if (milestones.length !== schedulers.length - 1) {
      throw new ValueError(
        `Sequential Schedulers expects number of schedulers provided to be one more than the number of milestone points, but got number of schedulers ${schedulers.length} and the number of milestones to be equal to ${milestones.length}`,
      );
    }
    this._schedulers = schedulers;
    this._milestones = [...milestones];
    this.last_epoch = (given.last_epoch ?? -1) + 1;
    this.optimizer = optimizer;
    // Every part made its first step when it was made: undone here, but for the first.
    for (const group of optimizer.param_groups) group.lr = group.initial_lr;
    for (const part of schedulers) part.last_epoch -= 1;
    schedulers[0]._initial_step();
    this._last_lr = schedulers[0].get_last_lr();
  }

  step(): void {
    this.last_epoch += 1;
    const index = this._milestones.filter((epoch) => epoch <= this.last_epoch).length;
    const part = this._schedulers[index];
    if (index > 0 && this._milestones[index - 1] === this.last_epoch) part.step(0);
    else part.step();
    this._last_lr = part.get_last_lr();
  }
}

/** Several schedulers at every step, each going on from what the one before set. Throws ValueError for different optimisers. */
export class ChainedScheduler extends Combined {
  constructor(schedulers: readonly any[]) {
    [schedulers] = leading(["schedulers"], [schedulers]);
    super();
    for (const [i, part] of schedulers.entries()) {
      if (part.optimizer !== schedulers[0].optimizer) {
        throw new ValueError(
          `ChainedScheduler expects all schedulers to belong to the same optimizer, but got schedulers at index 0 and ${i} to be different`,
        );
      }
    }
    this._schedulers = [...schedulers];
    this.optimizer = schedulers[0].optimizer;
    this._last_lr = this.optimizer.param_groups.map((group) => group.lr);
  }

  step(): void {
    for (const part of this._schedulers) part.step();
    this._last_lr = this.optimizer.param_groups.map((group) => group.lr);
  }
}
