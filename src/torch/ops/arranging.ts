/** Ops that arrange elements: diagonals, turns, windows, pieces, stacks and grids. */
import { op } from "../dispatch";
import { int64 } from "../dtype";
import { RuntimeError } from "../errors";
import { copyInto, elements } from "../kernels/copy";
import { resultType } from "../promotion";
import { broadcastShapes, numel, sizeText, wrapDim } from "../shape";
import { alias, allocate, fromData, type Tensor } from "../tensor";
import { slice } from "./indexing";
import { cat, splitSizes, stack } from "./joining";
import { flatten, permute, reshape, unsqueeze } from "./shaping";

// ── diagonals ───────────────────────────────────────────────────────────────────────────────────────────────────

/** The dimensions of a diagonal, counted from the front and different. */
function planeOf(dim1: number, dim2: number, rank: number): [number, number] {
  const a = wrapDim(dim1, rank);
  const b = wrapDim(dim2, rank);
  if (a === b) throw new RuntimeError(`diagonal dimensions cannot be identical ${dim1}, ${dim2}`);
  return [a, b];
}

export const diagonal = op("diagonal(Tensor(a) self, int offset=0, int dim1=0, int dim2=1) -> Tensor(a)", {
  doc: "The elements where the indices of two dimensions differ by `offset`, as the last dimension; a view.",
  forward: (t, offset, dim1, dim2) => {
    const [a, b] = planeOf(dim1, dim2, t.ndim);
    const rest = <T>(list: readonly T[]) => list.filter((_, d) => d !== a && d !== b);
    const n = Math.max(
      0,
      offset >= 0 ? Math.min(t.shape[a], t.shape[b] - offset) : Math.min(t.shape[a] + offset, t.shape[b]),
    );
    const start = n === 0 ? 0 : offset >= 0 ? offset * t.strides[b] : -offset * t.strides[a];
    return alias(t, [...rest(t.shape), n], [...rest(t.strides), t.strides[a] + t.strides[b]], t.offset + start);
  },
  grad: { self: (g, s) => g.new_zeros(s.self.shape).diagonal_scatter(g, s.offset, s.dim1, s.dim2) },
});

export const diag_embed = op("diag_embed(Tensor self, int offset=0, int dim1=-2, int dim2=-1) -> Tensor", {
  doc: "Matrices, in two new dimensions, with the last dimension on their diagonal.",
  forward: (t, offset, dim1, dim2) => {
    const [a, b] = planeOf(dim1, dim2, t.ndim + 1);
    const n = (t.shape[t.ndim - 1] ?? 1) + Math.abs(offset);
    const shape = t.shape.slice(0, -1);
    for (const d of [Math.min(a, b), Math.max(a, b)]) shape.splice(d, 0, n);
    const out = allocate(shape, t.dtype);
    copyInto(diagonal(out, offset, a, b), t);
    return out;
  },
  grad: { self: (g, s) => g.diagonal(s.offset, s.dim1, s.dim2) },
});

export const diag = op("diag(Tensor self, int diagonal=0) -> Tensor", {
  doc: "The diagonal of a matrix, or the matrix with a vector on its diagonal.",
  forward: (t, offset) => {
    if (t.ndim === 1) return diag_embed(t, offset, 0, 1);
    if (t.ndim !== 2) throw new RuntimeError(`matrix or a vector expected`);
    return diagonal(t, offset, 0, 1).clone();
  },
  grad: {
    self: (g, s) =>
      s.self.shape.length === 1 ? g.diag(s.diagonal) : g.new_zeros(s.self.shape).diagonal_scatter(g, s.diagonal, 0, 1),
  },
});

op("diagflat(Tensor self, int offset=0) -> Tensor", {
  doc: "The matrix with all elements on its diagonal.",
  forward: (t, offset) => t.contiguous().view([-1]).diag(offset),
  composite: true,
});

// ── turns ───────────────────────────────────────────────────────────────────────────────────────────────────────

op("fliplr(Tensor self) -> Tensor", {
  doc: "Columns in reverse order.",
  forward: (t) => {
    if (t.ndim < 2) throw new RuntimeError("Input must be >= 2-d.");
    return t.flip([1]);
  },
  composite: true,
});
op("flipud(Tensor self) -> Tensor", {
  doc: "Rows in reverse order.",
  forward: (t) => {
    if (t.ndim < 1) throw new RuntimeError("Input must be >= 1-d.");
    return t.flip([0]);
  },
  composite: true,
});

/** Elements moved on by `shift` along a dimension, those beyond the end to the front. */
function rolled(t: Tensor, shift: number, dim: number): Tensor {
  const d = wrapDim(dim, t.ndim);
  const n = t.shape[d];
  const k = n === 0 ? 0 : ((shift % n) + n) % n;
  return k === 0 ? t : cat([t.narrow(d, n - k, k), t.narrow(d, 0, n - k)], d);
}

export const roll = op("roll(Tensor self, int[1] shifts, int[1] dims=[]) -> Tensor", {
  doc: "Elements moved on along dimensions, those beyond the end to the front; of the flattened tensor where no dimension is named.",
  forward: (t, shifts, dims) => {
    if (shifts.length === 0) throw new RuntimeError("`shifts` required");
    if (dims.length === 0) {
      if (shifts.length !== 1) {
        throw new RuntimeError(`shifts and dimensions must align. shifts: ${shifts.length}, dims:0`);
      }
      if (t.numel() === 0) return t.clone();
      return rolled(t.reshape([-1]), shifts[0], 0)
        .clone()
        .reshape(t.shape);
    }
    if (shifts.length !== dims.length) {
      throw new RuntimeError(`shifts and dimensions must align. shifts: ${shifts.length}, dims:${dims.length}`);
    }
    if (t.numel() === 0) return t.clone();
    return shifts.reduce((x, shift, i) => rolled(x, shift, dims[i]), t).clone();
  },
  grad: {
    self: (g, s) =>
      g.roll(
        s.shifts.map((k) => -k),
        s.dims,
      ),
  },
});

export const rot90 = op("rot90(Tensor self, int k=1, int[] dims=[0,1]) -> Tensor", {
  doc: "A quarter turn in the plane of two dimensions, k times, from the first towards the second.",
  forward: (t, k, dims) => {
    if (dims.length !== 2) {
      throw new RuntimeError(`expected total rotation dims == 2, but got dims = ${dims.length}`);
    }
    if (t.ndim < 2) throw new RuntimeError(`expected total dims >= 2, but got total dims = ${t.ndim}`);
    if (dims[0] === dims[1] || Math.abs(dims[0] - dims[1]) === t.ndim) {
      throw new RuntimeError(`expected rotation dims to be different, but got dim0 = ${dims[0]} and dim1 = ${dims[1]}`);
    }
    const [a, b] = dims.map((d) => wrapDim(d, t.ndim));
    switch (((k % 4) + 4) % 4) {
      case 1:
        return t.flip([b]).transpose(a, b).clone();
      case 2:
        return t.flip([a, b]);
      case 3:
        return t.flip([a]).transpose(a, b).clone();
      default:
        return t.clone();
    }
  },
  grad: { self: (g, s) => g.rot90(-s.k, s.dims) },
});

// ── order of dimensions ─────────────────────────────────────────────────────────────────────────────────────────

export const movedim = op("movedim(Tensor(a) self, int[1] source, int[1] destination) -> Tensor(a)", {
  doc: "Dimensions moved to other places, the rest in their order; a view.",
  forward: (t, source, destination) => {
    if (source.length !== destination.length) {
      throw new RuntimeError(
        `movedim: Invalid source or destination dims: source (${sizeText(source)} dims) should contain the same number of dims as destination (${sizeText(destination)} dims)`,
      );
    }
    const from = source.map((d) => wrapDim(d, t.ndim));
    const to = destination.map((d) => wrapDim(d, t.ndim));
    if (new Set(from).size !== from.length) {
      throw new RuntimeError(`movedim: repeated dim in \`source\` (${sizeText(source)})`);
    }
    if (new Set(to).size !== to.length) {
      throw new RuntimeError(`movedim: repeated dim in \`destination\` (${sizeText(destination)})`);
    }
    if (t.ndim === 0) return permute(t, []);
    const rest = t.shape.map((_, d) => d).filter((d) => !from.includes(d));
    const order = t.shape.map((_, d) => (to.includes(d) ? from[to.indexOf(d)] : rest.shift()!));
    return permute(t, order);
  },
  composite: true,
});

// ── windows and shapes ──────────────────────────────────────────────────────────────────────────────────────────

export const unfold = op("unfold(Tensor(a) self, int dimension, int size, int step) -> Tensor(a)", {
  doc: "All windows of a size along a dimension, `step` apart, in a new last dimension; a view.",
  forward: (t, dimension, size, step) => {
    const d = wrapDim(dimension, t.ndim);
    const n = t.ndim === 0 ? 1 : t.shape[d];
    if (size < 0) throw new RuntimeError(`size is ${size} but must be >= 0`);
    if (size > n) {
      throw new RuntimeError(`maximum size for tensor at dimension ${d} is ${n} but size is ${size}`);
    }
    if (step <= 0) throw new RuntimeError(`step is ${step} but must be > 0`);
    const stride = t.ndim === 0 ? 1 : t.strides[d];
    const count = Math.floor((n - size) / step) + 1;
    if (t.ndim === 0) return alias(t, [size], [1], t.offset);
    return alias(t, [...t.shape.with(d, count), size], [...t.strides.with(d, stride * step), stride], t.offset);
  },
  grad: {
    self: (g, s) => {
      const { shape } = s.self;
      const d = wrapDim(s.dimension, shape.length);
      // Each element is summed over the windows that show it.
      const n = shape[d] ?? 1;
      const windows = fromData(
        Float64Array.from({ length: n }, (_, i) => i),
        int64,
        [n],
      ).unfold(0, s.size, s.step);
      if (shape.length === 0) return g.reshape([]);
      const flat = g.movedim(d, -2).reshape([...shape.toSpliced(d, 1), windows.numel()]);
      const out = flat.new_zeros([...shape.toSpliced(d, 1), n]);
      return out.index_add(-1, windows.reshape([-1]), flat).movedim(-1, d);
    },
  },
  variants: ["method"],
});

op("unflatten.int(Tensor(a) self, int dim, int[] sizes) -> Tensor(a)", {
  doc: "One dimension as several; one −1 among their sizes is worked out; a view.",
  forward: (t, dim, sizes) => {
    const d = wrapDim(dim, t.ndim);
    if (sizes.length === 0) throw new RuntimeError("unflatten: sizes must be non-empty");
    const known = numel(sizes.filter((s) => s !== -1));
    const n = t.shape[d];
    const full = sizes.map((s) => (s === -1 ? n / known : s));
    if (numel(full) !== n) {
      throw new RuntimeError(
        `unflatten: Provided sizes ${sizeText(sizes)} don't multiply up to the size of dim ${d} (${n}) in the input tensor`,
      );
    }
    return t.view([...t.shape.slice(0, d), ...full, ...t.shape.slice(d + 1)]);
  },
  composite: true,
  variants: ["method"],
});

op("reshape_as(Tensor(a) self, Tensor other) -> Tensor(a)", {
  doc: "Under the shape of another tensor: a view where that can be, a copy otherwise.",
  forward: (t, other) => reshape(t, other.shape),
  composite: true,
  variants: ["method"],
});
op("view_as(Tensor(a) self, Tensor other) -> Tensor(a)", {
  doc: "The same memory under the shape of another tensor.",
  forward: (t, other) => t.view(other.shape),
  composite: true,
  variants: ["method"],
});

op("tile(Tensor self, int[] dims) -> Tensor", {
  doc: "Copied so many times along each dimension; missing numbers count as 1, from the front.",
  forward: (t, dims) => t.repeat([...new Array<number>(Math.max(0, t.ndim - dims.length)).fill(1), ...dims]),
  composite: true,
});

// ── at least so many dimensions ─────────────────────────────────────────────────────────────────────────────────

const atLeast: [number, (t: Tensor) => Tensor][] = [
  [1, (t) => (t.ndim === 0 ? reshape(t, [1]) : t)],
  [2, (t) => (t.ndim === 0 ? reshape(t, [1, 1]) : t.ndim === 1 ? unsqueeze(t, 0) : t)],
  [
    3,
    (t) => {
      if (t.ndim === 0) return reshape(t, [1, 1, 1]);
      if (t.ndim === 1) return unsqueeze(unsqueeze(t, 0), -1);
      return t.ndim === 2 ? unsqueeze(t, -1) : t;
    },
  ],
];
const [to1d, to2d, to3d] = atLeast.map(([, f]) => f);
for (const [n, f] of atLeast) {
  const doc = `With dimensions of size 1 put in where there are fewer than ${n}. Several tensors give an array.`;
  op(`atleast_${n}d(Tensor(a) self) -> Tensor(a)` as "atleast_1d(Tensor(a) self) -> Tensor(a)", {
    doc,
    forward: f,
    composite: true,
    variants: ["function"],
  });
  op(`atleast_${n}d.Sequence(Tensor[] tensors) -> Tensor[]` as "atleast_1d.Sequence(Tensor[] tensors) -> Tensor[]", {
    doc,
    forward: (tensors) => tensors.map(f),
    composite: true,
    variants: ["function"],
  });
}

// ── stacks ──────────────────────────────────────────────────────────────────────────────────────────────────────

const notEmpty = (name: string, tensors: readonly Tensor[]) => {
  if (tensors.length === 0) throw new RuntimeError(`${name} expects a non-empty TensorList`);
};

const stacks: [string, string, (tensors: Tensor[]) => Tensor][] = [
  [
    "hstack",
    "Tensors side by side: along the second dimension, vectors along the first.",
    (tensors) => {
      const rows = tensors.map(to1d);
      return cat(rows, rows[0].ndim === 1 ? 0 : 1);
    },
  ],
  ["vstack", "Tensors one below the other, vectors as rows.", (tensors) => cat(tensors.map(to2d), 0)],
  ["dstack", "Tensors one behind the other, along the third dimension.", (tensors) => cat(tensors.map(to3d), 2)],
  [
    "column_stack",
    "Tensors side by side, vectors as columns.",
    (tensors) =>
      cat(
        tensors.map((t) => (t.ndim <= 1 ? reshape(t, [t.numel(), 1]) : t)),
        1,
      ),
  ],
];
for (const [name, doc, f] of stacks) {
  op(`${name}(Tensor[] tensors) -> Tensor` as "hstack(Tensor[] tensors) -> Tensor", {
    doc,
    forward: (tensors) => {
      notEmpty(name, tensors);
      return f(tensors);
    },
    composite: true,
  });
}

export const block_diag = op("block_diag(Tensor[] tensors) -> Tensor", {
  doc: "Matrices (vectors as rows, scalars as 1 × 1) along the diagonal of one, zeros elsewhere.",
  forward: (tensors) => {
    const blocks = tensors.map((t, i) => {
      if (t.ndim > 2) {
        throw new RuntimeError(
          `torch.block_diag: Input tensors must have 2 or fewer dimensions. Input ${i} has ${t.ndim} dimensions`,
        );
      }
      return to2d(t);
    });
    if (blocks.length === 0) return allocate([1, 0], tensors[0]?.dtype ?? int64);
    const sizes = [0, 1].map((d) => blocks.reduce((n, b) => n + b.shape[d], 0));
    const out = allocate(sizes, resultType(...tensors));
    let [row, column] = [0, 0];
    for (const b of blocks) {
      copyInto(alias(out, b.shape, out.strides, row * sizes[1] + column), b);
      row += b.shape[0];
      column += b.shape[1];
    }
    return out;
  },
  // Each block has the gradient of its place.
  grad: {
    tensors: (g, s) => {
      let [row, column] = [0, 0];
      return s.tensors.map((t) => {
        const [n, m] = t.shape.length === 2 ? t.shape : t.shape.length === 1 ? [1, t.shape[0]] : [1, 1];
        const part = g.narrow(0, row, n).narrow(1, column, m);
        row += n;
        column += m;
        return part.reshape(t.shape);
      });
    },
  },
});

// ── pieces ──────────────────────────────────────────────────────────────────────────────────────────────────────

op("split_with_sizes(Tensor(a) self, int[] split_sizes, int dim=0) -> Tensor(a)[]", {
  doc: "Pieces of the given sizes along a dimension; views.",
  forward: (t, sizes, dim) => splitSizes(t, sizes, dim),
  composite: true,
});

/** Slices between neighbouring ends; Python's rules for ends beyond the size. */
function between(t: Tensor, ends: readonly number[], dim: number): Tensor[] {
  const d = wrapDim(dim, t.ndim);
  return [...ends, t.shape[d]].map((end, i) => slice(t, d, i === 0 ? 0 : ends[i - 1], end, 1));
}

function evenly(t: Tensor, sections: number, dim: number): Tensor[] {
  if (sections <= 0) {
    throw new RuntimeError(`number of sections must be larger than 0, got ${sections}`);
  }
  const d = wrapDim(dim, t.ndim);
  const n = t.shape[d];
  // The first n % sections pieces are longer by one.
  let at = 0;
  return Array.from({ length: sections }, (_, i) => {
    const size = Math.floor(n / sections) + (i < n % sections ? 1 : 0);
    at += size;
    return slice(t, d, at - size, at, 1);
  });
}

const notScalar = (t: Tensor) => {
  if (t.ndim === 0) {
    throw new RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims");
  }
};

op("tensor_split.sections(Tensor(a) self, int sections, int dim=0) -> Tensor(a)[]", {
  doc: "So many pieces along a dimension, as equal as can be; views.",
  forward: (t, sections, dim) => {
    notScalar(t);
    return evenly(t, sections, dim);
  },
  composite: true,
});
op("tensor_split.indices(Tensor(a) self, int[] indices, int dim=0) -> Tensor(a)[]", {
  doc: "Pieces between the given places along a dimension; views.",
  forward: (t, indices, dim) => {
    notScalar(t);
    return between(t, indices, dim);
  },
  composite: true,
});
op(
  "tensor_split.tensor_indices_or_sections(Tensor(a) self, Tensor tensor_indices_or_sections, int dim=0) -> Tensor(a)[]",
  {
    doc: "Pieces between the places in a vector, or so many as a scalar tensor says; views.",
    forward: (t, where, dim) => {
      notScalar(t);
      const values = Array.from(elements(where));
      return where.ndim === 0 ? evenly(t, values[0], dim) : between(t, values, dim);
    },
    composite: true,
  },
);

const splits: [string, number, string, (t: Tensor) => number][] = [
  ["hsplit", 1, "second (a vector's only)", (t) => (t.ndim === 1 ? 0 : 1)],
  ["vsplit", 2, "first", () => 0],
  ["dsplit", 3, "third", () => 2],
];
for (const [name, rank, word, along] of splits) {
  const check = (t: Tensor) => {
    if (t.ndim < rank) {
      throw new RuntimeError(
        `torch.${name} requires a tensor with at least ${rank} dimension${rank === 1 ? "" : "s"}, but got a tensor with ${t.ndim} dimensions!`,
      );
    }
  };
  const doc = `Equal pieces, or pieces between places, along the ${word} dimension; views.`;
  op(
    `${name}.int(Tensor(a) self, int sections) -> Tensor(a)[]` as "hsplit.int(Tensor(a) self, int sections) -> Tensor(a)[]",
    {
      doc,
      forward: (t, sections) => {
        check(t);
        const d = along(t);
        if (sections <= 0 || t.shape[d] % sections !== 0) {
          throw new RuntimeError(
            `torch.${name} attempted to split along dimension ${d}, but the size of the dimension ${t.shape[d]} is not divisible by the split_size ${sections}!`,
          );
        }
        return evenly(t, sections, d);
      },
      composite: true,
    },
  );
  op(
    `${name}.array(Tensor(a) self, int[] indices) -> Tensor(a)[]` as "hsplit.array(Tensor(a) self, int[] indices) -> Tensor(a)[]",
    {
      doc,
      forward: (t, indices) => {
        check(t);
        return between(t, indices, along(t));
      },
      composite: true,
    },
  );
}

// ── broadcasting and grids ──────────────────────────────────────────────────────────────────────────────────────

op("broadcast_tensors(Tensor[] tensors) -> Tensor[]", {
  doc: "All tensors expanded to the shape they broadcast to; views.",
  forward: (tensors) => {
    const shape = tensors.reduce<number[]>((s, t) => broadcastShapes(s, t.shape), []);
    return tensors.map((t) => (sizeText(t.shape) === sizeText(shape) ? t : t.expand(shape)));
  },
  composite: true,
});

/** The shape that shapes (or single sizes) broadcast to. Throws RuntimeError where they do not. */
export function broadcast_shapes(...shapes: (readonly number[] | number)[]): number[] {
  const lists = shapes.map((s) => (typeof s === "number" ? [s] : s));
  for (const list of lists) {
    for (const s of list) {
      if (s < 0) throw new RuntimeError(`Trying to create tensor with negative dimension (${s}): (${s})`);
    }
  }
  try {
    return lists.reduce<number[]>((a, b) => broadcastShapes(a, b), []);
  } catch {
    throw new RuntimeError("Shape mismatch: objects cannot be broadcast to a single shape");
  }
}

op("meshgrid(Tensor[] tensors, *, str? indexing=None) -> Tensor[]", {
  doc: 'Grids of coordinates from vectors: result i varies along dimension i. With `indexing: "xy"` the first two dimensions are exchanged.',
  forward: (tensors, indexing) => {
    notEmpty("meshgrid", tensors);
    for (const t of tensors) {
      if (t.ndim > 1) {
        throw new RuntimeError(
          `torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: ${t.ndim === 0 ? t.item() : String(t)}`,
        );
      }
      if (t.dtype !== tensors[0].dtype) {
        throw new RuntimeError("torch.meshgrid expects all tensors to have the same dtype");
      }
    }
    if (indexing !== null && indexing !== "ij" && indexing !== "xy") {
      throw new RuntimeError(`torch.meshgrid: indexing must be one of "xy" or "ij", but received: ${indexing}`);
    }
    const swap = indexing === "xy" && tensors.length >= 2;
    // With "xy" the first vector runs along columns.
    const place = (i: number) => (swap && i < 2 ? 1 - i : i);
    const shape = tensors.map((_, i) => tensors[place(i)].numel());
    return tensors.map((t, i) => t.view(shape.map((n, d) => (d === place(i) ? n : 1))).expand(shape));
  },
  composite: true,
  variants: ["function"],
});

op("cartesian_prod(Tensor[] tensors) -> Tensor", {
  doc: "All combinations of one element of each vector, a row each.",
  forward: (tensors) => {
    for (const t of tensors) {
      if (t.ndim !== 1) {
        throw new RuntimeError(`Expect a 1D vector, but got shape ${sizeText(t.shape)}`);
      }
    }
    if (tensors.length === 1) return tensors[0];
    const shape = tensors.map((t) => t.numel());
    const grids = tensors.map((t, i) => t.view(shape.map((n, d) => (d === i ? n : 1))).expand(shape));
    return stack(
      grids.map((t) => flatten(t, 0, -1)),
      1,
    );
  },
  composite: true,
  variants: ["function"],
});

op("combinations(Tensor self, int r=2, bool with_replacement=False) -> Tensor", {
  doc: "All ways to choose r elements of a vector in its order (each again and again with `with_replacement`), a row each.",
  forward: (t, r, with_replacement) => {
    if (t.ndim !== 1) {
      throw new RuntimeError(`Expect a 1D vector, but got shape ${sizeText(t.shape)}`);
    }
    if (r < 0) throw new RuntimeError(`Expect a non-negative number, but got ${r}`);
    if (r === 0) return t.new_empty([0]);
    const columns: number[][] = Array.from({ length: r }, () => []);
    const chosen: number[] = [];
    const choose = (from: number) => {
      if (chosen.length === r) {
        chosen.forEach((v, k) => void columns[k].push(v));
        return;
      }
      for (let i = from; i < t.shape[0]; i++) {
        chosen.push(i);
        choose(with_replacement ? i : i + 1);
        chosen.pop();
      }
    };
    choose(0);
    return stack(
      columns.map((c) => t.index_select(0, fromData(Float64Array.from(c), int64, [c.length]))),
      1,
    );
  },
  composite: true,
});

op("narrow_copy(Tensor self, int dim, int start, int length) -> Tensor", {
  doc: "A copy of `length` slices along a dimension from `start` on.",
  forward: (t, dim, start, length) => t.narrow(dim, start, length).clone(),
});
