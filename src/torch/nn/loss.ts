/** Losses as layers: each is its namesake in `nn.functional` with the settings that its constructor took. */
import { ValueError } from "../errors";
import type { Tensor } from "../tensor";
import { warn } from "../warnings";
import { type Arguments, construct, type Word } from "./arguments";
import * as F from "./functional";
import { takes } from "./hooks";
import { PairLayer, TripleLayer } from "./layer";
import { Module } from "./module";
import { PairwiseDistance } from "./resampling";

export type Reduction = Word<"none" | "mean" | "sum">;

type Flags = { size_average: boolean | null; reduce: boolean | null; reduction: Reduction };
/** Deprecated flags and the word that took their place; in this order at the end of most losses' arguments. */
const flags = { size_average: null, reduce: null, reduction: "mean" };

type Plain = Arguments<[size_average?: boolean | null, reduce?: boolean | null, reduction?: Reduction], Flags>;
type Weighted = Arguments<
  [weight?: Tensor | null, size_average?: boolean | null, reduce?: boolean | null, reduction?: Reduction],
  Flags & { weight: Tensor | null }
>;

/** PyTorch's translation of the deprecated flags. */
function wordFor(size_average: boolean | null, reduce: boolean | null): Reduction {
  const word = reduce === false ? "none" : size_average === false ? "sum" : "mean";
  warn(`size_average and reduce args will be deprecated, please use reduction='${word}' instead.`);
  return word;
}

/** Takes the settings of a loss; a weight is a buffer of it. */
function settle(
  loss: Module,
  spec: Record<string, unknown>,
  args: readonly unknown[],
  buffers: readonly string[] = [],
): void {
  const { size_average, reduce, ...settings } = construct(loss._get_name(), spec, args) as Record<string, any>;
  if (size_average != null || reduce != null) settings.reduction = wordFor(size_average, reduce);
  for (const [name, value] of Object.entries(settings)) {
    if (buffers.includes(name)) loss.register_buffer(name, value);
    else loss[name] = value;
  }
}

/** |x − y|: the mean, the sum, or each. */
export class L1Loss extends PairLayer {
  declare reduction: Reduction;

  constructor(...args: Plain) {
    super();
    settle(this, flags, args);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return F.l1_loss(input, target, { reduction: this.reduction });
  }
}

/** (x − y)²: the mean, the sum, or each. */
export class MSELoss extends PairLayer {
  declare reduction: Reduction;

  constructor(...args: Plain) {
    super();
    settle(this, flags, args);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return F.mse_loss(input, target, { reduction: this.reduction });
  }
}

/** Quadratic below `beta`, |x − y| − beta / 2 above (Girshick, 2015). */
export class SmoothL1Loss extends PairLayer {
  declare reduction: Reduction;
  declare beta: number;

  constructor(
    ...args: Arguments<
      [size_average?: boolean | null, reduce?: boolean | null, reduction?: Reduction, beta?: number],
      Flags & { beta: number }
    >
  ) {
    super();
    settle(this, { ...flags, beta: 1 }, args);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return F.smooth_l1_loss(input, target, { reduction: this.reduction, beta: this.beta });
  }
}

/** Quadratic up to `delta`, linear beyond (Huber, 1964). */
export class HuberLoss extends PairLayer {
  declare reduction: Reduction;
  declare delta: number;

  constructor(...args: Arguments<[reduction?: Reduction, delta?: number], { reduction: Reduction; delta: number }>) {
    super();
    settle(this, { reduction: "mean", delta: 1 }, args);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return F.huber_loss(input, target, { reduction: this.reduction, delta: this.delta });
  }
}

/** −x at the target class, from log-probabilities (N, C, …) and classes (N, …). */
export class NLLLoss extends PairLayer {
  declare weight: Tensor | null;
  declare ignore_index: number;
  declare reduction: Reduction;

  constructor(
    ...args: Arguments<
      [
        weight?: Tensor | null,
        size_average?: boolean | null,
        ignore_index?: number,
        reduce?: boolean | null,
        reduction?: Reduction,
      ],
      Flags & { weight: Tensor | null; ignore_index: number }
    >
  ) {
    super();
    const spec = { weight: null, size_average: null, ignore_index: -100, reduce: null, reduction: "mean" };
    settle(this, spec, args, ["weight"]);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, ignore_index, reduction } = this;
    return F.nll_loss(input, target, { weight, ignore_index, reduction });
  }
}

/** `NLLLoss` under its older name. */
export class NLLLoss2d extends NLLLoss {}

/** −log softmax at the target: classes (N, …), or probabilities of the input's shape (N, C, …). */
export class CrossEntropyLoss extends PairLayer {
  declare weight: Tensor | null;
  declare ignore_index: number;
  declare reduction: Reduction;
  declare label_smoothing: number;

  constructor(
    ...args: Arguments<
      [
        weight?: Tensor | null,
        size_average?: boolean | null,
        ignore_index?: number,
        reduce?: boolean | null,
        reduction?: Reduction,
        label_smoothing?: number,
      ],
      Flags & { weight: Tensor | null; ignore_index: number; label_smoothing: number }
    >
  ) {
    super();
    const classes = { weight: null, size_average: null, ignore_index: -100, reduce: null, reduction: "mean" };
    settle(this, { ...classes, label_smoothing: 0 }, args, ["weight"]);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, ignore_index, reduction, label_smoothing } = this;
    return F.cross_entropy(input, target, { weight, ignore_index, reduction, label_smoothing });
  }
}

/** −(y log x + (1 − y) log(1 − x)) of probabilities x. */
export class BCELoss extends PairLayer {
  declare weight: Tensor | null;
  declare reduction: Reduction;

  constructor(...args: Weighted) {
    super();
    settle(this, { weight: null, ...flags }, args, ["weight"]);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return F.binary_cross_entropy(input, target, { weight: this.weight, reduction: this.reduction });
  }
}

/** `BCELoss` of σ(x), without overflow; `pos_weight` counts the positive term of each class. */
export class BCEWithLogitsLoss extends PairLayer {
  declare weight: Tensor | null;
  declare pos_weight: Tensor | null;
  declare reduction: Reduction;

  constructor(
    ...args: Arguments<
      [
        weight?: Tensor | null,
        size_average?: boolean | null,
        reduce?: boolean | null,
        reduction?: Reduction,
        pos_weight?: Tensor | null,
      ],
      Flags & { weight: Tensor | null; pos_weight: Tensor | null }
    >
  ) {
    super();
    settle(this, { weight: null, ...flags, pos_weight: null }, args, ["weight", "pos_weight"]);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, pos_weight, reduction } = this;
    return F.binary_cross_entropy_with_logits(input, target, { weight, pos_weight, reduction });
  }
}

/** y (log y − x): the divergence of log-probabilities x from probabilities y. "batchmean" is its mathematical mean. */
export class KLDivLoss extends PairLayer {
  declare reduction: Reduction | "batchmean";
  declare log_target: boolean;

  constructor(
    ...args: Arguments<
      [
        size_average?: boolean | null,
        reduce?: boolean | null,
        reduction?: Reduction | "batchmean",
        log_target?: boolean,
      ],
      Omit<Flags, "reduction"> & { reduction: Reduction | "batchmean"; log_target: boolean }
    >
  ) {
    super();
    settle(this, { ...flags, log_target: false }, args);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return F.kl_div(input, target, { reduction: this.reduction, log_target: this.log_target });
  }
}

/** eˣ − y x, the negative log-likelihood of counts y (x − y log x without `log_input`). */
export class PoissonNLLLoss extends PairLayer {
  declare log_input: boolean;
  declare full: boolean;
  declare eps: number;
  declare reduction: Reduction;

  constructor(
    ...args: Arguments<
      [
        log_input?: boolean,
        full?: boolean,
        size_average?: boolean | null,
        eps?: number,
        reduce?: boolean | null,
        reduction?: Reduction,
      ],
      Flags & { log_input: boolean; full: boolean; eps: number }
    >
  ) {
    super();
    const spec = { log_input: true, full: false, size_average: null, eps: 1e-8, reduce: null, reduction: "mean" };
    settle(this, spec, args);
  }

  override forward(log_input: Tensor, target: Tensor): Tensor {
    const { full, eps, reduction } = this;
    return F.poisson_nll_loss(log_input, target, { log_input: this.log_input, full, eps, reduction });
  }
}

/** (log v + (x − y)² / v) / 2, the negative log-likelihood of a normal number of variance v. */
export class GaussianNLLLoss extends TripleLayer {
  declare full: boolean;
  declare eps: number;
  declare reduction: Reduction;

  constructor(options: { full?: boolean; eps?: number; reduction?: Reduction } = {}) {
    super();
    settle(this, { full: false, eps: 1e-6, reduction: "mean" }, [options]);
  }

  override forward(input: Tensor, target: Tensor, variance: Tensor): Tensor {
    const { full, eps, reduction } = this;
    return F.gaussian_nll_loss(input, target, variance, { full, eps, reduction });
  }
}

/** x where y = 1, max(margin − x, 0) where y = −1. */
export class HingeEmbeddingLoss extends PairLayer {
  declare margin: number;
  declare reduction: Reduction;

  constructor(
    ...args: Arguments<
      [margin?: number, size_average?: boolean | null, reduce?: boolean | null, reduction?: Reduction],
      Flags & { margin: number }
    >
  ) {
    super();
    settle(this, { margin: 1, ...flags }, args);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return F.hinge_embedding_loss(input, target, { margin: this.margin, reduction: this.reduction });
  }
}

/** log(1 + e^(−y x)) for targets y of ±1. */
export class SoftMarginLoss extends PairLayer {
  declare reduction: Reduction;

  constructor(...args: Plain) {
    super();
    settle(this, flags, args);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return F.soft_margin_loss(input, target, { reduction: this.reduction });
  }
}

/** max(1 − (x[target] − x[other]), 0) over the pairs of a target class and another. */
export class MultiLabelMarginLoss extends PairLayer {
  declare reduction: Reduction;

  constructor(...args: Plain) {
    super();
    settle(this, flags, args);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return F.multilabel_margin_loss(input, target, { reduction: this.reduction });
  }
}

/** The mean over the classes of `BCEWithLogitsLoss`. */
export class MultiLabelSoftMarginLoss extends PairLayer {
  declare weight: Tensor | null;
  declare reduction: Reduction;

  constructor(...args: Weighted) {
    super();
    settle(this, { weight: null, ...flags }, args, ["weight"]);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return F.multilabel_soft_margin_loss(input, target, { weight: this.weight, reduction: this.reduction });
  }
}

/** max(margin − x[target] + x[other], 0)^p over the other classes. Throws ValueError for p other than 1 and 2. */
export class MultiMarginLoss extends PairLayer {
  declare p: number;
  declare margin: number;
  declare weight: Tensor | null;
  declare reduction: Reduction;

  constructor(
    ...args: Arguments<
      [
        p?: number,
        margin?: number,
        weight?: Tensor | null,
        size_average?: boolean | null,
        reduce?: boolean | null,
        reduction?: Reduction,
      ],
      Flags & { p: number; margin: number; weight: Tensor | null }
    >
  ) {
    super();
    settle(this, { p: 1, margin: 1, weight: null, ...flags }, args, ["weight"]);
    if (this.p !== 1 && this.p !== 2) throw new ValueError("only p == 1 and p == 2 supported");
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { p, margin, weight, reduction } = this;
    return F.multi_margin_loss(input, target, { p, margin, weight, reduction });
  }
}

/** 1 − cos(x₁, x₂) where y = 1, max(cos(x₁, x₂) − margin, 0) where y = −1. */
export class CosineEmbeddingLoss extends TripleLayer {
  declare margin: number;
  declare reduction: Reduction;

  constructor(
    ...args: Arguments<
      [margin?: number, size_average?: boolean | null, reduce?: boolean | null, reduction?: Reduction],
      Flags & { margin: number }
    >
  ) {
    super();
    settle(this, { margin: 0, ...flags }, args);
  }

  override forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return F.cosine_embedding_loss(input1, input2, target, { margin: this.margin, reduction: this.reduction });
  }
}

/** max(−y (x₁ − x₂) + margin, 0): y says which of the two should rank higher. */
export class MarginRankingLoss extends TripleLayer {
  declare margin: number;
  declare reduction: Reduction;

  constructor(
    ...args: Arguments<
      [margin?: number, size_average?: boolean | null, reduce?: boolean | null, reduction?: Reduction],
      Flags & { margin: number }
    >
  ) {
    super();
    settle(this, { margin: 0, ...flags }, args);
  }

  override forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return F.margin_ranking_loss(input1, input2, target, { margin: this.margin, reduction: this.reduction });
  }
}

/** max(d(a, p) − d(a, n) + margin, 0) with the distance of the p-norm; `swap` takes the harder negative distance. */
export class TripletMarginLoss extends TripleLayer {
  declare margin: number;
  declare p: number;
  declare eps: number;
  declare swap: boolean;
  declare reduction: Reduction;

  constructor(
    ...args: Arguments<
      [
        margin?: number,
        p?: number,
        eps?: number,
        swap?: boolean,
        size_average?: boolean | null,
        reduce?: boolean | null,
        reduction?: Reduction,
      ],
      Flags & { margin: number; p: number; eps: number; swap: boolean }
    >
  ) {
    super();
    settle(this, { margin: 1, p: 2, eps: 1e-6, swap: false, ...flags }, args);
  }

  override forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    const { margin, p, eps, swap, reduction } = this;
    return F.triplet_margin_loss(anchor, positive, negative, { margin, p, eps, swap, reduction });
  }
}

/** `TripletMarginLoss` with a distance of one's own. */
export class TripletMarginWithDistanceLoss extends TripleLayer {
  declare distance_function: (x: Tensor, y: Tensor) => Tensor;
  declare margin: number;
  declare swap: boolean;
  declare reduction: Reduction;

  constructor(
    options: {
      distance_function?: ((x: Tensor, y: Tensor) => Tensor) | null;
      margin?: number;
      swap?: boolean;
      reduction?: Reduction;
    } = {},
  ) {
    super();
    const distance_function = options.distance_function ?? new PairwiseDistance();
    const spec = { distance_function: null, margin: 1, swap: false, reduction: "mean" };
    settle(this, spec, [{ ...options, distance_function }]);
  }

  override forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    const { distance_function, margin, swap, reduction } = this;
    return F.triplet_margin_with_distance_loss(anchor, positive, negative, {
      distance_function,
      margin,
      swap,
      reduction,
    });
  }
}

type Lengths = Tensor | readonly number[];

/** −log of the probability of all alignments of the targets with (T, N, C) log-probabilities (Graves et al., 2006). */
export class CTCLoss extends Module {
  declare blank: number;
  declare reduction: Reduction;
  declare zero_infinity: boolean;

  constructor(
    ...args: Arguments<
      [blank?: number, reduction?: Reduction, zero_infinity?: boolean],
      { blank: number; reduction: Reduction; zero_infinity: boolean }
    >
  ) {
    super();
    settle(this, { blank: 0, reduction: "mean", zero_infinity: false }, args);
  }

  override forward(log_probs: Tensor, targets: Tensor, input_lengths: Lengths, target_lengths: Lengths): Tensor {
    const { blank, reduction, zero_infinity } = this;
    return F.ctc_loss(
      log_probs,
      targets,
      input_lengths as Tensor,
      target_lengths as Tensor,
      blank,
      reduction,
      zero_infinity,
    );
  }
}

takes(["input", "target"], L1Loss, MSELoss, SmoothL1Loss, HuberLoss, NLLLoss, CrossEntropyLoss, BCELoss);
takes(["input", "target"], BCEWithLogitsLoss, KLDivLoss, HingeEmbeddingLoss, SoftMarginLoss);
takes(["input", "target"], MultiLabelMarginLoss, MultiLabelSoftMarginLoss, MultiMarginLoss);
takes(["log_input", "target"], PoissonNLLLoss);
takes(["input", "target", "var"], GaussianNLLLoss);
takes(["input1", "input2", "target"], CosineEmbeddingLoss, MarginRankingLoss);
takes(["anchor", "positive", "negative"], TripletMarginLoss, TripletMarginWithDistanceLoss);
takes(["log_probs", "targets", "input_lengths", "target_lengths"], CTCLoss);
