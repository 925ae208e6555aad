/** Activations and losses of `nn.functional` that are ops of their own. */
import { op } from "../dispatch";
import { int64 } from "../dtype";
import { IndexError, RuntimeError, ValueError } from "../errors";
import { elements, integers } from "../kernels/copy";
import { map, zip } from "../kernels/elementwise";
import { sameShape, sizeText } from "../shape";
import { allocate, fromData, type Tensor } from "../tensor";
import { where } from "./arithmetic";

// d softplus = σ(βx) dx
export const softplus = op("softplus(Tensor input, Scalar beta=1, Scalar threshold=20) -> Tensor", {
  doc: "log(1 + e^(βx)) / β, the identity above the threshold.",
  forward: (x, beta, threshold) => {
    const b = Number(beta);
    return map(x, (v) => (v * b > Number(threshold) ? v : Math.log1p(Math.exp(v * b)) / b));
  },
  grad: {
    input: [
      "input",
      (g, s) => {
        const z = s.input.mul(s.beta);
        return where(z.gt(s.threshold), g, g.mul(z.sigmoid()));
      },
    ],
  },
  variants: ["nn.functional"],
});

// d (x σ) = σ (1 + x (1 − σ)) dx
export const silu = op("silu(Tensor input) -> Tensor", {
  doc: "x · sigmoid(x).",
  forward: (x) => map(x, (v) => v / (1 + Math.exp(-v))),
  grad: {
    input: [
      "input",
      (g, s) => {
        const sigma = s.input.sigmoid();
        return g.mul(sigma).mul(s.input.mul(sigma.neg().add(1)).add(1));
      },
    ],
  },
  variants: ["nn.functional"],
});

export const leaky_relu = op("leaky_relu(Tensor input, Scalar negative_slope=0.01) -> Tensor", {
  doc: "x where positive, `negative_slope · x` elsewhere.",
  forward: (x, slope) => {
    const k = x.dtype.cast(Number(slope));
    return map(x, (v) => (v > 0 ? v : v * k));
  },
  grad: { input: ["input", (g, s) => where(s.input.gt(0), g, g.mul(s.negative_slope))] },
  variants: ["nn.functional"],
});

export const elu = op("elu(Tensor input, Scalar alpha=1) -> Tensor", {
  doc: "x where positive, alpha · (eˣ − 1) elsewhere.",
  forward: (x, alpha) => map(x, (v) => (v > 0 ? v : Number(alpha) * Math.expm1(v))),
  grad: { input: ["input", (g, s) => where(s.input.gt(0), g, g.mul(s.input.exp().mul(s.alpha)))] },
  variants: ["nn.functional"],
});

type Reduction = "none" | "mean" | "sum";

function reduced(loss: Tensor, reduction: string): Tensor {
  checkReduction(reduction);
  return reduction === "mean" ? loss.mean() : reduction === "sum" ? loss.sum() : loss;
}

function checkReduction(reduction: string): asserts reduction is Reduction {
  if (!["none", "mean", "sum"].includes(reduction))
    throw new ValueError(`${reduction} is not a valid value for reduction`);
}

/** The gradient of every element of a loss that was reduced. */
const perElement = (g: Tensor, reduction: string, n: number): Tensor => (reduction === "mean" ? g.div(n) : g);

// d (x − y)² = 2 (x − y) (dx − dy)
export const mse_loss = op("mse_loss(Tensor input, Tensor target, str reduction='mean') -> Tensor", {
  doc: "Squared differences: their mean, their sum, or each one.",
  forward: (x, y, reduction) =>
    reduced(
      zip(x, y, (a, b) => (a - b) ** 2),
      reduction,
    ),
  grad: {
    input: ["input target", (g, s) => squareGradient(g, s.input, s.target, s.reduction)],
    target: ["input target", (g, s) => squareGradient(g, s.target, s.input, s.reduction)],
  },
  variants: ["nn.functional"],
});

function squareGradient(g: Tensor, x: Tensor, y: Tensor, reduction: string): Tensor {
  const d = x.sub(y);
  return perElement(g, reduction, d.numel()).mul(d.mul(2));
}

export const l1_loss = op("l1_loss(Tensor input, Tensor target, str reduction='mean') -> Tensor", {
  doc: "Absolute differences: their mean, their sum, or each one.",
  forward: (x, y, reduction) => reduced(x.sub(y).abs(), reduction),
  composite: true,
  variants: ["nn.functional"],
});

/** −log p, kept from −∞ as PyTorch does. */
const clampedLog = (p: number) => Math.max(Math.log(p), -100);

export const binary_cross_entropy = op(
  "binary_cross_entropy(Tensor input, Tensor target, Tensor? weight=None, str reduction='mean') -> Tensor",
  {
    doc: "−(y log p + (1 − y) log(1 − p)) for probabilities p; each log no smaller than −100.",
    forward: (p, y, weight, reduction) => {
      if (!sameShape(p.shape, y.shape)) {
        throw new ValueError(
          `Using a target size (torch.Size(${sizeText(y.shape)})) that is different to the input size (torch.Size(${sizeText(p.shape)})) is deprecated. Please ensure they have the same size.`,
        );
      }
      for (const v of elements(p)) {
        if (v < 0 || v > 1) throw new RuntimeError("all elements of input should be between 0 and 1");
      }
      const loss = zip(p, y, (a, b) => (b - 1) * Math.max(Math.log1p(-a), -100) - b * clampedLog(a));
      return reduced(weight === null ? loss : loss.mul(weight), reduction);
    },
    grad: {
      // dp (p − y) / (p (1 − p))
      input: [
        "input target weight",
        (g, s) => {
          const slope = s.input.sub(s.target).div(s.input.neg().add(1).mul(s.input).clamp({ min: 1e-12 }));
          const d = perElement(g, s.reduction, s.input.numel()).mul(slope);
          return s.weight === null ? d : d.mul(s.weight);
        },
      ],
    },
    variants: ["nn.functional"],
  },
);

// max(x, 0) − x y + log(1 + e^−|x|)
export const binary_cross_entropy_with_logits = op(
  "binary_cross_entropy_with_logits(Tensor input, Tensor target, Tensor? weight=None, str reduction='mean', Tensor? pos_weight=None) -> Tensor",
  {
    doc: "Binary cross entropy of sigmoid(x), without overflow.",
    forward: (x, y, weight, reduction, pos_weight) => {
      if (!sameShape(x.shape, y.shape)) {
        throw new ValueError(
          `Target size (torch.Size(${sizeText(y.shape)})) must be the same as input size (torch.Size(${sizeText(x.shape)}))`,
        );
      }
      const high = x.neg().clamp({ min: 0 });
      const tail = high.neg().exp().add(x.neg().sub(high).exp()).log().add(high);
      const rest = oneMinus(y).mul(x);
      const loss = pos_weight === null ? rest.add(tail) : rest.add(pos_weight.sub(1).mul(y).add(1).mul(tail));
      return reduced(weight === null ? loss : loss.mul(weight), reduction);
    },
    composite: true,
    variants: ["nn.functional"],
  },
);

/** 1 − y, by the operator that PyTorch uses. */
const oneMinus = (y: Tensor): Tensor => y.rsub(1);

interface Classes {
  /** Examples, and positions of each example (images). */
  n: number;
  c: number;
  inner: number;
}

function classes(x: Tensor, target: Tensor): Classes {
  if (x.ndim === 1) return { n: 1, c: x.shape[0], inner: 1 };
  const inner = x.shape.slice(2).reduce((a, b) => a * b, 1);
  if (x.shape[0] !== target.shape[0]) {
    throw new ValueError(`Expected input batch_size (${x.shape[0]}) to match target batch_size (${target.shape[0]}).`);
  }
  return { n: x.shape[0], c: x.shape[1], inner };
}

/** For each target: its weight and where its log-probability stands in a row-major input; weight 0 for ignored ones. */
function picks(
  x: Tensor,
  target: Tensor,
  weight: Tensor | null,
  ignore: number,
): { at: Float64Array; w: Float64Array } {
  const { c, inner } = classes(x, target);
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
  return { at, w };
}

const sumOf = (list: Float64Array) => list.reduce((a, b) => a + b, 0);

export const nll_loss = op(
  "nll_loss(Tensor input, Tensor target, Tensor? weight=None, int ignore_index=-100, str reduction='mean') -> Tensor",
  {
    doc: "−log p of the target classes, for log-probabilities `[n, c, …]` and int64 classes `[n, …]`.",
    forward: (x, target, weight, ignore, reduction) => {
      checkReduction(reduction);
      if (target.dtype !== int64) {
        throw new RuntimeError(`expected scalar type Long but found ${target.dtype.scalarName}`);
      }
      const { at, w } = picks(x, target, weight, ignore);
      const data = elements(x);
      const loss = Float64Array.from(at, (p, i) => (w[i] === 0 ? 0 : -data[p] * w[i]));
      const out = allocate(reduction === "none" ? target.shape : [], x.dtype);
      if (reduction === "none") out.storageOf.data.set(loss);
      else out.storageOf.data[0] = reduction === "sum" ? sumOf(loss) : sumOf(loss) / sumOf(w);
      return out;
    },
    grad: {
      input: [
        "input target weight",
        (g, s) => nllGradient(g, s.input, s.target, s.weight, s.ignore_index, s.reduction),
      ],
    },
    node: "NllLossBackward0",
    variants: ["nn.functional"],
  },
);

/** −w at each target's place, times the incoming gradient; linear in it, so that it can be differentiated again. */
function nllGradient(
  g: Tensor,
  x: Tensor,
  target: Tensor,
  weight: Tensor | null,
  ignore: number,
  reduction: string,
): Tensor {
  const { at, w } = picks(x, target, weight, ignore);
  const scale = reduction === "mean" ? sumOf(w) : 1;
  const slope = x.dtype.allocate(x.numel());
  at.forEach((p, i) => {
    if (w[i] !== 0) slope[p] = -w[i] / scale;
  });
  const slopes = fromData(slope, x.dtype, x.shape);
  if (reduction !== "none" || x.ndim === 1) return slopes.mul(g);
  return slopes.mul(g.unsqueeze(1));
}

export const cross_entropy = op(
  "cross_entropy(Tensor input, Tensor target, Tensor? weight=None, int ignore_index=-100, str reduction='mean', float label_smoothing=0) -> Tensor",
  {
    doc: "−log softmax of the target classes, for scores `[n, c, …]` and int64 classes `[n, …]` or probabilities `[n, c, …]`.",
    forward: (x, target, weight, ignore, reduction, smoothing) => {
      const dim = x.ndim === 1 ? 0 : 1;
      const log = x.log_softmax(dim);
      if (target.is_floating_point()) return probabilityLoss(log, target, weight, reduction, smoothing, dim);
      const loss = nll_loss(log, target, weight, ignore, reduction);
      if (smoothing === 0) return loss;
      const even = probabilityLoss(log, log.detach().ones_like().div(log.shape[dim]), weight, reduction, 0, dim);
      return loss.mul(1 - smoothing).add(even.mul(smoothing));
    },
    composite: true,
    variants: ["nn.functional"],
  },
);

function probabilityLoss(
  log: Tensor,
  p: Tensor,
  weight: Tensor | null,
  reduction: string,
  smoothing: number,
  dim: number,
): Tensor {
  checkReduction(reduction);
  let target = p;
  if (smoothing > 0) target = target.mul(1 - smoothing).add(smoothing / log.shape[dim]);
  let each = log.mul(target);
  if (weight !== null) each = each.mul(weight.reshape(log.shape.map((_, d) => (d === dim ? -1 : 1))));
  const loss = each.sum([dim]).neg();
  if (reduction === "none") return loss;
  return reduction === "sum" ? loss.sum() : loss.sum().div(log.numel() / log.shape[dim]);
}
