/** Ops that pick and place elements. */
import { type Op, op, runInPlace } from "../dispatch";
import { bool, Category, int64, type TypedArray } from "../dtype";
import { IndexError, RuntimeError } from "../errors";
import { copyInto, elements, integers } from "../kernels/copy";
import { pointedAt } from "../kernels/scatter";
import { wrapNumber } from "../promotion";
import { broadcastShapes, numel, sizeText, wrapDim } from "../shape";
import { alias, allocate, forEachOffset, fromData, Tensor, unwritten } from "../tensor";
import { warn } from "../warnings";

export const select = op("select.int(Tensor(a) self, int dim, int index) -> Tensor(a)", {
  doc: "One slice along a dimension, which is then gone; a view.",
  forward: (x, dim, index) => {
    if (x.ndim === 0) throw new IndexError("select() cannot be applied to a 0-dim tensor.");
    const d = wrapDim(dim, x.ndim);
    const n = x.shape[d];
    if (index < -n || index >= n) {
      throw new IndexError(
        `select(): index ${index} out of range for tensor of size ${sizeText(x.shape)} at dimension ${d}`,
      );
    }
    const i = index < 0 ? index + n : index;
    return alias(x, x.shape.toSpliced(d, 1), x.strides.toSpliced(d, 1), x.offset + i * x.strides[d]);
  },
  grad: { self: (g, s) => selectBackward(g, s.self.shape, s.dim, s.index) },
});

/** Zeros with the values of `part` in the view of them that `view` takes. */
function within(part: Tensor, shape: readonly number[], view: (whole: Tensor) => Tensor): Tensor {
  const out = allocate([...shape], part.dtype);
  copyInto(view(out), part);
  return out;
}

const SELECT_BACKWARD = "select_backward(Tensor grad_output, int[] input_sizes, int dim, int index) -> Tensor";

const selectBackward: Op<typeof SELECT_BACKWARD> = op(SELECT_BACKWARD, {
  doc: "The gradient of `select`'s input: zeros around that of the slice.",
  forward: (g, sizes, dim, index) => within(g, sizes, (out) => select(out, dim, index)),
  grad: { grad_output: (g, s) => select(g, s.dim, s.index) },
  variants: [],
});

/** Python's slice: negative ends count from behind, everything is clipped. */
function clip(start: number | null, end: number | null, n: number): [number, number] {
  const fix = (v: number) => Math.min(Math.max(v < 0 ? v + n : v, 0), n);
  const from = fix(start ?? 0);
  return [from, Math.max(from, fix(end ?? n))];
}

export const slice = op(
  "slice.Tensor(Tensor(a) self, int dim=0, int? start=None, int? end=None, int step=1) -> Tensor(a)",
  {
    doc: "Python's `start:end:step` along a dimension; a view.",
    forward: (x, dim, start, end, step) => {
      if (x.ndim === 0) throw new RuntimeError("slice() cannot be applied to a 0-dim tensor.");
      if (step <= 0) throw new RuntimeError("slice step must be positive");
      const d = wrapDim(dim, x.ndim);
      const [from, to] = clip(start, end, x.shape[d]);
      const shape = x.shape.with(d, Math.ceil((to - from) / step));
      return alias(x, shape, x.strides.with(d, x.strides[d] * step), x.offset + from * x.strides[d]);
    },
    grad: { self: (g, s) => sliceBackward(g, s.self.shape, s.dim, s.start, s.end, s.step) },
    variants: [],
  },
);

const SLICE_BACKWARD =
  "slice_backward(Tensor grad_output, int[] input_sizes, int dim, int? start, int? end, int step) -> Tensor";

const sliceBackward: Op<typeof SLICE_BACKWARD> = op(SLICE_BACKWARD, {
  doc: "The gradient of `slice`'s input: zeros around that of the part.",
  forward: (g, sizes, dim, start, end, step) => within(g, sizes, (out) => slice(out, dim, start, end, step)),
  grad: { grad_output: (g, s) => slice(g, s.dim, s.start, s.end, s.step) },
  variants: [],
});

export const narrow = op("narrow(Tensor(a) self, int dim, int start, int length) -> Tensor(a)", {
  doc: "`length` slices along a dimension from `start` on; a view.",
  forward: (x, dim, start, length) => {
    if (x.ndim === 0) throw new RuntimeError("narrow() cannot be applied to a 0-dim tensor.");
    if (length < 0) throw new RuntimeError("narrow(): length must be non-negative.");
    const d = wrapDim(dim, x.ndim);
    const n = x.shape[d];
    const from = start < 0 ? start + n : start;
    if (from < 0 || from > n - length) {
      throw new RuntimeError(`start (${start}) + length (${length}) exceeds dimension size (${n}).`);
    }
    return slice(x, d, from, from + length, 1);
  },
  composite: true,
});

export const index_select = op("index_select(Tensor self, int dim, Tensor index) -> Tensor", {
  doc: "The slices along a dimension that an int64 vector names; a copy.",
  forward: (x, dim, index) => {
    const d = wrapDim(dim, x.ndim);
    if (index.ndim > 1) throw new IndexError("index_select(): Index is supposed to be a vector");
    const at = integers(index);
    const n = x.ndim === 0 ? 1 : x.shape[d];
    for (const i of at) if (i < 0 || i >= n) throw new IndexError("index out of range in self");
    if (x.ndim === 0) return x.clone();
    const out = allocate(x.shape.with(d, at.length), x.dtype);
    const row = x.shape.with(d, 1);
    at.forEach((i, k) => {
      copyInto(alias(out, row, out.strides, k * out.strides[d]), alias(x, row, x.strides, x.offset + i * x.strides[d]));
    });
    return out;
  },
  grad: { self: ["index", (g, s) => g.new_zeros(s.self.shape).index_add(s.dim, s.index, g)] },
});

export const index_add = op(
  "index_add(Tensor self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) -> Tensor",
  {
    doc: "`self` with slices of `source` added at the places an int64 vector names.",
    forward: (x, dim, index, source, alpha) => {
      const d = wrapDim(dim, x.ndim);
      const out = x.clone();
      const at = integers(index);
      const add = alpha === 1 ? source : source.mul(alpha);
      const n = x.ndim === 0 ? 1 : x.shape[d];
      for (const i of at) if (i < 0 || i >= n) throw new IndexError("index out of range in self");
      at.forEach((i, k) => {
        if (x.ndim === 0) out.add_(add.ndim === 0 ? add : add.select(0, k));
        else out.select(d, i).add_(add.select(d, k));
      });
      return out;
    },
    grad: {
      self: (g) => g,
      source: [
        "index",
        (g, s) => {
          const part = g.index_select(s.dim, s.index);
          return s.alpha === 1 ? part : part.mul(s.alpha);
        },
      ],
    },
    inPlace: true,
  },
);

export const gather = op("gather(Tensor self, int dim, Tensor index) -> Tensor", {
  doc: "`out[i][j] = self[index[i][j]][j]` for dim 0, and so on; index has the shape of the result.",
  forward: (x, dim, index) => {
    const d = wrapDim(dim, x.ndim);
    if (numel(index.shape) > 0 && index.dtype !== int64) {
      throw new RuntimeError("gather(): Expected dtype int64 for index");
    }
    if (index.ndim !== x.ndim && numel(index.shape) > 0 && x.ndim > 0) {
      throw new RuntimeError("Index tensor must have the same number of dimensions as input tensor");
    }
    index.shape.forEach((size, k) => {
      if (k !== d && x.ndim > 0 && size > x.shape[k]) {
        throw new RuntimeError(
          `Size does not match at dimension ${k} expected index ${sizeText(index.shape)} to be smaller than self ${sizeText(x.shape)} apart from dimension ${d}`,
        );
      }
    });
    const out = allocate(index.shape, x.dtype);
    const from = x.storageOf.data;
    const to = out.storageOf.data;
    const { to: places } = pointedAt(x, d, index, null);
    for (let i = 0; i < places.length; i++) to[i] = from[places[i]];
    return out;
  },
  grad: { self: ["index", (g, s) => g.new_zeros(s.self.shape).scatter_add(s.dim, s.index, g)] },
});

export const scatter_add = op("scatter_add(Tensor self, int dim, Tensor index, Tensor src) -> Tensor", {
  doc: "`self` with `src[i][j]` added at `[index[i][j]][j]` for dim 0, and so on.",
  forward: (x, dim, index, src) => {
    const d = wrapDim(dim, x.ndim);
    if (numel(index.shape) > 0 && index.dtype !== int64) {
      throw new RuntimeError("scatter(): Expected dtype int64 for index");
    }
    if (x.dtype !== src.dtype) {
      throw new RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype");
    }
    const out = fromData(x.flatData(), x.dtype, x.shape);
    const { to, from } = pointedAt(out, d, index, src);
    const { data } = out.storageOf;
    const added = src.storageOf.data;
    const { cast } = x.dtype;
    for (let i = 0; i < to.length; i++) data[to[i]] = cast(data[to[i]] + added[from[i]]);
    return out;
  },
  grad: { self: (g) => g, src: ["index", (g, s) => g.gather(s.dim, s.index)] },
  inPlace: true,
});

op("masked_fill.Tensor(Tensor self, Tensor mask, Tensor value) -> Tensor", {
  doc: "The number of a scalar tensor where the mask holds, this tensor elsewhere.",
  forward: (x, mask, value) => {
    if (value.ndim > 0) {
      throw new RuntimeError(
        `masked_fill_ only supports a 0-dimensional value tensor, but got tensor with ${value.ndim} dimension(s).`,
      );
    }
    return masked_fill(x, mask, value.item());
  },
  grad: {
    self: ["mask", (g, s) => g.masked_fill(s.mask, 0)],
    value: ["mask", (g, s) => g.mul(s.mask).sum()],
  },
  node: "MaskedFillBackward1",
  inPlace: true,
});
export const masked_fill = op("masked_fill.Scalar(Tensor self, Tensor mask, Scalar value) -> Tensor", {
  doc: "`value` where the mask holds, this tensor elsewhere.",
  forward: (x, mask, value) => {
    if (mask.dtype.name === "uint8") {
      warn(
        "masked_fill_ received a mask with dtype torch.uint8, this behavior is now deprecated,please use a mask with dtype torch.bool instead.",
      );
    } else if (mask.dtype !== bool)
      throw new RuntimeError(
        `masked_fill_ only supports boolean masks, but got mask with dtype ${mask.dtype.scalarName.toLowerCase()}`,
      );
    const shape = broadcastShapes(x.shape, mask.shape);
    const out = unwritten(shape, x.dtype);
    copyInto(out, x);
    const v = x.dtype.cast(Number(value));
    const [own, lead] = [mask.shape, shape.length - mask.ndim];
    if (mask.is_contiguous() && own.every((size, i) => size === shape[lead + i])) {
      fillBlocks(out.storageOf.data, elements(mask), v);
      return out;
    }
    const where = allocate(shape, bool);
    copyInto(where, mask);
    fillBlocks(out.storageOf.data, where.storageOf.data, v);
    return out;
  },
  grad: { self: ["mask", (g, s) => g.masked_fill(s.mask, 0)] },
  inPlace: true,
});

/** Each block as long as the mask gets the value where the mask holds. */
function fillBlocks(to: TypedArray, where: TypedArray, value: number): void {
  const n = where.length;
  const at = new Int32Array(n);
  let count = 0;
  for (let i = 0; i < n; i++) {
    at[count] = i;
    if (where[i] !== 0) count++;
  }
  for (let start = 0; start < to.length; start += n) for (let k = 0; k < count; k++) to[start + at[k]] = value;
}

/** The int64 vectors where a mask holds, one for each of its dimensions. */
export function nonzeroVectors(mask: Tensor): Tensor[] {
  const values = elements(mask);
  const found: number[] = [];
  values.forEach((v, i) => {
    if (v !== 0) found.push(i);
  });
  let rest = numel(mask.shape);
  return mask.shape.map((size) => {
    rest /= size || 1;
    const step = rest;
    return fromData(
      Float64Array.from(found, (i) => Math.floor(i / step) % size),
      int64,
      [found.length],
    );
  });
}

interface Advanced {
  /** Of the result: dimensions before, the index's own, dimensions after. */
  shape: number[];
  /** Position in a row-major tensor of the indexed shape, for each element of the result. */
  positions: Float64Array;
}

/** NumPy's advanced indexing: index vectors broadcast together; a gap between them moves their dimensions to the front. */
function advanced(shape: readonly number[], indices: readonly (Tensor | null)[]): Advanced {
  const used = indices.flatMap((t, d) => (t === null ? [] : [d]));
  const tensors = used.map((d) => indices[d]!);
  let common: number[] = [];
  try {
    for (const t of tensors) common = broadcastShapes(common, t.shape);
  } catch {
    throw new IndexError(
      `shape mismatch: indexing tensors could not be broadcast together with shapes ${tensors.map((t) => sizeText(t.shape)).join(", ")}`,
    );
  }
  const adjacent = used.every((d, i) => i === 0 || d === used[i - 1] + 1);
  const free = shape.map((_, d) => d).filter((d) => !used.includes(d));
  const lead = adjacent ? free.filter((d) => d < used[0]) : [];
  const tail = free.filter((d) => !lead.includes(d));
  const strides = shape.map((_, d) => numel(shape.slice(d + 1)));
  const base = new Float64Array(numel(common));
  tensors.forEach((t, k) => {
    const d = used[k];
    const values = elements(expandTo(t, common));
    for (let i = 0; i < base.length; i++) {
      const v = values[i];
      if (v < -shape[d] || v >= shape[d]) {
        throw new IndexError(`index ${v} is out of bounds for dimension ${d} with size ${shape[d]}`);
      }
      base[i] += (v < 0 ? v + shape[d] : v) * strides[d];
    }
  });
  const out = [...lead.map((d) => shape[d]), ...common, ...tail.map((d) => shape[d])];
  const positions = new Float64Array(numel(out));
  let i = 0;
  const inner = (from: number) =>
    forEachOffset(
      tail.map((d) => shape[d]),
      tail.map((d) => strides[d]),
      from,
      (p) => {
        positions[i++] = p;
      },
    );
  forEachOffset(
    lead.map((d) => shape[d]),
    lead.map((d) => strides[d]),
    0,
    (start) => {
      for (const b of base) inner(start + b);
    },
  );
  return { shape: out, positions };
}

function expandTo(t: Tensor, shape: number[]): Tensor {
  const out = allocate(shape, t.dtype);
  copyInto(out, t);
  return out;
}

/** Index tensors as saved, one for each dimension up to the last indexed one; an absent one is an empty tensor of no dimensions. */
const absent = (): Tensor => fromData(int64.allocate(0), int64, [0, 0]);
const isAbsent = (t: Tensor): boolean => t.ndim === 2 && t.shape[0] === 0 && t.shape[1] === 0;
const given = (indices: readonly Tensor[]) => indices.map((t) => (isAbsent(t) ? null : t));

const indexTensor = op("index.Tensor(Tensor self, Tensor[] indices) -> Tensor", {
  doc: "Advanced indexing with int64 tensors.",
  forward: (x, indices) => {
    const { shape, positions } = advanced(x.shape, given(indices));
    const from = elements(x);
    const out = allocate(shape, x.dtype);
    for (let i = 0; i < positions.length; i++) out.storageOf.data[i] = from[positions[i]];
    return out;
  },
  grad: { self: ["indices", (g, s) => indexPut(g.new_zeros(s.self.shape), s.indices, g, true)] },
  variants: [],
});

const INDEX_PUT = "index_put(Tensor self, Tensor[] indices, Tensor values, bool accumulate=False) -> Tensor";

const indexPut: Op<typeof INDEX_PUT> = op(INDEX_PUT, {
  doc: "`self` with values placed, or added, at advanced indices.",
  forward: (x, indices, values, accumulate) => {
    const { shape, positions } = advanced(x.shape, given(indices));
    const from = elements(expandTo(values, shape));
    const out = fromData(x.flatData(), x.dtype, x.shape);
    const to = out.storageOf.data;
    for (let i = 0; i < positions.length; i++) {
      if (accumulate) to[positions[i]] = x.dtype.cast(to[positions[i]] + from[i]);
      else to[positions[i]] = from[i];
    }
    return out;
  },
  grad: {
    self: ["indices", (g, s) => (s.accumulate ? g : indexPut(g, s.indices, g.new_zeros([]), false))],
    values: ["indices", (g, s) => indexTensor(g, s.indices)],
  },
  inPlace: true,
  variants: [],
});

/** What may stand between the brackets. */
export type Index = number | string | boolean | null | Slice | Tensor | readonly unknown[];

/** Python's `slice(start, stop, step)`. */
export class Slice {
  constructor(
    readonly start: number | null,
    readonly stop: number | null,
    readonly step: number | null,
  ) {}
}

/** `torch.slice(2)` is `:2`, `torch.slice(1, 3)` is `1:3`; null leaves an end open. */
export function sliceIndex(start: number | null, stop?: number | null, step: number | null = null): Slice {
  return stop === undefined ? new Slice(null, start, step) : new Slice(start, stop, step);
}

function parseSlice(text: string): Slice {
  const parts = text.split(":").map((p) => (p.trim() === "" ? null : Number(p)));
  if (parts.length < 2 || parts.length > 3 || parts.some((p) => p !== null && !Number.isInteger(p))) {
    throw new IndexError(`'${text}' is no slice: write ":", "1:", ":-1", "1:3" or "::2", or "..." for an ellipsis`);
  }
  return new Slice(parts[0], parts[1], parts[2] ?? null);
}

/** Basic indices done as views; what is left are index tensors for the dimensions they stand at. */
function basic(x: Tensor, index: readonly Index[]): { view: Tensor; tensors: (Tensor | null)[] } {
  const consumed = index.reduce<number>((n, i) => n + dimensionsOf(i), 0);
  if (x.ndim === 0 && consumed > 0) {
    throw new IndexError(
      "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a 0-dim tensor to a number",
    );
  }
  if (consumed > x.ndim) {
    throw new IndexError(`too many indices for tensor of dimension ${x.ndim}`);
  }
  let view = x;
  let d = 0;
  const tensors: (Tensor | null)[] = [];
  for (const [position, given] of index.entries()) {
    // An integer tensor without dimensions is a number.
    const i =
      given instanceof Tensor && given.ndim === 0 && given.dtype.category === Category.Integer ? given.item() : given;
    if (i === "...") {
      d += x.ndim - consumed;
    } else if (i === null) {
      view = view.unsqueeze(d++);
    } else if (typeof i === "number") {
      if (i < -view.shape[d] || i >= view.shape[d]) {
        throw new IndexError(`index ${i} is out of bounds for dimension ${position} with size ${view.shape[d]}`);
      }
      view = view.select(d, i);
    } else if (typeof i === "string" || i instanceof Slice) {
      const { start, stop, step } = typeof i === "string" ? parseSlice(i) : i;
      if (step !== null && step <= 0) throw new RuntimeError("step must be greater than zero");
      if (start !== null || stop !== null || step !== null) view = slice(view, d, start, stop, step ?? 1);
      d++;
    } else {
      const t = indexTensorOf(i);
      if (t.dtype === bool || t.dtype.name === "uint8") {
        if (t.ndim === 0) {
          view = view.unsqueeze(d);
          tensors[d++] = fromData(new Float64Array(t.item() ? 1 : 0), int64, [t.item() ? 1 : 0]);
          continue;
        }
        t.shape.forEach((size, k) => {
          if (size !== view.shape[d + k]) {
            throw new IndexError(
              `The shape of the mask ${sizeText(t.shape)} at index ${k} does not match the shape of the indexed tensor ${sizeText(view.shape)} at index ${d + k}`,
            );
          }
        });
        for (const vector of nonzeroVectors(t)) tensors[d++] = vector;
      } else if (t.dtype === int64) {
        tensors[d++] = t;
      } else {
        throw new IndexError("tensors used as indices must be long, byte or bool tensors");
      }
    }
  }
  return { view, tensors: Array.from(tensors, (t) => t ?? null) };
}

function dimensionsOf(i: Index): number {
  if (i === null || i === "..." || typeof i === "boolean") return 0;
  if (i instanceof Tensor && (i.dtype === bool || i.dtype.name === "uint8")) return i.ndim;
  if (Array.isArray(i) && typeof i.flat(Number.POSITIVE_INFINITY as 1)[0] === "boolean") return indexTensorOf(i).ndim;
  return 1;
}

function indexTensorOf(i: Tensor | boolean | readonly unknown[]): Tensor {
  if (i instanceof Tensor) return i;
  const shape: number[] = [];
  for (let level: unknown = i; Array.isArray(level); level = level[0]) shape.push(level.length);
  const flat = (Array.isArray(i) ? i.flat(Number.POSITIVE_INFINITY as 1) : [i]) as (number | boolean)[];
  if (flat.some((v) => typeof v !== "number" && typeof v !== "boolean")) {
    throw new IndexError(
      'only integers, slices ("1:3"), ellipsis ("..."), null, arrays and long or byte Variables are valid indices',
    );
  }
  const dtype = typeof flat[0] === "boolean" ? bool : int64;
  const data = dtype.allocate(flat.length);
  flat.forEach((v, k) => {
    data[k] = Number(v);
  });
  return fromData(data, dtype, shape);
}

/** Python's `x[…]`: numbers, slice strings or `torch.slice`, `"..."`, null, booleans, tensors, arrays. */
export function index(x: Tensor, ...indices: Index[]): Tensor {
  const { view, tensors } = basic(x, indices);
  if (tensors.length > 0)
    return indexTensor(
      view,
      tensors.map((t) => t ?? absent()),
    );
  return view === x ? x.view(x.shape) : view;
}

/** Python's `x[…] = values`, in place; returns x. */
export function index_put_(
  x: Tensor,
  indices: readonly Index[],
  values: Tensor | number | boolean,
  options: boolean | { accumulate?: boolean } = false,
): Tensor {
  const accumulate = typeof options === "boolean" ? options : (options.accumulate ?? false);
  const { view, tensors } = basic(x, indices);
  let value = values instanceof Tensor ? values : wrapNumber(values);
  if (values instanceof Tensor && tensors.length > 0) {
    if (value.dtype !== x.dtype) {
      throw new RuntimeError(
        `Index put requires the source and destination dtypes match, got ${x.dtype.scalarName} for the destination and ${value.dtype.scalarName} for the source.`,
      );
    }
  } else if (!(values instanceof Tensor)) {
    value = value.to(x.dtype);
  }
  if (tensors.length > 0) {
    runInPlace(indexPut.spec, [view, tensors.map((t) => t ?? absent()), value, accumulate]);
  } else if (accumulate) {
    view.add_(value);
  } else {
    view.copy_(value);
  }
  return x;
}

/** A copy of x with values placed (or added) where index tensors say; `torch.index_put`. */
export function index_put(
  x: Tensor,
  indices: readonly Index[],
  values: Tensor,
  options: boolean | { accumulate?: boolean } = false,
): Tensor {
  const accumulate = typeof options === "boolean" ? options : (options.accumulate ?? false);
  const { tensors } = basic(x, indices);
  if (values.dtype !== x.dtype) {
    throw new RuntimeError(
      `Index put requires the source and destination dtypes match, got ${x.dtype.scalarName} for the destination and ${values.dtype.scalarName} for the source.`,
    );
  }
  return indexPut(
    x,
    tensors.map((t) => t ?? absent()),
    values,
    accumulate,
  );
}
