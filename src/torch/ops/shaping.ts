/** Ops that show the same elements under another shape; views wherever PyTorch gives views. */

import { stridedGradient } from "../autograd/strided";
import { checkDevice } from "../device";
import { op } from "../dispatch";
import { type DType, dtypes } from "../dtype";
import { RuntimeError } from "../errors";
import { broadcastTo, contiguous, copyInto, copyOf, emptyLike } from "../kernels/copy";
import { inferSize, isExpandableTo, numel, sameShape, sizeText, viewStrides, wrapDim, wrapDims } from "../shape";
import { alias, allocate, fromData, Tensor } from "../tensor";

export const view = op("view(Tensor(a) self, int[] size) -> Tensor(a)", {
  doc: "The same memory under another shape; one −1 is worked out. Throws RuntimeError where only a copy would do.",
  forward: (t, size) => {
    const shape = inferSize(size, numel(t.shape));
    const strides = viewStrides(t.shape, t.strides, shape);
    if (strides === null) {
      throw new RuntimeError(
        "view size is not compatible with input tensor's size and stride (at least one dimension spans across two contiguous subspaces). Use .reshape(...) instead.",
      );
    }
    return alias(t, shape, strides, t.offset);
  },
  grad: { self: (g, s) => g.reshape(s.self.shape) },
  variants: ["method"],
});

/** PyTorch's `reshape` where a view will do; it names the graph node. */
const reshapeAlias = op("_reshape_alias(Tensor(a) self, int[] size) -> Tensor(a)", {
  doc: "A view of another shape.",
  forward: (t, size) => alias(t, size, viewStrides(t.shape, t.strides, size)!, t.offset),
  grad: { self: (g, s) => g.reshape(s.self.shape) },
  variants: [],
  node: "ReshapeAliasBackward0",
});

export const unsafeView = op("_unsafe_view(Tensor self, int[] size) -> Tensor", {
  doc: "Another shape over memory that nobody else holds.",
  forward: (t, size) => alias(t, size, viewStrides(t.shape, t.strides, size)!, t.offset),
  grad: { self: (g, s) => g.reshape(s.self.shape) },
  variants: [],
  node: "UnsafeViewBackward0",
});

export const reshape = op("reshape(Tensor(a) self, int[] shape) -> Tensor(a)", {
  doc: "The elements in row-major order under another shape: a view where that can be, a copy otherwise.",
  forward: (t, size) => {
    const shape = inferSize(size, numel(t.shape));
    if (viewStrides(t.shape, t.strides, shape) !== null) return reshapeAlias(t, shape);
    return unsafeView(rowMajorCopy(t), shape);
  },
  composite: true,
});

export const flatten = op("flatten.using_ints(Tensor(a) self, int start_dim=0, int end_dim=-1) -> Tensor(a)", {
  doc: "Several dimensions joined into one.",
  forward: (t, start, end) => {
    const from = wrapDim(start, t.ndim);
    const to = wrapDim(end, t.ndim);
    if (from > to) throw new RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim");
    if (t.ndim === 0) return reshape(t, [1]);
    if (from === to) return t;
    return reshape(t, [...t.shape.slice(0, from), numel(t.shape.slice(from, to + 1)), ...t.shape.slice(to + 1)]);
  },
  composite: true,
});

export const ravel = op("ravel(Tensor(a) self) -> Tensor(a)", {
  doc: "All elements in one dimension.",
  forward: (t) => view(contiguous_(t), [-1]),
  composite: true,
});

export const transpose = op("transpose.int(Tensor(a) self, int dim0, int dim1) -> Tensor(a)", {
  doc: "Two dimensions exchanged; a view.",
  forward: (t, a, b) => {
    const i = wrapDim(a, t.ndim);
    const j = wrapDim(b, t.ndim);
    const swap = (list: readonly number[]) => {
      const out = [...list];
      if (t.ndim > 0) [out[i], out[j]] = [list[j], list[i]];
      return out;
    };
    return alias(t, swap(t.shape), swap(t.strides), t.offset);
  },
  grad: { self: (g, s) => g.transpose(s.dim0, s.dim1) },
});

export const t = op("t(Tensor(a) self) -> Tensor(a)", {
  doc: "A matrix transposed (fewer dimensions stay as they are); a view. Throws RuntimeError above two.",
  forward: (x) => {
    if (x.ndim > 2) throw new RuntimeError(`t() expects a tensor with <= 2 dimensions, but self is ${x.ndim}D`);
    return alias(x, [...x.shape].reverse(), [...x.strides].reverse(), x.offset);
  },
  grad: { self: (g) => g.t() },
  node: "TBackward0",
});

export const permute = op("permute(Tensor(a) self, int[] dims) -> Tensor(a)", {
  doc: "Dimensions in another order; a view.",
  forward: (x, dims) => {
    if (dims.length !== x.ndim) {
      throw new RuntimeError(
        `permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired ordering of dimensions i.e. input.dim() = ${x.ndim} is not equal to len(dims) = ${dims.length}`,
      );
    }
    const order = dims.map((d) => wrapDim(d, x.ndim));
    if (new Set(order).size !== order.length) throw new RuntimeError("permute(): duplicate dims are not allowed.");
    return alias(
      x,
      order.map((d) => x.shape[d]),
      order.map((d) => x.strides[d]),
      x.offset,
    );
  },
  grad: {
    self: (g, s) => {
      const order = s.dims.map((d) => wrapDim(d, s.dims.length));
      return g.permute(order.map((_, i) => order.indexOf(i)));
    },
  },
});

export const numpyT = op("numpy_T(Tensor(a) self) -> Tensor(a)", {
  doc: "All dimensions reversed; a view.",
  forward: (x) =>
    permute(
      x,
      x.shape.map((_, i) => x.ndim - 1 - i),
    ),
  composite: true,
  variants: [],
});

export const unsqueeze = op("unsqueeze(Tensor(a) self, int dim) -> Tensor(a)", {
  doc: "A dimension of size 1 put in at `dim`; a view.",
  forward: (x, dim) => {
    const d = wrapDim(dim, x.ndim + 1);
    const step = d < x.ndim ? x.shape[d] * x.strides[d] : 1;
    return alias(x, x.shape.toSpliced(d, 0, 1), x.strides.toSpliced(d, 0, step), x.offset);
  },
  grad: { self: (g, s) => g.squeeze(s.dim) },
});

const squeezed = (x: Tensor, drop: (d: number) => boolean): Tensor => {
  const keep = <T>(list: readonly T[]) => list.filter((_, d) => !(x.shape[d] === 1 && drop(d)));
  return alias(x, keep(x.shape), keep(x.strides), x.offset);
};

export const squeezeAll = op("squeeze(Tensor(a) self) -> Tensor(a)", {
  doc: "Without the dimensions of size 1; a view.",
  forward: (x) => squeezed(x, () => true),
  grad: { self: (g, s) => g.reshape(s.self.shape) },
});

export const squeeze = op("squeeze.dim(Tensor(a) self, int dim) -> Tensor(a)", {
  doc: "Without dimension `dim` where its size is 1; a view.",
  forward: (x, dim) => {
    const d = wrapDim(dim, x.ndim);
    return squeezed(x, (i) => i === d);
  },
  grad: { self: (g, s) => g.reshape(s.self.shape) },
  node: "SqueezeBackward1",
});

// In place these have nodes of other numbers.
const inPlaceOnly = { inPlace: true, variants: ["in-place"] as const };
op("unsqueeze.in_place(Tensor(a) self, int dim) -> Tensor(a)", {
  doc: "A dimension of size 1 put in at `dim`.",
  forward: (x, dim) => unsqueeze(x, dim),
  grad: { self: (g, s) => g.squeeze(s.dim) },
  node: "UnsqueezeBackward1",
  ...inPlaceOnly,
});
op("squeeze.in_place(Tensor(a) self) -> Tensor(a)", {
  doc: "Without the dimensions of size 1.",
  forward: (x) => squeezeAll(x),
  grad: { self: (g, s) => g.reshape(s.self.shape) },
  node: "SqueezeBackward2",
  ...inPlaceOnly,
});
op("squeeze.in_place_dim(Tensor(a) self, int dim) -> Tensor(a)", {
  doc: "Without dimension `dim` where its size is 1.",
  forward: (x, dim) => squeeze(x, dim),
  grad: { self: (g, s) => g.reshape(s.self.shape) },
  node: "SqueezeBackward3",
  ...inPlaceOnly,
});
op("t.in_place(Tensor(a) self) -> Tensor(a)", {
  doc: "A matrix transposed.",
  forward: (x) => t(x),
  grad: { self: (g) => g.t() },
  node: "TBackward1",
  ...inPlaceOnly,
});
op("transpose.in_place(Tensor(a) self, int dim0, int dim1) -> Tensor(a)", {
  doc: "Two dimensions exchanged.",
  forward: (x, a, b) => transpose(x, a, b),
  grad: { self: (g, s) => g.transpose(s.dim0, s.dim1) },
  node: "TransposeBackward1",
  ...inPlaceOnly,
});

export const expand = op("expand(Tensor(a) self, int[] size, *, bool implicit=False) -> Tensor(a)", {
  doc: "Repeated along dimensions of size 1 without copying; −1 leaves a dimension as it is; a view.",
  forward: (x, size) => {
    const lead = size.length - x.ndim;
    if (lead < 0) {
      throw new RuntimeError(
        `expand(torch.FloatTensor{${sizeText(x.shape)}}, size=${sizeText(size)}): the number of sizes provided (${size.length}) must be greater or equal to the number of dimensions in the tensor (${x.ndim})`,
      );
    }
    const shape = size.map((s, i) => (s === -1 && i >= lead ? x.shape[i - lead] : s));
    shape.forEach((s, i) => {
      if (i >= lead && x.shape[i - lead] !== 1 && x.shape[i - lead] !== s) {
        throw new RuntimeError(
          `The expanded size of the tensor (${s}) must match the existing size (${x.shape[i - lead]}) at non-singleton dimension ${i}.  Target sizes: ${sizeText(size)}.  Tensor sizes: ${sizeText(x.shape)}`,
        );
      }
    });
    return broadcastTo(x, shape);
  },
  grad: { self: (g, s) => g.sum_to_size(s.self.shape) },
});

export const expand_as = op("expand_as(Tensor(a) self, Tensor other) -> Tensor(a)", {
  doc: "Expanded to the shape of `other`.",
  forward: (x, other) => expand(x, other.shape, false),
  composite: true,
  variants: ["method"],
});

export const broadcast_to = op("broadcast_to(Tensor(a) self, int[] size) -> Tensor(a)", {
  doc: "Expanded to a shape.",
  forward: (x, size) => expand(x, size, false),
  composite: true,
});

export const sum_to_size = op("sum_to_size(Tensor self, int[] size) -> Tensor", {
  doc: "Summed where the given shape would broadcast to this one.",
  forward: (x, size) => {
    if (sameShape(x.shape, size) && size.length > 0) return x;
    if (!isExpandableTo(size, x.shape)) {
      throw new RuntimeError(`size {${sizeText(size)}} is not expandable to size {${sizeText(x.shape)}}.`);
    }
    if (size.length === 0) return x.sum();
    const lead = x.ndim - size.length;
    const dims = x.shape.map((_, i) => i).filter((i) => i < lead || (size[i - lead] === 1 && x.shape[i] !== 1));
    const summed = dims.length > 0 ? x.sum(dims, true) : x;
    return lead > 0 ? summed.view(size) : summed;
  },
  composite: true,
  variants: ["method"],
});

export const clone = op("clone(Tensor self) -> Tensor", {
  doc: "A copy with memory of its own; gradients flow through it.",
  forward: copyOf,
  grad: { self: (g) => g },
});

export const detach = op("detach(Tensor self) -> Tensor", {
  doc: "The same memory outside the graph: `requires_grad` is false.",
  forward: (x) => {
    const out = alias(x, x.shape, x.strides, x.offset);
    out.versions = x.versions;
    return out;
  },
});

const contiguous_ = op("contiguous(Tensor(a) self) -> Tensor(a)", {
  doc: "The tensor itself where it is row-major, a row-major copy otherwise.",
  forward: (x) => (x.is_contiguous() ? x : rowMajorCopy(x)),
  composite: true,
  variants: ["method"],
});

/** A copy is a clone in the graph, whatever its order in memory. */
const rowMajorCopy = op("_row_major_clone(Tensor self) -> Tensor", {
  doc: "A row-major copy.",
  forward: (x) => fromData(x.flatData(), x.dtype, x.shape),
  grad: { self: (g) => g },
  node: "CloneBackward0",
  variants: [],
});

const toCopy = op("_to_copy(Tensor self, *, ScalarType? dtype=None) -> Tensor", {
  doc: "A copy in another dtype.",
  forward: (x, dtype) => {
    const out = emptyLike(x, dtype ?? x.dtype);
    copyInto(out, x);
    return out;
  },
  grad: { self: (g, s) => g.to(s.self.dtype) },
  variants: [],
});

const converted = (x: Tensor, dtype: DType): Tensor => (x.dtype === dtype ? x : toCopy(x, dtype));

const ownOrConverted = (x: Tensor, dtype: DType, copy: boolean): Tensor => {
  const out = converted(x, dtype);
  return copy && out === x ? x.clone() : out;
};

op(
  "to.device(Tensor(a) self, Device? device, ScalarType? dtype=None, bool non_blocking=False, bool copy=False) -> Tensor(a)",
  {
    doc: "On a device, which must be the CPU, and in a dtype: the tensor itself where there is nothing to do, unless `copy`.",
    forward: (x, device, dtype, _, copy) => {
      checkDevice(device);
      return ownOrConverted(x, dtype ?? x.dtype, copy);
    },
    composite: true,
    variants: ["method"],
  },
);
op("to.dtype(Tensor(a) self, ScalarType dtype, bool non_blocking=False, bool copy=False) -> Tensor(a)", {
  doc: "In another dtype: the tensor itself where it has that one, unless `copy`; a copy otherwise.",
  forward: (x, dtype, _, copy) => ownOrConverted(x, dtype, copy),
  composite: true,
  variants: ["method"],
});
op("to.other(Tensor(a) self, Tensor other) -> Tensor(a)", {
  doc: "In the dtype of another tensor.",
  forward: (x, other) => converted(x, other.dtype),
  composite: true,
  variants: ["method"],
});
op("type_as(Tensor self, Tensor other) -> Tensor", {
  doc: "In the dtype of another tensor.",
  forward: (x, other) => converted(x, other.dtype),
  composite: true,
  variants: ["method"],
});

const conversions: [string, DType][] = [
  ["float", dtypes.float32],
  ["double", dtypes.float64],
  ["long", dtypes.int64],
  ["int", dtypes.int32],
  ["short", dtypes.int16],
  ["char", dtypes.int8],
  ["byte", dtypes.uint8],
  ["bool", dtypes.bool],
  ["half", dtypes.float16],
  ["bfloat16", dtypes.bfloat16],
];
for (const [name, dtype] of conversions) {
  op(`${name}(Tensor(a) self) -> Tensor(a)` as "float(Tensor(a) self) -> Tensor(a)", {
    doc: `In ${dtype.name}: the tensor itself where it is so already.`,
    forward: (x) => converted(x, dtype),
    composite: true,
    variants: ["method"],
  });
}

/** Memory positions of a mirrored tensor cannot be strides (PyTorch has no negative ones): a copy. */
export const flip = op("flip(Tensor self, int[] dims) -> Tensor", {
  doc: "The order of elements along dimensions reversed; a copy.",
  forward: (x, dims) => {
    const flipped = wrapDims(dims.length === 0 ? [] : dims, x.ndim);
    if (dims.length === 0 || x.numel() === 0) return clone(x);
    const out = allocate(x.shape, x.dtype);
    const strides = x.strides.map((s, d) => (flipped.includes(d) ? -s : s));
    const start = flipped.reduce((at, d) => at + (x.shape[d] - 1) * x.strides[d], x.offset);
    copyInto(out, alias(x, x.shape, strides, start));
    return out;
  },
  grad: { self: (g, s) => g.flip(s.dims) },
});

export const repeat = op("repeat(Tensor self, int[] repeats) -> Tensor", {
  doc: "Copied so many times along each dimension.",
  forward: (x, repeats) => {
    const lead = repeats.length - x.ndim;
    if (lead < 0) {
      throw new RuntimeError(
        "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor",
      );
    }
    const sizes = repeats.map((_, i) => (i < lead ? 1 : x.shape[i - lead]));
    const both = repeats.flatMap((r, i) => [r, sizes[i]]);
    const source = contiguous(x);
    const strides = sizes.flatMap((s, i) => [0, i < lead || s === 1 ? 0 : source.strides[i - lead]]);
    const spread = alias(source, both, strides, source.offset);
    return fromData(
      spread.flatData(),
      x.dtype,
      repeats.map((r, i) => r * sizes[i]),
    );
  },
  grad: {
    self: (g, s) => {
      const shape = s.self.shape;
      const lead = s.repeats.length - shape.length;
      if (numel(s.repeats) === 0) return g.new_zeros(shape);
      const both = s.repeats.flatMap((r, i) => [r, i < lead ? 1 : shape[i - lead]]);
      const dims = s.repeats.map((_, i) => 2 * i);
      return g.reshape(both).sum(dims).reshape(shape);
    },
  },
  variants: ["method"],
});

export const asStrided = op(
  "as_strided(Tensor(a) self, int[] size, int[] stride, int? storage_offset=None) -> Tensor(a)",
  {
    doc: "Any geometry over the same memory.",
    forward: (x, size, stride, offset) => alias(x, size, stride, offset ?? x.offset),
    grad: {
      self: [
        "self",
        (g, s) =>
          stridedGradient(g, s.self, { shape: s.size, strides: s.stride, offset: s.storage_offset ?? s.self.offset }),
      ],
    },
    node: "AsStridedBackward0",
  },
);

/** The last two dimensions exchanged; a scalar stays as it is. */
function matricesTransposed(t: Tensor, name: string): Tensor {
  if (t.ndim === 0) return t;
  if (t.ndim === 1) {
    throw new RuntimeError(
      `tensor.${name} is only supported on matrices or batches of matrices. Got ${t.ndim}-D tensor.`,
    );
  }
  return transpose(t, -2, -1);
}

const properties: Record<string, (t: Tensor) => Tensor> = {
  T: (t) => numpyT(t),
  mT: (t) => matricesTransposed(t, "mT"),
  mH: (t) => matricesTransposed(t, "mH"),
  H: (t) => {
    if (t.ndim !== 0 && t.ndim !== 2) {
      const hint = t.ndim > 2 ? " For batches of matrices, consider using tensor.mH" : "";
      throw new RuntimeError(`tensor.H is only supported on matrices (2-D tensors). Got ${t.ndim}-D tensor.${hint}`);
    }
    return t.ndim === 0 ? t : transpose(t, 0, 1);
  },
  real: (t) => t,
  imag: () => {
    throw new RuntimeError("imag is not implemented for tensors with non-complex dtypes.");
  },
};
for (const [name, read] of Object.entries(properties)) {
  Object.defineProperty(Tensor.prototype, name, {
    get(this: Tensor) {
      return read(this);
    },
    configurable: true,
  });
}

op("adjoint(Tensor(a) self) -> Tensor(a)", {
  doc: "The last two dimensions exchanged (and conjugated, which for real numbers is nothing); a view.",
  forward: (x) => (x.ndim === 0 ? x : transpose(x, -2, -1)),
  composite: true,
});
