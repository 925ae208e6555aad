/** Pooling: windows of the last dimensions folded to one number each. */
import { type Op, op } from "../dispatch";
import { int64 } from "../dtype";
import { RuntimeError, ValueError } from "../errors";
import { averageWindows, type Spans, spreadWindows } from "../kernels/averages";
import { elements, integers } from "../kernels/copy";
import { fromPlanes, intoPlanes, maxWindows, type Windows } from "../kernels/pooling";
import { numel, sizeText } from "../shape";
import type { Tensor } from "../tensor";
import { relu } from "./activations";
import { named } from "./decompositions";
import { zerosFor } from "./padding";

/** One number for all dimensions, or one for each. */
function each(list: readonly number[], n: number, name: string, what: string): number[] {
  if (list.length === n) return [...list];
  if (list.length === 1) return new Array(n).fill(list[0]);
  const words = ["", "a single int", "a tuple of two ints", "a tuple of three ints"][n];
  throw new RuntimeError(`${name}: ${what} must either be a single int, or ${words}`);
}

/** Window counts: with `ceil` the last one may hang over, but must start inside the input or its left padding. */
function outputSize(size: number, kernel: number, stride: number, padding: number, dilation: number, ceil: boolean) {
  const room = size + 2 * padding - dilation * (kernel - 1) - 1 + (ceil ? stride - 1 : 0);
  let count = Math.floor(room / stride) + 1;
  if (ceil && (count - 1) * stride >= size + padding) count--;
  return count;
}

interface PoolSettings {
  kernel: number[];
  stride: number[];
  padding: number[];
  dilation: number[];
  counts: number[];
}

function settings(
  x: Tensor,
  n: number,
  name: string,
  kernel: readonly number[],
  stride: readonly number[] | null,
  padding: readonly number[],
  dilation: readonly number[],
  ceil: boolean,
): PoolSettings {
  const k = each(kernel, n, name, "kernel_size");
  const s = stride === null || stride.length === 0 ? k : each(stride, n, name, "stride");
  const p = each(padding, n, name, "padding");
  const d = each(dilation, n, name, "dilation");
  if (s.some((v) => v === 0)) throw new RuntimeError("stride should not be zero");
  if (x.ndim !== n + 1 && x.ndim !== n + 2) {
    throw new RuntimeError(`non-empty ${n + 1}D or ${n + 2}D (batch mode) tensor expected for input`);
  }
  k.forEach((size, i) => {
    if (p[i] * 2 > size) {
      throw new RuntimeError(`pad should be at most half of kernel size, but got pad=${p[i]} and kernel_size=${size}`);
    }
  });
  const sizes = x.shape.slice(-n);
  const counts = sizes.map((size, i) => outputSize(size, k[i], s[i], p[i], d[i], ceil));
  if (counts.some((c) => c < 1)) {
    const dims = (list: readonly number[]) =>
      [x.shape[x.ndim - n - 1], ...new Array(n === 3 ? 0 : 2 - n).fill(1), ...list].join("x");
    throw new RuntimeError(
      `Given input size: (${dims(sizes)}). Calculated output size: (${dims(counts)}). Output size is too small`,
    );
  }
  return { kernel: k, stride: s, padding: p, dilation: d, counts };
}

// ── averages ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Each window's span, and what its sum is divided by: its size, with padding or without; `divisor` stands for all of them. */
function averageSpans(
  sizes: readonly number[],
  { kernel, stride, padding, counts }: PoolSettings,
  includePad: boolean,
  divisor: number | null,
): Spans {
  const axes = sizes.map((size, i) =>
    Array.from({ length: counts[i] }, (_, o) => {
      const start = o * stride[i] - padding[i];
      const end = Math.min(start + kernel[i], size + padding[i]);
      const first = Math.max(start, 0);
      const last = Math.min(end, size);
      return { first, last, count: includePad ? end - start : last - first };
    }),
  );
  return { axes, divisors: (...counts) => [divisor ?? numel(counts)] };
}

type Average = (
  x: Tensor,
  kernel: number[],
  stride: number[] | null,
  padding: number[],
  ceil: boolean,
  includePad: boolean,
  divisor: number | null,
) => Tensor;

function averagePool(n: 2 | 3): Average {
  const name = `avg_pool${n}d`;
  const params = `int[${n}] kernel_size, int[${n}]? stride=None, int[${n}] padding=[0], bool ceil_mode=False, bool count_include_pad=True, int? divisor_override=None`;
  const text =
    `${name}(Tensor input, ${params}) -> Tensor` as "avg_pool2d(Tensor input, int[2] kernel_size, int[2]? stride=None, int[2] padding=[0], bool ceil_mode=False, bool count_include_pad=True, int? divisor_override=None) -> Tensor";
  const backwardText =
    `${name}_backward(Tensor grad_output, Tensor self, ${params}) -> Tensor` as "avg_pool2d_backward(Tensor grad_output, Tensor self, int[2] kernel_size, int[2]? stride=None, int[2] padding=[0], bool ceil_mode=False, bool count_include_pad=True, int? divisor_override=None) -> Tensor";
  const windows = (
    x: Tensor,
    kernel: number[],
    stride: number[] | null,
    padding: number[],
    ceil: boolean,
    include: boolean,
    divisor: number | null,
  ) => {
    if (divisor === 0) throw new RuntimeError("divisor must be not zero");
    return averageSpans(x.shape.slice(-n), settings(x, n, name, kernel, stride, padding, [1], ceil), include, divisor);
  };
  const forward: Op<typeof text> = op(text, {
    doc: `The mean of each window over the last ${n} dimensions. Padding counts as zeros unless \`count_include_pad\` is false; \`divisor_override\` divides instead of the count.`,
    forward: (x, ...rest) => averageWindows(x, windows(x, ...rest)),
    grad: {
      input: [
        "input",
        (g, s) =>
          backward(
            g,
            s.input,
            s.kernel_size,
            s.stride,
            s.padding,
            s.ceil_mode,
            s.count_include_pad,
            s.divisor_override,
          ),
      ],
    },
    variants: ["nn.functional"],
  });
  const backward = op(backwardText, {
    doc: "Each window's gradient, spread over its elements.",
    forward: (g, x, ...rest) => spreadWindows(g, x.shape, windows(x, ...rest)),
    grad: {
      grad_output: (g, s) =>
        forward(g, s.kernel_size, s.stride, s.padding, s.ceil_mode, s.count_include_pad, s.divisor_override),
      self: (_, s) => zerosFor(s.self),
    },
    variants: [],
  });
  return forward;
}

const avg_pool2d = averagePool(2);
averagePool(3);

op(
  "avg_pool1d(Tensor input, int[1] kernel_size, int[1]? stride=None, int[1] padding=[0], bool ceil_mode=False, bool count_include_pad=True) -> Tensor",
  {
    doc: "The mean of each window over the last dimension.",
    forward: (x, kernel, stride, padding, ceil, include) => {
      const wide = (list: number[] | null, value: number) =>
        list === null || list.length === 0 ? null : [value, list[0]];
      return avg_pool2d(x.unsqueeze(-2), [1, kernel[0]], wide(stride, 1), [0, padding[0]], ceil, include, null).squeeze(
        -2,
      );
    },
    composite: true,
    variants: ["function", "nn.functional"],
  },
);

const startOf = (i: number, size: number, count: number) => Math.floor((i * size) / count);
const endOf = (i: number, size: number, count: number) => Math.ceil(((i + 1) * size) / count);

/** Spans that cover all; a sum is divided by one size after the other. */
const adaptiveSpans = (sizes: readonly number[], counts: readonly number[]): Spans => ({
  axes: sizes.map((size, d) =>
    Array.from({ length: counts[d] }, (_, i) => {
      const [first, last] = [startOf(i, size, counts[d]), endOf(i, size, counts[d])];
      return { first, last, count: last - first };
    }),
  ),
  divisors: (...sizes) => sizes,
});

/** Sizes asked for; None keeps the input's. */
function adaptiveSize(x: Tensor, size: readonly (number | null)[], n: number, name: string): number[] {
  const list = size.length === 1 ? new Array<number | null>(n).fill(size[0]) : size;
  if (list.length !== n) throw new RuntimeError(`${name}: internal error: output_size.size() must be ${n}`);
  if (x.ndim !== n + 1 && x.ndim !== n + 2) {
    throw new RuntimeError(`${name}(): Expected ${n + 1}D or ${n + 2}D tensor, but got ${sizeText(x.shape)}`);
  }
  return list.map((s, i) => s ?? x.shape[x.ndim - n + i]);
}

function adaptiveAverage(n: 2 | 3): (x: Tensor, size: (number | null)[]) => Tensor {
  const name = `adaptive_avg_pool${n}d`;
  const text =
    `_${name}(Tensor self, int[] output_size) -> Tensor` as "_adaptive(Tensor self, int[] output_size) -> Tensor";
  const backwardText =
    `_${name}_backward(Tensor grad_output, Tensor self) -> Tensor` as "_adaptive_backward(Tensor grad_output, Tensor self) -> Tensor";
  const forward: Op<typeof text> = op(text, {
    doc: "Means of windows.",
    forward: (x, counts) => averageWindows(x, adaptiveSpans(x.shape.slice(-n), counts)),
    grad: { self: ["self", (g, s) => backward(g, s.self)] },
    node: `AdaptiveAvgPool${n}DBackward0`,
    variants: [],
  });
  const backward = op(backwardText, {
    doc: "Each window's gradient, spread over its elements.",
    forward: (g, x) => spreadWindows(g, x.shape, adaptiveSpans(x.shape.slice(-n), g.shape.slice(-n))),
    grad: { grad_output: (g, s) => forward(g, s.grad_output.shape.slice(-n)), self: (_, s) => zerosFor(s.self) },
    node: `AdaptiveAvgPool${n}DBackwardBackward0`,
    variants: [],
  });
  const pool = (x: Tensor, size: (number | null)[]): Tensor => {
    const counts = adaptiveSize(x, size, n, name);
    if (!counts.every((c) => c === 1)) return forward(x, counts);
    return x.mean(
      Array.from({ length: n }, (_, i) => -1 - i),
      true,
    );
  };
  op(`${name}(Tensor input, int?[${n}] output_size) -> Tensor` as "p(Tensor input, int?[2] output_size) -> Tensor", {
    doc: `Means over as many windows as \`output_size\` asks for in the last ${n} dimensions; None keeps a size.`,
    forward: pool,
    composite: true,
    variants: ["nn.functional"],
  });
  return pool;
}

export const adaptive_avg_pool2d = adaptiveAverage(2);
export const adaptive_avg_pool3d = adaptiveAverage(3);

export const adaptive_avg_pool1d = op("adaptive_avg_pool1d(Tensor input, int[1] output_size) -> Tensor", {
  doc: "Means over as many windows as asked for in the last dimension.",
  forward: (x, size) => {
    if (x.ndim !== 2 && x.ndim !== 3) {
      throw new RuntimeError(`adaptive_avg_pool1d(): Expected 2D or 3D tensor, but got ${sizeText(x.shape)}`);
    }
    return adaptive_avg_pool2d(x.unsqueeze(-2), [1, size[0]]).squeeze(-2);
  },
  composite: true,
  variants: ["function", "nn.functional"],
});

// ── maxima ──────────────────────────────────────────────────────────────────────────────────────────────────────

type Cotangents = (Tensor | null)[];

const PLANES_BACKWARD = "_max_backward(Tensor grad_output, Tensor self, Tensor indices, int dims) -> Tensor";

/** What every pooling by maxima sends back: each window's gradient to the element it picked. */
const picksBackward = (node: string): Op<typeof PLANES_BACKWARD> =>
  op(PLANES_BACKWARD, {
    doc: "Gradients added where the maxima stood.",
    forward: (g, x, indices, dims) => intoPlanes(g, indices, x.shape.slice(-dims), true),
    grad: {
      grad_output: ["indices", (g, s) => readPicks(g, s.indices, s.dims)],
      self: (_, s) => zerosFor(s.self),
    },
    node,
    variants: [],
  });

const readPicks = op("_max_pick(Tensor self, Tensor indices, int dims) -> Tensor", {
  doc: "The elements of planes at given positions.",
  forward: (x, indices, dims) => fromPlanes(x, indices, dims),
  grad: {
    self: ["self indices", (g, s) => picksAgain(g, s.self, s.indices, s.dims)],
  },
  node: "GatherBackward0",
  variants: [],
});
const picksAgain = picksBackward("MaxPoolBackwardBackward0");

function slidingWindows(
  sizes: readonly number[],
  { kernel, stride, padding, dilation, counts }: PoolSettings,
): Windows[] {
  return sizes.map((size, d) => {
    const start = (i: number) => {
      const first = i * stride[d] - padding[d];
      return first < 0 ? first + Math.ceil(-first / dilation[d]) * dilation[d] : first;
    };
    const end = (i: number) => Math.min(i * stride[d] - padding[d] + (kernel[d] - 1) * dilation[d] + 1, size);
    return { count: counts[d], start, end, step: dilation[d] };
  });
}

type MaxPool = (
  x: Tensor,
  kernel: number[],
  stride: number[] | null,
  padding: number[],
  dilation: number[],
  ceil: boolean,
) => Tensor[];

/** The values alone, or with their positions. */
const chosen = (pair: Tensor[], withIndices: boolean): Tensor => (withIndices ? (pair as unknown as Tensor) : pair[0]);

function maxPool(n: 2 | 3): MaxPool {
  const name = `max_pool${n}d`;
  const text =
    `${name}_with_indices(Tensor input, int[${n}] kernel_size, int[${n}]? stride=None, int[${n}] padding=[0], int[${n}] dilation=[1], bool ceil_mode=False) -> (Tensor values, Tensor indices)` as "max_pool2d_with_indices(Tensor input, int[2] kernel_size, int[2]? stride=None, int[2] padding=[0], int[2] dilation=[1], bool ceil_mode=False) -> (Tensor values, Tensor indices)";
  const backward = picksBackward(`MaxPool${n}DWithIndicesBackwardBackward0`);
  return op(text, {
    doc: `The largest element of each window over the last ${n} dimensions, and its position in its plane.`,
    forward: (x, kernel, stride, padding, dilation, ceil) =>
      maxWindows(x, slidingWindows(x.shape.slice(-n), settings(x, n, name, kernel, stride, padding, dilation, ceil))),
    grad: {
      input: ["input indices", (g: Cotangents, s) => (g[0] === null ? null : backward(g[0], s.input, s.indices, n))],
    },
    node: `MaxPool${n}DWithIndicesBackward0`,
    variants: ["nn.functional"],
  });
}

const pools: Record<number, MaxPool> = { 2: maxPool(2), 3: maxPool(3) };

pools[1] = op(
  "max_pool1d_with_indices(Tensor input, int[1] kernel_size, int[1]? stride=None, int[1] padding=[0], int[1] dilation=[1], bool ceil_mode=False) -> (Tensor values, Tensor indices)",
  {
    doc: "The largest element of each window over the last dimension, and its position.",
    forward: (x, kernel, stride, padding, dilation, ceil) => {
      if (x.ndim !== 2 && x.ndim !== 3) {
        throw new RuntimeError(
          `max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for input, but got:${sizeText(x.shape)}`,
        );
      }
      const wide = (list: readonly number[], value: number) => [value, list[0]];
      const steps = stride === null || stride.length === 0 ? null : wide(stride, 1);
      const [values, indices] = pools[2](
        x.unsqueeze(-2),
        wide(kernel, 1),
        steps,
        wide(padding, 0),
        wide(dilation, 1),
        ceil,
      );
      return named([values.squeeze(-2), indices.squeeze(-2)], "values", "indices");
    },
    composite: true,
    variants: ["nn.functional"],
  },
);

for (const n of [1, 2, 3]) {
  op(
    `max_pool${n}d(Tensor input, int[${n}] kernel_size, int[${n}]? stride=None, int[${n}] padding=[0], int[${n}] dilation=[1], bool ceil_mode=False, bool return_indices=False) -> Tensor` as "max_pool2d(Tensor input, int[2] kernel_size, int[2]? stride=None, int[2] padding=[0], int[2] dilation=[1], bool ceil_mode=False, bool return_indices=False) -> Tensor",
    {
      doc: `The largest element of each window over the last ${n === 1 ? "dimension" : `${n} dimensions`}; \`[values, indices]\` with \`return_indices\`. Windows lie \`stride\` apart, by default a kernel.`,
      forward: (x, kernel, stride, padding, dilation, ceil, withIndices) =>
        chosen(pools[n](x, kernel, stride, padding, dilation, ceil), withIndices),
      composite: true,
      variants: n === 2 ? ["nn.functional", "function"] : ["nn.functional", "function"],
    },
  );
}

function adaptiveMax(n: 2 | 3): (x: Tensor, counts: number[]) => Tensor[] {
  const text =
    `_adaptive_max_pool${n}d(Tensor self, int[] output_size) -> (Tensor values, Tensor indices)` as "_adaptive_max(Tensor self, int[] output_size) -> (Tensor values, Tensor indices)";
  const backward = picksBackward(`AdaptiveMaxPool${n}DBackwardBackward0`);
  return op(text, {
    doc: "Maxima of windows.",
    forward: (x, counts) =>
      maxWindows(
        x,
        x.shape.slice(-n).map((size, d) => ({
          count: counts[d],
          start: (i) => startOf(i, size, counts[d]),
          end: (i) => endOf(i, size, counts[d]),
          step: 1,
        })),
      ),
    grad: {
      self: ["self indices", (g: Cotangents, s) => (g[0] === null ? null : backward(g[0], s.self, s.indices, n))],
    },
    node: `AdaptiveMaxPool${n}DBackward0`,
    variants: [],
  });
}

const adaptiveMax2 = adaptiveMax(2);
const adaptiveMax3 = adaptiveMax(3);

const adaptivePools: Record<number, (x: Tensor, size: (number | null)[]) => Tensor[]> = {
  1: (x, size) => {
    const [count] = adaptiveSize(x, size, 1, "adaptive_max_pool1d");
    return adaptiveMax2(x.unsqueeze(-2), [1, count]).map((t) => t.squeeze(-2));
  },
  2: (x, size) => adaptiveMax2(x, adaptiveSize(x, size, 2, "adaptive_max_pool2d")),
  3: (x, size) => adaptiveMax3(x, adaptiveSize(x, size, 3, "adaptive_max_pool3d")),
};

for (const n of [1, 2, 3]) {
  const where = `over as many windows as asked for in the last ${n === 1 ? "dimension" : `${n} dimensions`}`;
  op(
    `adaptive_max_pool${n}d(Tensor input, int?[${n}] output_size, bool return_indices=False) -> Tensor` as "adaptive_max_pool2d(Tensor input, int?[2] output_size, bool return_indices=False) -> Tensor",
    {
      doc: `Maxima ${where}; \`[values, indices]\` with \`return_indices\`.`,
      forward: (x, size, withIndices) => chosen(adaptivePools[n](x, size), withIndices),
      composite: true,
      variants: ["nn.functional"],
    },
  );
  op(
    `adaptive_max_pool${n}d_with_indices(Tensor input, int?[${n}] output_size, bool return_indices=False) -> (Tensor values, Tensor indices)` as "adaptive_max_pool2d_with_indices(Tensor input, int?[2] output_size, bool return_indices=False) -> (Tensor values, Tensor indices)",
    {
      doc: `Maxima ${where}, and their positions.`,
      forward: (x, size) => named(adaptivePools[n](x, size), "values", "indices"),
      composite: true,
      variants: ["nn.functional"],
    },
  );
}

/** Ben Graham (2014): window starts spread by one random offset for each plane and dimension. */
function fractionalStarts(sample: number, size: number, count: number, kernel: number): number[] {
  if (count === 1) return [size - kernel];
  const alpha = Math.fround((size - kernel) / (count - 1));
  return Array.from({ length: count }, (_, i) =>
    i === count - 1
      ? size - kernel
      : Math.trunc(Math.fround(Math.fround(i + sample) * alpha)) - Math.trunc(Math.fround(sample * alpha)),
  );
}

function fractionalMax(n: 2 | 3): void {
  const name = `fractional_max_pool${n}d`;
  const text =
    `_${name}(Tensor self, int[] kernel_size, int[] output_size, Tensor random_samples) -> (Tensor values, Tensor indices)` as "_fractional(Tensor self, int[] kernel_size, int[] output_size, Tensor random_samples) -> (Tensor values, Tensor indices)";
  const backward = picksBackward(`FractionalMaxPool${n}DBackwardBackward0`);
  const pool = op(text, {
    doc: "Maxima of randomly spread windows.",
    forward: (x, kernel, counts, samples) => {
      const sizes = x.shape.slice(-n);
      sizes.forEach((size, d) => {
        if (counts[d] + kernel[d] - 1 > size) {
          throw new RuntimeError(
            `${name}_out(): pool ${["time", "height", "width"][d + 3 - n]} ${kernel[d]} too large relative to input ${["time", "height", "width"][d + 3 - n]} ${size}`,
          );
        }
      });
      const random = elements(samples);
      // The samples of two dimensions come width first.
      const order = n === 2 ? [1, 0] : [0, 1, 2];
      const planes = Math.max(1, random.length / n);
      const starts = sizes.map((size, d) =>
        Array.from({ length: planes }, (_, p) =>
          fractionalStarts(random[p * n + order[d]], size, counts[d], kernel[d]),
        ),
      );
      return maxWindows(
        x,
        sizes.map((_, d) => ({
          count: counts[d],
          start: (i, p) => starts[d][p][i],
          end: (i, p) => starts[d][p][i] + kernel[d],
          step: 1,
          differ: true,
        })),
      );
    },
    grad: {
      self: ["self indices", (g: Cotangents, s) => (g[0] === null ? null : backward(g[0], s.self, s.indices, n))],
    },
    node: `FractionalMaxPool${n}DBackward0`,
    variants: [],
  });
  const run = (x: Tensor, kernel: number[], size: number[] | null, ratio: number[] | null, samples: Tensor | null) => {
    if (size === null && ratio === null) {
      throw new ValueError(`${name} requires specifying either an output_size or an output_ratio`);
    }
    const wanted =
      size === null
        ? each(ratio!, n, name, "output_ratio").map((r, d) => Math.trunc(x.shape[x.ndim - n + d] * r))
        : each(size, n, name, "output_size");
    const random = samples ?? x.new_empty([x.ndim === n + 1 ? 1 : x.shape[0], x.shape[x.ndim - n - 1], n]).rand_like();
    return pool(x, each(kernel, n, name, "kernel_size"), wanted, random);
  };
  const args = `Tensor input, int[${n}] kernel_size, int[${n}]? output_size=None, float[${n}]? output_ratio=None, bool return_indices=False, Tensor? _random_samples=None`;
  type Text =
    "f(Tensor input, int[2] kernel_size, int[2]? output_size=None, float[2]? output_ratio=None, bool return_indices=False, Tensor? _random_samples=None) -> Tensor";
  op(`${name}(${args}) -> Tensor` as Text, {
    doc: "Maxima of windows whose places are drawn at random, for an output size or a ratio of the input's.",
    forward: (x, kernel, size, ratio, withIndices, samples) =>
      chosen(run(x, kernel, size, ratio, samples), withIndices),
    composite: true,
    variants: ["nn.functional"],
  });
  op(`${name}_with_indices(${args}) -> (Tensor values, Tensor indices)` as Text, {
    doc: "Maxima of windows whose places are drawn at random, and their positions.",
    forward: (x, kernel, size, ratio, _, samples) => chosen(run(x, kernel, size, ratio, samples), true),
    composite: true,
    variants: ["nn.functional"],
  });
}
fractionalMax(2);
fractionalMax(3);

// ── the way back from maxima ────────────────────────────────────────────────────────────────────────────────────

function unpool(n: 2 | 3): (x: Tensor, indices: Tensor, size: number[]) => Tensor {
  const text =
    `_max_unpool${n}d(Tensor self, Tensor indices, int[] output_size) -> Tensor` as "_max_unpool(Tensor self, Tensor indices, int[] output_size) -> Tensor";
  return op(text, {
    doc: "Zeros with elements at given positions of each plane.",
    forward: (x, indices, size) => {
      if (indices.dtype !== int64) {
        throw new RuntimeError(`elements in indices should be type int64 but got: ${indices.dtype.scalarName}`);
      }
      if (sizeText(x.shape) !== sizeText(indices.shape)) {
        throw new RuntimeError(
          `Expected shape of indices to be same as that of the input tensor (${sizeText(x.shape)}) but got indices tensor with shape: ${sizeText(indices.shape)}`,
        );
      }
      const plane = size.reduce((a, b) => a * b, 1);
      for (const i of integers(indices)) {
        if (i < 0 || i >= plane) {
          throw new RuntimeError(`Found an invalid max index: ${i} (output volumes are of size ${size.join("x")})`);
        }
      }
      return intoPlanes(x, indices, size, false);
    },
    grad: { self: ["indices", (g, s) => readPicks(g, s.indices, n)] },
    node: `MaxUnpool${n}DBackward0`,
    variants: [],
  });
}
const unpool2 = unpool(2);
const unpool3 = unpool(3);

/** What pooling came from: (size − 1) stride + kernel − 2 padding, or the size asked for within a stride of it. */
function unpoolSize(
  x: Tensor,
  kernel: number[],
  stride: number[],
  padding: number[],
  asked: number[] | null,
): number[] {
  const n = kernel.length;
  const usual = kernel.map((k, d) => (x.shape[x.ndim - n + d] - 1) * stride[d] + k - 2 * padding[d]);
  if (asked === null) return usual;
  const size = asked.length === n + 2 ? asked.slice(2) : asked;
  if (size.length !== n) {
    throw new ValueError(
      `output_size should be a sequence containing ${n} or ${n + 2} elements, but it has a length of '${size.length}'`,
    );
  }
  size.forEach((s, d) => {
    const [least, most] = [usual[d] - stride[d], usual[d] + stride[d]];
    if (s <= least || s >= most) {
      throw new ValueError(`invalid output_size "${sizeText(size)}" (dim ${d} must be between ${least} and ${most})`);
    }
  });
  return size;
}

for (const n of [1, 2, 3]) {
  const name = `max_unpool${n}d`;
  op(
    `${name}(Tensor input, Tensor indices, int[${n}] kernel_size, int[${n}]? stride=None, int[${n}] padding=[0], int[]? output_size=None) -> Tensor` as "max_unpool2d(Tensor input, Tensor indices, int[2] kernel_size, int[2]? stride=None, int[2] padding=[0], int[]? output_size=None) -> Tensor",
    {
      doc: `The inverse of \`max_pool${n}d\` with \`return_indices\`, where all but the maxima are zero.`,
      forward: (x, indices, kernel, stride, padding, asked) => {
        const k = each(kernel, n, name, "kernel_size");
        const size = unpoolSize(
          x,
          k,
          stride === null ? k : each(stride, n, name, "stride"),
          each(padding, n, name, "padding"),
          asked,
        );
        if (n === 1) return unpool2(x.unsqueeze(-1), indices.unsqueeze(-1), [...size, 1]).squeeze(-1);
        return n === 2 ? unpool2(x, indices, size) : unpool3(x, indices, size);
      },
      composite: true,
      variants: ["nn.functional"],
    },
  );
}

// ── power averages ──────────────────────────────────────────────────────────────────────────────────────────────

/** (Σ xᵖ)^(1/p) from the mean of xᵖ; negative sums keep their sign out of the root. */
const rooted = (mean: Tensor, count: number, p: number): Tensor =>
  mean
    .sign()
    .mul(relu(mean.abs()))
    .mul(count)
    .pow(1 / p);

for (const n of [1, 2]) {
  op(
    `lp_pool${n}d(Tensor input, float norm_type, int[${n}] kernel_size, int[${n}]? stride=None, bool ceil_mode=False) -> Tensor` as "lp_pool2d(Tensor input, float norm_type, int[2] kernel_size, int[2]? stride=None, bool ceil_mode=False) -> Tensor",
    {
      doc: "The p-norm of each window, (Σ xᵖ)^(1/p).",
      forward: (x, p, kernel, stride, ceil) => {
        const k = each(kernel, n, "lp_pool", "kernel_size");
        const powers = x.pow(p);
        const wide = (list: number[]) => (n === 1 ? [1, ...list] : list);
        const mean =
          n === 1
            ? avg_pool2d(powers.unsqueeze(-2), wide(k), stride && wide(stride), [0, 0], ceil, true, null).squeeze(-2)
            : avg_pool2d(powers, k, stride, [0], ceil, true, null);
        return rooted(
          mean,
          k.reduce((a, b) => a * b, 1),
          p,
        );
      },
      composite: true,
      variants: ["nn.functional"],
    },
  );
}
