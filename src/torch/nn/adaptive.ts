/** A softmax over many classes, rare ones in clusters of their own. */
import { RuntimeError, ValueError } from "../errors";
import { cat, zeros } from "../generated/functions";
import type { Tensor } from "../tensor";
import { type Arguments, construct, placed, required } from "./arguments";
import { ModuleList, Sequential } from "./container";
import * as F from "./functional";
import { takes } from "./hooks";
import { Linear } from "./linear";
import { Module } from "./module";

/** `[output, loss]`: the log-probability of each target, and the negative of their mean. */
export type AdaptiveOutput = [Tensor, Tensor] & { output: Tensor; loss: Tensor };

/**
 * Efficient softmax (Grave et al., 2017): frequent classes, below the first of `cutoffs`, are in the head beside one
 * entry for each cluster of rarer ones, which are projected to a smaller width. Throws ValueError for bad cutoffs.
 */
export class AdaptiveLogSoftmaxWithLoss extends Module {
  declare in_features: number;
  declare n_classes: number;
  declare cutoffs: number[];
  declare div_value: number;
  declare head_bias: boolean;
  declare shortlist_size: number;
  declare n_clusters: number;
  declare head_size: number;
  declare head: Linear;
  declare tail: ModuleList;

  constructor(
    ...args: Arguments<
      [in_features: number, n_classes: number, cutoffs: readonly number[], div_value?: number, head_bias?: boolean],
      {
        in_features: number;
        n_classes: number;
        cutoffs: readonly number[];
        div_value: number;
        head_bias: boolean;
      }
    >
  ) {
    super();
    const needed = { in_features: required, n_classes: required, cutoffs: required };
    const o = construct("AdaptiveLogSoftmaxWithLoss", { ...needed, div_value: 4, head_bias: false, ...placed }, args);
    const { in_features, n_classes, div_value, head_bias, dtype } = o;
    const cutoffs: number[] = [...o.cutoffs];
    const rising = cutoffs.every((c, i) => Number.isInteger(c) && c > (i === 0 ? 0 : cutoffs[i - 1]));
    if (!rising || cutoffs[cutoffs.length - 1] > n_classes - 1) {
      throw new ValueError(
        "cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each value is between 1 and n_classes-1",
      );
    }
    Object.assign(this, { in_features, n_classes, cutoffs: [...cutoffs, n_classes], div_value, head_bias });
    this.shortlist_size = cutoffs[0];
    this.n_clusters = cutoffs.length;
    this.head_size = this.shortlist_size + this.n_clusters;
    this.head = new Linear(in_features, this.head_size, { bias: head_bias, dtype });
    this.tail = new ModuleList();
    for (let i = 0; i < this.n_clusters; i++) {
      const width = Math.floor(in_features / div_value ** (i + 1));
      const classes = this.cutoffs[i + 1] - this.cutoffs[i];
      const options = { bias: false, dtype };
      this.tail.append(new Sequential(new Linear(in_features, width, options), new Linear(width, classes, options)));
    }
  }

  /** Draws every layer anew. */
  reset_parameters(): void {
    this.head.reset_parameters();
    for (const [toWidth, toClasses] of this.tail) {
      toWidth.reset_parameters();
      toClasses.reset_parameters();
    }
  }

  /** Input (N, in_features) and classes (N), or one of each without N. Throws RuntimeError for sizes or classes that do not fit. */
  override forward(input: Tensor, target: Tensor): AdaptiveOutput {
    const batched = target.ndim > 0;
    if (target.ndim > 1) throw new RuntimeError("0D or 1D target tensor expected, multi-target not supported");
    if (batched && input.shape[0] !== target.shape[0]) {
      throw new RuntimeError("Input and target should have the same size in the batch dimension.");
    }
    const x = batched ? input : input.unsqueeze(0);
    const y = batched ? target : target.unsqueeze(0);
    const inHead = y.clone();
    let inTail: Tensor = zeros([y.shape[0]], { dtype: x.dtype });
    let used = y.lt(this.shortlist_size).logical_and(y.ge(0)).sum().item();
    for (let i = 0; i < this.n_clusters; i++) {
      const [low, high] = [this.cutoffs[i], this.cutoffs[i + 1]];
      const rows = y.ge(low).logical_and(y.lt(high)).nonzero().squeeze(1);
      if (rows.numel() === 0) continue;
      const relative = y.index_select(0, rows).sub(low);
      const logs = F.log_softmax(this.tail[i](x.index_select(0, rows)), 1);
      inHead.index_fill_(0, rows, this.shortlist_size + i);
      inTail = inTail.index_copy(0, rows, logs.gather(1, relative.unsqueeze(1)).squeeze(1));
      used += rows.numel();
    }
    if (used !== y.shape[0]) {
      throw new RuntimeError(
        `Target values should be in [0, ${this.n_classes - 1}], but values in range [${y.min().item()}, ${y.max().item()}] were found. `,
      );
    }
    const head = F.log_softmax(this.head(x), 1);
    const output = inTail.add(head.gather(1, inHead.unsqueeze(1)).squeeze(1));
    const loss = output.neg().mean();
    const named = batched ? output : output.squeeze(0);
    return Object.assign([named, loss] as [Tensor, Tensor], { output: named, loss });
  }

  /** Log-probabilities of all classes: (N, in_features) to (N, n_classes). */
  log_prob(input: Tensor): Tensor {
    const head = F.log_softmax(this.head(input), 1);
    const parts: Tensor[] = [head.narrow(1, 0, this.shortlist_size)];
    for (let i = 0; i < this.n_clusters; i++) {
      parts.push(F.log_softmax(this.tail[i](input), 1).add(head.narrow(1, this.shortlist_size + i, 1)));
    }
    return cat(parts, 1);
  }

  /** The likeliest class of each example. */
  predict(input: Tensor): Tensor {
    return this.log_prob(input).argmax(1);
  }
}

takes(["input", "target"], AdaptiveLogSoftmaxWithLoss);
