/** Losses: from predictions and targets to one number, or to one for each example. */

import { no_grad } from "../autograd/gradMode";
import { notDifferentiable, type Op, op } from "../dispatch";
import { type DType, int64 } from "../dtype";
import { IndexError, RuntimeError, ValueError } from "../errors";
import { elements, integers } from "../kernels/copy";
import { zip } from "../kernels/elementwise";
import { plainExp32 } from "../kernels/singles";
import { resultType } from "../promotion";
import { broadcastShapes, numel, sameShape, sizeText } from "../shape";
import { allocate, fromData, type Tensor } from "../tensor";
import { warn } from "../warnings";
import { logsigmoid } from "./activations";
import { where } from "./arithmetic";
import { pairwise_distance } from "./distances";
import { zerosFor } from "./padding";
import { divScalar } from "./scalars";

// ── reduction ───────────────────────────────────────────────────────────────────────────────────────────────────

function reduced(loss: Tensor, reduction: string): Tensor {
  checkReduction(reduction);
  return reduction === "mean" ? loss.mean() : reduction === "sum" ? loss.sum() : loss;
}

function checkReduction(reduction: string): void {
  if (!["none", "mean", "sum"].includes(reduction)) {
    throw new ValueError(`${reduction} is not a valid value for reduction`);
  }
}

/** The gradient of every element of a loss that was reduced. */
const perElement = (g: Tensor, reduction: string, n: number): Tensor => (reduction === "mean" ? g.div(n) : g);

/** The deprecated flags `size_average` and `reduce` in today's word. */
function legacy(average: boolean | null, reduce: boolean | null, reduction: string): string {
  if (average === null && reduce === null) return reduction;
  const word = reduce === false ? "none" : average === false ? "sum" : "mean";
  warn(`size_average and reduce args will be deprecated, please use reduction='${word}' instead.`);
  return word;
}

const FLAGS = "bool? size_average=None, bool? reduce=None, str reduction='mean'";

const torchSize = (shape: readonly number[]): string => `torch.Size(${sizeText(shape)})`;

function warnSizes(x: Tensor, y: Tensor): void {
  if (sameShape(x.shape, y.shape)) return;
  warn(
    `Using a target size (${torchSize(y.shape)}) that is different to the input size (${torchSize(x.shape)}). This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size.`,
  );
}

const to = (g: Tensor, shape: number[]): Tensor => g.sum_to_size(shape);

// ── differences ─────────────────────────────────────────────────────────────────────────────────────────────────

type Pair = (x: Tensor, y: Tensor, reduction: string, parameter: number) => Tensor;

/** An op on the difference z = x − y: `f` of it, and its slope times `norm` as tensor ops. */
function differenceLoss(
  name: string,
  parameter: string,
  f: (z: number, parameter: number) => number,
  slope: (z: Tensor, parameter: number, norm: number) => Tensor,
): Pair {
  const text =
    `${name}(Tensor self, Tensor target, str reduction, float ${parameter}) -> Tensor` as "loss(Tensor self, Tensor target, str reduction, float parameter) -> Tensor";
  const derivative = (g: Tensor, s: any, x: Tensor, y: Tensor): Tensor => {
    const z = x.sub(y);
    return slope(z, s[parameter], s.reduction === "mean" ? 1 / z.numel() : 1).mul(g);
  };
  return op(text, {
    doc: "A function of differences.",
    forward: (x, y, reduction, p) => {
      const { cast } = resultType(x, y);
      return reduced(
        zip(x, y, (a, b) => f(cast(a - b), p)),
        reduction,
      );
    },
    grad: {
      self: ["self target", (g, s) => to(derivative(g, s, s.self, s.target), s.self.shape)],
      target: ["self target", (g, s) => to(derivative(g, s, s.target, s.self), s.target.shape)],
    },
    variants: [],
  });
}

// d z² = 2 z dz
const mse = differenceLoss(
  "mse_loss",
  "unused",
  (z) => z * z,
  (z, _, norm) => z.mul(2 * norm),
);
// z² / 2β within β of 0, |z| − β/2 beyond: slope z/β, cut off at ±1
const smoothL1 = differenceLoss(
  "smooth_l1_loss",
  "beta",
  (z, beta) => (Math.abs(z) < beta ? (0.5 * z * z) / beta : Math.abs(z) - 0.5 * beta),
  (z, beta, norm) => {
    const beyond = z.sign().mul(norm);
    return beta === 0 ? beyond : where(z.abs().lt(beta), z.mul(norm).div(beta), beyond);
  },
);
// z² / 2 within δ of 0, δ (|z| − δ/2) beyond: slope z, cut off at ±δ
const huber = differenceLoss(
  "huber_loss",
  "delta",
  (z, delta) => (Math.abs(z) <= delta ? 0.5 * z * z : delta * (Math.abs(z) - 0.5 * delta)),
  (z, delta, norm) => where(z.abs().lt(delta), z.mul(norm), z.sign().mul(norm).mul(delta)),
);

op(`mse_loss(Tensor input, Tensor target, ${FLAGS}) -> Tensor`, {
  doc: "Squared differences: their mean, their sum, or each one.",
  forward: (x, y, average, reduce, reduction) => {
    warnSizes(x, y);
    return mse(x, y, legacy(average, reduce, reduction), 0);
  },
  composite: true,
  variants: ["nn.functional"],
});

op(`l1_loss(Tensor input, Tensor target, ${FLAGS}) -> Tensor`, {
  doc: "Absolute differences: their mean, their sum, or each one.",
  forward: (x, y, average, reduce, reduction) => {
    warnSizes(x, y);
    return reduced(x.sub(y).abs(), legacy(average, reduce, reduction));
  },
  composite: true,
  variants: ["nn.functional"],
});

op(`smooth_l1_loss(Tensor input, Tensor target, ${FLAGS}, float beta=1) -> Tensor`, {
  doc: "z² / 2β for differences |z| < β, |z| − β/2 beyond (Girshick, 2015).",
  forward: (x, y, average, reduce, reduction, beta) => {
    warnSizes(x, y);
    if (beta < 0) throw new RuntimeError("smooth_l1_loss does not support negative values for beta.");
    return smoothL1(x, y, legacy(average, reduce, reduction), beta);
  },
  composite: true,
  variants: ["nn.functional"],
});

op("huber_loss(Tensor input, Tensor target, str reduction='mean', float delta=1) -> Tensor", {
  doc: "z² / 2 for differences |z| ≤ δ, δ (|z| − δ/2) beyond (Huber, 1964).",
  forward: (x, y, reduction, delta) => {
    warnSizes(x, y);
    if (delta <= 0) throw new RuntimeError("huber_loss does not support non-positive values for delta.");
    return huber(x, y, reduction, delta);
  },
  composite: true,
  variants: ["nn.functional"],
});

// ── binary targets ──────────────────────────────────────────────────────────────────────────────────────────────

const weighted = (t: Tensor, weight: Tensor | null): Tensor => (weight === null ? t : t.mul(weight));

// −(y log p + (1 − y) log(1 − p))
const bce = op("binary_cross_entropy(Tensor self, Tensor target, Tensor? weight, str reduction) -> Tensor", {
  doc: "Cross entropy of probabilities.",
  forward: (p, y, weight, reduction) => {
    if (y.dtype !== p.dtype) {
      throw new RuntimeError(`Found dtype ${y.dtype.scalarName} but expected ${p.dtype.scalarName}`);
    }
    for (const v of elements(p)) {
      if (!(v >= 0 && v <= 1)) throw new RuntimeError("all elements of input should be between 0 and 1");
    }
    const loss = zip(p, y, (a, b) => (b - 1) * Math.max(Math.log1p(-a), -100) - b * Math.max(Math.log(a), -100));
    return reduced(weighted(loss, weight), reduction);
  },
  grad: {
    // dp (p − y) / (p (1 − p))
    self: [
      "self target weight",
      (g, s) => {
        const slope = g.mul(s.self.sub(s.target)).div(s.self.neg().add(1).mul(s.self).clamp({ min: 1e-12 }));
        return perElement(weighted(slope, s.weight), s.reduction, s.self.numel());
      },
    ],
    // dy (log(1 − p) − log p)
    target: [
      "self target weight",
      (g, s) => {
        const slope = s.self
          .neg()
          .log1p()
          .clamp({ min: -100 })
          .sub(s.self.log().clamp({ min: -100 }));
        return weighted(perElement(g, s.reduction, s.target.numel()).mul(slope), s.weight);
      },
    ],
  },
  variants: [],
});

op(`binary_cross_entropy(Tensor input, Tensor target, Tensor? weight=None, ${FLAGS}) -> Tensor`, {
  doc: "−(y log p + (1 − y) log(1 − p)) for probabilities p; each log no smaller than −100.",
  forward: (p, y, weight, average, reduce, reduction) => {
    if (!sameShape(p.shape, y.shape)) {
      throw new ValueError(
        `Using a target size (${torchSize(y.shape)}) that is different to the input size (${torchSize(p.shape)}) is deprecated. Please ensure they have the same size.`,
      );
    }
    const scale = weight === null ? null : weight.expand(broadcastShapes(y.shape, weight.shape));
    return bce(p, y, scale, legacy(average, reduce, reduction));
  },
  composite: true,
  variants: ["nn.functional"],
});

// (1 − y) x + (1 + (w − 1) y) log(1 + e⁻ˣ)
const bceWithLogits = op(
  "binary_cross_entropy_with_logits(Tensor self, Tensor target, Tensor? weight, Tensor? pos_weight, str reduction) -> Tensor",
  {
    doc: "Cross entropy of sigmoids.",
    forward: (x, y, weight, positive, reduction) => {
      // log(1 + e⁻ˣ) = m + log(e⁻ᵐ + e⁻ˣ⁻ᵐ), m = max(−x, 0)
      const most = x.neg().clamp_min(0);
      const log = most.neg().exp().add(x.neg().sub(most).exp()).log();
      const rest = y.rsub(1).mul(x);
      const loss =
        positive === null ? rest.add(most).add(log) : rest.add(positive.sub(1).mul(y).add(1).mul(log.add(most)));
      return reduced(weighted(loss, weight), reduction);
    },
    grad: {
      // dx (σ(x) − y), with t = w y: dx ((t + 1 − y) σ(x) − t)
      self: [
        "self target weight pos_weight",
        (g, s) => {
          const sigma = s.self.sigmoid();
          const t = s.pos_weight === null ? null : s.pos_weight.mul(s.target);
          const slope = t === null ? sigma.sub(s.target) : t.add(1).sub(s.target).mul(sigma).sub(t);
          return perElement(weighted(slope.mul(g), s.weight), s.reduction, s.self.numel());
        },
      ],
      // −dy x, or dy (log σ(−x) − w log σ(x))
      target: [
        "self target weight pos_weight",
        (g, s) => {
          const slope =
            s.pos_weight === null ? s.self.neg() : logsigmoid(s.self.neg()).sub(s.pos_weight.mul(logsigmoid(s.self)));
          return weighted(perElement(g, s.reduction, s.target.numel()).mul(slope), s.weight);
        },
      ],
    },
    variants: [],
  },
);

op(
  `binary_cross_entropy_with_logits(Tensor input, Tensor target, Tensor? weight=None, ${FLAGS}, Tensor? pos_weight=None) -> Tensor`,
  {
    doc: "Binary cross entropy of sigmoid(x), without overflow.",
    forward: (x, y, weight, average, reduce, reduction, positive) => {
      if (!sameShape(x.shape, y.shape)) {
        throw new ValueError(
          `Target size (${torchSize(y.shape)}) must be the same as input size (${torchSize(x.shape)})`,
        );
      }
      return bceWithLogits(x, y, weight, positive, legacy(average, reduce, reduction));
    },
    composite: true,
    variants: ["nn.functional"],
  },
);

// d log(1 + e^(−y x)) = −y σ(−y x) dx
const softMargin = op("soft_margin_loss(Tensor self, Tensor target, str reduction) -> Tensor", {
  doc: "log(1 + e^(−y x)).",
  forward: (x, y, reduction) =>
    reduced(
      zip(x, y, (a, b) => Math.log1p(Math.exp(-a * b))),
      reduction,
    ),
  grad: {
    self: [
      "self target",
      (g, s) => {
        const slope = s.target.neg().mul(s.target.mul(s.self).neg().sigmoid());
        return perElement(g, s.reduction, slope.numel()).mul(slope);
      },
    ],
  },
  variants: [],
});

op(`soft_margin_loss(Tensor input, Tensor target, ${FLAGS}) -> Tensor`, {
  doc: "log(1 + e^(−y x)) for targets y of ±1.",
  forward: (x, y, average, reduce, reduction) => softMargin(x, y, legacy(average, reduce, reduction)),
  composite: true,
  variants: ["nn.functional"],
});

op(`multilabel_soft_margin_loss(Tensor input, Tensor target, Tensor? weight=None, ${FLAGS}) -> Tensor`, {
  doc: "The mean over classes of −(y log σ(x) + (1 − y) log σ(−x)).",
  forward: (x, y, weight, average, reduce, reduction) => {
    const word = legacy(average, reduce, reduction);
    const positive = y.mul(logsigmoid(x));
    const negative = y.rsub(1).mul(logsigmoid(x.neg()));
    const loss = weighted(positive.add(negative).neg(), weight);
    const d = x.ndim - 1;
    const mean = loss.sum([d]).div(x.shape[d]);
    if (!["none", "mean", "sum"].includes(word)) throw new ValueError(`${word} is not valid`);
    return reduced(mean, word);
  },
  composite: true,
  variants: ["nn.functional"],
});

// ── classes ─────────────────────────────────────────────────────────────────────────────────────────────────────

interface Picks {
  /** For each target: where its log-probability stands in a row-major input. */
  at: Float64Array;
  /** And its weight, 0 where it is ignored. */
  w: Float64Array;
  total: number;
}

function picks({ shape, dtype: { cast } }: Tensor, target: Tensor, weight: Tensor | null, ignore: number): Picks {
  const c = shape.length === 1 ? shape[0] : shape[1];
  const inner = numel(shape.slice(2));
  const t = integers(target);
  const weights = weight === null ? null : elements(weight);
  const at = new Float64Array(t.length);
  const w = new Float64Array(t.length);
  for (let i = 0; i < t.length; i++) {
    if (t[i] === ignore) continue;
    if (t[i] < 0 || t[i] >= c) throw new IndexError(`Target ${t[i]} is out of bounds.`);
    at[i] = (Math.floor(i / inner) * c + t[i]) * inner + (i % inner);
    w[i] = weights === null ? 1 : weights[t[i]];
  }
  return { at, w, total: inLevels(w, cast) };
}

const SUM_LEVELS = 8;

/** A sum that cascades through eight levels, as PyTorch's losses of classes are added up. */
function inLevels(values: Float64Array, cast: (x: number) => number): number {
  const n = values.length;
  const power = Math.max(4, Math.floor((n <= 1 ? 0 : 32 - Math.clz32(n - 1)) / SUM_LEVELS));
  const mask = 2 ** power - 1;
  const sums = new Float64Array(SUM_LEVELS);
  for (let i = 0; i < n; i++) {
    sums[0] = cast(sums[0] + values[i]);
    for (let j = 0; j + 1 < SUM_LEVELS && (Math.floor(i / 2 ** (j * power)) & mask) === 0; j++) {
      sums[j + 1] = cast(sums[j + 1] + sums[j]);
      sums[j] = 0;
    }
  }
  return sums.reduce((sum, level) => cast(sum + level), 0);
}

type Nll = (x: Tensor, target: Tensor, weight: Tensor | null, ignore: number, reduction: string) => Tensor;

/** −w log p of the target classes; its backward is linear, and the loss of a cotangent is what differentiates it. */
function nllOp(name: string): Nll {
  const text =
    `${name}(Tensor self, Tensor target, Tensor? weight, int ignore_index, str reduction) -> Tensor` as "nll(Tensor self, Tensor target, Tensor? weight, int ignore_index, str reduction) -> Tensor";
  const backwardText =
    `${name}_backward(Tensor grad_output, Tensor self, Tensor target, Tensor? weight, int ignore_index, str reduction) -> Tensor` as "nll_backward(Tensor grad_output, Tensor self, Tensor target, Tensor? weight, int ignore_index, str reduction) -> Tensor";
  const loss: Op<typeof text> = op(text, {
    doc: "−log p of the target classes.",
    forward: (x, target, weight, ignore, reduction) => {
      const { at, w, total } = picks(x, target, weight, ignore);
      const data = elements(x);
      const { cast } = x.dtype;
      const each = Float64Array.from(at, (p, i) => (w[i] === 0 ? 0 : cast(-data[p] * w[i])));
      const out = allocate(reduction === "none" ? target.shape : [], x.dtype);
      const { data: result } = out.storageOf;
      if (reduction === "none") result.set(each);
      else result[0] = reduction === "sum" ? inLevels(each, cast) : inLevels(each, cast) / total;
      return out;
    },
    grad: {
      self: ["self target weight", (g, s) => backward(g, s.self, s.target, s.weight, s.ignore_index, s.reduction)],
    },
    variants: [],
  });
  const backward = op(backwardText, {
    doc: "−w at each target's place, times the gradient.",
    forward: (g, x, target, weight, ignore, reduction) => {
      const { at, w, total } = picks(x, target, weight, ignore);
      const out = allocate(x.shape, x.dtype);
      const dy = elements(g);
      const { cast } = x.dtype;
      const scale = reduction === "mean" ? total : 1;
      at.forEach((p, i) => {
        if (w[i] !== 0) out.storageOf.data[p] = -cast(dy[reduction === "none" ? i : 0] / scale) * w[i];
      });
      return out;
    },
    grad: {
      grad_output: ["target weight", (g, s) => loss(g, s.target, s.weight, s.ignore_index, s.reduction)],
      self: (_, s) => zerosFor(s.self),
    },
    variants: [],
  });
  return loss;
}

const nll1 = nllOp("nll_loss");
const nll2 = nllOp("nll_loss2d");

function checkTarget(x: Tensor, target: Tensor): void {
  if (x.ndim === 0) throw new RuntimeError("0D inputs are not supported");
  if (target.dtype !== int64 && target.dtype.name !== "uint8") {
    throw new RuntimeError(`expected scalar type Long but found ${target.dtype.scalarName}`);
  }
  if (x.ndim > 1 && x.shape[0] !== target.shape[0]) {
    throw new ValueError(`Expected input batch_size (${x.shape[0]}) to match target batch_size (${target.shape[0]}).`);
  }
}

function nll(x: Tensor, target: Tensor, weight: Tensor | null, ignore: number, reduction: string): Tensor {
  checkReduction(reduction);
  checkTarget(x, target);
  const classes = x.ndim === 1 ? x.shape[0] : x.shape[1];
  if (weight !== null && (weight.ndim !== 1 || weight.numel() !== classes)) {
    throw new RuntimeError(
      x.ndim <= 2
        ? `weight tensor should be defined either for all ${classes} classes or no classes but got weight tensor of shape: ${sizeText(weight.shape)}`
        : "weight tensor should be defined either for all or no classes",
    );
  }
  if (x.ndim <= 2) {
    if (target.ndim > 1) {
      throw new RuntimeError("0D or 1D target tensor expected, multi-target not supported");
    }
    return nll1(x, target, weight, ignore, reduction);
  }
  if (x.ndim === 4 && !sameShape(target.shape.slice(1), x.shape.slice(2))) {
    throw new RuntimeError(`size mismatch (got input: ${sizeText(x.shape)} , target: ${sizeText(target.shape)}`);
  }
  if (x.ndim === 4) return nll2(x, target, weight, ignore, reduction);
  const [n, c, ...rest] = x.shape;
  if (!sameShape(target.shape.slice(1), rest)) {
    throw new RuntimeError(`Expected target size ${sizeText([n, ...rest])}, got ${sizeText(target.shape)}`);
  }
  const positions = numel(rest);
  const out = nll2(x.reshape([n, c, 1, positions]), target.reshape([n, 1, positions]), weight, ignore, reduction);
  return reduction === "none" ? out.view([n, ...rest]) : out;
}

op(
  "nll_loss(Tensor input, Tensor target, Tensor? weight=None, bool? size_average=None, int ignore_index=-100, bool? reduce=None, str reduction='mean') -> Tensor",
  {
    doc: "−log p of the target classes, for log-probabilities `[n, c, …]` and int64 classes `[n, …]`. The mean is weighted and leaves out ignored targets.",
    forward: (x, target, weight, average, ignore, reduce, reduction) =>
      nll(x, target, weight, ignore, legacy(average, reduce, reduction)),
    composite: true,
    variants: ["nn.functional"],
  },
);

/** Σ −p log q over classes, the classes weighted and the target smoothed. */
function probabilityLoss(
  log: Tensor,
  p: Tensor,
  weight: Tensor | null,
  reduction: string,
  smoothing: number,
  dim: number,
): Tensor {
  checkReduction(reduction);
  const target = smoothing > 0 ? p.mul(1 - smoothing).add(smoothing / log.shape[dim]) : p;
  const scale = weight === null ? null : weight.view(log.shape.map((_, d) => (d === dim ? -1 : 1)));
  const each = weighted(log.mul(target), scale);
  if (reduction === "none") return each.sum([dim]).neg();
  const total = each.sum().neg();
  return reduction === "sum" ? total : divScalar(total, log.numel() / log.shape[dim]);
}

/** (1 − ε) nll + ε / c · Σ −log q over classes, ignored targets left out. */
function smoothedLoss(
  log: Tensor,
  target: Tensor,
  weight: Tensor | null,
  ignore: number,
  reduction: string,
  smoothing: number,
  dim: number,
): Tensor {
  const loss = nll(log, target, weight, ignore, reduction);
  const scale = weight === null ? null : weight.view(log.shape.map((_, d) => (d === dim ? -1 : 1)));
  const ignored = target.eq(ignore);
  const even = weighted(log, scale).sum([dim]).neg().masked_fill(ignored, 0);
  let part: Tensor;
  if (reduction === "none") part = even;
  else if (reduction === "sum") part = even.sum();
  else if (weight === null) part = even.masked_select(ignored.logical_not()).mean();
  else
    part = even
      .sum()
      .div(weight.gather(0, target.masked_fill(ignored, 0).flatten()).masked_fill(ignored.flatten(), 0).sum());
  return loss.mul(1 - smoothing).add(part.mul(smoothing / log.shape[dim]));
}

op(
  "cross_entropy(Tensor input, Tensor target, Tensor? weight=None, bool? size_average=None, int ignore_index=-100, bool? reduce=None, str reduction='mean', float label_smoothing=0) -> Tensor",
  {
    doc: "−log softmax of the target classes, for scores `[n, c, …]` and int64 classes `[n, …]` or probabilities `[n, c, …]`.",
    forward: (x, target, weight, average, ignore, reduce, reduction, smoothing) => {
      const word = legacy(average, reduce, reduction);
      checkReduction(word);
      if (smoothing < 0 || smoothing > 1) {
        throw new RuntimeError(`label_smoothing must be between 0.0 and 1.0. Got: ${smoothing}`);
      }
      const dim = x.ndim === 1 ? 0 : 1;
      if (target.is_floating_point() && sameShape(x.shape, target.shape)) {
        if (ignore >= 0) throw new RuntimeError("ignore_index is not supported for floating point target");
        return probabilityLoss(x.log_softmax(dim), target, weight, word, smoothing, dim);
      }
      const log = x.log_softmax(dim);
      if (smoothing > 0) return smoothedLoss(log, target, weight, ignore, word, smoothing, dim);
      return nll(log, target, weight, ignore, word);
    },
    composite: true,
    variants: ["nn.functional"],
  },
);

/** Examples as rows: one example where the input is a vector. */
const asRows = (x: Tensor): Tensor => (x.ndim === 2 ? x : x.reshape([1, -1]));

/** A loss per example, computed with its slope in x, of which it is a linear function within each piece. */
interface Sloped {
  loss: Float64Array;
  slope: Float64Array;
}

function slopedLoss(
  x: Tensor,
  reduction: string,
  scalar: boolean,
  compute: (data: Float64Array, n: number, c: number) => Sloped,
): { out: Tensor; slope: Tensor } {
  const [n, c] = asRows(x).shape;
  const { loss, slope } = compute(Float64Array.from(elements(x)), n, c);
  const sum = loss.reduce((a, b) => a + b, 0);
  const out = allocate(reduction === "none" && !scalar ? [n] : [], x.dtype);
  if (reduction === "none" && !scalar) out.storageOf.data.set(loss);
  else out.storageOf.data[0] = reduction === "mean" ? sum / n : sum;
  const slopes = allocate(x.shape, x.dtype);
  slopes.storageOf.data.set(reduction === "mean" ? slope.map((v) => v / n) : slope);
  return { out, slope: slopes };
}

/** Slopes times the gradient of each example's loss. */
const bySlope = (g: Tensor, slope: Tensor): Tensor => slope.mul(g.ndim === 0 ? g : g.unsqueeze(-1));

function multiMarginOf(
  x: Tensor,
  target: Tensor,
  p: number,
  margin: number,
  weight: Tensor | null,
  reduction: string,
): { out: Tensor; slope: Tensor } {
  const t = integers(target);
  const w = weight === null ? null : elements(weight);
  return slopedLoss(x, reduction, x.ndim < 2, (data, n, c) => {
    const loss = new Float64Array(n);
    const slope = new Float64Array(n * c);
    for (let i = 0; i < n; i++) {
      const y = t[i];
      if (y < 0 || y >= c) throw new RuntimeError("target out of range");
      for (let j = 0; j < c; j++) {
        const z = margin - data[i * c + y] + data[i * c + j];
        if (j === y || !(z > 0)) continue;
        const scale = (w === null ? 1 : w[y]) / c;
        loss[i] += scale * z ** p;
        const d = scale * (p === 1 ? 1 : 2 * z);
        slope[i * c + j] += d;
        slope[i * c + y] -= d;
      }
    }
    return { loss, slope };
  });
}

// Σ_{j≠y} w_y max(0, margin − x_y + x_j)ᵖ / c
const multiMargin = op(
  "multi_margin_loss(Tensor self, Tensor target, Scalar p, Scalar margin, Tensor? weight, str reduction) -> Tensor",
  {
    doc: "A margin between the target class and every other.",
    forward: (x, target, p, margin, weight, reduction) =>
      multiMarginOf(x, target, Number(p), Number(margin), weight, reduction).out,
    grad: {
      self: [
        "self target weight",
        (g, s) => multiMarginBackward(g, s.self, s.target, s.p, s.margin, s.weight, s.reduction),
      ],
    },
    variants: [],
  },
);

const multiMarginBackward = op(
  "multi_margin_loss_backward(Tensor grad_output, Tensor self, Tensor target, Scalar p, Scalar margin, Tensor? weight, str reduction) -> Tensor",
  {
    doc: "The slopes times the gradient of each example.",
    forward: (g, x, target, p, margin, weight, reduction) =>
      bySlope(g, multiMarginOf(x, target, Number(p), Number(margin), weight, reduction).slope),
    ...notDifferentiable("multi_margin_loss_backward", ["grad_output", "self"]),
    variants: [],
  },
);

op(
  "multi_margin_loss(Tensor input, Tensor target, int p=1, float margin=1, Tensor? weight=None, bool? size_average=None, bool? reduce=None, str reduction='mean') -> Tensor",
  {
    doc: "Σ max(0, margin − x_y + x_j)ᵖ / c over the classes j other than the target y.",
    forward: (x, target, p, margin, weight, average, reduce, reduction) => {
      if (p !== 1 && p !== 2) throw new ValueError("only p == 1 and p == 2 supported");
      if (weight !== null && weight.ndim !== 1) throw new ValueError("weight must be one-dimensional");
      return multiMargin(x, target, p, margin, weight, legacy(average, reduce, reduction));
    },
    composite: true,
    variants: ["nn.functional"],
  },
);

function multilabelOf(x: Tensor, target: Tensor, reduction: string): { out: Tensor; slope: Tensor } {
  const t = integers(target);
  return slopedLoss(x, reduction, x.ndim < 2, (data, n, c) => {
    const loss = new Float64Array(n);
    const slope = new Float64Array(n * c);
    for (let i = 0; i < n; i++) {
      const row = Array.from(t.subarray(i * c, (i + 1) * c));
      const end = row.indexOf(-1);
      const labels = end < 0 ? row : row.slice(0, end);
      for (const y of labels) {
        for (let j = 0; j < c; j++) {
          const z = 1 - data[i * c + y] + data[i * c + j];
          if (labels.includes(j) || !(z > 0)) continue;
          loss[i] += z / c;
          slope[i * c + j] += 1 / c;
          slope[i * c + y] -= 1 / c;
        }
      }
    }
    return { loss, slope };
  });
}

// Σ_{y∈labels} Σ_{j∉labels} max(0, 1 − x_y + x_j) / c
const multilabelMargin = op("multilabel_margin_loss(Tensor self, Tensor target, str reduction) -> Tensor", {
  doc: "A margin between every target class and every other.",
  forward: (x, target, reduction) => multilabelOf(x, target, reduction).out,
  grad: {
    self: ["self target", (g, s) => multilabelBackward(g, s.self, s.target, s.reduction)],
  },
  variants: [],
});

const multilabelBackward = op(
  "multilabel_margin_loss_backward(Tensor grad_output, Tensor self, Tensor target, str reduction) -> Tensor",
  {
    doc: "The slopes times the gradient of each example.",
    forward: (g, x, target, reduction) => bySlope(g, multilabelOf(x, target, reduction).slope),
    ...notDifferentiable("multilabel_margin_loss_backward", ["grad_output", "self"]),
    variants: [],
  },
);

op(`multilabel_margin_loss(Tensor input, Tensor target, ${FLAGS}) -> Tensor`, {
  doc: "Σ max(0, 1 − x_y + x_j) / c over target classes y (a list that −1 ends) and all others j.",
  forward: (x, target, average, reduce, reduction) => {
    if (!sameShape(x.shape, target.shape)) {
      throw new RuntimeError(`inconsistent size ${sizeText(target.shape)} for argument #2 'target'`);
    }
    return multilabelMargin(x, target, legacy(average, reduce, reduction));
  },
  composite: true,
  variants: ["nn.functional"],
});

// ── distributions ───────────────────────────────────────────────────────────────────────────────────────────────

op(`kl_div(Tensor input, Tensor target, ${FLAGS}, bool log_target=False) -> Tensor`, {
  doc: 'y (log y − x) for log-probabilities x and probabilities y (or their logarithms); "batchmean" divides the sum by the batch size.',
  forward: (x, y, average, reduce, reduction, logTarget) => {
    const word = legacy(average, reduce, reduction);
    if (word === "mean") {
      warn(
        "reduction: 'mean' divides the total loss by both the batch size and the support size.'batchmean' divides only by the batch size, and aligns with the KL div math definition.'mean' will be changed to behave the same as 'batchmean' in the next major release.",
      );
    }
    const each = logTarget ? y.exp().mul(y.sub(x)) : y.xlogy(y).sub(y.mul(x));
    const out = reduced(each, word === "batchmean" ? "sum" : word);
    return word === "batchmean" && x.ndim !== 0 ? out.div(x.shape[0]) : out;
  },
  composite: true,
  variants: ["nn.functional"],
});

op(
  "poisson_nll_loss(Tensor input, Tensor target, bool log_input=True, bool full=False, bool? size_average=None, float eps=1e-08, bool? reduce=None, str reduction='mean') -> Tensor",
  {
    doc: "eˣ − y x for log rates x (x − y log(x + eps) for rates), plus Stirling's term with `full`.",
    forward: (x, y, logInput, full, average, eps, reduce, reduction) => {
      const word = legacy(average, reduce, reduction);
      let loss = logInput ? x.exp().sub(y.mul(x)) : x.sub(y.mul(x.add(eps).log()));
      if (full) {
        const stirling = y
          .mul(y.log())
          .sub(y)
          .add(
            y
              .mul(2 * Math.PI)
              .log()
              .mul(0.5),
          );
        loss = loss.add(stirling.masked_fill(y.le(1), 0));
      }
      if (!["none", "mean", "sum"].includes(word)) throw new ValueError(`${word} is not valid`);
      return reduced(loss, word);
    },
    composite: true,
    variants: ["nn.functional"],
  },
);

op(
  "gaussian_nll_loss(Tensor input, Tensor target, Tensor var, bool full=False, float eps=1e-06, str reduction='mean') -> Tensor",
  {
    doc: "½ (log v + (x − y)² / v) for variances v of at least eps, plus ½ log 2π with `full`.",
    forward: (x, y, variance, full, eps, reduction) => {
      let v = variance;
      if (!sameShape(v.shape, x.shape)) {
        if (sameShape(x.shape.slice(0, -1), v.shape)) v = v.unsqueeze(-1);
        else if (!sameShape(x.shape.slice(0, -1), v.shape.slice(0, -1)) || v.shape[v.ndim - 1] !== 1) {
          throw new ValueError("var is of incorrect size");
        }
      }
      if (!["none", "mean", "sum"].includes(reduction)) throw new ValueError(`${reduction} is not valid`);
      if (elements(v).some((e) => e < 0)) throw new ValueError("var has negative entry/entries");
      v = v.clone();
      no_grad(() => v.clamp_({ min: eps }));
      const loss = v.log().add(x.sub(y).pow(2).div(v)).mul(0.5);
      return reduced(full ? loss.add(0.5 * Math.log(2 * Math.PI)) : loss, reduction);
    },
    composite: true,
    variants: ["nn.functional"],
  },
);

// ── embeddings and margins ──────────────────────────────────────────────────────────────────────────────────────

op(`margin_ranking_loss(Tensor input1, Tensor input2, Tensor target, float margin=0, ${FLAGS}) -> Tensor`, {
  doc: "max(0, −y (a − b) + margin) for targets y of ±1.",
  forward: (a, b, y, margin, average, reduce, reduction) => {
    if (a.ndim !== b.ndim || a.ndim !== y.ndim) {
      throw new RuntimeError(
        `margin_ranking_loss : All input tensors should have same dimension but got sizes: input1: ${torchSize(a.shape)}, input2: ${torchSize(b.shape)}, target: ${torchSize(y.shape)} `,
      );
    }
    const loss = y.neg().mul(a.sub(b)).add(margin).clamp_min(0);
    return reduced(loss, legacy(average, reduce, reduction));
  },
  composite: true,
  variants: ["nn.functional"],
});

op(`hinge_embedding_loss(Tensor input, Tensor target, float margin=1, ${FLAGS}) -> Tensor`, {
  doc: "x where the target is 1, max(0, margin − x) where it is −1.",
  forward: (x, y, margin, average, reduce, reduction) => {
    const zero = x.zeros_like();
    const far = where(y.ne(1), x.rsub(margin).clamp_min(0), zero);
    const near = where(y.ne(-1), x, zero);
    return reduced(far.add(near), legacy(average, reduce, reduction));
  },
  composite: true,
  variants: ["nn.functional"],
});

const COSINE_EPSILON = 1e-12;

op(`cosine_embedding_loss(Tensor input1, Tensor input2, Tensor target, float margin=0, ${FLAGS}) -> Tensor`, {
  doc: "1 − cos(a, b) where the target is 1, max(0, cos(a, b) − margin) where it is −1.",
  forward: (a, b, y, margin, average, reduce, reduction) => {
    if (y.ndim !== 0 && y.ndim !== 1) {
      throw new RuntimeError("0D or 1D target tensor expected, multi-target not supported");
    }
    if (a.ndim !== y.ndim + 1 || b.ndim !== y.ndim + 1) {
      throw new RuntimeError(
        y.ndim === 1
          ? `1D target tensor expects 2D input tensors, but found inputs with sizes ${sizeText(a.shape)} and ${sizeText(b.shape)}.`
          : `0D target tensor expects 1D input tensors, but found inputs with sizes ${sizeText(a.shape)} and ${sizeText(b.shape)}.`,
      );
    }
    const d = y.ndim;
    const product = a.mul(b).sum([d]);
    const squares = a
      .mul(a)
      .sum([d])
      .add(COSINE_EPSILON)
      .mul(b.mul(b).sum([d]).add(COSINE_EPSILON));
    const cosine = product.div(squares.sqrt());
    const zero = cosine.zeros_like();
    const near = where(y.eq(1), cosine.rsub(1), zero);
    const far = where(y.eq(-1), cosine.sub(margin).clamp_min(0), zero);
    return reduced(near.add(far), legacy(average, reduce, reduction));
  },
  composite: true,
  variants: ["nn.functional"],
});

op(
  `triplet_margin_loss(Tensor anchor, Tensor positive, Tensor negative, float margin=1, float p=2, float eps=1e-06, bool swap=False, ${FLAGS}) -> Tensor`,
  {
    doc: "max(0, margin + d(anchor, positive) − d(anchor, negative)); with `swap` the nearer of anchor and positive to the negative.",
    forward: (anchor, positive, negative, margin, p, eps, swap, average, reduce, reduction) => {
      if (anchor.ndim !== positive.ndim || anchor.ndim !== negative.ndim) {
        throw new RuntimeError(
          `All inputs should have same dimension but got ${anchor.ndim}D, ${positive.ndim}D and ${negative.ndim}D inputs.`,
        );
      }
      const near = pairwise_distance(anchor, positive, p, eps, false);
      let far = pairwise_distance(anchor, negative, p, eps, false);
      if (swap) far = far.minimum(pairwise_distance(positive, negative, p, eps, false));
      return reduced(near.add(margin).sub(far).clamp_min(0), legacy(average, reduce, reduction));
    },
    composite: true,
    variants: ["nn.functional"],
  },
);

op(
  "triplet_margin_with_distance_loss(Tensor anchor, Tensor positive, Tensor negative, *, Function? distance_function=None, float margin=1, bool swap=False, str reduction='mean') -> Tensor",
  {
    doc: "triplet_margin_loss with a distance of the caller's: a function of two tensors, by default the Euclidean distance.",
    forward: (anchor, positive, negative, distance, margin, swap, reduction) => {
      const d = distance ?? ((a: Tensor, b: Tensor) => pairwise_distance(a, b, 2, 1e-6, false));
      const near = d(anchor, positive);
      let far = d(anchor, negative);
      if (swap) far = far.minimum(d(positive, negative));
      return reduced(near.sub(far).add(margin).clamp({ min: 0 }), reduction);
    },
    composite: true,
    variants: ["nn.functional"],
  },
);

// ── connectionist temporal classification ───────────────────────────────────────────────────────────────────────

/** A logarithm of a sum of exponentials, each step rounded to the dtype of the logarithms. */
function logAdder({ cast, name }: DType): (a: number, b: number, c: number) => number {
  const exp = name === "float32" ? plainExp32 : Math.exp;
  return (a, b, c) => {
    const max = Math.max(a, b, c);
    if (max === Number.NEGATIVE_INFINITY) return max;
    const sum = cast(cast(exp(cast(a - max)) + exp(cast(b - max))) + exp(cast(c - max)));
    return cast(cast(Math.log(sum)) + max);
  };
}

/** Labels with blanks around them, as the trellis has them. */
function trellis(labels: readonly number[], blank: number): number[] {
  return [blank, ...labels.flatMap((l) => [l, blank])];
}

interface CtcInput {
  logs: Tensor;
  targets: number[][];
  inputLengths: number[];
  blank: number;
}

/** Graves et al. (2006): forward and backward variables over the trellis, in logarithms; places are joined from the last on. */
function ctcRun({ logs, targets, inputLengths, blank }: CtcInput): { loss: Float64Array; slope: Float64Array } {
  const [T, N, C] = logs.shape;
  const data = elements(logs);
  const { cast, name } = logs.dtype;
  const logAdd = logAdder(logs.dtype);
  const exp = name === "float32" ? plainExp32 : Math.exp;
  const NEVER = Number.NEGATIVE_INFINITY;
  const loss = new Float64Array(N);
  const slope = new Float64Array(T * N * C);
  const at = (t: number, n: number, c: number) => (t * N + n) * C + c;
  for (let n = 0; n < N; n++) {
    const labels = trellis(targets[n], blank);
    const S = labels.length;
    const length = inputLengths[n];
    if (length === 0) {
      loss[n] = targets[n].length === 0 ? 0 : Number.POSITIVE_INFINITY;
      continue;
    }
    const skips = (s: number, to: number) => to >= 0 && to < S && labels[s] !== labels[to];
    const alpha = Array.from({ length }, () => new Float64Array(S).fill(NEVER));
    for (let s = 0; s < Math.min(2, S); s++) alpha[0][s] = data[at(0, n, labels[s])];
    for (let t = 1; t < length; t++) {
      const before = alpha[t - 1];
      for (let s = 0; s < S; s++) {
        const joined = logAdd(before[s], s > 0 ? before[s - 1] : NEVER, skips(s, s - 2) ? before[s - 2] : NEVER);
        alpha[t][s] = cast(joined + data[at(t, n, labels[s])]);
      }
    }
    const last = alpha[length - 1];
    loss[n] = -logAdd(last[S - 1], S > 1 ? last[S - 2] : NEVER, NEVER);
    let after = new Float64Array(S).fill(NEVER);
    for (let t = length - 1; t >= 0; t--) {
      const beta = new Float64Array(S).fill(NEVER);
      const joined = new Float64Array(C).fill(NEVER);
      for (let s = S - 1; s >= 0; s--) {
        const log = data[at(t, n, labels[s])];
        if (t === length - 1) {
          if (s >= S - 2) beta[s] = log;
        } else {
          const rest = logAdd(after[s], s + 1 < S ? after[s + 1] : NEVER, skips(s, s + 2) ? after[s + 2] : NEVER);
          beta[s] = cast(rest + log);
        }
        joined[labels[s]] = logAdd(joined[labels[s]], cast(alpha[t][s] + beta[s]), NEVER);
      }
      after = beta;
      for (let c = 0; c < C; c++) {
        const p = data[at(t, n, c)];
        slope[at(t, n, c)] = cast(exp(p) - exp(cast(cast(joined[c] + loss[n]) - p)));
      }
    }
  }
  return { loss, slope };
}

function ctcInput(
  logs: Tensor,
  targets: Tensor,
  inputs: readonly number[],
  lengths: readonly number[],
  blank: number,
): CtcInput {
  const values = integers(targets);
  const width = targets.ndim === 2 ? targets.shape[1] : 0;
  let at = 0;
  const lists = lengths.map((length, n) => {
    const from = targets.ndim === 2 ? n * width : at;
    at += length;
    return Array.from(values.subarray(from, from + length));
  });
  return { logs, targets: lists, inputLengths: [...inputs], blank };
}

// The slope in log-probabilities is e^x − posterior: that of the softmax before them included, as in PyTorch.
const ctc = op(
  "_ctc_loss(Tensor log_probs, Tensor targets, int[] input_lengths, int[] target_lengths, int blank, bool zero_infinity) -> Tensor",
  {
    doc: "−log of the probability of each target sequence.",
    forward: (logs, targets, inputs, lengths, blank) => {
      const { loss } = ctcRun(ctcInput(logs, targets, inputs, lengths, blank));
      const out = allocate([logs.shape[1]], logs.dtype);
      out.storageOf.data.set(loss);
      return out;
    },
    grad: {
      log_probs: [
        "log_probs targets",
        (g, s) => ctcBackward(g, s.log_probs, s.targets, s.input_lengths, s.target_lengths, s.blank, s.zero_infinity),
      ],
    },
    node: "CtcLossBackward0",
    variants: [],
  },
);

const ctcBackward = op(
  "_ctc_loss_backward(Tensor grad, Tensor log_probs, Tensor targets, int[] input_lengths, int[] target_lengths, int blank, bool zero_infinity) -> Tensor",
  {
    doc: "The slopes times the gradient of each sequence.",
    forward: (g, logs, targets, inputs, lengths, blank, zeroInfinity) => {
      const { loss, slope } = ctcRun(ctcInput(logs, targets, inputs, lengths, blank));
      const [, n, c] = logs.shape;
      const dy = elements(g);
      const out = allocate(logs.shape, logs.dtype);
      for (let i = 0; i < slope.length; i++) {
        const example = Math.floor(i / c) % n;
        const ignored = zeroInfinity && loss[example] === Number.POSITIVE_INFINITY;
        out.storageOf.data[i] = ignored ? 0 : slope[i] * dy[example];
      }
      return out;
    },
    ...notDifferentiable("_ctc_loss_backward", ["grad", "log_probs"]),
    variants: [],
  },
);

function ctcLoss(
  logs: Tensor,
  targets: Tensor,
  inputs: number[],
  lengths: number[],
  blank: number,
  reduction: string,
  zeroInfinity: boolean,
): Tensor {
  checkReduction(reduction);
  if (logs.ndim !== 2 && logs.ndim !== 3) {
    throw new RuntimeError(`ctc_loss: log_probs must have 2 or 3 dimensions, got ${logs.ndim}`);
  }
  const batched = logs.ndim === 3;
  const x = batched ? logs : logs.unsqueeze(1);
  const [T, n, c] = x.shape;
  if (blank < 0 || blank >= c) throw new RuntimeError("blank must be in label range");
  if (inputs.length !== n) throw new RuntimeError("input_lengths must be of size batch_size");
  if (lengths.length !== n) throw new RuntimeError("target_lengths must be of size batch_size");
  for (const length of inputs) {
    if (length > T) {
      throw new RuntimeError(
        `Expected input_lengths to have value at most ${T}, but got value ${length} (while checking arguments for ctc_loss_cpu)`,
      );
    }
  }
  let loss = ctc(x, batched ? targets : targets.reshape([1, -1]), inputs, lengths, blank, zeroInfinity);
  if (zeroInfinity) loss = where(loss.eq(Number.POSITIVE_INFINITY), loss.new_zeros([]), loss);
  if (reduction === "mean") {
    const data = loss.dtype.allocate(n);
    data.set(lengths.map((l) => Math.max(l, 1)));
    return loss.div(fromData(data, loss.dtype, [n])).mean();
  }
  if (reduction === "sum") return loss.sum();
  return batched ? loss : loss.squeeze(0);
}

const ctcDoc =
  "−log of the probability that `log_probs` `[t, n, c]` spell the targets, over all alignments with blanks (Graves et al., 2006). The mean divides each by its target's length.";
const CTC_REST = "int blank=0, str reduction='mean', bool zero_infinity=False";

op(
  `ctc_loss.Tensor(Tensor log_probs, Tensor targets, Tensor input_lengths, Tensor target_lengths, ${CTC_REST}) -> Tensor`,
  {
    doc: ctcDoc,
    forward: (logs, targets, inputs, lengths, ...rest) =>
      ctcLoss(logs, targets, Array.from(integers(inputs)), Array.from(integers(lengths)), ...rest),
    composite: true,
    variants: ["nn.functional"],
  },
);
op(`ctc_loss(Tensor log_probs, Tensor targets, int[] input_lengths, int[] target_lengths, ${CTC_REST}) -> Tensor`, {
  doc: ctcDoc,
  forward: ctcLoss,
  composite: true,
  variants: ["nn.functional"],
});
