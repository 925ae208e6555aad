/** Distances and similarities between vectors. */

import { no_grad } from "../autograd/gradMode";
import { op } from "../dispatch";
import { NotImplementedError, RuntimeError } from "../errors";
import { elements } from "../kernels/copy";
import { broadcastShapes, numel } from "../shape";
import { allocate, type Tensor } from "../tensor";
import { norm } from "./norms";

/** ‖x − y‖ₚ of two runs of `n` numbers. */
function distance(x: ArrayLike<number>, i: number, y: ArrayLike<number>, j: number, n: number, p: number): number {
  let sum = 0;
  for (let k = 0; k < n; k++) {
    const d = Math.abs(x[i + k] - y[j + k]);
    if (p === Number.POSITIVE_INFINITY) sum = Math.max(sum, d);
    else sum += p === 0 ? Number(d !== 0) : p === 1 ? d : p === 2 ? d * d : d ** p;
  }
  if (p === 2) return Math.sqrt(sum);
  return p === 0 || p === 1 || p === Number.POSITIVE_INFINITY ? sum : sum ** (1 / p);
}

/** ∂‖d‖ₚ / ∂dᵢ = sgn(dᵢ) |dᵢ|ᵖ⁻¹ / ‖d‖ᵖ⁻¹ */
function slope(d: number, dist: number, p: number): number {
  if (p === 0 || (p !== 1 && dist === 0) || (p < 1 && d === 0)) return 0;
  if (p === 1) return Math.sign(d);
  if (p === 2) return d / dist;
  if (p === Number.POSITIVE_INFINITY) return Math.abs(d) === dist ? Math.sign(d) : 0;
  return Math.sign(d) * Math.abs(d) ** (p - 1) * dist ** (1 - p);
}

/** PyTorch has no second derivative here. */
const refuse = (name: string) => () => {
  throw new NotImplementedError(`the derivative for '${name}' is not implemented.`);
};

function checkNorm(p: number, name: string): void {
  if (!(p >= 0)) throw new RuntimeError(`${name} only supports non-negative p values`);
}

const cdistForward = op("_cdist_forward(Tensor x1, Tensor x2, float p) -> Tensor", {
  doc: "Distances between the rows of two batches.",
  forward: (x, y, p) => {
    const batch = broadcastShapes(x.shape.slice(0, -2), y.shape.slice(0, -2));
    const [n, c] = x.shape.slice(-2);
    const m = y.shape[y.ndim - 2];
    const out = allocate([...batch, n, m], x.dtype);
    const a = elements(x.expand([...batch, n, c]));
    const b = elements(y.expand([...batch, m, c]));
    for (let i = 0, to = 0; i < numel(batch) * n; i++) {
      const first = Math.floor(i / n) * m;
      for (let j = 0; j < m; j++) out.storageOf.data[to++] = distance(a, i * c, b, (first + j) * c, c, p);
    }
    return out;
  },
  grad: {
    x1: ["x1 x2 result", (g, s) => cdistBackward(g, s.x1, s.x2, s.p, s.result)],
    x2: ["x1 x2 result", (g, s) => cdistBackward(g.transpose(-2, -1), s.x2, s.x1, s.p, s.result.transpose(-2, -1))],
  },
  node: "CdistBackward0",
  variants: [],
});

const cdistBackward = op("_cdist_backward(Tensor grad, Tensor x1, Tensor x2, float p, Tensor cdist) -> Tensor", {
  doc: "The gradient of the first batch of rows.",
  forward: (g, x, y, p, dist) => {
    const batch = g.shape.slice(0, -2);
    const [n, c] = x.shape.slice(-2);
    const m = y.shape[y.ndim - 2];
    const out = allocate([...batch, n, c], x.dtype);
    const sum = new Float64Array(out.numel());
    const a = elements(x.expand([...batch, n, c]));
    const b = elements(y.expand([...batch, m, c]));
    const dy = elements(g);
    const d = elements(dist);
    for (let i = 0, at = 0; i < numel(batch) * n; i++) {
      const first = Math.floor(i / n) * m;
      for (let j = 0; j < m; j++, at++) {
        for (let k = 0; k < c; k++) {
          sum[i * c + k] += dy[at] * slope(x.dtype.cast(a[i * c + k] - b[(first + j) * c + k]), d[at], p);
        }
      }
    }
    out.storageOf.data.set(sum);
    return out.sum_to_size(x.shape);
  },
  grad: { grad: refuse("_cdist_backward"), x1: refuse("_cdist_backward"), x2: refuse("_cdist_backward") },
  node: "CdistBackwardBackward0",
  variants: [],
});

op("cdist(Tensor x1, Tensor x2, float p=2, str? compute_mode='use_mm_for_euclid_dist_if_necessary') -> Tensor", {
  doc: "p-norm distances between every row of one batch and every row of another: `[*, n, c], [*, m, c] → [*, n, m]`.",
  forward: (x, y, p, mode) => {
    if (
      mode !== null &&
      !["use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist"].includes(mode)
    ) {
      throw new RuntimeError(`${mode} is not a valid value for compute_mode`);
    }
    for (const [i, t] of [x, y].entries()) {
      if (t.ndim < 2) {
        throw new RuntimeError(`cdist only supports at least 2D tensors, X${i + 1} got: ${t.ndim}D`);
      }
    }
    if (x.shape[x.ndim - 1] !== y.shape[y.ndim - 1]) {
      throw new RuntimeError(
        `X1 and X2 must have the same number of columns. X1: ${x.shape[x.ndim - 1]} X2: ${y.shape[y.ndim - 1]}`,
      );
    }
    checkNorm(p, "cdist");
    const many = x.shape[x.ndim - 2] > 25 || y.shape[y.ndim - 2] > 25;
    const byProduct = mode === "use_mm_for_euclid_dist" || (mode !== "donot_use_mm_for_euclid_dist" && many);
    if (p !== 2 || !byProduct) return cdistForward(x, y, p);
    const batch = broadcastShapes(x.shape.slice(0, -2), y.shape.slice(0, -2));
    const flat = (t: Tensor) =>
      t.expand([...batch, ...t.shape.slice(-2)]).reshape([numel(batch), ...t.shape.slice(-2)]);
    return euclidean(flat(x), flat(y)).view([...batch, x.shape[x.ndim - 2], y.shape[y.ndim - 2]]);
  },
  composite: true,
});

/** Ratios g / d, 0 where two rows are one. */
const ratios = (g: Tensor, d: Tensor): Tensor => g.div(d).masked_fill(d.eq(0), 0);

// gxᵢ = Σⱼ rᵢⱼ (xᵢ − yⱼ) with r = g / d
const euclidean = op("_euclidean_dist(Tensor x1, Tensor x2) -> Tensor", {
  doc: "Euclidean distances between the rows of two batches.",
  forward: (x, y) => cdistForward(x, y, 2),
  grad: {
    x1: [
      "x1 x2 result",
      (g, s) => {
        const r = ratios(g, s.result);
        return s.x1.mul(r.sum([-1], true)).sub(r.matmul(s.x2));
      },
    ],
    x2: [
      "x1 x2 result",
      (g, s) => {
        const r = ratios(g, s.result).transpose(-2, -1);
        return s.x2.mul(r.sum([-1], true)).sub(r.matmul(s.x1));
      },
    ],
  },
  variants: [],
});

// One number for each pair i < j.
const pdistForward = op("_pdist_forward(Tensor self, float p) -> Tensor", {
  doc: "Distances between the rows of a matrix.",
  forward: (x, p) => {
    const [n, c] = x.shape;
    const data = elements(x);
    const out = allocate([(n * (n - 1)) / 2], x.dtype);
    for (let i = 0, to = 0; i < n; i++) {
      for (let j = i + 1; j < n; j++) out.storageOf.data[to++] = distance(data, i * c, data, j * c, c, p);
    }
    return out;
  },
  grad: { self: ["self result", (g, s) => pdistBackward(g, s.self, s.p, s.result)] },
  node: "PdistBackward0",
  variants: [],
});

const pdistBackward = op("_pdist_backward(Tensor grad, Tensor self, float p, Tensor pdist) -> Tensor", {
  doc: "The gradient of the rows.",
  forward: (g, x, p, pdist) => {
    const [n, c] = x.shape;
    const out = allocate(x.shape, x.dtype);
    const sum = new Float64Array(out.numel());
    const data = elements(x);
    const dy = elements(g);
    const dist = elements(pdist);
    for (let i = 0, at = 0; i < n; i++) {
      for (let j = i + 1; j < n; j++, at++) {
        for (let k = 0; k < c; k++) {
          const d = dy[at] * slope(x.dtype.cast(data[i * c + k] - data[j * c + k]), dist[at], p);
          sum[i * c + k] += d;
          sum[j * c + k] -= d;
        }
      }
    }
    out.storageOf.data.set(sum);
    return out;
  },
  grad: { grad: refuse("_pdist_backward"), self: refuse("_pdist_backward") },
  node: "PdistBackwardBackward0",
  variants: [],
});

op("pdist(Tensor input, float p=2) -> Tensor", {
  doc: "p-norm distances between the rows of a matrix, one for each pair: `[n, c] → [n (n − 1) / 2]`.",
  forward: (x, p) => {
    if (x.ndim !== 2) throw new RuntimeError(`pdist only supports 2D tensors, got: ${x.ndim}D`);
    checkNorm(p, "pdist");
    return pdistForward(x, p);
  },
  composite: true,
  variants: ["function", "nn.functional"],
});

export const pairwise_distance = op(
  "pairwise_distance(Tensor x1, Tensor x2, float p=2, float eps=1e-06, bool keepdim=False) -> Tensor",
  {
    doc: "‖x₁ − x₂ + ε‖ₚ along the last dimension.",
    forward: (x, y, p, eps, keepdim) => {
      const last = Math.max(x.ndim, y.ndim) - 1;
      return norm(x.sub(y).add(eps), p, [last], keepdim);
    },
    composite: true,
    variants: ["function", "nn.functional"],
  },
);

export const cosine_similarity = op("cosine_similarity(Tensor x1, Tensor x2, int dim=1, float eps=1e-08) -> Tensor", {
  doc: "x₁ · x₂ / (max(‖x₁‖, ε) max(‖x₂‖, ε)) along a dimension, broadcast.",
  forward: (x, y, dim, eps) => {
    const shape = broadcastShapes(x.shape, y.shape);
    const [a, b] = [x.expand(shape), y.expand(shape)];
    const length = (t: Tensor) => {
      const square = t.mul(t).sum([dim], true);
      no_grad(() => square.clamp_({ min: eps * eps }));
      return square.sqrt();
    };
    return a
      .div(length(a))
      .mul(b.div(length(b)))
      .sum([dim]);
  },
  composite: true,
  variants: ["function", "nn.functional"],
});
