/** Samplers for several processes that share a dataset. */
import { RuntimeError, ValueError } from "../../errors";
import { randperm } from "../../generated/functions";
import { keywordArguments } from "../../keywords";
import { Generator } from "../../random";
import { lengthOf } from "./dataset";
import { Sampler } from "./sampler";

interface Options {
  num_replicas?: number;
  rank?: number;
  shuffle?: boolean;
  seed?: number;
  drop_last?: boolean;
}

const NAMES = ["num_replicas", "rank", "shuffle", "seed", "drop_last"];

/**
 * Every `num_replicas`-th index from `rank` on: the share of one process. What does not come out even is filled up from the front,
 * or left out under `drop_last`. Throws RuntimeError without `num_replicas` and `rank`, for there are no process groups here.
 */
export class DistributedSampler extends Sampler {
  readonly num_replicas: number;
  readonly rank: number;
  epoch = 0;
  readonly drop_last: boolean;
  readonly num_samples: number;
  readonly total_size: number;
  readonly shuffle: boolean;
  readonly seed: number;

  constructor(
    readonly dataset: any,
    ...args: (Options | Options[keyof Options])[]
  ) {
    super();
    const given = keywordArguments("DistributedSampler.__init__", NAMES, args);
    const { num_replicas, rank, shuffle = true, seed = 0, drop_last = false } = given;
    if (num_replicas == null || rank == null) {
      throw new RuntimeError(
        "Default process group has not been initialized, please make sure to call init_process_group.",
      );
    }
    if (rank >= num_replicas || rank < 0) {
      throw new ValueError(`Invalid rank ${rank}, rank should be in the interval [0, ${num_replicas - 1}]`);
    }
    this.num_replicas = num_replicas;
    this.rank = rank;
    this.shuffle = shuffle;
    this.seed = seed;
    this.drop_last = drop_last;
    const n = lengthOf(dataset);
    const left = drop_last && n % num_replicas !== 0 ? n - num_replicas : n;
    this.num_samples = Math.ceil(left / num_replicas);
    this.total_size = this.num_samples * num_replicas;
  }

  override *[Symbol.iterator](): Iterator<number> {
    const n = lengthOf(this.dataset);
    const generator = new Generator().manual_seed(this.seed + this.epoch);
    const order: number[] = this.shuffle
      ? (randperm(n, { generator }).tolist() as number[])
      : Array.from({ length: n }, (_, i) => i);
    for (let i = this.rank; i < this.total_size; i += this.num_replicas) yield order[i % n];
  }

  override __len__(): number {
    return this.num_samples;
  }

  /** Another order for another epoch. */
  set_epoch(epoch: number): void {
    this.epoch = epoch;
  }
}
