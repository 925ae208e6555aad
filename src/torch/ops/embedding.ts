/** Rows of a table looked up by number. */
import { notDifferentiable, type Op, op } from "../dispatch";
import { int32, int64, type TypedArray } from "../dtype";
import { AssertionError, IndexError, NotImplementedError, RuntimeError, ValueError } from "../errors";
import { elements, integers } from "../kernels/copy";
import { introsort } from "../kernels/selection";
import { numel, sameShape, sizeText } from "../shape";
import { allocate, fromData, type Tensor, unwritten } from "../tensor";

function checkIndices(indices: Tensor, name: string): void {
  if (indices.dtype !== int64 && indices.dtype !== int32) {
    throw new RuntimeError(
      `Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got torch.${indices.dtype.scalarName}Tensor instead (while checking arguments for ${name})`,
    );
  }
}

const BACKWARD =
  "embedding_dense_backward(Tensor grad_output, Tensor indices, int num_weights, int padding_idx, bool scale_grad_by_freq) -> Tensor";

export const embedding = op(
  "embedding(Tensor weight, Tensor indices, int padding_idx=-1, bool scale_grad_by_freq=False, bool sparse=False) -> Tensor",
  {
    doc: "Rows of `weight`: `[rows, d], [*] → [*, d]`. The row `padding_idx` gets no gradient.",
    forward: (weight, indices) => {
      if (weight.ndim !== 2) throw new RuntimeError("'weight' must be 2-D");
      checkIndices(indices, "embedding");
      const [rows, d] = weight.shape;
      const out = unwritten([...indices.shape, d], weight.dtype);
      const from = elements(weight);
      const to = out.storageOf.data;
      const at = integers(indices);
      for (let i = 0; i < at.length; i++) {
        const row = at[i];
        if (row < 0 || row >= rows) throw new IndexError("index out of range in self");
        to.set(from.subarray(row * d, (row + 1) * d), i * d);
      }
      return out;
    },
    grad: {
      weight: [
        "indices",
        (g, s) => embeddingBackward(g, s.indices, s.weight.shape[0], s.padding_idx, s.scale_grad_by_freq),
      ],
    },
    variants: ["function"],
  },
);

const embeddingBackward: Op<typeof BACKWARD> = op(BACKWARD, {
  doc: "Gradients added up row by row.",
  forward: (g, indices, rows, padding, byFrequency) => {
    const d = g.shape[g.ndim - 1];
    const out = allocate([rows, d], g.dtype);
    const at = integers(indices);
    const dy = elements(g);
    const counts = new Float64Array(rows);
    for (const row of at) counts[row]++;
    for (let i = 0; i < at.length; i++) {
      const row = at[i];
      if (row !== padding) addRow(out.storageOf.data, row * d, dy, i * d, d, byFrequency ? 1 / counts[row] : 1);
    }
    return out;
  },
  grad: {
    grad_output: [
      "indices",
      (g, s) => {
        const rows = embedding(g, s.indices, -1, false, false);
        return s.padding_idx < 0 ? rows : rows.masked_fill(s.indices.eq(s.padding_idx).unsqueeze(-1), 0);
      },
    ],
  },
  variants: [],
});

/** Adds `n` elements, scaled. */
function addRow(to: TypedArray, p: number, from: TypedArray, q: number, n: number, scale: number): void {
  for (let k = 0; k < n; k++) to[p + k] += from[q + k] * scale;
}

/** Shortens the rows in use to a norm, in place and outside the graph. */
function renormalise(weight: Tensor, indices: Tensor, most: number, p: number): void {
  const { data } = weight.storageOf;
  const [, d] = weight.shape;
  for (const row of new Set(integers(indices))) {
    const at = (k: number) => weight.offset + row * weight.strides[0] + k * weight.strides[1];
    let sum = 0;
    for (let k = 0; k < d; k++) sum += Math.abs(data[at(k)]) ** p;
    const norm = sum ** (1 / p);
    if (norm > most) for (let k = 0; k < d; k++) data[at(k)] *= most / (norm + 1e-7);
  }
  weight.versions.n++;
}

op(
  "embedding(Tensor input, Tensor weight, int? padding_idx=None, float? max_norm=None, float norm_type=2, bool scale_grad_by_freq=False, bool sparse=False) -> Tensor",
  {
    doc: "Rows of `weight` by int64 indices: `[*], [rows, d] → [*, d]`. The row `padding_idx` gets no gradient; rows longer than `max_norm` are shortened in place.",
    forward: (indices, weight, padding, maxNorm, p, byFrequency) => {
      const rows = weight.shape[0];
      let pad = -1;
      if (padding !== null) {
        if (padding >= rows || padding < -rows) {
          throw new AssertionError("Padding_idx must be within num_embeddings");
        }
        pad = padding < 0 ? padding + rows : padding;
      }
      if (maxNorm !== null) renormalise(weight, indices, maxNorm, p);
      return embedding(weight, indices, pad, byFrequency, false);
    },
    composite: true,
    variants: ["nn.functional"],
  },
);

// ── bags ────────────────────────────────────────────────────────────────────────────────────────────────────────

type Mode = "sum" | "mean" | "max";

interface Bags {
  weight: Tensor;
  indices: Tensor;
  offsets: Tensor;
  mode: Mode;
  samples: Tensor | null;
  includeLast: boolean;
  padding: number;
}

/** Each bag as its positions in `indices`, padding left out. */
function bagsOf({ indices, offsets, includeLast, padding }: Bags): number[][] {
  const rows = integers(indices);
  const starts = Array.from(integers(offsets));
  const count = includeLast ? starts.length - 1 : starts.length;
  return Array.from({ length: count }, (_, b) => {
    const end = b + 1 < starts.length ? starts[b + 1] : rows.length;
    return Array.from({ length: end - starts[b] }, (_, i) => starts[b] + i).filter((i) => rows[i] !== padding);
  });
}

/** Calls `f` for each bag, row and column that flows into the result, with its factor. */
function flow(
  bags: Bags,
  f: (bag: number, position: number, row: number, column: number, factor: number) => void,
): void {
  const rows = integers(bags.indices);
  const samples = bags.samples === null ? null : elements(bags.samples);
  const table = elements(bags.weight);
  const d = bags.weight.shape[1];
  bagsOf(bags).forEach((positions, b) => {
    for (let k = 0; k < d; k++) {
      if (bags.mode === "max") {
        let best = -1;
        for (const i of positions) if (best < 0 || table[rows[i] * d + k] > table[rows[best] * d + k]) best = i;
        if (best >= 0) f(b, best, rows[best], k, 1);
        continue;
      }
      const share = bags.mode === "mean" ? bags.weight.dtype.cast(1 / Math.max(positions.length, 1)) : 1;
      for (const i of positions) f(b, i, rows[i], k, share * (samples === null ? 1 : samples[i]));
    }
  });
}

const bag = op(
  "_embedding_bag(Tensor weight, Tensor indices, Tensor offsets, bool scale_grad_by_freq, str mode, Tensor? per_sample_weights, bool include_last_offset, int padding_idx) -> Tensor",
  {
    doc: "Sums, means or maxima of rows.",
    forward: (weight, indices, offsets, _, mode, samples, includeLast, padding) => {
      const bags = { weight, indices, offsets, mode: mode as Mode, samples, includeLast, padding };
      for (const row of integers(indices)) {
        if (row < 0 || row >= weight.shape[0]) throw new RuntimeError("index out of range in self");
      }
      const d = weight.shape[1];
      const out = allocate([numel(offsets.shape) - (includeLast ? 1 : 0), d], weight.dtype);
      const table = elements(weight);
      const sum = out.storageOf.data;
      // A mean is the sum divided, not a sum of shares.
      flow({ ...bags, mode: mode === "max" ? mode : "sum" }, (b, _position, row, k, factor) => {
        sum[b * d + k] += factor * table[row * d + k];
      });
      if (mode === "mean") {
        bagsOf(bags).forEach((positions, b) => {
          for (let k = 0; k < d; k++) sum[b * d + k] /= Math.max(positions.length, 1);
        });
      }
      return out;
    },
    grad: {
      weight: [
        "weight indices offsets per_sample_weights",
        (g, s) =>
          bagBackward(
            g,
            s.weight.detach(),
            s.indices,
            s.offsets,
            s.scale_grad_by_freq,
            s.mode,
            s.per_sample_weights,
            s.include_last_offset,
            s.padding_idx,
          ),
      ],
      per_sample_weights: [
        "weight indices offsets per_sample_weights",
        (g, s) => {
          const d = s.weight.shape[1];
          const out = allocate(s.per_sample_weights!.shape, s.weight.dtype);
          const dy = elements(g);
          const table = elements(s.weight);
          flow({ ...bagsSaved(s), samples: null }, (b, position, row, k) => {
            out.storageOf.data[position] += dy[b * d + k] * table[row * d + k];
          });
          return out;
        },
      ],
    },
    node: "EmbeddingBagBackward0",
    variants: [],
  },
);

const bagBackward = op(
  "_embedding_bag_dense_backward(Tensor grad, Tensor weight, Tensor indices, Tensor offsets, bool scale_grad_by_freq, str mode, Tensor? per_sample_weights, bool include_last_offset, int padding_idx) -> Tensor",
  {
    doc: "Gradients of bags added up row by row.",
    forward: (g, weight, indices, offsets, byFrequency, mode, samples, includeLast, padding) => {
      const d = weight.shape[1];
      const out = allocate(weight.shape, weight.dtype);
      const dy = elements(g);
      const counts = new Float64Array(weight.shape[0]);
      for (const row of integers(indices)) counts[row]++;
      const bags = { weight, indices, offsets, mode: mode as Mode, samples, includeLast, padding };
      const to = out.storageOf.data;
      if (mode === "max") {
        flow(bags, (b, _position, row, k) => {
          to[row * d + k] += dy[b * d + k];
        });
        return out;
      }
      // Row by row, what meets in a row in the order of PyTorch's sort, which is not a stable one.
      const rows = integers(indices);
      const factors = new Float64Array(rows.length);
      const bagOf = new Int32Array(rows.length).fill(-1);
      flow({ ...bags, weight: weight.narrow(1, 0, Math.min(1, d)) }, (b, position, row, _, factor) => {
        bagOf[position] = b;
        factors[position] = byFrequency ? factor / counts[row] : factor;
      });
      const order = Int32Array.from(rows, (_, i) => i);
      introsort(order, 0, order.length, (i, j) => rows[i] < rows[j]);
      for (const position of order) {
        if (bagOf[position] < 0) continue;
        const [row, from] = [rows[position] * d, bagOf[position] * d];
        for (let k = 0; k < d; k++) to[row + k] += factors[position] * dy[from + k];
      }
      return out;
    },
    ...notDifferentiable("_embedding_bag_dense_backward", ["grad", "per_sample_weights"]),
    variants: [],
  },
);

const bagsSaved = (s: any): Bags => ({
  weight: s.weight,
  indices: s.indices,
  offsets: s.offsets,
  mode: s.mode,
  samples: s.per_sample_weights,
  includeLast: s.include_last_offset,
  padding: s.padding_idx,
});

op(
  "embedding_bag(Tensor input, Tensor weight, Tensor? offsets=None, float? max_norm=None, float norm_type=2, bool scale_grad_by_freq=False, str mode='mean', bool sparse=False, Tensor? per_sample_weights=None, bool include_last_offset=False, int? padding_idx=None) -> Tensor",
  {
    doc: 'Sums, means or maxima of rows of `weight`, one for each bag of indices: the rows of a matrix of indices, or the parts of a vector that start at `offsets`. `per_sample_weights` scale rows in "sum".',
    forward: (input, weight, offsets, maxNorm, p, byFrequency, mode, _sparse, samples, includeLast, padding) => {
      if (samples !== null && !sameShape(input.shape, samples.shape)) {
        throw new ValueError(
          `embedding_bag: If per_sample_weights (torch.Size(${sizeText(samples.shape)})) is not None, then it must have the same shape as the input (torch.Size(${sizeText(input.shape)}))`,
        );
      }
      let starts = offsets;
      let indices = input;
      let scales = samples;
      if (input.ndim === 2) {
        if (offsets !== null) {
          throw new ValueError(
            "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length sequences. However, found offsets of type <class 'torch.Tensor'>",
          );
        }
        const [n, width] = input.shape;
        starts = fromData(
          Float64Array.from({ length: n }, (_, i) => i * width),
          int64,
          [n],
        );
        indices = input.reshape([-1]);
        scales = samples === null ? null : samples.reshape([-1]);
      } else if (input.ndim !== 1) {
        throw new ValueError(`input has to be 1D or 2D Tensor, but got Tensor of dimension ${input.ndim}`);
      }
      if (starts === null) throw new ValueError("offsets has to be a 1D Tensor but got None");
      if (starts.ndim !== 1) throw new ValueError("offsets has to be a 1D Tensor");
      if (!["sum", "mean", "max"].includes(mode)) throw new ValueError("mode has to be one of sum, mean or max");
      if (mode === "max" && byFrequency) {
        throw new ValueError("max mode does not support scaling the gradient by the frequency");
      }
      if (maxNorm !== null) renormalise(weight, indices, maxNorm, p);
      if (scales !== null && mode !== "sum") {
        throw new NotImplementedError(
          `embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' (got mode='${mode}'). Please open a feature request on GitHub.`,
        );
      }
      checkIndices(indices, "embedding_bag");
      const pad = padding === null ? -1 : padding < 0 ? padding + weight.shape[0] : padding;
      return bag(weight, indices, starts, byFrequency, mode, scales, includeLast, pad);
    },
    composite: true,
    variants: ["nn.functional"],
  },
);

op("one_hot(Tensor input, int num_classes=-1) -> Tensor", {
  doc: "Vectors with a 1 at each index: `[*] → [*, classes]`, int64; as many classes as the largest index needs by default.",
  forward: (input, classes) => {
    if (input.dtype !== int64) throw new RuntimeError("one_hot is only applicable to index tensor.");
    const values = integers(input);
    if (values.length === 0 && classes <= 0) {
      throw new RuntimeError("Can not infer total number of classes from empty tensor.");
    }
    let most = -1;
    for (const v of values) {
      if (v < 0) throw new RuntimeError("Class values must be non-negative.");
      most = Math.max(most, v);
    }
    const count = classes === -1 ? most + 1 : classes;
    if (count < 1) throw new RuntimeError("num_classes should be positive");
    if (most >= count) throw new RuntimeError("Class values must be smaller than num_classes.");
    const out = allocate([...input.shape, count], int64);
    values.forEach((v, i) => {
      out.storageOf.data[i * count + v] = 1;
    });
    return out;
  },
  variants: ["nn.functional"],
});
