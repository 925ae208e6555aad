/** Ops that join tensors or cut one into several. */
import { op } from "../dispatch";
import { IndexError, RuntimeError } from "../errors";
import { copyInto } from "../kernels/copy";
import { resultType } from "../promotion";
import { sizeText, wrapDim } from "../shape";
import { alias, type Tensor, unwritten } from "../tensor";

/** PyTorch's legacy: an empty one-dimensional tensor joins anything. */
const skipped = (t: { shape: number[] }): boolean => t.shape.length === 1 && t.shape[0] === 0;

function joinedShape(tensors: readonly Tensor[], dim: number): number[] {
  const first = tensors.find((t) => !skipped(t)) ?? tensors[0];
  const out = [...first.shape];
  out[dim] = 0;
  tensors.forEach((t, i) => {
    if (skipped(t)) return;
    if (t.ndim !== first.ndim) {
      throw new RuntimeError(`Tensors must have same number of dimensions: got ${first.ndim} and ${t.ndim}`);
    }
    for (let d = 0; d < t.ndim; d++) {
      if (d !== dim && t.shape[d] !== first.shape[d]) {
        throw new RuntimeError(
          `Sizes of tensors must match except in dimension ${dim}. Expected size ${first.shape[d]} but got size ${t.shape[d]} for tensor number ${i} in the list.`,
        );
      }
    }
    out[dim] += t.shape[dim];
  });
  return out;
}

// Each part gets its slice of the gradient.
// d cat(a, b) = cat(da, db)
export const cat = op("cat(Tensor[] tensors, int dim=0) -> Tensor", {
  doc: "Tensors one after another along an existing dimension.",
  forward: (tensors, dim) => {
    if (tensors.length === 0) throw new RuntimeError("torch.cat(): expected a non-empty list of Tensors");
    tensors.forEach((t, i) => {
      if (t.ndim === 0) throw new RuntimeError(`zero-dimensional tensor (at position ${i}) cannot be concatenated`);
    });
    const first = tensors.find((t) => !skipped(t)) ?? tensors[0];
    const d = wrapDim(dim, first.ndim);
    const out = unwritten(joinedShape(tensors, d), resultType(...tensors));
    let at = 0;
    for (const t of tensors) {
      if (skipped(t)) continue;
      const shape = out.shape.map((s, i) => (i === d ? t.shape[d] : s));
      copyInto(alias(out, shape, out.strides, at * out.strides[d]), t);
      at += t.shape[d];
    }
    return out;
  },
  grad: {
    tensors: (g, s) => {
      const first = s.tensors.find((t) => !skipped(t)) ?? s.tensors[0];
      const d = wrapDim(s.dim, first.shape.length);
      let at = 0;
      return s.tensors.map((t) => {
        if (skipped(t)) return g.new_zeros([0]);
        at += t.shape[d];
        return g.narrow(d, at - t.shape[d], t.shape[d]);
      });
    },
  },
});

export const stack = op("stack(Tensor[] tensors, int dim=0) -> Tensor", {
  doc: "Tensors of one shape, side by side along a new dimension.",
  forward: (tensors, dim) => {
    if (tensors.length === 0) throw new RuntimeError("stack expects a non-empty TensorList");
    tensors.forEach((t, i) => {
      if (sizeText(t.shape) !== sizeText(tensors[0].shape)) {
        throw new RuntimeError(
          `stack expects each tensor to be equal size, but got ${sizeText(tensors[0].shape)} at entry 0 and ${sizeText(t.shape)} at entry ${i}`,
        );
      }
    });
    const d = wrapDim(dim, tensors[0].ndim + 1);
    return cat(
      tensors.map((t) => t.unsqueeze(d)),
      d,
    );
  },
  grad: {
    tensors: (g, s) => {
      const d = wrapDim(s.dim, s.tensors[0].shape.length + 1);
      return s.tensors.map((_, i) => g.select(d, i));
    },
  },
});

const pieces = (name: string, gradients: Tensor[] | (Tensor | null)[], shapes: number[][], dim: number): Tensor => {
  const some = gradients.find((g) => g !== null);
  if (some === undefined || some === null) throw new RuntimeError(`${name}: no gradient`);
  return cat(
    gradients.map((g, i) => g ?? some.new_zeros(shapes[i])),
    dim,
  );
};

/** Sizes of the pieces along `dim`, as views. */
function cut(t: Tensor, sizes: readonly number[], dim: number): Tensor[] {
  let at = 0;
  return sizes.map((size) => {
    at += size;
    const shape = t.shape.map((s, i) => (i === dim ? size : s));
    return alias(t, shape, t.strides, t.offset + (at - size) * t.strides[dim]);
  });
}

const replaced = (shape: readonly number[], dim: number, size: number) => shape.map((s, i) => (i === dim ? size : s));

function evenSizes(n: number, size: number): number[] {
  const parts = n === 0 ? 1 : Math.ceil(n / size);
  return Array.from({ length: parts }, (_, i) => Math.min(size, n - i * size));
}

export const split = op("split.Tensor(Tensor(a) self, int split_size, int dim=0) -> Tensor(a)[]", {
  doc: "Pieces of a size along a dimension, the last one smaller where it does not divide; views.",
  forward: (t, size, dim) => {
    if (size < 0) throw new RuntimeError(`split expects split_size be non-negative, but got split_size=${size}`);
    const d = wrapDim(dim, t.ndim);
    if (size === 0 && t.shape[d] > 0) {
      throw new RuntimeError(
        `split_size can only be 0 if dimension size is 0, but got dimension size of ${t.shape[d]}`,
      );
    }
    return cut(t, evenSizes(t.shape[d], size), d);
  },
  grad: {
    self: (g, s) => {
      const d = wrapDim(s.dim, s.self.shape.length);
      const shapes = evenSizes(s.self.shape[d], s.split_size).map((n) => replaced(s.self.shape, d, n));
      return pieces("split", g, shapes, d);
    },
  },
});

export const splitSizes = op("split.sizes(Tensor(a) self, int[] split_size, int dim=0) -> Tensor(a)[]", {
  doc: "Pieces of the given sizes along a dimension; views.",
  forward: (t, sizes, dim) => {
    const d = wrapDim(dim, t.ndim);
    const sum = sizes.reduce((a, b) => a + b, 0);
    if (sum !== t.shape[d]) {
      throw new RuntimeError(
        `split_with_sizes expects split_sizes to sum exactly to ${t.shape[d]} (input tensor's size at dimension ${d}), but got split_sizes=${sizeText(sizes)}`,
      );
    }
    return cut(t, sizes, d);
  },
  grad: {
    self: (g, s) => {
      const d = wrapDim(s.dim, s.self.shape.length);
      return pieces(
        "split",
        g,
        s.split_size.map((n) => replaced(s.self.shape, d, n)),
        d,
      );
    },
  },
  node: "SplitWithSizesBackward0",
});

export const chunk = op("chunk(Tensor(a) self, int chunks, int dim=0) -> Tensor(a)[]", {
  doc: "At most so many equal pieces along a dimension; views.",
  forward: (t, chunks, dim) => {
    if (chunks <= 0) throw new RuntimeError(`chunk expects \`chunks\` to be greater than 0, got: ${chunks}`);
    return split(t, Math.max(1, Math.ceil(t.shape[wrapDim(dim, t.ndim)] / chunks)), dim);
  },
  composite: true,
});

export const unbind = op("unbind.int(Tensor(a) self, int dim=0) -> Tensor(a)[]", {
  doc: "The slices along a dimension, which they no longer have; views.",
  forward: (t, dim) => {
    if (t.ndim === 0) throw new IndexError("Dimension specified as 0 but tensor has no dimensions");
    const d = wrapDim(dim, t.ndim);
    const without = <T>(list: readonly T[]) => list.filter((_, i) => i !== d);
    return Array.from({ length: t.shape[d] }, (_, i) =>
      alias(t, without(t.shape), without(t.strides), t.offset + i * t.strides[d]),
    );
  },
  grad: {
    self: (g: (Tensor | null)[], s) => {
      const d = wrapDim(s.dim, s.self.shape.length);
      const some = g.find((x) => x !== null)!;
      return stack(
        g.map((x) => x ?? some.zeros_like()),
        d,
      );
    },
  },
});

/** The same memory without the tie of a view. */
const untied = (t: Tensor): Tensor => alias(t, t.shape, t.strides, t.offset);

op("unsafe_split.Tensor(Tensor self, int split_size, int dim=0) -> Tensor[]", {
  doc: "As `split`, but the pieces may be changed in place without ties to each other.",
  forward: (t, size, dim) => split(t, size, dim).map(untied),
  grad: {
    self: (g, s) => {
      const d = wrapDim(s.dim, s.self.shape.length);
      const shapes = evenSizes(s.self.shape[d], s.split_size).map((n) => replaced(s.self.shape, d, n));
      return pieces("unsafe_split", g, shapes, d);
    },
  },
});
op("unsafe_split_with_sizes(Tensor self, int[] split_sizes, int dim=0) -> Tensor[]", {
  doc: "As `split_with_sizes`, but the pieces may be changed in place without ties to each other.",
  forward: (t, sizes, dim) => splitSizes(t, sizes, dim).map(untied),
  grad: {
    self: (g, s) => {
      const d = wrapDim(s.dim, s.self.shape.length);
      const shapes = s.split_sizes.map((n) => replaced(s.self.shape, d, n));
      return pieces("unsafe_split_with_sizes", g, shapes, d);
    },
  },
});
op("unsafe_chunk(Tensor self, int chunks, int dim=0) -> Tensor[]", {
  doc: "As `chunk`, but the pieces may be changed in place without ties to each other.",
  forward: (t, chunks, dim) => {
    if (chunks <= 0) throw new RuntimeError(`chunk expects \`chunks\` to be greater than 0, got: ${chunks}`);
    const size = Math.max(1, Math.ceil(t.shape[wrapDim(dim, t.ndim)] / chunks));
    return t.unsafe_split(size, dim);
  },
  composite: true,
});
