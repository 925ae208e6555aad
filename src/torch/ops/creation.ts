/** Ops that make tensors out of sizes, ranges and random numbers. */
import { op } from "../dispatch";
import { bool, type DType, get_default_dtype, int64 } from "../dtype";
import { RuntimeError } from "../errors";
import { castTo, emptyLike } from "../kernels/copy";
import { default_generator, type Generator } from "../random";
import type { Scalar } from "../schema";
import { sizeText } from "../shape";
import { alias, allocate, fromData, type Tensor } from "../tensor";

/** A leaf that the user asked to require grad. */
function leaf(t: Tensor, requires_grad: boolean): Tensor {
  if (requires_grad) t.requires_grad = true;
  return t;
}

function sized(size: readonly number[]): number[] {
  if (size.some((s) => s < 0)) {
    throw new RuntimeError(
      `Trying to create tensor with negative dimension ${size.find((s) => s < 0)}: ${sizeText(size)}`,
    );
  }
  return [...size];
}

function filled(size: readonly number[], value: Scalar, dtype: DType, requires_grad: boolean): Tensor {
  const out = allocate(sized(size), dtype);
  const v = dtype.cast(Number(value));
  if (v !== 0) out.storageOf.data.fill(v);
  return leaf(out, requires_grad);
}

op("zeros(int[] size, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor", {
  doc: "A tensor of zeros.",
  forward: (size, dtype, requires_grad) => filled(size, 0, dtype ?? get_default_dtype(), requires_grad),
});
op("ones(int[] size, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor", {
  doc: "A tensor of ones.",
  forward: (size, dtype, requires_grad) => filled(size, 1, dtype ?? get_default_dtype(), requires_grad),
});
op("empty(int[] size, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor", {
  doc: "A tensor whose values you will set; here they start at zero.",
  forward: (size, dtype, requires_grad) => filled(size, 0, dtype ?? get_default_dtype(), requires_grad),
});
op("full(int[] size, Scalar fill_value, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor", {
  doc: "A tensor of one value; float32 unless `dtype` says otherwise, bool for a boolean.",
  forward: (size, value, dtype, requires_grad) =>
    filled(size, value, dtype ?? (typeof value === "boolean" ? bool : get_default_dtype()), requires_grad),
});

function strided(size: readonly number[], stride: readonly number[], dtype: DType, requires_grad: boolean): Tensor {
  const extent = size.includes(0) ? 0 : size.reduce((n, s, d) => n + (s - 1) * stride[d], 1);
  return leaf(alias(allocate([extent], dtype), [...size], [...stride], 0), requires_grad);
}

const likes: [string, string, number][] = [
  ["zeros", "zeros", 0],
  ["ones", "ones", 1],
  ["empty", "zeros to be overwritten", 0],
];
for (const [name, word, value] of likes) {
  op(
    `${name}_like(Tensor self, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor` as "zeros_like(Tensor self, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor",
    {
      doc: `A tensor of ${word} with the shape and dtype of another.`,
      forward: (t, dtype, requires_grad) => {
        const out = emptyLike(t, dtype ?? t.dtype);
        out.storageOf.data.fill(value);
        return leaf(out, requires_grad);
      },
    },
  );
  op(
    `new_${name}(Tensor self, int[] size, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor` as "new_zeros(Tensor self, int[] size, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor",
    {
      doc: `A tensor of ${word} of any size with the dtype of this one.`,
      forward: (t, size, dtype, requires_grad) => filled(size, value, dtype ?? t.dtype, requires_grad),
      variants: ["method"],
    },
  );
}
op(
  "new_empty_strided(Tensor self, int[] size, int[] stride, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor",
  {
    doc: "A tensor whose values you will set, of any size and strides, with the dtype of this one.",
    forward: (t, size, stride, dtype, requires_grad) => strided(size, stride, dtype ?? t.dtype, requires_grad),
    variants: ["method"],
  },
);
op("full_like(Tensor self, Scalar fill_value, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor", {
  doc: "A tensor of one value with the shape and dtype of another.",
  forward: (t, value, dtype, requires_grad) => filled(t.shape, value, dtype ?? t.dtype, requires_grad),
});
op(
  "new_full(Tensor self, int[] size, Scalar fill_value, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor",
  {
    doc: "A tensor of one value of any size with the dtype of this one.",
    forward: (t, size, value, dtype, requires_grad) => filled(size, value, dtype ?? t.dtype, requires_grad),
    variants: ["method"],
  },
);

/** x n + c rounded once, as the processor's fused multiply–add does; n is a whole number. */
function fused(x: number, n: number, c: number): number {
  // Dekker: the rounding error of the product, from x in two halves; Knuth: that of the sum.
  const high = Math.fround(x);
  const product = x * n;
  if (!Number.isFinite(high)) return product + c;
  const rest = high * n - product + (x - high) * n;
  const sum = product + c;
  const part = sum - product;
  return sum + (product - (sum - part) + (c - part) + rest);
}

/**
 * `at(i)` for each i, as PyTorch's vectorised loop has it: the first of each block of lanes is rounded, the others are
 * steps away from it; what does not fill two blocks is computed one by one.
 */
function ramp(out: Tensor, at: (i: number) => number, beyond: (first: number, k: number) => number): void {
  const { data } = out.storageOf;
  const { cast, itemsize } = out.dtype;
  const lanes = 32 / itemsize;
  const blocks = 2 * Math.floor(data.length / (2 * lanes));
  for (let b = 0; b < blocks; b++) {
    const first = cast(at(b * lanes));
    for (let k = 0; k < lanes; k++) data[b * lanes + k] = cast(beyond(first, k));
  }
  for (let i = blocks * lanes; i < data.length; i++) data[i] = cast(at(i));
}

function range(start: Scalar, end: Scalar, step: Scalar, dtype: DType | null, requires_grad: boolean): Tensor {
  const whole = [start, end, step].every((v) => Number.isInteger(Number(v)));
  const type = dtype ?? (whole ? int64 : get_default_dtype());
  const given = [start, end, step].map(Number);
  if (given[2] === 0) throw new RuntimeError("step must be nonzero");
  if ((given[2] > 0 && given[1] < given[0]) || (given[2] < 0 && given[1] > given[0])) {
    throw new RuntimeError("upper bound and larger bound inconsistent with step sign");
  }
  // int64 counts whole numbers throughout; the others take their number from the bounds as given.
  const [from, to, by] = type.is_floating_point ? given : given.map(Math.trunc);
  const size = type === int64 ? Math.ceil((to - from) / by) : Math.ceil((given[1] - given[0]) / given[2]);
  const out = allocate([Math.max(0, size)], type);
  ramp(
    out,
    (i) => fused(by, i, from),
    (first, k) => fused(by, k, first),
  );
  return leaf(out, requires_grad);
}

op("arange(Scalar end, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor", {
  doc: "Whole numbers from 0 up to, not including, `end`; int64 when `end` is whole.",
  forward: (end, dtype, requires_grad) => range(0, end, 1, dtype, requires_grad),
});
op(
  "arange.start_step(Scalar start, Scalar end, Scalar step=1, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor",
  {
    doc: "Numbers from `start` up to, not including, `end` in steps; int64 when all three are whole.",
    forward: range,
  },
);

op("linspace(Scalar start, Scalar end, int steps, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor", {
  doc: "`steps` evenly spaced numbers from `start` to `end`, both included.",
  forward: (start, end, steps, dtype, requires_grad) => {
    if (steps < 0) throw new RuntimeError("number of steps must be non-negative");
    const type = dtype ?? get_default_dtype();
    const out = allocate([steps], type);
    const { cast } = type;
    const from = cast(Number(start));
    const to = cast(Number(end));
    // Whole-number dtypes step in doubles and truncate at the end.
    const round = type.is_floating_point ? cast : (x: number) => x;
    const step = steps > 1 ? round(round(to - from) / (steps - 1)) : 0;
    const half = steps === 1 ? 1 : Math.floor(steps / 2);
    // From both ends to the middle: the last value is exact.
    ramp(
      out,
      (i) => (i < half ? fused(step, i, from) : fused(-step, steps - i - 1, to)),
      (first, k) => first + round(k * step),
    );
    return leaf(out, requires_grad);
  },
});

op(
  "logspace(Scalar start, Scalar end, int steps, float base=10, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor",
  {
    doc: "`steps` powers of a base, their exponents evenly spaced from `start` to `end`, both included.",
    forward: (start, end, steps, base, dtype, requires_grad) => {
      if (steps < 0) throw new RuntimeError("number of steps must be non-negative");
      const type = dtype ?? get_default_dtype();
      const out = allocate([steps], type);
      const { data } = out.storageOf;
      const { cast } = type;
      const [from, to] = [cast(Number(start)), cast(Number(end))];
      const step = steps > 1 ? (to - from) / (steps - 1) : 0;
      const half = steps === 1 ? 1 : Math.floor(steps / 2);
      for (let i = 0; i < steps; i++) {
        data[i] = cast(base ** (i < half ? from + step * i : to - step * (steps - i - 1)));
      }
      return leaf(out, requires_grad);
    },
  },
);

op("eye(int n, int? m=None, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor", {
  doc: "Ones on the diagonal, zeros elsewhere: `[n, m]`, square unless `m` is given.",
  forward: (n, m, dtype, requires_grad) => {
    const out = allocate(sized([n, m ?? n]), dtype ?? get_default_dtype());
    const columns = m ?? n;
    for (let i = 0; i < Math.min(n, columns); i++) out.storageOf.data[i * columns + i] = 1;
    return leaf(out, requires_grad);
  },
});

type Fill = (out: Tensor, generator: Generator) => void;

const uniform: Fill = (out, generator) => {
  const { data } = out.storageOf;
  for (let i = 0; i < data.length; i++) data[i] = generator.uniform(out.dtype);
};
const normal: Fill = (out, generator) => generator.fillNormal(out.storageOf.data, out.dtype);

function random(
  size: readonly number[],
  fill: Fill,
  dtype: DType,
  generator: Generator | null,
  requires_grad: boolean,
): Tensor {
  const out = allocate(sized(size), dtype);
  fill(out, generator ?? default_generator);
  return leaf(out, requires_grad);
}

op("rand(int[] size, *, Generator? generator=None, ScalarType? dtype=None, bool requires_grad=False) -> Tensor", {
  doc: "Uniform random numbers in [0, 1), PyTorch's own stream.",
  forward: (size, generator, dtype, requires_grad) =>
    random(size, uniform, dtype ?? get_default_dtype(), generator, requires_grad),
});
export const randn = op(
  "randn(int[] size, *, Generator? generator=None, ScalarType? dtype=None, bool requires_grad=False) -> Tensor",
  {
    doc: "Normal random numbers of mean 0 and variance 1, PyTorch's own stream.",
    forward: (size, generator, dtype, requires_grad) =>
      random(size, normal, dtype ?? get_default_dtype(), generator, requires_grad),
  },
);
op("rand_like(Tensor self, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor", {
  doc: "Uniform random numbers with the shape and dtype of another tensor.",
  forward: (t, dtype, requires_grad) => random(t.shape, uniform, dtype ?? t.dtype, null, requires_grad),
});
op("randn_like(Tensor self, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor", {
  doc: "Normal random numbers with the shape and dtype of another tensor.",
  forward: (t, dtype, requires_grad) => random(t.shape, normal, dtype ?? t.dtype, null, requires_grad),
});
op(
  "normal.float_float(float mean, float std, int[] size, *, Generator? generator=None, ScalarType? dtype=None, bool requires_grad=False) -> Tensor",
  {
    doc: "Normal random numbers of a mean and standard deviation.",
    forward: (mean, std, size, generator, dtype, requires_grad) => {
      if (std < 0) throw new RuntimeError(`normal expects std >= 0.0, but found std ${std}`);
      const fill: Fill = (out, g) => g.fillNormal(out.storageOf.data, out.dtype, mean, std);
      return random(size, fill, dtype ?? get_default_dtype(), generator, requires_grad);
    },
  },
);

function integersBetween(low: number, high: number): Fill {
  if (low >= high)
    throw new RuntimeError(`random_ expects 'from' to be less than 'to', but got from=${low} >= to=${high}`);
  return (out, generator) => {
    const { data } = out.storageOf;
    for (let i = 0; i < data.length; i++) data[i] = low + generator.below(high - low);
  };
}

op(
  "randint(int high, int[] size, *, Generator? generator=None, ScalarType? dtype=None, bool requires_grad=False) -> Tensor",
  {
    doc: "Random whole numbers from 0 up to, not including, `high`; int64.",
    forward: (high, size, generator, dtype, requires_grad) =>
      random(size, integersBetween(0, high), dtype ?? int64, generator, requires_grad),
  },
);
op(
  "randint.low(int low, int high, int[] size, *, Generator? generator=None, ScalarType? dtype=None, bool requires_grad=False) -> Tensor",
  {
    doc: "Random whole numbers from `low` up to, not including, `high`; int64.",
    forward: (low, high, size, generator, dtype, requires_grad) =>
      random(size, integersBetween(low, high), dtype ?? int64, generator, requires_grad),
  },
);
op("randperm(int n, *, Generator? generator=None, ScalarType? dtype=None) -> Tensor", {
  doc: "The whole numbers below `n` in random order; int64.",
  forward: (n, generator, dtype) => {
    const data = Float64Array.from({ length: n }, (_, i) => i);
    const source = generator ?? default_generator;
    for (let i = 0; i < n - 1; i++) {
      const j = i + source.below(n - i);
      const value = data[i];
      data[i] = data[j];
      data[j] = value;
    }
    return castTo(fromData(data, int64, [n]), dtype ?? int64);
  },
});

function triangleIndices(
  name: "tril_indices" | "triu_indices",
  keep: (row: number, column: number, k: number) => boolean,
) {
  op(
    `${name}(int row, int col, int offset=0, *, ScalarType? dtype=None) -> Tensor` as "tril_indices(int row, int col, int offset=0, *, ScalarType? dtype=None) -> Tensor",
    {
      doc: `The rows and columns, \`[2, n]\`, of the ${name === "tril_indices" ? "lower" : "upper"} triangle of a matrix, row by row.`,
      forward: (rows, columns, offset, dtype) => {
        const found: [number, number][] = [];
        for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) if (keep(i, j, offset)) found.push([i, j]);
        const data = [...found.map(([i]) => i), ...found.map(([, j]) => j)];
        return castTo(fromData(Float64Array.from(data), int64, [2, found.length]), dtype ?? int64);
      },
    },
  );
}
triangleIndices("tril_indices", (i, j, k) => j - i <= k);
triangleIndices("triu_indices", (i, j, k) => j - i >= k);

op("scalar_tensor(Scalar s, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor", {
  doc: "A number as a tensor without dimensions.",
  forward: (value, dtype, requires_grad) => filled([], value, dtype ?? get_default_dtype(), requires_grad),
});
op("range(Scalar start, Scalar end, Scalar step=1, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor", {
  doc: "Numbers from `start` up to and including `end` in steps. Deprecated in favour of `arange`.",
  forward: (start, end, step, dtype, requires_grad) => {
    const [from, by] = [Number(start), Number(step)];
    const type = dtype ?? get_default_dtype();
    const out = allocate([Math.floor((Number(end) - from) / by) + 1], type);
    for (let i = 0; i < out.storageOf.data.length; i++) out.storageOf.data[i] = type.cast(from + i * by);
    return leaf(out, requires_grad);
  },
});
op("empty_strided(int[] size, int[] stride, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor", {
  doc: "A tensor of a geometry whose values you will set; here they start at zero.",
  forward: (size, stride, dtype, requires_grad) => strided(size, stride, dtype ?? get_default_dtype(), requires_grad),
});
