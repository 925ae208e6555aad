/** Ops that describe samples: means without NaN, variances with means, covariances, differences, integrals, norms of parts. */
import { type Op, op } from "../dispatch";
import { bool, Category, type DType, int64, largest } from "../dtype";
import { RuntimeError } from "../errors";
import { elements } from "../kernels/copy";
import { reduce, scan } from "../kernels/reduce";
import { floatType } from "../promotion";
import type { Scalar } from "../schema";
import { wrapDim, wrapDims } from "../shape";
import { allocate, Tensor } from "../tensor";
import { where } from "./arithmetic";
import { cat } from "./joining";
import { normGradient, normOf } from "./norms";
import { withDims } from "./reductions";
import { divScalar, mulScalar } from "./scalars";

const count = (shape: readonly number[], dims: readonly number[] | null): number =>
  wrapDims(dims, shape.length).reduce((n, d) => n * shape[d], 1);

// ── NaN left out ────────────────────────────────────────────────────────────────────────────────────────────────

// ∂ Σ x / ∂xᵢ = 1 where xᵢ is a number
export const nansum = op(
  "nansum(Tensor self, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor",
  {
    doc: "Sum along dimensions (of all elements without one), NaN counting as 0.",
    forward: (t, dim, keepdim, dtype) =>
      reduce(
        t,
        wrapDims(dim, t.ndim),
        keepdim,
        dtype ?? (t.dtype.category === Category.Floating ? t.dtype : int64),
        (data, start, end) => {
          let sum = 0;
          for (let i = start; i < end; i++) if (!Number.isNaN(data[i])) sum += data[i];
          return sum;
        },
      ),
    grad: {
      self: [
        "self",
        (g, s) => withDims(g, s.self.shape, s.dim, s.keepdim).expand(s.self.shape).mul(s.self.isnan().logical_not()),
      ],
    },
  },
);
export const nanmean = op(
  "nanmean(Tensor self, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor",
  {
    doc: "Mean along dimensions (of all elements without one), NaN left out; floating point only.",
    forward: (t, dim, keepdim, dtype) => {
      if (!t.is_floating_point()) {
        throw new RuntimeError(
          `nanmean(): expected input to have floating point or complex dtype but got ${t.dtype.scalarName}`,
        );
      }
      const n = t.detach().isnan().logical_not().sum(dim, keepdim);
      return nansum(t, dim, keepdim, dtype).div(n);
    },
    composite: true,
  },
);

// ── variance and mean at once ───────────────────────────────────────────────────────────────────────────────────

/** ∂ var / ∂xᵢ = 2 (xᵢ − mean) / (n − correction), ∂ mean / ∂xᵢ = 1/n */
function spreadGradient(
  g: (Tensor | null)[],
  x: Tensor,
  dims: number[] | null,
  correction: number,
  keepdim: boolean,
  root: Tensor | null,
): Tensor | null {
  const [gSpread, gMean] = g;
  const n = count(x.shape, dims);
  const all = wrapDims(dims, x.ndim);
  let out: Tensor | null = null;
  if (gSpread !== null) {
    const gVar = root === null ? gSpread : where(root.eq(0), gSpread.zeros_like(), gSpread.div(root.mul(2)));
    out = withDims(gVar, x.shape, dims, keepdim)
      .mul(2 / (n - correction))
      .mul(x.sub(x.mean(all, true)));
  }
  if (gMean !== null) {
    const part = withDims(gMean, x.shape, dims, keepdim).expand(x.shape).div(n);
    out = out === null ? part : out.add(part);
  }
  return out;
}

function spreadOps(name: "var_mean" | "std_mean", first: "var" | "std", word: string) {
  const doc = `${word} (over n − 1, or n − correction) and mean along dimensions, of all elements without one: \`[${first}, mean]\`.`;
  const both = op(
    `${name}.correction(Tensor self, int[1]? dim=None, *, int? correction=None, bool keepdim=False) -> (Tensor ${first}, Tensor mean)` as "var_mean.correction(Tensor self, int[1]? dim=None, *, int? correction=None, bool keepdim=False) -> (Tensor var, Tensor mean)",
    {
      doc,
      forward: (t, dim, correction, keepdim) => [
        first === "var" ? t.var(dim, { correction, keepdim }) : t.std(dim, { correction, keepdim }),
        t.mean(dim, keepdim),
      ],
      grad: {
        self:
          first === "var"
            ? ["self", (g, s) => spreadGradient(g, s.self, s.dim, s.correction ?? 1, s.keepdim, null)]
            : ["self std", (g, s) => spreadGradient(g, s.self, s.dim, s.correction ?? 1, s.keepdim, s.std)],
      },
      variants: ["function"],
    },
  );
  op(
    `${name}(Tensor self, bool unbiased) -> (Tensor ${first}, Tensor mean)` as "var_mean(Tensor self, bool unbiased) -> (Tensor var, Tensor mean)",
    { doc, forward: (t, unbiased) => both(t, null, unbiased ? 1 : 0, false), composite: true, variants: ["function"] },
  );
  op(
    `${name}.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> (Tensor ${first}, Tensor mean)` as "var_mean.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> (Tensor var, Tensor mean)",
    {
      doc,
      forward: (t, dim, unbiased, keepdim) => both(t, dim, unbiased ? 1 : 0, keepdim),
      composite: true,
      variants: ["function"],
    },
  );
}
spreadOps("var_mean", "var", "Variance");
spreadOps("std_mean", "std", "Standard deviation");

// ── covariance ──────────────────────────────────────────────────────────────────────────────────────────────────

function checkWeights(w: Tensor | null, name: string, observations: number, kind: "integral" | "floating"): void {
  if (w === null) return;
  if (w.ndim > 1) {
    throw new RuntimeError(
      `cov(): expected ${name} to have one or fewer dimensions but got ${name} with ${w.ndim} dimensions`,
    );
  }
  if ((w.dtype.category === Category.Floating) !== (kind === "floating")) {
    throw new RuntimeError(
      `cov(): expected ${name} to have ${kind === "floating" ? "floating point" : "integral"} dtype but got ${name} with ${w.dtype.scalarName} dtype`,
    );
  }
  if (w.numel() !== observations) {
    throw new RuntimeError(
      `cov(): expected ${name} to have the same numel as there are observations in the input but got ${w.numel()} != ${observations}`,
    );
  }
  if (elements(w).some((v) => v < 0)) throw new RuntimeError(`cov(): ${name} cannot be negative`);
}

// Σ w (x − x̄) (x − x̄)ᵀ over the sum of weights less the correction
export const cov = op("cov(Tensor self, *, int correction=1, Tensor? fweights=None, Tensor? aweights=None) -> Tensor", {
  doc: "The covariance matrix of variables (rows) over observations (columns), repeated `fweights` times and weighted by `aweights`.",
  forward: (t, correction, fweights, aweights) => {
    if (t.ndim > 2) {
      throw new RuntimeError(
        `cov(): expected input to have two or fewer dimensions but got an input with ${t.ndim} dimensions`,
      );
    }
    if (t.dtype === bool) throw new RuntimeError("cov(): bool dtype is not supported for input");
    let x = t.ndim < 2 ? t.view([1, -1]) : t;
    const n = x.shape[1];
    checkWeights(fweights, "fweights", n, "integral");
    checkWeights(aweights, "aweights", n, "floating");
    const w = fweights === null ? aweights : aweights === null ? fweights : fweights.mul(aweights);
    const total = w === null ? number(n, x.dtype) : w.sum();
    const mean = (w === null ? x : x.mul(w)).sum([1]).div(total);
    const factor =
      w !== null && aweights !== null && correction !== 0
        ? total.sub(w.mul(aweights).sum().div(total).mul(correction))
        : total.sub(correction);
    const centred = x.sub(mean.unsqueeze(1));
    x = centred.mm((w === null ? centred : centred.mul(w)).t());
    return x.div(factor.item() <= 0 ? number(0, floatType(x.dtype)) : factor).squeeze();
  },
  composite: true,
});

function number(value: number, dtype: DType): Tensor {
  const out = allocate([], dtype);
  out.storageOf.data[0] = value;
  return out;
}

export const corrcoef = op("corrcoef(Tensor self) -> Tensor", {
  doc: "Pearson's correlation of variables (rows) over observations (columns), in [−1, 1].",
  forward: (t) => {
    if (t.ndim > 2) {
      throw new RuntimeError(
        `corrcoef(): expected input to have two or fewer dimensions but got an input with ${t.ndim} dimensions`,
      );
    }
    const c = cov(t, 1, null, null);
    if (c.ndim === 0) return c.div(c);
    const deviation = c.diag().sqrt();
    return c
      .div(deviation.view([-1, 1]))
      .div(deviation.view([1, -1]))
      .clamp(-1, 1);
  },
  composite: true,
});

// ── differences ─────────────────────────────────────────────────────────────────────────────────────────────────

op("diff(Tensor self, int n=1, int dim=-1, Tensor? prepend=None, Tensor? append=None) -> Tensor", {
  doc: "Differences of neighbours along a dimension, taken n times; `prepend` and `append` are joined to the ends first.",
  forward: (t, n, dim, prepend, append) => {
    if (t.ndim === 0) throw new RuntimeError("diff expects input to be at least one-dimensional");
    if (n < 0) throw new RuntimeError(`order must be non-negative but got ${n}`);
    const d = wrapDim(dim, t.ndim);
    for (const [name, part] of [
      ["prepend", prepend],
      ["append", append],
    ] as const) {
      if (part !== null && part.ndim !== t.ndim) {
        throw new RuntimeError("diff expects prepend or append to be the same dimension as input");
      }
      if (part?.shape.some((s, i) => i !== d && s !== t.shape[i])) {
        throw new RuntimeError(
          `diff expects the shape of tensor to prepend or append to match that of input except along the differencing dimension; input.size(${d}) = ${t.shape[d]}, but got ${name}.size(${d}) = ${part.shape[d]}`,
        );
      }
    }
    if (n === 0) return t.zeros_like().copy_(t);
    let x =
      prepend === null && append === null
        ? t
        : cat(
            [prepend, t, append].filter((p) => p !== null),
            d,
          );
    for (let i = 0; i < n; i++) {
      const size = x.shape[d];
      if (size === 0) return x;
      const [right, left] = [x.narrow(d, 1, size - 1), x.narrow(d, 0, size - 1)];
      x = x.dtype === bool ? right.logical_xor(left) : right.sub(left);
    }
    return x;
  },
  composite: true,
});

/** Neighbours' differences over their distance: central inside, one-sided of the given order at the ends. */
function gradientAlong(f: Tensor, dim: number, spacing: number | Tensor, order: number): Tensor {
  const n = f.shape[dim];
  const at = (from: number, size = 1) => f.narrow(dim, from, size);
  const inside = (from: number) => at(from, n - 2);
  if (typeof spacing === "number") {
    const centre = inside(2)
      .sub(inside(0))
      .div(2 * spacing);
    const ends =
      order === 1
        ? [
            at(1).sub(at(0)).div(spacing),
            at(n - 1)
              .sub(at(n - 2))
              .div(spacing),
          ]
        : [
            at(0)
              .mul(-1.5 / spacing)
              .add(at(1).mul(2 / spacing))
              .add(at(2).mul(-0.5 / spacing)),
            at(n - 1)
              .mul(1.5 / spacing)
              .add(at(n - 2).mul(-2 / spacing))
              .add(at(n - 3).mul(0.5 / spacing)),
          ];
    return cat([ends[0], centre, ends[1]], dim);
  }
  const lengths = spacing.narrow(0, 1, n - 1).sub(spacing.narrow(0, 0, n - 1));
  const along = (t: Tensor) => t.reshape(f.shape.map((_, d) => (d === dim ? -1 : 1)));
  const l = along(lengths.narrow(0, 0, n - 2));
  const r = along(lengths.narrow(0, 1, n - 2));
  const both = l.add(r);
  const centre = inside(0)
    .mul(r.neg().div(l.mul(both)))
    .add(inside(1).mul(r.sub(l).div(l.mul(r))))
    .add(inside(2).mul(l.div(r.mul(both))));
  const h = (i: number) => along(lengths.narrow(0, i, 1));
  if (order === 1) {
    return cat(
      [
        at(1).sub(at(0)).div(h(0)),
        centre,
        at(n - 1)
          .sub(at(n - 2))
          .div(h(n - 2)),
      ],
      dim,
    );
  }
  const edge = (f0: Tensor, f1: Tensor, f2: Tensor, a: Tensor, b: Tensor) =>
    f0
      .mul(
        a
          .mul(2)
          .add(b)
          .neg()
          .div(a.mul(a.add(b))),
      )
      .add(f1.mul(a.add(b).div(a.mul(b))))
      .add(f2.mul(a.neg().div(b.mul(a.add(b)))));
  const first = edge(at(0), at(1), at(2), h(0), h(1));
  const last = edge(at(n - 1), at(n - 2), at(n - 3), h(n - 2), h(n - 3)).neg();
  return cat([first, centre, last], dim);
}

function gradients(
  t: Tensor,
  spacing: Scalar | readonly (Scalar | Tensor)[] | null,
  dim: number[] | null,
  order: number,
): Tensor[] {
  const dims = dim === null ? t.shape.map((_, d) => d) : wrapDims(dim, t.ndim);
  if (order !== 1 && order !== 2) throw new RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.");
  if (Array.isArray(spacing) && spacing.length !== dims.length) {
    throw new RuntimeError(
      `torch.gradient expected spacing to be unspecified, a scalar or a list of length ${dims.length} but got a list of length ${spacing.length}`,
    );
  }
  for (const d of dims) {
    if (t.shape[d] < order + 1) {
      throw new RuntimeError("torch.gradient expected each dimension size to be at least edge_order+1");
    }
  }
  return dims.map((d, i) => {
    const given = Array.isArray(spacing) ? spacing[i] : (spacing ?? 1);
    return gradientAlong(t, d, given instanceof Tensor ? given : Number(given), order);
  });
}

const gradientDoc =
  "The slope along each dimension (or those named), by central differences inside and one-sided ones at the ends: an array. `spacing` is the distance of neighbours, for all dimensions or each, or the coordinates as vectors.";
op("gradient(Tensor self, *, Scalar? spacing=None, int[1]? dim=None, int edge_order=1) -> Tensor[]", {
  doc: gradientDoc,
  forward: gradients,
  composite: true,
  variants: ["function"],
});
op("gradient.scalars(Tensor self, *, Scalar[] spacing, int[1]? dim=None, int edge_order=1) -> Tensor[]", {
  doc: gradientDoc,
  forward: gradients,
  composite: true,
  variants: ["function"],
});
op("gradient.coordinates(Tensor self, *, Tensor[] spacing, int[1]? dim=None, int edge_order=1) -> Tensor[]", {
  doc: gradientDoc,
  forward: gradients,
  composite: true,
  variants: ["function"],
});

// ── integrals ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Distances of the sample points, in a shape that broadcasts to neighbours of y. */
function distances(y: Tensor, x: Tensor, dim: number, name: string): Tensor {
  const n = y.shape[dim];
  let points = x;
  if (x.ndim === 1) {
    if (x.shape[0] !== n) {
      throw new RuntimeError(`${name}: There must be one \`x\` value for each sample point`);
    }
    points = x.view(y.shape.map((_, d) => (d === dim ? n : 1)));
  } else if (x.ndim < y.ndim) {
    points = x.view([...new Array<number>(y.ndim - x.ndim).fill(1), ...x.shape]);
  }
  const d = dim - y.ndim + points.ndim;
  const size = points.shape[d];
  return points.narrow(d, 1, size - 1).sub(points.narrow(d, 0, size - 1));
}

const neighbours = (y: Tensor, d: number): Tensor => y.narrow(d, 0, y.shape[d] - 1).add(y.narrow(d, 1, y.shape[d] - 1));

const nothingToIntegrate = (y: Tensor, d: number) => y.new_zeros(y.shape.toSpliced(d, 1));

function integralOps(name: "trapezoid" | "trapz") {
  const doc = "The integral of samples `y` along a dimension by the trapezoidal rule, at points `x` or `dx` apart.";
  op(
    `${name}.x(Tensor y, Tensor x, *, int dim=-1) -> Tensor` as "trapezoid.x(Tensor y, Tensor x, *, int dim=-1) -> Tensor",
    {
      doc,
      forward: (y, x, dim) => {
        const d = wrapDim(dim, y.ndim, false);
        if (y.shape[d] === 0) return nothingToIntegrate(y, d);
        return divScalar(
          neighbours(y, d)
            .mul(distances(y, x, d, "trapezoid"))
            .sum([d]),
          2,
        );
      },
      composite: true,
      variants: ["function"],
    },
  );
  op(
    `${name}.dx(Tensor y, *, Scalar dx=1, int dim=-1) -> Tensor` as "trapezoid.dx(Tensor y, *, Scalar dx=1, int dim=-1) -> Tensor",
    {
      doc,
      forward: (y, dx, dim) => {
        const d = wrapDim(dim, y.ndim, false);
        if (y.shape[d] === 0) return nothingToIntegrate(y, d);
        const ends = mulScalar(y.select(d, 0).add(y.select(d, -1)), 0.5);
        return mulScalar(y.sum([d]).sub(ends), dx);
      },
      composite: true,
      variants: ["function"],
    },
  );
}
integralOps("trapezoid");
integralOps("trapz");

const cumulativeDoc =
  "The running integral of samples `y` along a dimension by the trapezoidal rule, at points `x` or `dx` apart.";
op("cumulative_trapezoid.x(Tensor y, Tensor x, *, int dim=-1) -> Tensor", {
  doc: cumulativeDoc,
  forward: (y, x, dim) => {
    const d = wrapDim(dim, y.ndim, false);
    return divScalar(
      neighbours(y, d)
        .mul(distances(y, x, d, "cumulative_trapezoid"))
        .cumsum(d),
      2,
    );
  },
  composite: true,
  variants: ["function"],
});
op("cumulative_trapezoid.dx(Tensor y, *, Scalar dx=1, int dim=-1) -> Tensor", {
  doc: cumulativeDoc,
  forward: (y, dx, dim) => {
    const d = wrapDim(dim, y.ndim, false);
    const half = Number(dx) / 2;
    // A half is a floating-point number, also where it is a whole one.
    const pairs = neighbours(y, d);
    return mulScalar(pairs.to(floatType(pairs.dtype)), half).cumsum(d);
  },
  composite: true,
  variants: ["function"],
});

// ── norms ───────────────────────────────────────────────────────────────────────────────────────────────────────

// ∂‖a − b‖ / ∂a = −∂‖a − b‖ / ∂b
export const dist = op("dist(Tensor self, Tensor other, Scalar p=2) -> Tensor", {
  doc: "The p-norm of `self − other`, broadcast.",
  forward: (a, b, p) => normOf(a.sub(b), Number(p), [], false),
  grad: {
    self: ["self other result", (g, s) => normGradient(g, s.self.sub(s.other), s.result, Number(s.p), [], false)],
    other: [
      "self other result",
      (g, s) => normGradient(g, s.self.sub(s.other), s.result, Number(s.p), [], false)?.neg() ?? null,
    ],
  },
});

const RENORM = "renorm(Tensor self, Scalar p, int dim, Scalar maxnorm) -> Tensor";
const others = (rank: number, dim: number): number[] =>
  Array.from({ length: rank }, (_, d) => d).filter((d) => d !== wrapDim(dim, rank));

// y = x m / (‖x‖ + 10⁻⁷) where ‖x‖ > m, else x
export const renorm: Op<typeof RENORM> = op(RENORM, {
  doc: "Slices along a dimension scaled down to p-norm `maxnorm` where theirs is larger.",
  forward: (t, p, dim, maxnorm) => {
    if (Number(p) <= 0) throw new RuntimeError("renorm: non-positive-norm not supported");
    if (Number(maxnorm) < 0) throw new RuntimeError(`renorm: expected maxnorm to be >= 0 but got ${maxnorm}`);
    if (t.ndim < 2) throw new RuntimeError(`renorm: input needs at least 2 dimensions, got ${t.ndim} dimensions`);
    const norm = normOf(t, Number(p), others(t.ndim, dim), true);
    const factor = where(norm.gt(maxnorm), norm.add(1e-7).reciprocal().mul(maxnorm), norm.ones_like());
    return t.mul(factor);
  },
  grad: {
    self: [
      "self",
      (g, s) => {
        const dims = others(s.self.ndim, s.dim);
        const norm = s.self.norm(s.p, dims, true);
        const along = g.mul(s.self).sum(dims, true);
        const through = normGradient(along, s.self, norm, Number(s.p), dims, true)!;
        const inverse = norm.add(1e-7).reciprocal();
        return where(norm.gt(s.maxnorm), inverse.mul(s.maxnorm).mul(g.sub(inverse.mul(through))), g);
      },
    ],
  },
  inPlace: true,
});

// ── running log of a sum ────────────────────────────────────────────────────────────────────────────────────────

const LOGCUMSUMEXP = "logcumsumexp(Tensor self, int dim) -> Tensor";

// ∂ yᵢ / ∂xⱼ = e^(xⱼ − yᵢ) for j ≤ i
export const logcumsumexp: Op<typeof LOGCUMSUMEXP> = op(LOGCUMSUMEXP, {
  doc: "The running log Σ eˣ along a dimension, without overflow.",
  forward: (t, dim) => {
    if (!t.is_floating_point()) {
      throw new RuntimeError(`"logcumsumexp_out_cpu" not implemented for '${t.dtype.scalarName}'`);
    }
    return scan(t, dim, t.dtype, (data, start, end, out) => {
      let y = Number.NEGATIVE_INFINITY;
      for (let i = start; i < end; i++) {
        const [lo, hi] = y < data[i] ? [y, data[i]] : [data[i], y];
        y = Number.isFinite(lo) || lo !== hi ? hi + Math.log1p(Math.exp(lo - hi)) : hi;
        out[i - start] = y;
      }
    });
  },
  grad: {
    self: [
      "self result",
      (g, s) => {
        if (g.ndim === 0 || g.numel() === 0) return g;
        // In logarithms, positive and negative gradients apart, so that nothing overflows.
        const least = -largest(g.dtype);
        const part = (sign: 1 | -1): Tensor => {
          const amount = sign === 1 ? g : g.neg();
          const yes = amount.gt(0);
          const log = where(yes, where(yes, amount, amount.ones_like()).log(), amount.zeros_like().add(least));
          return logcumsumexp(log.sub(s.result).flip([s.dim]), s.dim)
            .flip([s.dim])
            .add(s.self)
            .exp();
        };
        return part(1).sub(part(-1));
      },
    ],
  },
});
