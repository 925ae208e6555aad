/** Ops that place elements where an index, a mask or a slice says, and their inverses. */
import { notDifferentiable, type Op, op } from "../dispatch";
import { bool, type DType, int32, int64 } from "../dtype";
import { IndexError, RuntimeError } from "../errors";
import { copyInto, elements, integers } from "../kernels/copy";
import { pointedAt, type Reduction, reduceInto, sizeAlong, slicesAt } from "../kernels/scatter";
import { wrapNumber } from "../promotion";
import { broadcastShapes, numel, sameShape, sizeText, wrapDim } from "../shape";
import { allocate, fromData, type Tensor } from "../tensor";
import { where } from "./arithmetic";
import { masked_fill, nonzeroVectors, slice } from "./indexing";

/** A row-major copy that may be written to. */
const copyOf = (t: Tensor): Tensor => fromData(t.flatData(), t.dtype, t.shape);

function checkIndex(index: Tensor, name: string): void {
  if (numel(index.shape) > 0 && index.dtype !== int64) {
    throw new RuntimeError(`${name}(): Expected dtype int64 for index`);
  }
}

function checkSource(self: { dtype: DType }, source: { dtype: DType }, name: string): void {
  if (self.dtype !== source.dtype) throw new RuntimeError(`${name}(): Expected self.dtype to be equal to src.dtype`);
}

// ── scatter ─────────────────────────────────────────────────────────────────────────────────────────────────────

function scattered(t: Tensor, dim: number, index: Tensor, src: Tensor | number): Tensor {
  checkIndex(index, "scatter");
  const d = wrapDim(dim, t.ndim);
  const out = copyOf(t);
  const { data } = out.storageOf;
  if (typeof src === "number") {
    for (const p of pointedAt(out, d, index, null).to) data[p] = src;
    return out;
  }
  checkSource(t, src, "scatter");
  const { to, from } = pointedAt(out, d, index, src);
  for (let i = 0; i < to.length; i++) data[to[i]] = src.storageOf.data[from[i]];
  return out;
}

const SCATTER = "scatter.src(Tensor self, int dim, Tensor index, Tensor src) -> Tensor";
export const scatter: Op<typeof SCATTER> = op(SCATTER, {
  doc: "`self` with `src[i][j]` placed at `[index[i][j]][j]` for dim 0, and so on.",
  forward: scattered,
  // What was overwritten gets no gradient; each source element gets that of its place.
  grad: {
    self: ["index", (g, s) => scatterNumber(g, s.dim, s.index, 0)],
    src: ["index", (g, s) => g.gather(s.dim, s.index)],
  },
  inPlace: true,
});
const SCATTER_NUMBER = "scatter.value(Tensor self, int dim, Tensor index, Scalar value) -> Tensor";
export const scatterNumber: Op<typeof SCATTER_NUMBER> = op(SCATTER_NUMBER, {
  doc: "`self` with a number placed at `[index[i][j]][j]` for dim 0, and so on.",
  forward: (t, dim, index, value) => scattered(t, dim, index, t.dtype.cast(Number(value))),
  grad: { self: ["index", (g, s) => scatterNumber(g, s.dim, s.index, 0)] },
  node: "ScatterBackward1",
  inPlace: true,
});

const oldReductions: Record<string, Reduction> = { add: "sum", multiply: "prod" };
function scatterOld(t: Tensor, dim: number, index: Tensor, src: Tensor, reduce: string): Tensor {
  if (!(reduce in oldReductions)) throw new RuntimeError("reduce argument must be either add or multiply.");
  checkSource(t, src, "scatter");
  return scatterReduced(t, dim, index, src, oldReductions[reduce], true);
}
op("scatter.reduce(Tensor self, int dim, Tensor index, Tensor src, *, str reduce) -> Tensor", {
  doc: 'As `scatter`, with `src` added to (`reduce: "add"`) or multiplied with (`"multiply"`) what is there. Not differentiable: use `scatter_reduce`.',
  forward: scatterOld,
  ...notDifferentiable("scatter", ["self", "src"]),
  inPlace: true,
});
op("scatter.value_reduce(Tensor self, int dim, Tensor index, Scalar value, *, str reduce) -> Tensor", {
  doc: 'As `scatter`, with a number added to (`reduce: "add"`) or multiplied with (`"multiply"`) what is there. Not differentiable.',
  forward: (t, dim, index, value, reduce) =>
    scatterOld(t, dim, index, wrapNumber(value).to(t.dtype).expand(index.shape), reduce),
  ...notDifferentiable("scatter", ["self"]),
  inPlace: true,
});

// ── scatter and reduce ──────────────────────────────────────────────────────────────────────────────────────────

function checkReduction(reduce: string, name: string, allowed: readonly string[]): asserts reduce is Reduction {
  if (allowed.includes(reduce)) return;
  if (name === "index_reduce") {
    throw new RuntimeError(`index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got ${reduce}.`);
  }
  throw new RuntimeError("reduce argument must be either sum, prod, mean, amax or amin.");
}

function scatterReduced(t: Tensor, dim: number, index: Tensor, src: Tensor, reduce: Reduction, self: boolean): Tensor {
  checkIndex(index, "scatter_reduce");
  checkSource(t, src, "scatter_reduce");
  const out = copyOf(t);
  const { to, from } = pointedAt(out, wrapDim(dim, t.ndim), index, src);
  reduceInto(out.storageOf.data, to, src.storageOf.data, from, reduce, self, t.dtype);
  return out;
}

/** How one op of the pair (scatter_reduce by positions, index_reduce by slices) reads, adds and clears. */
interface Placement {
  read(from: Tensor): Tensor;
  add(to: Tensor, what: Tensor): Tensor;
  clear(to: Tensor): Tensor;
  reduce(to: Tensor, what: Tensor): Tensor;
}

interface Reduced {
  self: Tensor;
  source: Tensor;
  result: Tensor;
  reduce: Reduction;
  include_self: boolean;
}

/** How many elements met at each place. */
function meeting(g: Tensor, p: Placement, s: Reduced): Tensor {
  const n = p.add(s.include_self ? g.ones_like() : g.zeros_like(), s.source.ones_like());
  return n.masked_fill(n.eq(0), 1);
}

function selfGradient(g: Tensor, p: Placement, s: Reduced): Tensor {
  const kept = (t: Tensor) => (s.include_self ? t : p.clear(t));
  switch (s.reduce) {
    case "sum":
      return kept(g);
    case "mean":
      return kept(g.div(meeting(g, p, s)));
    case "prod": {
      // Π / x, with a zero taken out of the product first
      const masked = s.self.masked_fill(s.self.eq(0), 1);
      return kept(g.mul(p.reduce(masked, s.source)).div(masked));
    }
    default: {
      const wins = s.self.eq(s.result).to(g.dtype);
      const n = p.add(wins, s.source.eq(p.read(s.result)).to(g.dtype));
      return kept(g.div(n).mul(wins));
    }
  }
}

function sourceGradient(g: Tensor, p: Placement, s: Reduced): Tensor {
  switch (s.reduce) {
    case "sum":
      return p.read(g);
    case "mean":
      return p.read(g.div(meeting(g, p, s)));
    case "prod": {
      // A single zero among its fellows has the product of the others for its slope, several have 0.
      const zero = s.source.eq(0);
      const zeros = p.read(p.add(s.self.detach().zeros_like(), zero.to(g.dtype)));
      const single = zero.logical_and(zeros.eq(1));
      const others = p.reduce(s.self, s.source.masked_fill(single, 1));
      return where(single, p.read(g.mul(others)), p.read(g.mul(s.result)).div(s.source.masked_fill(zero, 1)));
    }
    default: {
      const wins = s.source.eq(p.read(s.result)).to(g.dtype);
      const n = p.add(s.self.eq(s.result).to(g.dtype), wins);
      return p.read(g.div(n)).mul(wins);
    }
  }
}

const SCATTER_REDUCE =
  "scatter_reduce.two(Tensor self, int dim, Tensor index, Tensor src, str reduce, *, bool include_self=True) -> Tensor";
export const scatter_reduce: Op<typeof SCATTER_REDUCE> = op(SCATTER_REDUCE, {
  doc: 'All `src[i][j]` that go to the same place `[index[i][j]][j]` reduced to one: "sum", "prod", "mean", "amax" or "amin", with what is there unless `include_self` is false.',
  forward: (t, dim, index, src, reduce, include_self) => {
    checkReduction(reduce, "scatter_reduce", ["sum", "prod", "mean", "amax", "amin"]);
    return scatterReduced(t, dim, index, src, reduce, include_self);
  },
  grad: {
    self: ["self index src result", (g, s) => selfGradient(g, positions(s), named(s, s.src))],
    src: ["self index src result", (g, s) => sourceGradient(g, positions(s), named(s, s.src))],
  },
  inPlace: true,
});

const named = (
  s: { self: Tensor; result: Tensor; reduce: string; include_self: boolean },
  source: Tensor,
): Reduced => ({
  self: s.self,
  result: s.result,
  source,
  reduce: s.reduce as Reduction,
  include_self: s.include_self,
});

const positions = (s: { dim: number; index: Tensor; reduce: string; include_self: boolean }): Placement => ({
  read: (from) => from.gather(s.dim, s.index),
  add: (to, what) => to.scatter_add(s.dim, s.index, what),
  clear: (to) => scatterNumber(to, s.dim, s.index, 0),
  reduce: (to, what) => scatter_reduce(to, s.dim, s.index, what, s.reduce, s.include_self),
});

const INDEX_REDUCE =
  "index_reduce(Tensor self, int dim, Tensor index, Tensor source, str reduce, *, bool include_self=True) -> Tensor";
export const index_reduce: Op<typeof INDEX_REDUCE> = op(INDEX_REDUCE, {
  doc: 'Slices of `source` that an int64 vector sends to the same slice of `self` reduced to one: "prod", "mean", "amax" or "amin", with what is there unless `include_self` is false.',
  forward: (t, dim, index, source, reduce, include_self) => {
    checkReduction(reduce, "index_reduce", ["prod", "mean", "amax", "amin"]);
    checkSlices(t, wrapDim(dim, t.ndim), index, source, "index_reduce");
    const out = copyOf(t);
    const { to, from } = slicesAt(out, wrapDim(dim, t.ndim), index, source, "index_reduce");
    reduceInto(out.storageOf.data, to, source.storageOf.data, from, reduce, include_self, t.dtype);
    return out;
  },
  grad: {
    self: ["self index source result", (g, s) => selfGradient(g, slices(s), named(s, s.source))],
    source: ["self index source result", (g, s) => sourceGradient(g, slices(s), named(s, s.source))],
  },
  inPlace: true,
});

const slices = (s: { dim: number; index: Tensor; reduce: string; include_self: boolean }): Placement => ({
  read: (from) => from.index_select(s.dim, s.index),
  add: (to, what) => to.index_add(s.dim, s.index, what),
  clear: (to) => index_fill(to, s.dim, s.index, 0),
  reduce: (to, what) => index_reduce(to, s.dim, s.index, what, s.reduce, s.include_self),
});

// ── slices by an index vector ───────────────────────────────────────────────────────────────────────────────────

function checkSlices(t: Tensor, dim: number, index: Tensor, source: Tensor, name: string): void {
  if (index.ndim > 1) throw new IndexError(`${name}(): Index should have dimension 1 or 0 (got ${index.ndim})`);
  if (index.dtype !== int64 && !(name !== "index_copy" && index.dtype === int32)) {
    throw name === "index_copy"
      ? new RuntimeError(`index_copy_(): Expected a long tensor for index, but got ${index.dtype.scalarName}`)
      : new RuntimeError(`${name}(): Expected dtype int32/int64 for index but got: ${index.dtype.scalarName}`);
  }
  if (t.dtype !== source.dtype) {
    throw new RuntimeError(
      `${name}${name === "index_copy" ? "_" : ""}(): self and source expected to have the same dtype, but got (self) ${t.dtype.scalarName} and (source) ${source.dtype.scalarName}`,
    );
  }
  if (numel(index.shape) !== sizeAlong(source, dim)) {
    throw new IndexError(
      name === "index_copy"
        ? `index_copy_(): Number of indices (${numel(index.shape)}) should be equal to source.size(dim) (${sizeAlong(source, dim)})`
        : `${name}(): Number of indices (${numel(index.shape)}) should be equal to source.size(dim): (${sizeAlong(source, dim)}), for dim: ${dim}`,
    );
  }
}

const INDEX_FILL = "index_fill.int_Scalar(Tensor self, int dim, Tensor index, Scalar value) -> Tensor";
export const index_fill: Op<typeof INDEX_FILL> = op(INDEX_FILL, {
  doc: "`self` with a number in the slices along a dimension that an int64 vector names.",
  forward: (t, dim, index, value) => {
    if (index.dtype !== int64) throw new IndexError("index_fill_(): Expected dtype int64 for index.");
    if (index.ndim > 1) throw new IndexError("Index has to be a vector/scalar");
    const d = wrapDim(dim, t.ndim);
    const n = sizeAlong(t, d);
    const out = copyOf(t);
    const v = t.dtype.cast(Number(value));
    for (const i of integers(index)) {
      if (i < -n || i >= n) {
        throw new IndexError(`index ${i} is out of bounds for dimension ${d} with size ${n}`);
      }
      (t.ndim === 0 ? out : out.select(d, i)).fill_(v);
    }
    return out;
  },
  grad: { self: ["index", (g, s) => index_fill(g, s.dim, s.index, 0)] },
  inPlace: true,
});
op("index_fill.int_Tensor(Tensor self, int dim, Tensor index, Tensor value) -> Tensor", {
  doc: "`self` with the number of a scalar tensor in the slices that an int64 vector names.",
  forward: (t, dim, index, value) => {
    if (value.ndim > 0) {
      throw new RuntimeError(
        `index_fill_ only supports a 0-dimensional value tensor, but got tensor with ${value.ndim} dimension(s).`,
      );
    }
    return index_fill(t, dim, index, value.item());
  },
  grad: {
    self: ["index", (g, s) => index_fill(g, s.dim, s.index, 0)],
    value: ["index", (g, s) => g.index_select(s.dim, s.index).sum()],
  },
  node: "IndexFillBackward1",
  inPlace: true,
});

export const index_copy = op("index_copy(Tensor self, int dim, Tensor index, Tensor source) -> Tensor", {
  doc: "`self` with slices of `source` placed where an int64 vector says.",
  forward: (t, dim, index, source) => {
    const d = wrapDim(dim, t.ndim);
    checkSlices(t, d, index, source, "index_copy");
    const out = copyOf(t);
    const { to, from } = slicesAt(out, d, index, source, "index_copy_");
    for (let i = 0; i < to.length; i++) out.storageOf.data[to[i]] = source.storageOf.data[from[i]];
    return out;
  },
  grad: {
    self: ["index", (g, s) => index_fill(g, s.dim, s.index, 0)],
    source: [
      "index",
      (g, s) => {
        const part = g.index_select(s.dim, s.index);
        return s.source.ndim === 0 ? part.reshape([]) : part.expand(s.source.shape);
      },
    ],
  },
  inPlace: true,
});

// ── flat positions ──────────────────────────────────────────────────────────────────────────────────────────────

function flatPositions(t: Tensor, index: Tensor, name: string): Float64Array {
  if (index.dtype !== int64) {
    throw new RuntimeError(`${name}(): Expected a long tensor for index, but got ${index.dtype.scalarName}`);
  }
  const n = numel(t.shape);
  if (n === 0 && numel(index.shape) > 0) throw new IndexError(`${name}(): tried to take from an empty tensor`);
  return Float64Array.from(integers(index), (v) => {
    if (v < -n || v >= n)
      throw new IndexError(`out of range: tried to access index ${v} on a tensor of ${n} elements.`);
    return v < 0 ? v + n : v;
  });
}

const TAKE = "take(Tensor self, Tensor index) -> Tensor";
export const take: Op<typeof TAKE> = op(TAKE, {
  doc: "The elements at positions in the flattened tensor; in the shape of the index.",
  forward: (t, index) => {
    const from = elements(t);
    const out = allocate(index.shape, t.dtype);
    flatPositions(t, index, "take").forEach((p, i) => {
      out.storageOf.data[i] = from[p];
    });
    return out;
  },
  grad: { self: ["index", (g, s) => put(g.new_zeros(s.self.shape), s.index, g, true)] },
});

const PUT = "put(Tensor self, Tensor index, Tensor source, bool accumulate=False) -> Tensor";
export const put: Op<typeof PUT> = op(PUT, {
  doc: "`self` with the elements of `source` placed, or added, at positions in the flattened tensor.",
  forward: (t, index, source, accumulate) => {
    if (t.dtype !== source.dtype) {
      throw new RuntimeError(
        `put_(): self and source expected to have the same dtype, but got self.dtype = ${t.dtype.scalarName} and source.dtype = ${source.dtype.scalarName}`,
      );
    }
    if (numel(index.shape) !== numel(source.shape)) {
      throw new IndexError(
        `put_(): Expected source and index to have the same number of elements, but got source.numel() = ${numel(source.shape)}, index.numel() = ${numel(index.shape)}`,
      );
    }
    const from = elements(source);
    const out = copyOf(t);
    const { data } = out.storageOf;
    flatPositions(t, index, "put_").forEach((p, i) => {
      data[p] = accumulate ? t.dtype.cast(data[p] + from[i]) : from[i];
    });
    return out;
  },
  grad: {
    self: ["index", (g, s) => (s.accumulate ? g : put(g, s.index, g.new_zeros(s.source.shape), false))],
    source: ["index", (g, s) => take(g, s.index).reshape(s.source.shape)],
  },
  inPlace: true,
});

op("take_along_dim(Tensor self, Tensor indices, int? dim=None) -> Tensor", {
  doc: "`gather` with `self` and the indices broadcast together; of the flattened tensors without `dim`.",
  forward: (t, indices, dim) => {
    if (dim === null) return t.reshape([-1]).gather(0, indices.reshape([-1]));
    const d = wrapDim(dim, t.ndim);
    if (t.ndim !== indices.ndim) {
      throw new RuntimeError(
        `torch.take_along_dim(): input and indices should have the same number of dimensions, but got ${t.ndim} dimensions for input, and ${indices.ndim} dimensions for indices`,
      );
    }
    const shape = broadcastShapes(t.shape.with(d, 1), indices.shape.with(d, 1));
    return t.broadcast_to(shape.with(d, t.shape[d])).gather(d, indices.broadcast_to(shape.with(d, indices.shape[d])));
  },
  composite: true,
});

// ── masks ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** A tensor under the shape it broadcasts to, in row-major order. */
function spreadOver(t: Tensor, shape: number[]): Tensor {
  const out = allocate(shape, t.dtype);
  copyInto(out, t);
  return out;
}

function checkMask(mask: Tensor, name: string): void {
  if (mask.dtype !== bool && mask.dtype.name !== "uint8") {
    throw new RuntimeError(`${name}: expected BoolTensor or ByteTensor for mask`);
  }
}

const MASKED_SELECT = "masked_select(Tensor self, Tensor mask) -> Tensor";
export const masked_select: Op<typeof MASKED_SELECT> = op(MASKED_SELECT, {
  doc: "The elements where the mask holds, as a vector; both broadcast.",
  forward: (t, mask) => {
    checkMask(mask, "masked_select");
    const shape = broadcastShapes(t.shape, mask.shape);
    const yes = elements(spreadOver(mask, shape));
    const data = elements(spreadOver(t, shape)).filter((_, i) => yes[i] !== 0);
    return fromData(data, t.dtype, [data.length]);
  },
  grad: {
    self: ["mask", (g, s) => masked_scatter(g.new_zeros(broadcastShapes(s.self.shape, s.mask.shape)), s.mask, g)],
  },
});

const MASKED_SCATTER = "masked_scatter(Tensor self, Tensor mask, Tensor source) -> Tensor";
export const masked_scatter: Op<typeof MASKED_SCATTER> = op(MASKED_SCATTER, {
  doc: "`self` with the elements of `source`, one after another, where the mask holds; self and mask broadcast.",
  forward: (t, mask, source) => {
    checkMask(mask, "masked_scatter");
    if (t.dtype !== source.dtype) {
      throw new RuntimeError(
        `masked_scatter: expected self and source to have same dtypes but got${t.dtype.scalarName} and ${source.dtype.scalarName}`,
      );
    }
    const shape = broadcastShapes(t.shape, mask.shape);
    const yes = elements(spreadOver(mask, shape));
    const from = elements(source);
    const out = spreadOver(t, shape);
    let k = 0;
    yes.forEach((v, i) => {
      if (v === 0) return;
      if (k >= from.length) throw new RuntimeError("Number of elements of source < number of ones in mask");
      out.storageOf.data[i] = from[k++];
    });
    return out;
  },
  grad: {
    self: ["mask", (g, s) => masked_fill(g, s.mask, 0)],
    source: [
      "mask",
      (g, s) => {
        // The elements that went nowhere get none.
        const used = masked_select(g, s.mask);
        const rest = numel(s.source.shape) - used.shape[0];
        return used
          .new_zeros([used.shape[0] + rest])
          .slice_scatter(used, 0, 0, used.shape[0])
          .reshape(s.source.shape);
      },
    ],
  },
  inPlace: true,
});

// ── parts replaced ──────────────────────────────────────────────────────────────────────────────────────────────

/** A copy of `t` in which `part` of it, a view, is overwritten. */
function replaced(t: Tensor, src: Tensor, part: (out: Tensor) => Tensor, name: string): Tensor {
  const out = t.clone();
  const view = part(out);
  if (!sameShape(view.shape, src.shape)) {
    throw new RuntimeError(
      `expected src to have a size equal to the ${name} of self. src size = ${sizeText(src.shape)}, ${name} size = ${sizeText(view.shape)}`,
    );
  }
  copyInto(view, src);
  return out;
}

const DIAGONAL_SCATTER = "diagonal_scatter(Tensor self, Tensor src, int offset=0, int dim1=0, int dim2=1) -> Tensor";
export const diagonal_scatter: Op<typeof DIAGONAL_SCATTER> = op(DIAGONAL_SCATTER, {
  doc: "A copy of `self` with `src` on the diagonal.",
  forward: (t, src, offset, dim1, dim2) => replaced(t, src, (out) => out.diagonal(offset, dim1, dim2), "slice"),
  grad: {
    self: (g, s) => diagonal_scatter(g, g.new_zeros(s.src.shape), s.offset, s.dim1, s.dim2),
    src: (g, s) => g.diagonal(s.offset, s.dim1, s.dim2),
  },
});
const SELECT_SCATTER = "select_scatter(Tensor self, Tensor src, int dim, int index) -> Tensor";
export const select_scatter: Op<typeof SELECT_SCATTER> = op(SELECT_SCATTER, {
  doc: "A copy of `self` with `src` as one slice along a dimension.",
  forward: (t, src, dim, index) => replaced(t, src, (out) => out.select(dim, index), "slice"),
  grad: {
    self: (g, s) => select_scatter(g, g.new_zeros(s.src.shape), s.dim, s.index),
    src: (g, s) => g.select(s.dim, s.index),
  },
});
const SLICE_SCATTER =
  "slice_scatter(Tensor self, Tensor src, int dim=0, int? start=None, int? end=None, int step=1) -> Tensor";
export const slice_scatter: Op<typeof SLICE_SCATTER> = op(SLICE_SCATTER, {
  doc: "A copy of `self` with `src` as the slices `start:end:step` along a dimension.",
  forward: (t, src, dim, start, end, step) => replaced(t, src, (out) => slice(out, dim, start, end, step), "slice"),
  grad: {
    self: (g, s) => slice_scatter(g, g.new_zeros(s.src.shape), s.dim, s.start, s.end, s.step),
    src: (g, s) => slice(g, s.dim, s.start, s.end, s.step),
  },
});
const AS_STRIDED_SCATTER =
  "as_strided_scatter(Tensor self, Tensor src, int[] size, int[] stride, int? storage_offset=None) -> Tensor";
export const as_strided_scatter: Op<typeof AS_STRIDED_SCATTER> = op(AS_STRIDED_SCATTER, {
  doc: "A copy of `self` with `src` at the places that a geometry names.",
  forward: (t, src, size, stride, offset) => replaced(t, src, (out) => out.as_strided(size, stride, offset), "slice"),
  grad: {
    self: (g, s) => as_strided_scatter(g.contiguous(), g.new_zeros(s.src.shape), s.size, s.stride, s.storage_offset),
    src: (g, s) => g.contiguous().as_strided(s.size, s.stride, s.storage_offset),
  },
});

// ── where something is ──────────────────────────────────────────────────────────────────────────────────────────

/** The indices of all non-zero elements, one row each. */
function places(t: Tensor): Tensor {
  const columns = nonzeroVectors(t);
  const n = t.ndim === 0 ? elements(t).filter((v) => v !== 0).length : columns[0].shape[0];
  const out = allocate([n, t.ndim], int64);
  columns.forEach((column, d) => {
    column.storageOf.data.forEach((v, i) => {
      out.storageOf.data[i * t.ndim + d] = v;
    });
  });
  return out;
}

op("nonzero(Tensor self, *, bool as_tuple=False) -> Any", {
  doc: "The indices of the non-zero elements: `[n, ndim]`, or with `as_tuple` an array of one vector for each dimension.",
  forward: (t, as_tuple) => {
    if (!as_tuple) return places(t);
    return nonzeroVectors(t.ndim === 0 ? t.reshape([1]) : t);
  },
  composite: true,
});
op("argwhere(Tensor self) -> Tensor", {
  doc: "The indices of the non-zero elements: `[n, ndim]`.",
  forward: places,
});
op("where(Tensor condition) -> Tensor[]", {
  doc: "The indices where the condition holds, one vector for each dimension.",
  forward: (condition) => nonzeroVectors(condition.ndim === 0 ? condition.reshape([1]) : condition),
  composite: true,
  variants: ["function"],
});

// ── repeating ───────────────────────────────────────────────────────────────────────────────────────────────────

/** 0, 0, 1, 1, 1, …: each position as often as it repeats. */
function repeated(repeats: Tensor): Tensor {
  if (repeats.dtype !== int64 && repeats.dtype !== int32)
    throw new RuntimeError("repeats has to be Long or Int tensor");
  if (repeats.ndim > 1) throw new RuntimeError("repeat_interleave only accept 1D vector as repeat");
  const out: number[] = [];
  elements(repeats).forEach((n, i) => {
    if (n < 0) throw new RuntimeError("repeats can not be negative");
    for (let k = 0; k < n; k++) out.push(i);
  });
  return fromData(Float64Array.from(out), int64, [out.length]);
}

op("repeat_interleave.self_Tensor(Tensor self, Tensor repeats, int? dim=None, *, int? output_size=None) -> Tensor", {
  doc: "Each slice along a dimension (each element without one) as often as `repeats` says.",
  forward: (t, repeats, dim) => {
    const x = dim === null ? t.reshape([-1]) : t;
    const d = wrapDim(dim ?? 0, x.ndim);
    const n = sizeAlong(x, d);
    if (repeats.ndim > 1) throw new RuntimeError("repeats must be 0-dim or 1-dim tensor");
    const times = repeats.ndim === 0 || repeats.shape[0] === 1 ? repeats.reshape([1]).expand([n]) : repeats;
    if (times.shape[0] !== n) throw new RuntimeError("repeats must have the same size as input along dim");
    return x.index_select(d, repeated(times));
  },
  composite: true,
});
op("repeat_interleave.self_int(Tensor self, int repeats, int? dim=None, *, int? output_size=None) -> Tensor", {
  doc: "Each slice along a dimension (each element without one) so many times.",
  forward: (t, repeats, dim) => {
    const x = dim === null ? t.reshape([-1]) : t;
    const d = wrapDim(dim ?? 0, x.ndim);
    const times = fromData(new Float64Array(sizeAlong(x, d)).fill(repeats), int64, [sizeAlong(x, d)]);
    return x.index_select(d, repeated(times));
  },
  composite: true,
});
op("repeat_interleave.Tensor(Tensor repeats, *, int? output_size=None) -> Tensor", {
  doc: "Each position of a vector as often as its number says; int64.",
  forward: (repeats) => repeated(repeats),
  variants: ["function"],
});

// ── segments ────────────────────────────────────────────────────────────────────────────────────────────────────

type SegmentReduction = "sum" | "mean" | "prod" | "max" | "min";
const identity: Record<SegmentReduction, number> = { sum: 0, mean: 0, prod: 1, max: -Infinity, min: Infinity };

interface Segments {
  /** Dimensions before, the segmented one, dimensions behind. */
  outer: number;
  n: number;
  inner: number;
  count: number;
  /** The first element of segment k of a row, and of the one behind it. */
  bounds: (row: number, k: number) => [number, number];
}

function segmentsOf(
  data: { shape: number[] },
  lengths: Tensor | null,
  offsets: Tensor | null,
  axis: number,
  unsafe: boolean,
): Segments {
  const given = lengths ?? offsets;
  if (given === null) throw new RuntimeError("segment_reduce(): Either lengths or offsets must be defined.");
  if (given.ndim - 1 !== axis) {
    throw new RuntimeError(
      `segment_reduce(): Expected axis to be the last dimension of ${lengths === null ? "offsets" : "lengths"} but got ${axis}.`,
    );
  }
  const values = integers(given);
  const width = given.shape[given.ndim - 1];
  const outer = numel(data.shape.slice(0, axis));
  const n = data.shape[axis];
  const inner = numel(data.shape.slice(axis + 1));
  if (lengths === null) {
    const bounds = (row: number, k: number): [number, number] => [values[row * width + k], values[row * width + k + 1]];
    return { outer, n, inner, count: width - 1, bounds };
  }
  const starts = new Float64Array(outer * width);
  for (let row = 0; row < outer; row++) {
    let at = 0;
    for (let k = 0; k < width; k++) {
      starts[row * width + k] = at;
      if (!unsafe && values[row * width + k] < 0) {
        throw new RuntimeError("lengths contains negative value!");
      }
      at += values[row * width + k];
    }
    if (!unsafe && at !== n) {
      throw new RuntimeError(
        "segment_reduce(): Expected all rows of lengths along axis to sum to data.size(lengths.dim()-1) when !unsafe.",
      );
    }
  }
  return {
    outer,
    n,
    inner,
    count: width,
    bounds: (row, k) => [starts[row * width + k], starts[row * width + k] + values[row * width + k]],
  };
}

export const segment_reduce = op(
  "segment_reduce(Tensor data, str reduce, *, Tensor? lengths=None, Tensor? indices=None, Tensor? offsets=None, int axis=0, bool unsafe=False, Scalar? initial=None) -> Tensor",
  {
    doc: 'Neighbouring slices along an axis, in segments of given lengths (or between offsets), reduced to one each: "sum", "mean", "max", "min" or "prod", starting from `initial`.',
    forward: (data, reduce, lengths, _indices, offsets, axis, unsafe, initial) => {
      if (!(reduce in identity)) throw new RuntimeError(`unsupported reduction given! ${reduce}`);
      const kind = reduce as SegmentReduction;
      const d = wrapDim(axis, data.ndim);
      const { outer, n, inner, count, bounds } = segmentsOf(data, lengths, offsets, d, unsafe);
      const from = elements(data);
      const out = allocate(data.shape.with(d, count), data.dtype);
      for (let row = 0; row < outer; row++) {
        for (let k = 0; k < count; k++) {
          const [start, end] = bounds(row, k);
          for (let c = 0; c < inner; c++) {
            let v = Number(initial ?? identity[kind]);
            for (let i = start; i < end; i++) {
              const x = from[(row * n + i) * inner + c];
              if (kind === "prod") v *= x;
              else if (kind === "max") v = Number.isNaN(x) ? x : Math.max(v, x);
              else if (kind === "min") v = Number.isNaN(x) ? x : Math.min(v, x);
              else v += x;
            }
            if (kind === "mean") v = start === end ? (initial === null ? Number.NaN : v) : v / (end - start);
            out.storageOf.data[(row * count + k) * inner + c] = v;
          }
        }
      }
      return out;
    },
    grad: {
      data: [
        "data lengths offsets result",
        (g, s) => {
          const d = wrapDim(s.axis, s.data.ndim);
          const { outer, n, inner, count, bounds } = segmentsOf(s.data, s.lengths, s.offsets, d, s.unsafe);
          const [from, result, grad] = [elements(s.data), elements(s.result), elements(g)];
          const out = allocate(s.data.shape, s.data.dtype);
          for (let row = 0; row < outer; row++) {
            for (let k = 0; k < count; k++) {
              const [start, end] = bounds(row, k);
              for (let c = 0; c < inner; c++) {
                const r = (row * count + k) * inner + c;
                const at = (i: number) => (row * n + i) * inner + c;
                let winners = 0;
                for (let i = start; i < end; i++) if (from[at(i)] === result[r] || Number.isNaN(from[at(i)])) winners++;
                for (let i = start; i < end; i++) {
                  const x = from[at(i)];
                  let slope = 1;
                  if (s.reduce === "mean") slope = 1 / (end - start);
                  else if (s.reduce === "max" || s.reduce === "min") {
                    slope = x === result[r] || Number.isNaN(x) ? 1 / winners : 0;
                  } else if (s.reduce === "prod") {
                    slope = Number(s.initial ?? 1);
                    for (let j = start; j < end; j++) if (j !== i) slope *= from[at(j)];
                  }
                  out.storageOf.data[at(i)] = grad[r] * slope;
                }
              }
            }
          }
          return out;
        },
      ],
    },
    variants: ["function"],
  },
);
