/** Ops that fold dimensions: sums, means, extremes, norms, softmax. */
import { type Op, op } from "../dispatch";
import { bool, Category, type DType, float32, int64, type TypedArray, uint8 } from "../dtype";
import { IndexError, RuntimeError } from "../errors";
import { castTo, elements } from "../kernels/copy";
import { map } from "../kernels/elementwise";
import { argBest, reduce, reducedShape, scan, sumReduce } from "../kernels/reduce";
import {
  type Along,
  logSoftmaxAlong,
  logSoftmaxBackwardAlong,
  logSoftmaxBackwardRow,
  logSoftmaxRow,
  softmaxAlong,
  softmaxBackwardAlong,
  softmaxBackwardRow,
  softmaxRow,
} from "../kernels/rows";
import type { Kernels } from "../kernels/wasm";
import { kernelsFor } from "../kernels/wasm/elementwise";
import { softmaxBackwardRows, softmaxRows } from "../kernels/wasm/rows";
import { floatType } from "../promotion";
import { numel, wrapDim, wrapDims } from "../shape";
import { fromData, type Tensor, unwritten } from "../tensor";
import { where } from "./arithmetic";
import { cat } from "./joining";

const total = (data: TypedArray, start: number, end: number): number => {
  let sum = 0;
  for (let i = start; i < end; i++) sum += data[i];
  return sum;
};

/** Integers add up in int64. */
const sumType = (t: Tensor, dtype: DType | null): DType =>
  dtype ?? (t.dtype.category === Category.Floating ? t.dtype : int64);

/** A gradient along dimensions that were folded away, put back in its place and repeated. */
function unfold(g: Tensor, shape: number[], dims: readonly number[] | null, keepdim: boolean): Tensor {
  return withDims(g, shape, dims, keepdim).expand(shape);
}

/** Dimensions of size 1 where `dims` were folded away. */
export function withDims(g: Tensor, shape: number[], dims: readonly number[] | null, keepdim: boolean): Tensor {
  if (keepdim || shape.length === 0) return g;
  for (const d of wrapDims(dims, shape.length).sort((a, b) => a - b)) g = g.unsqueeze(d);
  return g;
}

const count = (shape: readonly number[], dims: readonly number[] | null): number =>
  wrapDims(dims, shape.length).reduce((n, d) => n * shape[d], 1);

// ∂ Σx / ∂xᵢ = 1
export const sumAll = op("sum(Tensor self, *, ScalarType? dtype=None) -> Tensor", {
  doc: "Sum of all elements.",
  forward: (t, dtype) => sumReduce(t, wrapDims(null, t.ndim), false, sumType(t, dtype)),
  grad: { self: (g, s) => g.expand(s.self.shape) },
});

export const sum = op(
  "sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor",
  {
    doc: "Sum along dimensions; all of them for null or an empty list.",
    forward: (t, dim, keepdim, dtype) => sumReduce(t, wrapDims(dim, t.ndim), keepdim, sumType(t, dtype)),
    grad: { self: (g, s) => unfold(g, s.self.shape, s.dim, s.keepdim) },
    node: "SumBackward1",
  },
);

function meanType(t: Tensor, dtype: DType | null): DType {
  const type = dtype ?? t.dtype;
  if (type.category !== Category.Floating) {
    throw new RuntimeError(
      `mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: ${type.scalarName}`,
    );
  }
  return type;
}

/** The sum, rounded, over the count. */
function average(t: Tensor, dims: number[] | null, keepdim: boolean, dtype: DType): Tensor {
  const out = sumReduce(t, wrapDims(dims, t.ndim), keepdim, dtype);
  const n = count(t.shape, dims);
  const { data } = out.storageOf;
  for (let i = 0; i < data.length; i++) data[i] /= n;
  return out;
}

// ∂ mean / ∂xᵢ = 1/n
export const meanAll = op("mean(Tensor self, *, ScalarType? dtype=None) -> Tensor", {
  doc: "Mean of all elements; floating point only.",
  forward: (t, dtype) => average(t, null, false, meanType(t, dtype)),
  grad: { self: (g, s) => g.expand(s.self.shape).div(count(s.self.shape, null)) },
});

export const mean = op("mean.dim(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor", {
  doc: "Mean along dimensions.",
  forward: (t, dim, keepdim, dtype) => average(t, dim, keepdim, meanType(t, dtype)),
  grad: { self: (g, s) => unfold(g, s.self.shape, s.dim, s.keepdim).div(count(s.self.shape, s.dim)) },
  node: "MeanBackward1",
});

const product = (data: TypedArray, start: number, end: number): number => {
  let p = 1;
  for (let i = start; i < end; i++) p *= data[i];
  return p;
};

/** The product of all others: from the left and from the right, so that zeros divide nothing. */
function productOfOthers(x: Tensor, dim: number): Tensor {
  const n = x.shape[dim];
  if (n === 0) return x.add(1);
  const one = x.narrow(dim, 0, 1).ones_like();
  const left = cat([one, x.narrow(dim, 0, n - 1)], dim).cumprod(dim);
  const right = cat([one, x.flip([dim]).narrow(dim, 0, n - 1)], dim)
    .cumprod(dim)
    .flip([dim]);
  return left.mul(right);
}

// ∂ Πx / ∂xᵢ = the product of all others
export const prodAll = op("prod(Tensor self, *, ScalarType? dtype=None) -> Tensor", {
  doc: "Product of all elements.",
  forward: (t, dtype) => reduce(t, wrapDims(null, t.ndim), false, sumType(t, dtype), product),
  grad: {
    self: ["self", (g, s) => g.mul(productOfOthers(s.self.reshape([-1]), 0)).reshape(s.self.shape)],
  },
});

export const prod = op("prod.dim_int(Tensor self, int dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor", {
  doc: "Product along a dimension.",
  forward: (t, dim, keepdim, dtype) => reduce(t, wrapDims([dim], t.ndim), keepdim, sumType(t, dtype), product),
  grad: {
    self: [
      "self",
      (g, s) =>
        s.self.ndim === 0
          ? g
          : withDims(g, s.self.shape, [s.dim], s.keepdim).mul(productOfOthers(s.self, wrapDim(s.dim, s.self.ndim))),
    ],
  },
  node: "ProdBackward1",
});

/** Running totals: `f(total, x)` along a dimension. */
const running = (t: Tensor, dim: number, dtype: DType, start: number, f: (total: number, x: number) => number) =>
  scan(t, dim, dtype, (data, from, to, out) => {
    let value = start;
    for (let i = from; i < to; i++) {
      value = f(value, data[i]);
      out[i - from] = value;
    }
  });

// ∂ Σ_{k≤i} x_k / ∂x_j = 1 for j ≤ i: the gradient is summed from the end
export const cumsum = op("cumsum(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor", {
  doc: "Running sum along a dimension.",
  forward: (t, dim, dtype) => running(t, dim, sumType(t, dtype), 0, (total, x) => total + x),
  grad: { self: (g, s) => (g.ndim === 0 ? g : g.flip([s.dim]).cumsum(s.dim).flip([s.dim])) },
  inPlace: true,
});

export const cumprod = op("cumprod(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor", {
  doc: "Running product along a dimension.",
  forward: (t, dim, dtype) => running(t, dim, sumType(t, dtype), 1, (total, x) => total * x),
  grad: { self: ["self result", (g, s) => cumprodGradient(g, s.self, s.result, s.dim)] },
  inPlace: true,
});

/** Σ_{i≥j} gᵢ · Π_{k≤i, k≠j} x_k, by the general sum where a zero forbids dividing by x_j. */
function cumprodGradient(g: Tensor, x: Tensor, result: Tensor, dim: number): Tensor {
  if (x.ndim === 0) return g;
  const d = wrapDim(dim, x.ndim);
  const n = x.shape[d];
  if (!x.eq(0).any().item()) return g.mul(result).flip([d]).cumsum(d).flip([d]).div(x);
  const parts: Tensor[] = [];
  for (let j = 0; j < n; j++) {
    const before = j === 0 ? x.narrow(d, 0, 1).ones_like() : x.narrow(d, 0, j).prod(d, true);
    const after = cat([before.ones_like(), x.narrow(d, j + 1, n - j - 1)], d).cumprod(d);
    parts.push(
      before
        .mul(after)
        .mul(g.narrow(d, j, n - j))
        .sum([d], true),
    );
  }
  return cat(parts, d);
}

/** Where the extreme stands, it takes the gradient; several equal ones share it. */
function shared(g: Tensor, x: Tensor, result: Tensor, dims: readonly number[] | null, keepdim: boolean): Tensor {
  const at = withDims(result, x.shape, dims, keepdim).eq(x);
  const n = at.sum(wrapDims(dims, x.ndim), true);
  return withDims(g, x.shape, dims, keepdim).div(n).mul(at);
}

const extreme = (better: (x: number, y: number) => boolean) => (data: TypedArray, start: number, end: number) => {
  let best = data[start];
  for (let i = start + 1; i < end && !Number.isNaN(best); i++)
    if (better(data[i], best) || Number.isNaN(data[i])) best = data[i];
  return best;
};
const greater = (x: number, y: number) => x > y;
const less = (x: number, y: number) => x < y;

function checkNotEmpty(t: Tensor, dims: readonly number[] | null, name: string): void {
  if (count(t.shape, dims) === 0 && (dims !== null || t.numel() === 0)) {
    throw dims === null
      ? new RuntimeError(
          `${name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the 'dim' argument.`,
        )
      : new IndexError(`${name}(): Expected reduction dim ${wrapDims(dims, t.ndim)[0]} to have non-zero size.`);
  }
}

function extremeOp(name: "amax" | "amin", word: string, better: (x: number, y: number) => boolean) {
  return op(
    `${name}(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor` as "amax(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor",
    {
      doc: `The ${word} along dimensions; equal ones share the gradient.`,
      forward: (t, dim, keepdim) => {
        checkNotEmpty(t, dim.length === 0 ? null : dim, name);
        return reduce(t, wrapDims(dim, t.ndim), keepdim, t.dtype, extreme(better));
      },
      grad: { self: ["self result", (g, s) => shared(g, s.self, s.result, s.dim, s.keepdim)] },
    },
  );
}

export const amax = extremeOp("amax", "largest element", greater);
export const amin = extremeOp("amin", "smallest element", less);

function extremeOps(name: "max" | "min", word: string, better: (x: number, y: number) => boolean) {
  op(`${name}(Tensor self) -> Tensor` as "max(Tensor self) -> Tensor", {
    doc: `The ${word} of all; equal ones share the gradient.`,
    forward: (t) => {
      checkNotEmpty(t, null, name);
      return reduce(t, wrapDims(null, t.ndim), false, t.dtype, extreme(better));
    },
    grad: { self: ["self result", (g, s) => shared(g, s.self, s.result, null, false)] },
    node: name === "max" ? "MaxBackward1" : "MinBackward1",
  });
  op(
    `${name}.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)` as "max.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)",
    {
      doc: `The ${word} along a dimension and where it stands: \`[values, indices]\`, also by these names.`,
      forward: (t, dim, keepdim) => {
        const { shape, positions, data, length } = argBest(t, dim, better, `${name}()`);
        const out = keepdim && t.ndim > 0 ? reducedShape(t.shape, [wrapDim(dim, t.ndim)], true) : shape;
        const values = t.dtype.allocate(positions.length);
        for (let i = 0; i < values.length; i++) values[i] = data[i * length + positions[i]];
        return [fromData(values, t.dtype, out), fromData(positions, int64, out)];
      },
      grad: { self: ["indices", (g, s) => atIndices(g[0], s.self.shape, s.indices, s.dim, s.keepdim)] },
      node: name === "max" ? "MaxBackward0" : "MinBackward0",
    },
  );
  op(`${name}.other(Tensor self, Tensor other) -> Tensor` as "max.other(Tensor self, Tensor other) -> Tensor", {
    doc: `The ${word} of each pair, as \`${name}imum\`.`,
    forward: (a, b) => (name === "max" ? a.maximum(b) : a.minimum(b)),
    composite: true,
  });
}

/** Zeros with the gradient at the positions that won. */
function atIndices(g: Tensor | null, shape: number[], indices: Tensor, dim: number, keepdim: boolean): Tensor | null {
  if (g === null) return null;
  const at = withDims(indices, shape, [dim], keepdim);
  const value = withDims(g, shape, [dim], keepdim);
  return value.new_zeros(shape).scatter_add(dim, at, value);
}

extremeOps("max", "largest element", greater);
extremeOps("min", "smallest element", less);

function argOp(name: "argmax" | "argmin", word: string, better: (x: number, y: number) => boolean) {
  return op(
    `${name}(Tensor self, int? dim=None, bool keepdim=False) -> Tensor` as "argmax(Tensor self, int? dim=None, bool keepdim=False) -> Tensor",
    {
      doc: `Where the ${word} stands, along a dimension or in the flattened tensor; int64.`,
      forward: (t, dim, keepdim) => {
        const flat = dim === null;
        if (flat && t.numel() === 0) {
          throw new IndexError(`${name}(): Expected reduction dim to be specified for input.numel() == 0.`);
        }
        const from = flat ? t.reshape([-1]) : t;
        const { shape, positions } = argBest(from, dim ?? 0, better, `${name}()`);
        const ones = t.shape.map(() => 1);
        const kept = flat ? ones : reducedShape(t.shape, [wrapDim(dim, t.ndim)], true);
        return fromData(positions, int64, keepdim ? kept : shape);
      },
    },
  );
}

export const argmax = argOp("argmax", "largest element", greater);
export const argmin = argOp("argmin", "smallest element", less);

function testOps(name: "any" | "all", word: string, f: (data: TypedArray, start: number, end: number) => boolean) {
  const number = f as unknown as (data: TypedArray, start: number, end: number) => number;
  const fold = (t: Tensor, dims: number[], keepdim: boolean) =>
    reduce(t, dims, keepdim, t.dtype === uint8 ? uint8 : bool, (d, a, b) => Number(number(d, a, b)));
  op(`${name}(Tensor self) -> Tensor` as "any(Tensor self) -> Tensor", {
    doc: `Whether ${word} is non-zero; bool.`,
    forward: (t) => fold(t, wrapDims(null, t.ndim), false),
  });
  op(
    `${name}.dim(Tensor self, int dim, bool keepdim=False) -> Tensor` as "any.dim(Tensor self, int dim, bool keepdim=False) -> Tensor",
    {
      doc: `Whether ${word} along a dimension is non-zero; bool.`,
      forward: (t, dim, keepdim) => fold(t, wrapDims([dim], t.ndim), keepdim),
    },
  );
}

testOps("any", "any element", (data, start, end) => {
  for (let i = start; i < end; i++) if (data[i] !== 0) return true;
  return false;
});
testOps("all", "every element", (data, start, end) => {
  for (let i = start; i < end; i++) if (data[i] === 0) return false;
  return true;
});

/** Sum of squared distances from the mean, over n − correction. */
const spread = (correction: number) => (data: TypedArray, start: number, end: number) => {
  const m = total(data, start, end) / (end - start);
  let sum = 0;
  for (let i = start; i < end; i++) sum += (data[i] - m) ** 2;
  return sum / Math.max(0, end - start - correction);
};

/** ∂ var / ∂xᵢ = 2 (xᵢ − mean) / (n − correction) */
function varGradient(
  g: Tensor,
  x: Tensor,
  dims: readonly number[] | null,
  correction: number,
  keepdim: boolean,
): Tensor {
  const all = wrapDims(dims, x.ndim);
  const centred = x.sub(x.mean(all, true));
  return withDims(g, x.shape, dims, keepdim)
    .mul(2 / (count(x.shape, dims) - correction))
    .mul(centred);
}

function spreadOps(name: "var" | "std", doc: string) {
  const root = name === "std" ? Math.sqrt : (x: number) => x;
  const op_ = op(
    `${name}.correction(Tensor self, int[1]? dim=None, *, int? correction=None, bool keepdim=False) -> Tensor` as "var.correction(Tensor self, int[1]? dim=None, *, int? correction=None, bool keepdim=False) -> Tensor",
    {
      doc,
      forward: (t, dim, correction, keepdim) => {
        const f = spread(correction ?? 1);
        return reduce(t, wrapDims(dim, t.ndim), keepdim, t.dtype, (d, a, b) => root(f(d, a, b)));
      },
      grad: {
        self:
          name === "var"
            ? ["self", (g, s) => varGradient(g, s.self, s.dim, s.correction ?? 1, s.keepdim)]
            : [
                "self result",
                // d √v = dv / (2 √v), 0 where nothing varies
                (g, s) =>
                  varGradient(
                    where(s.result.eq(0), g.zeros_like(), g.div(s.result.mul(2))),
                    s.self,
                    s.dim,
                    s.correction ?? 1,
                    s.keepdim,
                  ),
              ],
      },
    },
  );
  op(`${name}.unbiased(Tensor self, bool unbiased) -> Tensor` as "var.unbiased(Tensor self, bool unbiased) -> Tensor", {
    doc,
    forward: (t, unbiased) => op_(t, null, unbiased ? 1 : 0, false),
    composite: true,
  });
  op(
    `${name}.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> Tensor` as "var.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> Tensor",
    { doc, forward: (t, dim, unbiased, keepdim) => op_(t, dim, unbiased ? 1 : 0, keepdim), composite: true },
  );
}

spreadOps("var", "Variance, over n − 1 (or n − correction).");
spreadOps("std", "Standard deviation, over n − 1 (or n − correction).");

const logSum = (data: TypedArray, start: number, end: number): number => {
  const max = extreme(greater)(data, start, end);
  if (!Number.isFinite(max)) return start === end ? Number.NEGATIVE_INFINITY : max;
  let sum = 0;
  for (let i = start; i < end; i++) sum += Math.exp(data[i] - max);
  return max + Math.log(sum);
};

// ∂ logsumexp / ∂xᵢ = e^(xᵢ − logsumexp)
export const logsumexp = op("logsumexp(Tensor self, int[1] dim, bool keepdim=False) -> Tensor", {
  doc: "log Σ eˣ along dimensions, without overflow.",
  forward: (t, dim, keepdim) => {
    const dims = wrapDims(dim, t.ndim);
    if (t.dtype !== float32 || t.numel() === 0) return reduce(t, dims, keepdim, floatType(t.dtype), logSum);
    // PyTorch's steps, each rounded: what is infinite is not taken away.
    const most = t.amax(dims, true);
    const shift = most.masked_fill(most.isinf(), 0);
    const sum = t.sub(shift).exp().sum(dims, keepdim).log();
    return sum.add(shift.view(sum.shape));
  },
  grad: {
    self: [
      "self result",
      (g, s) =>
        withDims(g, s.self.shape, s.dim, s.keepdim).mul(
          s.self.sub(withDims(s.result, s.self.shape, s.dim, s.keepdim)).exp(),
        ),
    ],
  },
});

/** How many float32 rows of what length lie along the last dimension, and the kernels if they serve; null for another dimension or dtype. */
function lastRows(t: Tensor, dim: number): { wasm: Kernels | null; rows: number; n: number } | null {
  const d = t.ndim - 1;
  if (t.dtype !== float32 || d < 0 || wrapDim(dim, t.ndim) !== d || t.shape[d] === 0) return null;
  const size = t.numel();
  return { wasm: kernelsFor(size), rows: size / t.shape[d], n: t.shape[d] };
}

const floats = (t: Tensor): Float32Array => elements(t) as Float32Array;

/** A dimension of a tensor, with what is behind it. */
function alongOf(t: Tensor, dim: number): Along {
  const d = wrapDim(dim, t.ndim);
  return { n: t.shape[d] ?? 1, inner: numel(t.shape.slice(d + 1)) };
}

type Rowwise = (data: TypedArray, start: number, end: number, out: Float64Array) => void;

/** Softmax or its logarithm, by a kernel where one serves. */
function normalised(t: Tensor, dim: number, name: "softmax32" | "log_softmax32", f: Rowwise): Tensor {
  const last = lastRows(t, dim);
  if (last === null && t.dtype === float32 && t.numel() > 0) {
    const out = unwritten(t.shape, float32);
    (name === "softmax32" ? softmaxAlong : logSoftmaxAlong)(floats(t), alongOf(t, dim), floats(out));
    return out;
  }
  if (last === null) return scan(t, dim, floatType(t.dtype), f);
  const { wasm, rows, n } = last;
  const out = unwritten(t.shape, float32);
  if (wasm !== null) {
    softmaxRows(wasm, name, floats(t), floats(out), rows, n);
    return out;
  }
  const row = name === "softmax32" ? softmaxRow : logSoftmaxRow;
  const data = floats(t);
  for (let i = 0; i < rows; i++) row(data, i * n, n, floats(out));
  return out;
}

/** The gradient of either from its result `y`, by a kernel where one serves. */
function rowGradient(
  g: Tensor,
  y: Tensor,
  dim: number,
  name: "softmax_backward32" | "log_softmax_backward32",
  formula: () => Tensor,
): Tensor {
  const last = g.dtype === float32 ? lastRows(y, dim) : null;
  if (last === null && g.dtype === float32 && y.dtype === float32) {
    const out = unwritten(y.shape, float32);
    const along = name === "softmax_backward32" ? softmaxBackwardAlong : logSoftmaxBackwardAlong;
    if (y.numel() > 0) along(floats(g), floats(y), alongOf(y, dim), floats(out));
    return out;
  }
  if (last === null) return formula();
  const { wasm, rows, n } = last;
  const out = unwritten(y.shape, float32);
  if (wasm !== null) {
    softmaxBackwardRows(wasm, name, floats(g), floats(y), floats(out), rows, n);
    return out;
  }
  const row = name === "softmax_backward32" ? softmaxBackwardRow : logSoftmaxBackwardRow;
  const [grad, result] = [floats(g), floats(y)];
  for (let i = 0; i < rows; i++) row(grad, result, i * n, n, floats(out));
  return out;
}

const SOFTMAX_BACKWARD =
  "_softmax_backward_data(Tensor grad_output, Tensor output, int dim, ScalarType input_dtype) -> Tensor";
// y (g − Σ y g): slope y (v − Σ y v) in g; in y, with the cotangent v: g v − g Σ y v − v Σ y g
const softmax_backward: Op<typeof SOFTMAX_BACKWARD> = op(SOFTMAX_BACKWARD, {
  doc: "The gradient of softmax from its result.",
  forward: (g, y, dim) => rowGradient(g, y, dim, "softmax_backward32", () => g.sub(g.mul(y).sum([dim], true)).mul(y)),
  grad: {
    grad_output: ["output", (v, s) => softmax_backward(v, s.output, s.dim, s.input_dtype)],
    output: [
      "grad_output output",
      (v, s) => {
        const [g, y] = [s.grad_output, s.output];
        const along = (t: Tensor) => t.sum([s.dim], true);
        return g.mul(v.sub(along(v.mul(y)))).sub(v.mul(along(g.mul(y))));
      },
    ],
  },
  node: "SoftmaxBackwardDataBackward0",
  variants: [],
});

// dy = y (dx − Σ y dx)
export const softmax = op("softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor", {
  variants: ["function", "method", "nn.functional"],
  doc: "eˣ / Σ eˣ along a dimension.",
  forward: (t, dim, dtype) =>
    normalised(dtype === null ? t : castTo(t, dtype), dim, "softmax32", (data, start, end, out) => {
      const max = extreme(greater)(data, start, end);
      let sum = 0;
      for (let i = start; i < end; i++) sum += out[i - start] = Math.exp(data[i] - max);
      for (let i = 0; i < end - start; i++) out[i] /= sum;
    }),
  grad: { self: ["result", (g, s) => softmax_backward(g, s.result, s.dim, s.self.dtype)] },
});

const LOG_SOFTMAX_BACKWARD =
  "_log_softmax_backward_data(Tensor grad_output, Tensor output, int dim, ScalarType input_dtype) -> Tensor";
// g − eʸ Σ g: slope v − Σ v eʸ in g, −v eʸ Σ g in y
const log_softmax_backward: Op<typeof LOG_SOFTMAX_BACKWARD> = op(LOG_SOFTMAX_BACKWARD, {
  doc: "The gradient of log_softmax from its result.",
  forward: (g, y, dim) =>
    rowGradient(g, y, dim, "log_softmax_backward32", () => g.sub(y.exp().mul(g.sum([dim], true)))),
  grad: {
    grad_output: ["output", (v, s) => v.sub(v.mul(s.output.exp()).sum([s.dim], true))],
    output: [
      "grad_output output",
      (v, s) =>
        v
          .mul(s.output.exp())
          .mul(s.grad_output.sum([s.dim], true))
          .neg(),
    ],
  },
  node: "LogSoftmaxBackwardDataBackward0",
  variants: [],
});

// dy = dx − Σ softmax dx
export const log_softmax = op("log_softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor", {
  variants: ["function", "method", "nn.functional"],
  doc: "log of softmax along a dimension, without overflow.",
  forward: (t, dim, dtype) =>
    normalised(dtype === null ? t : castTo(t, dtype), dim, "log_softmax32", (data, start, end, out) => {
      const log = logSum(data, start, end);
      for (let i = start; i < end; i++) out[i - start] = data[i] - log;
    }),
  grad: { self: ["result", (g, s) => log_softmax_backward(g, s.result, s.dim, s.self.dtype)] },
});

export const count_nonzero = op("count_nonzero(Tensor self, int[1]? dim=None) -> Tensor", {
  doc: "How many elements are not zero, along dimensions or of all; int64.",
  forward: (t, dim) =>
    reduce(
      map(t, (x) => Number(x !== 0), bool),
      wrapDims(dim, t.ndim),
      false,
      int64,
      total,
    ),
});
