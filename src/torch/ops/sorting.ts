/** Ops that put elements in order or look for them: sorting, order statistics, quantiles, unique values, histograms. */
import { notDifferentiable, op } from "../dispatch";
import { bool, Category, type DType, float32, float64, int32, int64, type TypedArray } from "../dtype";
import { IndexError, RuntimeError } from "../errors";
import { castTo, elements } from "../kernels/copy";
import { map } from "../kernels/elementwise";
import { unorderedValues } from "../kernels/hashing";
import { ascending, mapRuns, order } from "../kernels/runs";
import { introsort, nthElement, partialSort, quickSelect } from "../kernels/selection";
import { resultType } from "../promotion";
import { numel, sizeText, wrapDim } from "../shape";
import { alias, allocate, fromData, type Tensor } from "../tensor";

/** A gradient of chosen elements, put back where they were. */
function placed(g: Tensor | null, shape: number[], indices: Tensor, dim: number, keepdim = true): Tensor | null {
  if (g === null) return null;
  if (shape.length === 0) return g.reshape([]);
  const at = keepdim ? indices : indices.unsqueeze(dim);
  return g.new_zeros(shape).scatter(dim, at, keepdim ? g : g.unsqueeze(dim));
}

// ── sorting ─────────────────────────────────────────────────────────────────────────────────────────────────────

const sorted = (t: Tensor, dim: number, descending: boolean, stable: boolean): Tensor[] =>
  mapRuns(t, dim, [t.dtype, int64], (data, start, end, [values, indices]) => {
    const at = stable ? order(data, start, end, descending) : quickOrder(data, start, end, descending);
    at.forEach((p, i) => {
      values[i] = data[start + p];
      indices[i] = p;
    });
  });

/** As `order`, but equal elements come as they fall. */
function quickOrder(data: TypedArray, start: number, end: number, descending: boolean): Int32Array {
  const at = Int32Array.from({ length: end - start }, (_, i) => i);
  const sign = descending ? -1 : 1;
  introsort(at, 0, at.length, (i, j) => sign * ascending(data[start + i], data[start + j]) < 0);
  return at;
}

const sortDoc =
  "The elements along a dimension in order, and where each was: `[values, indices]`. NaN counts as the largest. Equal ones keep their order only with `stable`.";

export const sort = op("sort(Tensor self, int dim=-1, bool descending=False) -> (Tensor values, Tensor indices)", {
  doc: sortDoc,
  forward: (t, dim, descending) => sorted(t, dim, descending, false),
  grad: { self: ["indices", (g, s) => placed(g[0], s.self.shape, s.indices, s.dim)] },
});
export const sortStable = op(
  "sort.stable(Tensor self, *, bool? stable, int dim=-1, bool descending=False) -> (Tensor values, Tensor indices)",
  {
    doc: sortDoc,
    forward: (t, stable, dim, descending) => sorted(t, dim, descending, stable ?? false),
    grad: { self: ["indices", (g, s) => placed(g[0], s.self.shape, s.indices, s.dim)] },
    node: "SortBackward1",
  },
);
// PyTorch also takes dim and descending by position beside `stable`.
op(
  "sort.stable_positions(Tensor self, int dim=-1, bool descending=False, *, bool? stable) -> (Tensor values, Tensor indices)",
  {
    doc: sortDoc,
    forward: (t, dim, descending, stable) => sortStable(t, stable, dim, descending),
    composite: true,
  },
);

export const argsort = op("argsort(Tensor self, int dim=-1, bool descending=False) -> Tensor", {
  doc: "Where the elements along a dimension stand when sorted; int64.",
  forward: (t, dim, descending) => sorted(t, dim, descending, false)[1],
});
op("argsort.stable(Tensor self, *, bool stable, int dim=-1, bool descending=False) -> Tensor", {
  doc: "Where the elements along a dimension stand when sorted; int64.",
  forward: (t, stable, dim, descending) => sorted(t, dim, descending, stable)[1],
});
export const msort = op("msort(Tensor self) -> Tensor", {
  doc: "Sorted along the first dimension.",
  forward: (t) => sort(t, 0, false)[0],
  composite: true,
});

/** Positions of a run, the k largest (or smallest) in front. */
function foremost(
  data: TypedArray,
  start: number,
  end: number,
  k: number,
  largest: boolean,
  inOrder: boolean,
): Int32Array {
  const n = end - start;
  const at = Int32Array.from({ length: n }, (_, i) => i);
  const sign = largest ? -1 : 1;
  const before = (i: number, j: number) => sign * ascending(data[start + i], data[start + j]) < 0;
  if (k === 0) return at;
  if (k * 64 <= n) {
    partialSort(at, 0, k, n, before);
  } else {
    nthElement(at, 0, k - 1, n, before);
    if (inOrder) introsort(at, 0, k - 1, before);
  }
  return at;
}

export const topk = op(
  "topk(Tensor self, int k, int dim=-1, bool largest=True, bool sorted=True) -> (Tensor values, Tensor indices)",
  {
    doc: "The k largest (or smallest) elements along a dimension, and where they stand: `[values, indices]`.",
    forward: (t, k, dim, largest, inOrder) => {
      const n = t.ndim === 0 ? 1 : t.shape[wrapDim(dim, t.ndim)];
      if (k < 0 || k > n) throw new RuntimeError("selected index k out of range");
      return mapRuns(
        t,
        dim,
        [t.dtype, int64],
        (data, start, end, [values, indices]) => {
          const at = foremost(data, start, end, k, largest, inOrder);
          for (let i = 0; i < k; i++) {
            values[i] = data[start + at[i]];
            indices[i] = at[i];
          }
        },
        k === 0 ? undefined : k,
      ).map((out) => (k === 0 && t.ndim > 0 ? alias(out, t.shape.with(wrapDim(dim, t.ndim), 0), out.strides, 0) : out));
    },
    grad: { self: ["indices", (g, s) => placed(g[0], s.self.shape, s.indices, s.dim)] },
  },
);

// ── order statistics ────────────────────────────────────────────────────────────────────────────────────────────

/** Position in a run of the element that is asked for. */
type Choose = (data: TypedArray, start: number, end: number) => number;

/** One element of each run along `dim`: `[values, indices]`. */
function choose(t: Tensor, dim: number, keepdim: boolean, name: string, f: Choose): Tensor[] {
  const d = wrapDim(dim, t.ndim);
  if (t.ndim > 0 && t.shape[d] === 0) {
    throw new IndexError(`${name}(): Expected reduction dim ${d} to have non-zero size.`);
  }
  const run = (data: TypedArray, start: number, end: number, [values, indices]: Float64Array[]) => {
    const at = f(data, start, end);
    values[0] = data[start + at];
    indices[0] = at;
  };
  return mapRuns(t, dim, [t.dtype, int64], run, keepdim ? 1 : 0);
}

const firstNaN = (data: TypedArray, start: number, end: number): number => {
  for (let i = start; i < end; i++) if (Number.isNaN(data[i])) return i - start;
  return -1;
};

const medianAt: Choose = (data, start, end) => {
  const nan = firstNaN(data, start, end);
  return nan >= 0 ? nan : order(data, start, end)[(end - start - 1) >> 1];
};
const nanmedianAt: Choose = (data, start, end) => {
  let n = end - start;
  for (let i = start; i < end; i++) if (Number.isNaN(data[i])) n--;
  return order(data, start, end)[Math.max(0, n - 1) >> 1];
};

/** The gradient of one value that several elements have: each takes its share. */
function shared(g: Tensor, x: Tensor, result: Tensor): Tensor {
  const at = Number.isNaN(Number(result.item())) ? x.isnan() : x.eq(result);
  return at.mul(g.div(at.sum()));
}

function medianOps(name: "median" | "nanmedian", what: string, f: Choose) {
  const [first, second] =
    name === "median" ? ["MedianBackward0", "MedianBackward1"] : ["NanmedianBackward0", "NanmedianBackward1"];
  op(`${name}(Tensor self) -> Tensor` as "median(Tensor self) -> Tensor", {
    doc: `The median of all elements (the lower one of two)${what}. Equal elements share the gradient.`,
    forward: (t) => {
      const data = elements(t);
      const out = allocate([], t.dtype);
      out.storageOf.data[0] = data.length === 0 ? Number.NaN : data[f(data, 0, data.length)];
      return out;
    },
    grad: { self: ["self result", (g, s) => shared(g, s.self, s.result)] },
    node: first,
  });
  op(
    `${name}.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)` as "median.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)",
    {
      doc: `The median along a dimension (the lower one of two)${what}, and where it stands: \`[values, indices]\`.`,
      forward: (t, dim, keepdim) => choose(t, dim, keepdim, name, f),
      grad: { self: ["indices", (g, s) => placed(g[0], s.self.shape, s.indices, s.dim, s.keepdim)] },
      node: second,
    },
  );
}
medianOps("median", "; NaN where there is one", medianAt);
medianOps("nanmedian", ", NaN left out", nanmedianAt);

export const kthvalue = op(
  "kthvalue(Tensor self, int k, int dim=-1, bool keepdim=False) -> (Tensor values, Tensor indices)",
  {
    doc: "The k-th smallest element along a dimension, counted from 1, and where it stands: `[values, indices]`.",
    forward: (t, k, dim, keepdim) => {
      const d = wrapDim(dim, t.ndim);
      if (k < 1 || k > (t.ndim === 0 ? 1 : t.shape[d])) {
        throw new RuntimeError(`kthvalue(): selected number k out of range for dimension ${d}`);
      }
      return choose(t, dim, keepdim, "kthvalue", (data, start, end) => {
        const at = Int32Array.from({ length: end - start }, (_, i) => i);
        quickSelect(at, k - 1, (i, j) => ascending(data[start + i], data[start + j]) > 0);
        return at[k - 1];
      });
    },
    grad: { self: ["indices", (g, s) => placed(g[0], s.self.shape, s.indices, s.dim, s.keepdim)] },
  },
);

/** The value seen most often, the smallest of several; the last of its places in sorted order. */
const modeAt: Choose = (data, start, end) => {
  const at = Int32Array.from({ length: end - start }, (_, i) => i);
  introsort(at, 0, at.length, (i, j) => ascending(data[start + i], data[start + j]) < 0);
  let best = 0;
  let most = 0;
  for (let i = 0, seen = 1; i < at.length; i++, seen++) {
    if (i + 1 < at.length && data[start + at[i]] === data[start + at[i + 1]]) continue;
    if (seen > most) {
      most = seen;
      best = at[i];
    }
    seen = 0;
  }
  return best;
};
export const mode = op("mode(Tensor self, int dim=-1, bool keepdim=False) -> (Tensor values, Tensor indices)", {
  doc: "The value that occurs most often along a dimension (the smallest of several), and where it stands last: `[values, indices]`.",
  forward: (t, dim, keepdim) => choose(t, dim, keepdim, "mode", modeAt),
  grad: { self: ["indices", (g, s) => placed(g[0], s.self.shape, s.indices, s.dim, s.keepdim)] },
});

function runningOps(name: "cummax" | "cummin", word: string, better: (x: number, best: number) => boolean) {
  return op(
    `${name}(Tensor self, int dim) -> (Tensor values, Tensor indices)` as "cummax(Tensor self, int dim) -> (Tensor values, Tensor indices)",
    {
      doc: `The ${word} so far along a dimension, and where it stands: \`[values, indices]\`.`,
      forward: (t, dim) =>
        mapRuns(t, dim, [t.dtype, int64], (data, start, end, [values, indices]) => {
          let at = start;
          for (let i = start; i < end; i++) {
            if (Number.isNaN(data[i]) || (!Number.isNaN(data[at]) && better(data[i], data[at]))) at = i;
            values[i - start] = data[at];
            indices[i - start] = at - start;
          }
        }),
      grad: {
        self: [
          "indices",
          (g, s) => {
            const grad: Tensor | null = g[0];
            if (grad === null || grad.ndim === 0) return grad;
            return grad.new_zeros(s.self.shape).scatter_add(s.dim, s.indices, grad);
          },
        ],
      },
    },
  );
}
export const cummax = runningOps("cummax", "largest element", (x, best) => x >= best);
export const cummin = runningOps("cummin", "smallest element", (x, best) => x <= best);

export const aminmax = op("aminmax(Tensor self, *, int? dim=None, bool keepdim=False) -> (Tensor min, Tensor max)", {
  doc: "The smallest and the largest element, of all or along a dimension: `[min, max]`.",
  forward: (t, dim, keepdim) => {
    if (dim === null) {
      if (t.numel() === 0) {
        throw new RuntimeError(
          "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity.",
        );
      }
      const shape = keepdim ? t.shape.map(() => 1) : [];
      return [t.min().reshape(shape), t.max().reshape(shape)];
    }
    const d = wrapDim(dim, t.ndim);
    if (t.ndim > 0 && t.shape[d] === 0) {
      throw new IndexError(`aminmax: Expected reduction dim ${d} to have non-zero size.`);
    }
    // A scalar comes back as a vector of one.
    if (t.ndim === 0) return [t.reshape(keepdim ? [1] : []).clone(), t.reshape(keepdim ? [1] : []).clone()];
    return [t.amin([d], keepdim), t.amax([d], keepdim)];
  },
  ...notDifferentiable("aminmax", ["self"]),
});

// ── quantiles ───────────────────────────────────────────────────────────────────────────────────────────────────

/** The last step of a quantile, in place in PyTorch, where it names the node. */
const dropLast = op("_squeeze_last(Tensor(a) self, int dim) -> Tensor(a)", {
  doc: "Without a dimension of size 1.",
  forward: (t, dim) => t.squeeze(dim),
  grad: { self: (g, s) => g.reshape(s.self.shape) },
  node: "SqueezeBackward3",
  variants: [],
});

const interpolations = ["linear", "lower", "higher", "midpoint", "nearest"];

/** Sorts, then reads between the two places around q (n − 1). */
function quantileOf(
  t: Tensor,
  q: Tensor,
  dim: number | null,
  keepdim: boolean,
  interpolation: string,
  name: string,
): Tensor {
  if (t.numel() === 0) throw new RuntimeError(`${name}() input tensor must be non-empty`);
  if (q.ndim > 1) throw new RuntimeError(`${name}() q must be a scalar or 1D tensor`);
  if (t.dtype !== float32 && t.dtype !== float64) {
    throw new RuntimeError(`${name}() input tensor must be either float or double dtype`);
  }
  if (q.dtype !== t.dtype) throw new RuntimeError(`${name}() q tensor must be same dtype as the input tensor`);
  if (!interpolations.includes(interpolation)) {
    throw new RuntimeError(
      `${name}() interpolation must be one of linear, lower, higher, midpoint or nearest, but got ${interpolation}`,
    );
  }
  if (!Array.from(elements(q)).every((v) => v >= 0 && v <= 1))
    throw new RuntimeError(`${name}() q values must be in the range [0, 1]`);
  const d = dim === null ? 0 : wrapDim(dim, t.ndim);
  const whole = dim === null || t.ndim === 0;
  const rows = whole ? t.reshape([-1]) : t.unsqueeze(-1).transpose(d, -1).squeeze(d);
  const [values] = sort(whole ? rows : t.movedim(d, -1), -1, false);
  const n = values.shape[values.ndim - 1];
  const missing = values.detach().isnan();
  // A NaN stands last; it is the result unless it is left out.
  const places = q.ndim === 0 ? q.unsqueeze(0) : q;
  let ranks: Tensor;
  if (name === "nanquantile") {
    ranks = places.mul(missing.logical_not().sum(-1, true).sub(1));
    ranks = ranks.masked_fill(ranks.lt(0), 0);
  } else {
    ranks = places.mul(n - 1).expand([...values.shape.slice(0, -1), places.shape[0]]);
    ranks = ranks.masked_fill(missing.any(-1, true), n - 1);
  }
  if (interpolation === "lower") ranks = ranks.floor();
  else if (interpolation === "higher") ranks = ranks.ceil();
  else if (interpolation === "nearest") ranks = ranks.round();
  const below = ranks.detach().long();
  let result = values.gather(-1, below);
  if (interpolation === "linear" || interpolation === "midpoint") {
    const weights = interpolation === "midpoint" ? ranks.detach().full_like(0.5) : ranks.sub(below);
    result = result.lerp(values.gather(-1, ranks.detach().ceil().long()), weights);
  }
  if (keepdim) {
    result = whole ? result.reshape([...t.shape.map(() => 1), places.shape[0]]) : result.unsqueeze(d);
  }
  if (q.ndim === 0) return dropLast(result, -1);
  return dropLast(result.unsqueeze(0).transpose(0, -1), -1);
}

for (const name of ["quantile", "nanquantile"] as const) {
  const doc = `The elements below which a share q lies, between two of them by \`interpolation\` ("linear", "lower", "higher", "midpoint", "nearest")${name === "quantile" ? "" : "; NaN is left out"}.\n\nA vector q gives a first dimension of its length. Throws RuntimeError for q outside [0, 1].`;
  op(
    `${name}(Tensor self, Tensor q, int? dim=None, bool keepdim=False, *, str interpolation='linear') -> Tensor` as "quantile(Tensor self, Tensor q, int? dim=None, bool keepdim=False, *, str interpolation='linear') -> Tensor",
    { doc, forward: (t, q, dim, keepdim, how) => quantileOf(t, q, dim, keepdim, how, name), composite: true },
  );
  op(
    `${name}.scalar(Tensor self, float q, int? dim=None, bool keepdim=False, *, str interpolation='linear') -> Tensor` as "quantile(Tensor self, float q, int? dim=None, bool keepdim=False, *, str interpolation='linear') -> Tensor",
    {
      doc,
      forward: (t, q, dim, keepdim, how) => {
        if (!(q >= 0 && q <= 1)) throw new RuntimeError(`${name}() q must be in the range [0, 1] but got ${q}`);
        const at = allocate([], t.dtype);
        at.storageOf.data[0] = q;
        return quantileOf(t, at, dim, keepdim, how, name);
      },
      composite: true,
    },
  );
}

// ── searching ───────────────────────────────────────────────────────────────────────────────────────────────────

/** How many sorted elements lie before v: those below it, with `right` also those equal to it. */
function place(
  data: TypedArray,
  start: number,
  end: number,
  v: number,
  right: boolean,
  via: TypedArray | null,
): number {
  let lo = start;
  let hi = end;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    const x = data[via === null ? mid : start + via[mid]];
    if (right ? !(x > v) : !(x >= v)) lo = mid + 1;
    else hi = mid;
  }
  return lo - start;
}

function searched(
  sequence: Tensor,
  values: Tensor,
  out_int32: boolean,
  right: boolean,
  sorter: Tensor | null = null,
): Tensor {
  const data = elements(sequence);
  const from = elements(values);
  const out = allocate(values.shape, out_int32 ? int32 : int64);
  const n = sequence.shape[sequence.ndim - 1];
  const width = sequence.ndim === 1 ? Infinity : values.shape[values.ndim - 1];
  const via = sorter === null ? null : elements(sorter);
  for (let i = 0; i < from.length; i++) {
    const start = sequence.ndim === 1 ? 0 : Math.floor(i / width) * n;
    out.storageOf.data[i] = place(data, start, start + n, from[i], right, via);
  }
  return out;
}

export const searchsorted = op(
  "searchsorted.Tensor(Tensor sorted_sequence, Tensor self, *, bool out_int32=False, bool right=False, str? side=None, Tensor? sorter=None) -> Tensor",
  {
    doc: "Where each value would go in a sorted sequence along its last dimension: before equal elements, after them with `right`; int64.",
    forward: (sequence, values, out_int32, right, side, sorter) => {
      if (side !== null && side !== "left" && side !== "right") {
        throw new RuntimeError(`torch.searchsorted(): side can only be 'left' or 'right' but got ${side}`);
      }
      if (side === "left" && right) {
        throw new RuntimeError(
          "torch.searchsorted(): side and right can't be set to opposites, got side of left while right was True",
        );
      }
      const fits =
        sequence.ndim === 1 ||
        (sequence.ndim === values.ndim &&
          sizeText(sequence.shape.slice(0, -1)) === sizeText(values.shape.slice(0, -1)));
      if (values.ndim === 0 && sequence.ndim !== 1) {
        throw new RuntimeError(
          `torch.searchsorted(): input value can be a scalar only when boundaries tensor dimension is 1, but we got boundaries tensor dim(${sequence.ndim}) and input value's dim(0) numel(1)`,
        );
      }
      if (!fits) {
        throw new RuntimeError(
          `torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries tensor and input value tensor must match, but we got boundaries tensor ${sizeText(sequence.shape)} and input value tensor ${sizeText(values.shape)}`,
        );
      }
      return searched(sequence, values, out_int32, right || side === "right", sorter);
    },
    numbers: true,
    variants: ["function"],
  },
);

export const bucketize = op(
  "bucketize.Tensor(Tensor self, Tensor boundaries, *, bool out_int32=False, bool right=False) -> Tensor",
  {
    doc: "The number of the bucket, between sorted boundaries, that each element falls into; int64.",
    forward: (t, boundaries, out_int32, right) => {
      if (boundaries.ndim !== 1) {
        throw new RuntimeError(`boundaries tensor must be 1 dimension, but got dim(${boundaries.ndim})`);
      }
      return searched(boundaries, t, out_int32, right);
    },
    numbers: true,
    variants: ["function"],
  },
);

export const isin = op(
  "isin(Tensor elements, Tensor test_elements, *, bool assume_unique=False, bool invert=False) -> Tensor",
  {
    doc: "Whether each element is among the test elements; bool.",
    forward: (t, among, _, invert) => {
      const common = resultType(t, among);
      const set = new Set(elements(castTo(among, common)));
      return map(castTo(t, common), (x) => Number((set.has(x) && !Number.isNaN(x)) !== invert), bool);
    },
    numbers: true,
    variants: ["function"],
  },
);

// ── unique values ───────────────────────────────────────────────────────────────────────────────────────────────

interface Unique {
  /** Which slice stands for each group, in the order of groups. */
  representatives: number[];
  /** The group of each slice. */
  inverse: Float64Array;
  counts: number[];
}

/** Slices of `size` elements each, grouped; neighbours only, or sorted first. */
function grouped(data: TypedArray, count: number, size: number, consecutive: boolean): Unique {
  const compare = (a: number, b: number): number => {
    for (let k = 0; k < size; k++) {
      const c = ascending(data[a * size + k], data[b * size + k]);
      if (c !== 0) return c;
    }
    return 0;
  };
  const same = (a: number, b: number): boolean => {
    for (let k = 0; k < size; k++) if (data[a * size + k] !== data[b * size + k]) return false;
    return true;
  };
  const at = Array.from({ length: count }, (_, i) => i);
  if (!consecutive) at.sort((a, b) => compare(a, b) || a - b);
  const out: Unique = { representatives: [], inverse: new Float64Array(count), counts: [] };
  at.forEach((i, k) => {
    if (k === 0 || !same(at[k - 1], i)) {
      out.representatives.push(i);
      out.counts.push(0);
    }
    out.inverse[i] = out.counts.length - 1;
    out.counts[out.counts.length - 1]++;
  });
  return out;
}

/** Groups in the order of the hash table that PyTorch fills. */
function asInserted(groups: Unique, data: TypedArray, dtype: DType): void {
  const values = unorderedValues(data, dtype);
  // Several NaN are groups of their own that no value tells apart: they stay sorted.
  if (values === null || values.some(Number.isNaN)) return;
  const sortedAt = new Map(groups.representatives.map((at, group) => [data[at], group]));
  const order = values.map((v) => sortedAt.get(v)!);
  const rank = new Float64Array(order.length);
  order.forEach((group, i) => {
    rank[group] = i;
  });
  groups.representatives = order.map((group) => groups.representatives[group]);
  groups.counts = order.map((group) => groups.counts[group]);
  groups.inverse = groups.inverse.map((group) => rank[group]);
}

type Grouping = "sorted" | "unsorted" | "consecutive";

function unique(
  t: Tensor,
  grouping: Grouping,
  return_inverse: boolean,
  return_counts: boolean,
  dim: number | null,
): Tensor | Tensor[] {
  const flat = dim === null;
  const d = flat ? 0 : wrapDim(dim, t.ndim);
  const moved = flat || t.ndim === 0 ? t.reshape([-1]) : t.transpose(0, d);
  const count = moved.shape[0];
  const rest = moved.shape.slice(1);
  if (numel(rest) === 0) {
    throw new RuntimeError("There are 0 sized dimensions, and they aren't selected, so unique cannot be applied");
  }
  const groups = grouped(elements(moved), count, numel(rest), grouping === "consecutive");
  if (grouping === "unsorted" && flat && t.dtype !== bool) asInserted(groups, elements(moved), t.dtype);
  const { representatives, inverse, counts } = groups;
  const values = moved.index_select(0, fromData(Float64Array.from(representatives), int64, [representatives.length]));
  const output = flat || t.ndim === 0 ? values : values.transpose(0, d).contiguous();
  const results = [output];
  if (return_inverse) results.push(fromData(inverse, int64, flat ? t.shape : [count]));
  if (return_counts) results.push(fromData(Float64Array.from(counts), int64, [counts.length]));
  return results.length === 1 ? output : results;
}

op("unique(Tensor self, bool sorted=True, bool return_inverse=False, bool return_counts=False, int? dim=None) -> Any", {
  doc: "The different elements (or slices along `dim`) in ascending order, or unless `sorted` in the order of a hash table; with them, as an array, the group of each element (`return_inverse`) and the size of each group (`return_counts`).",
  forward: (t, inOrder, return_inverse, return_counts, dim) =>
    unique(t.detach(), inOrder ? "sorted" : "unsorted", return_inverse, return_counts, dim),
  composite: true,
});
op("unique_consecutive(Tensor self, bool return_inverse=False, bool return_counts=False, int? dim=None) -> Any", {
  doc: "One of each run of equal neighbours (elements, or slices along `dim`); with it, as an array, the run of each element (`return_inverse`) and the length of each run (`return_counts`).",
  forward: (t, return_inverse, return_counts, dim) =>
    unique(t.detach(), "consecutive", return_inverse, return_counts, dim),
  composite: true,
});

export const bincount = op("bincount(Tensor self, Tensor? weights=None, int minlength=0) -> Tensor", {
  doc: "How often each whole number occurs, or the sum of its weights, from 0 to the largest.",
  forward: (t, weights, minlength) => {
    if (t.dtype.category === Category.Floating) {
      throw new RuntimeError(`"bincount_cpu" not implemented for '${t.dtype.scalarName}'`);
    }
    const data = elements(t);
    if (t.ndim !== 1 || data.some((v) => v < 0)) {
      throw new RuntimeError("bincount only supports 1-d non-negative integral inputs.");
    }
    if (minlength < 0) throw new RuntimeError("minlength should be >= 0");
    if (weights !== null && (weights.ndim !== 1 || weights.shape[0] !== t.shape[0])) {
      throw new RuntimeError("weights should be 1-d and have the same length as input");
    }
    let n = minlength;
    for (const v of data) n = Math.max(n, v + 1);
    const dtype = weights === null ? int64 : weights.dtype === float32 ? float32 : float64;
    const out = allocate([n], dtype);
    const add = weights === null ? null : elements(weights);
    data.forEach((v, i) => {
      out.storageOf.data[v] += add === null ? 1 : add[i];
    });
    return out;
  },
});

// ── histograms ──────────────────────────────────────────────────────────────────────────────────────────────────

export const histc = op("histc(Tensor self, int bins=100, Scalar min=0, Scalar max=0) -> Tensor", {
  doc: "How many elements fall into each of equal bins between `min` and `max` (the extremes of the data where both are equal).",
  forward: (t, bins, min, max) => {
    if (t.dtype.category !== Category.Floating) {
      throw new RuntimeError(`"histogram_cpu" not implemented for '${t.dtype.scalarName}'`);
    }
    if (bins <= 0) throw new RuntimeError(`torch.histogram(): bins must be > 0, but got ${bins} for dimension 0`);
    const data = elements(t);
    let lo = Number(min);
    let hi = Number(max);
    if (lo === hi && data.length > 0) [lo, hi] = extremes(t, 0, 1);
    if (lo === hi) {
      lo -= 1;
      hi += 1;
    }
    const text = (v: number) => (Number.isNaN(v) ? "-nan" : v === Infinity ? "inf" : v === -Infinity ? "-inf" : `${v}`);
    if (!Number.isFinite(lo) || !Number.isFinite(hi)) {
      throw new RuntimeError(`torch.histc: range of [${text(lo)}, ${text(hi)}] is not finite`);
    }
    if (lo > hi) throw new RuntimeError("torch.histc: max must be larger than min");
    const out = allocate([bins], t.dtype);
    const { cast } = t.dtype;
    const width = cast(hi - lo);
    for (const v of data) {
      if (!(v >= lo && v <= hi)) continue;
      const at = Math.trunc(cast(cast(cast(v - lo) / width) * bins));
      out.storageOf.data[Math.min(at, bins - 1)]++;
    }
    return out;
  },
});

/** `bins` equal bins between two ends, as edges. */
function edgesBetween(lo: number, hi: number, bins: number, dtype: DType, dimension: number): Tensor {
  if (bins <= 0) {
    throw new RuntimeError(`torch.histogram(): bins must be > 0, but got ${bins} for dimension ${dimension}`);
  }
  const text = (v: number) => (Number.isNaN(v) ? "nan" : String(v).replace("Infinity", "inf"));
  if (!Number.isFinite(lo) || !Number.isFinite(hi)) {
    throw new RuntimeError(
      `torch.histogramdd: dimension ${dimension}'s range [${text(lo)}, ${text(hi)}] is not finite`,
    );
  }
  if (lo > hi)
    throw new RuntimeError(
      `torch.histogramdd: min should not exceed max, but got min ${lo} max ${hi} for dimension ${dimension}`,
    );
  if (lo === hi) {
    lo -= 0.5;
    hi += 0.5;
  }
  const out = allocate([bins + 1], dtype);
  const { data } = out.storageOf;
  const { cast } = dtype;
  const step = cast(cast(hi - lo) / bins);
  for (let i = 0; i <= bins; i++) {
    data[i] = i < (bins + 1) / 2 ? cast(cast(lo) + cast(step * i)) : cast(cast(hi) - cast(step * (bins - i)));
  }
  return out;
}

/** Counts of the rows of `[n, d]` points in the boxes between edges; each box holds its lower edges, the last ones both. */
function histogramOf(points: Tensor, edges: Tensor[], weight: Tensor | null, density: boolean): Tensor {
  if (points.dtype.category !== Category.Floating) {
    throw new RuntimeError(`"histogramdd" not implemented for '${points.dtype.scalarName}'`);
  }
  const data = elements(points);
  const w = weight === null ? null : elements(weight);
  const bounds = edges.map((e) => elements(e));
  const shape = edges.map((e) => e.shape[0] - 1);
  const out = new Float64Array(numel(shape));
  const d = edges.length;
  const n = d === 0 ? 0 : data.length / d;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    let at = 0;
    for (let k = 0; k < d && at >= 0; k++) {
      const v = data[i * d + k];
      const b = bounds[k];
      if (!(v >= b[0] && v <= b[b.length - 1])) at = -1;
      else at = at * shape[k] + Math.min(place(b, 0, b.length, v, true, null) - 1, shape[k] - 1);
    }
    if (at < 0) continue;
    out[at] += w === null ? 1 : w[i];
    sum += w === null ? 1 : w[i];
  }
  if (density) {
    for (let i = 0; i < out.length; i++) {
      let volume = sum;
      for (let k = d - 1, rest = i; k >= 0; k--) {
        const at = rest % shape[k];
        rest = Math.floor(rest / shape[k]);
        volume *= bounds[k][at + 1] - bounds[k][at];
      }
      out[i] /= volume;
    }
  }
  const result = allocate(shape, points.dtype);
  result.storageOf.data.set(out);
  return result;
}

/** The extremes of column `k` of `[n, d]` points; 0 and 1 where there are none. */
function extremes(points: Tensor, k: number, d: number): [number, number] {
  const data = elements(points);
  let lo = Infinity;
  let hi = -Infinity;
  for (let i = k; i < data.length; i += d) {
    if (Number.isNaN(data[i])) return [Number.NaN, Number.NaN];
    lo = Math.min(lo, data[i]);
    hi = Math.max(hi, data[i]);
  }
  return lo > hi ? [0, 1] : [lo, hi];
}

const histogramDoc =
  "How many elements (or how much of their `weight`) fall into each bin, and the edges of the bins: `[hist, bin_edges]`. With `density` the histogram integrates to 1.";

op(
  "histogram.bins_tensor(Tensor self, Tensor bins, *, Tensor? weight=None, bool density=False) -> (Tensor hist, Tensor bin_edges)",
  {
    doc: histogramDoc,
    forward: (t, bins, weight, density) => [histogramOf(t.reshape([-1, 1]), [bins], weight, density), bins.clone()],
  },
);
op(
  "histogram.bin_ct(Tensor self, int bins=100, *, float[]? range=None, Tensor? weight=None, bool density=False) -> (Tensor hist, Tensor bin_edges)",
  {
    doc: histogramDoc,
    forward: (t, bins, range, weight, density) => {
      const points = t.reshape([-1, 1]);
      const [lo, hi] = range ?? extremes(points, 0, 1);
      const edges = edgesBetween(lo, hi, bins, t.dtype, 0);
      return [histogramOf(points, [edges], weight, density), edges];
    },
  },
);

const histogramddDoc =
  "How many points, in the last dimension of the input, fall into each box, and the edges of the boxes: `[hist, bin_edges]`, the latter an array of one tensor for each coordinate.";

function inBoxes(
  t: Tensor,
  edges: (points: Tensor, d: number) => Tensor[],
  weight: Tensor | null,
  density: boolean,
): [Tensor, Tensor[]] & { hist: Tensor; bin_edges: Tensor[] } {
  if (t.ndim < 2) throw new RuntimeError("torch.histogramdd: input tensor should have at least 2 dimensions");
  const d = t.shape[t.ndim - 1];
  const points = t.reshape([numel(t.shape.slice(0, -1)), d]);
  const bounds = edges(points, d);
  if (bounds.length !== d) {
    throw new RuntimeError(
      `torch.histogramdd: expected ${d} sequences of bin edges for a ${d}-dimensional histogram but got ${bounds.length}`,
    );
  }
  const hist = histogramOf(points, bounds, weight, density);
  return Object.assign([hist, bounds] as [Tensor, Tensor[]], { hist, bin_edges: bounds });
}

const spread = (bins: readonly number[], range: readonly number[] | null) => (points: Tensor, d: number) =>
  bins.map((n, k) => {
    const [lo, hi] = range === null ? extremes(points, k, d) : [range[2 * k], range[2 * k + 1]];
    return edgesBetween(lo, hi, n, points.dtype, k);
  });

op("histogramdd(Tensor self, int[] bins, float[]? range=None, Tensor? weight=None, bool density=False) -> Any", {
  doc: histogramddDoc,
  forward: (t, bins, range, weight, density) => inBoxes(t, spread(bins, range), weight, density),
  composite: true,
  variants: ["function"],
});
op("histogramdd.int_bins(Tensor self, int bins, float[]? range=None, Tensor? weight=None, bool density=False) -> Any", {
  doc: histogramddDoc,
  forward: (t, bins, range, weight, density) =>
    inBoxes(t, (points, d) => spread(new Array<number>(d).fill(bins), range)(points, d), weight, density),
  composite: true,
  variants: ["function"],
});
op(
  "histogramdd.TensorList_bins(Tensor self, Tensor[] bins, float[]? range=None, Tensor? weight=None, bool density=False) -> Any",
  {
    doc: histogramddDoc,
    forward: (t, bins, _, weight, density) => inBoxes(t, () => bins.map((b) => b.clone()), weight, density),
    composite: true,
    variants: ["function"],
  },
);
