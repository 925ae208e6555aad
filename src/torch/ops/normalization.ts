/** Normalisation: features shifted and scaled by their own mean and variance. */
import { mode } from "../autograd/gradMode";
import { type Op, op } from "../dispatch";
import { float32 } from "../dtype";
import { RuntimeError, ValueError } from "../errors";
import { elements } from "../kernels/copy";
import { zip } from "../kernels/elementwise";
import {
  batchInput,
  batchRows,
  batchStatistics,
  batchSums,
  type Grouping,
  groupInput,
  groupRows,
  groupWeight,
  layerInput,
  layerRows,
  layerWeight,
  rowSums,
  runStatistics,
} from "../kernels/normalization";
import { kernelsFor } from "../kernels/wasm/elementwise";
import { normalizeBackwardRows, normalizeRows, normalizeWeightRows } from "../kernels/wasm/rows";
import { numel, sameShape, sizeText } from "../shape";
import { allocate, fromData, type Tensor } from "../tensor";
import { norm } from "./norms";
import { constant_pad_nd } from "./padding";

type Cotangents = (Tensor | null)[];

/** Mean and 1 / √(variance + ε) over runs of `length` elements of a row-major tensor. */
function statistics(x: Tensor, count: number, length: number, eps: number): { mean: Float64Array; rstd: Float64Array } {
  const data = elements(x);
  const { cast } = x.dtype;
  const mean = new Float64Array(count);
  const rstd = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const start = i * length;
    let sum = 0;
    for (let k = start; k < start + length; k++) sum += data[k];
    const m = sum / length;
    let squares = 0;
    for (let k = start; k < start + length; k++) squares += (data[k] - m) ** 2;
    mean[i] = m;
    rstd[i] = 1 / cast(Math.sqrt(cast(squares / length + cast(eps))));
  }
  return { mean, rstd };
}

const store = (values: Float64Array, shape: number[], like: Tensor): Tensor => {
  const out = allocate(shape, like.dtype);
  out.storageOf.data.set(values);
  return out;
};

/** x̂ = (x − mean) / √(var + ε) over `dims`, as differentiable ops. */
function standardised(x: Tensor, dims: number[], eps: number): { hat: Tensor; rstd: Tensor } {
  const centred = x.sub(x.mean(dims, true));
  const rstd = centred.mul(centred).mean(dims, true).add(eps).rsqrt();
  return { hat: centred.mul(rstd), rstd };
}

/** gx = (h − mean(h) − x̂ mean(h x̂)) / σ over `dims`, where h is the gradient of x̂ */
function throughStatistics(h: Tensor, hat: Tensor, rstd: Tensor, dims: number[]): Tensor {
  const share = h.mean(dims, true).add(hat.mul(h.mul(hat).mean(dims, true)));
  return h.sub(share).mul(rstd);
}

// ── layer ───────────────────────────────────────────────────────────────────────────────────────────────────────

function checkLayer(x: Tensor, shape: readonly number[], weight: Tensor | null, bias: Tensor | null): void {
  if (shape.length === 0) {
    throw new RuntimeError(
      `Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got normalized_shape = ${sizeText(shape)}`,
    );
  }
  for (const [name, t] of [
    ["weight", weight],
    ["bias", bias],
  ] as const) {
    if (t !== null && !sameShape(t.shape, shape)) {
      throw new RuntimeError(
        `Expected ${name} to be of same shape as normalized_shape, but got ${name} of shape ${sizeText(t.shape)} and normalized_shape = ${sizeText(shape)}`,
      );
    }
  }
  for (const t of [weight, bias]) {
    if (t !== null && t.dtype !== x.dtype) {
      throw new RuntimeError(`expected scalar type ${x.dtype.scalarName} but found ${t.dtype.scalarName}`);
    }
  }
  if (x.ndim < shape.length || !sameShape(x.shape.slice(-shape.length), shape)) {
    throw new RuntimeError(
      `Given normalized_shape=${sizeText(shape)}, expected input with shape [*, ${shape.join(", ")}], but got input of size${sizeText(x.shape)}`,
    );
  }
}

const floats = (t: Tensor): Float32Array => elements(t) as Float32Array;

const maybeFloats = (t: Tensor | null): Float32Array | null => t && floats(t);

/** Whether no gradient of this gradient will be taken: then loops compute it, else it is made of differentiable ops. */
const isLast = (g: Tensor, x: Tensor): boolean => !mode.grad && g.dtype === float32 && x.dtype === float32;

export const native_layer_norm = op(
  "native_layer_norm(Tensor input, int[] normalized_shape, Tensor? weight, Tensor? bias, float eps) -> (Tensor out, Tensor mean, Tensor rstd)",
  {
    doc: "Layer normalisation, and the mean and 1/σ of each example.",
    forward: (x, shape, weight, bias, eps) => {
      checkLayer(x, shape, weight, bias);
      const lead = x.shape.slice(0, x.ndim - shape.length);
      const [count, length] = [numel(lead), numel(shape)];
      const kept = [...lead, ...shape.map(() => 1)];
      const wasm = x.dtype === float32 && length > 0 ? kernelsFor(count * length) : null;
      if (wasm !== null) {
        const [out, mean, rstd] = [x.shape, kept, kept].map((size) => allocate(size, float32));
        const affine = { weight: maybeFloats(weight), bias: maybeFloats(bias) };
        normalizeRows(wasm, floats(x), affine, eps, floats(out), floats(mean), floats(rstd), length);
        return [out, mean, rstd];
      }
      if (x.dtype === float32) {
        const [out, mean, rstd] = [x.shape, kept, kept].map((size) => allocate(size, float32));
        const [data, m, s] = [floats(x), floats(mean), floats(rstd)];
        runStatistics(data, length, eps, m, s);
        layerRows(data, maybeFloats(weight), maybeFloats(bias), m, s, floats(out));
        return [out, mean, rstd];
      }
      const { mean, rstd } = statistics(x, count, length, eps);
      const out = allocate(x.shape, x.dtype);
      const data = elements(x);
      const w = weight === null ? null : elements(weight);
      const b = bias === null ? null : elements(bias);
      for (let i = 0, at = 0; i < count; i++) {
        const shift = -rstd[i] * mean[i];
        for (let k = 0; k < length; k++, at++) {
          const hat = data[at] * rstd[i] + shift;
          out.storageOf.data[at] = hat * (w === null ? 1 : w[k]) + (b === null ? 0 : b[k]);
        }
      }
      return [out, store(mean, kept, x), store(rstd, kept, x)];
    },
    grad: {
      input: [
        "input weight mean rstd",
        (g: Cotangents, s) => {
          if (g[0] === null) return null;
          if (isLast(g[0], s.input)) {
            const out = allocate(s.input.shape, float32);
            const [x, dy, mean, rstd] = [s.input, g[0], s.mean, s.rstd].map(floats);
            const weight = maybeFloats(s.weight);
            const wasm = kernelsFor(x.length);
            if (wasm === null) layerInput(x, dy, weight, mean, rstd, floats(out));
            else normalizeBackwardRows(wasm, x, dy, weight, mean, rstd, floats(out), numel(s.normalized_shape));
            return out;
          }
          const dims = s.normalized_shape.map((_, i) => -1 - i);
          const { hat, rstd } = standardised(s.input, dims, s.eps);
          return throughStatistics(s.weight === null ? g[0] : g[0].mul(s.weight), hat, rstd, dims);
        },
      ],
      weight: [
        "input mean rstd",
        (g: Cotangents, s) => {
          if (g[0] === null) return null;
          if (isLast(g[0], s.input)) {
            const out = allocate([...s.normalized_shape], float32);
            const [x, dy, mean, rstd] = [s.input, g[0], s.mean, s.rstd].map(floats);
            const wasm = kernelsFor(x.length);
            if (wasm === null) layerWeight(x, dy, mean, rstd, floats(out));
            else normalizeWeightRows(wasm, x, dy, mean, rstd, floats(out));
            return out;
          }
          const dims = s.normalized_shape.map((_, i) => -1 - i);
          return g[0].mul(standardised(s.input, dims, s.eps).hat).sum_to_size(s.normalized_shape);
        },
      ],
      bias: [
        "input",
        (g: Cotangents, s) => {
          if (g[0] === null) return null;
          if (!isLast(g[0], s.input)) return g[0].sum_to_size(s.normalized_shape);
          const out = allocate([...s.normalized_shape], float32);
          rowSums(floats(g[0]), floats(out));
          return out;
        },
      ],
    },
    differentiableOutputs: ["out"],
    variants: ["function"],
  },
);

for (const variants of [["nn.functional"], ["function"]] as const) {
  op(
    "layer_norm(Tensor input, int[] normalized_shape, Tensor? weight=None, Tensor? bias=None, float eps=1e-05) -> Tensor",
    {
      doc: "(x − mean) / √(var + ε) · weight + bias over the last dimensions, of the shape given (Ba et al., 2016).",
      forward: (x, shape, weight, bias, eps) => native_layer_norm(x, shape, weight, bias, eps)[0],
      composite: true,
      variants,
    },
  );
}

// ── groups ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** A vector per channel, under the input's dimensions. */
const perChannel = (t: Tensor, dims: number): Tensor => t.reshape([1, -1, ...new Array(dims - 2).fill(1)]);

const channelDims = (shape: readonly number[]): number[] => shape.map((_, i) => i).filter((i) => i !== 1);

const groupRuns = (s: { N: number; C: number; HxW: number; group: number }): number[] => [
  s.N,
  s.group,
  (s.C / s.group) * s.HxW,
];

const grouping = (s: { N: number; C: number; HxW: number; group: number }): Grouping => ({
  examples: s.N,
  channels: s.C,
  inner: s.HxW,
  groups: s.group,
});

/** The gradient of a group normalisation's weight, or of its bias. */
function groupSums(g: Tensor, s: any, bias: boolean): Tensor {
  const out = allocate([s.C], float32);
  const [x, dy, mean, rstd] = [s.input, g, s.mean, s.rstd].map(floats);
  groupWeight(x, dy, mean, rstd, floats(out), grouping(s), bias);
  return out;
}

const native_group_norm = op(
  "native_group_norm(Tensor input, Tensor? weight, Tensor? bias, int N, int C, int HxW, int group, float eps) -> (Tensor out, Tensor mean, Tensor rstd)",
  {
    doc: "Group normalisation, and the mean and 1/σ of each group.",
    forward: (x, weight, bias, n, c, inner, group, eps) => {
      const length = (c / group) * inner;
      if (x.dtype === float32) {
        const [out, mean, rstd] = [x.shape, [n, group], [n, group]].map((size) => allocate(size, float32));
        const [data, m, s] = [floats(x), floats(mean), floats(rstd)];
        runStatistics(data, length, eps, m, s);
        const grouping = { examples: n, channels: c, inner, groups: group };
        groupRows(data, maybeFloats(weight), maybeFloats(bias), m, s, floats(out), grouping);
        return [out, mean, rstd];
      }
      const { mean, rstd } = statistics(x, n * group, length, eps);
      const out = allocate(x.shape, x.dtype);
      const data = elements(x);
      const w = weight === null ? null : elements(weight);
      const b = bias === null ? null : elements(bias);
      for (let i = 0; i < data.length; i++) {
        const run = Math.floor(i / length);
        const channel = Math.floor(i / inner) % c;
        const hat = (data[i] - mean[run]) * rstd[run];
        out.storageOf.data[i] = hat * (w === null ? 1 : w[channel]) + (b === null ? 0 : b[channel]);
      }
      return [out, store(mean, [n, group], x), store(rstd, [n, group], x)];
    },
    grad: {
      input: [
        "input weight mean rstd",
        (g: Cotangents, s) => {
          if (g[0] === null) return null;
          if (isLast(g[0], s.input)) {
            const out = allocate(s.input.shape, float32);
            const [x, dy, mean, rstd] = [s.input, g[0], s.mean, s.rstd].map(floats);
            groupInput(x, dy, maybeFloats(s.weight), mean, rstd, floats(out), grouping(s));
            return out;
          }
          const runs = groupRuns(s);
          const { hat, rstd } = standardised(s.input.reshape(runs), [2], s.eps);
          const h = s.weight === null ? g[0] : g[0].mul(perChannel(s.weight, s.input.ndim));
          return throughStatistics(h.reshape(runs), hat, rstd, [2]).reshape(s.input.shape);
        },
      ],
      weight: [
        "input mean rstd",
        (g: Cotangents, s) => {
          if (g[0] === null) return null;
          if (isLast(g[0], s.input)) return groupSums(g[0], s, false);
          const { hat } = standardised(s.input.reshape(groupRuns(s)), [2], s.eps);
          return g[0].mul(hat.reshape(s.input.shape)).sum(channelDims(s.input.shape));
        },
      ],
      bias: [
        "input mean rstd",
        (g: Cotangents, s) => {
          if (g[0] === null) return null;
          return isLast(g[0], s.input) ? groupSums(g[0], s, true) : g[0].sum(channelDims(s.input.shape));
        },
      ],
    },
    differentiableOutputs: ["out"],
    variants: ["function"],
  },
);

op("group_norm(Tensor input, int num_groups, Tensor? weight=None, Tensor? bias=None, float eps=1e-05) -> Tensor", {
  doc: "(x − mean) / √(var + ε) within each group of channels, then scaled and shifted per channel (Wu & He, 2018).",
  forward: (x, groups, weight, bias, eps) => {
    if (x.ndim < 2) {
      throw new RuntimeError(`Expected at least 2 dimensions for input tensor but received ${x.ndim}`);
    }
    const [n, c, ...rest] = x.shape;
    if (c % groups !== 0) {
      throw new RuntimeError(
        `Expected number of channels in input to be divisible by num_groups, but got input of shape ${sizeText(x.shape)} and num_groups=${groups}`,
      );
    }
    if (((n * c) / groups) * numel(rest) === 1) moreThanOne(sizeText([Math.floor((n * c) / groups), groups, ...rest]));
    for (const [name, t] of [
      ["weight", weight],
      ["bias", bias],
    ] as const) {
      if (t !== null && (t.ndim !== 1 || t.numel() !== c)) {
        throw new RuntimeError(
          `Expected ${name} to be a vector of size equal to the number of channels in input, but got ${name} of shape ${sizeText(t.shape)} and input of shape ${sizeText(x.shape)}`,
        );
      }
    }
    return native_group_norm(x, weight, bias, n, c, numel(rest), groups, eps)[0];
  },
  composite: true,
  variants: ["function", "nn.functional"],
});

function moreThanOne(size: string): never {
  throw new ValueError(`Expected more than 1 value per channel when training, got input size ${size}`);
}

// ── batch ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** Channel by channel: mean and biased variance over everything else. */
function channelStatistics(x: Tensor): { mean: Float64Array; variance: Float64Array; count: number } {
  const [n, c, ...rest] = x.shape;
  const inner = numel(rest);
  const count = n * inner;
  const data = elements(x);
  const mean = new Float64Array(c);
  const variance = new Float64Array(c);
  const each = (f: (channel: number, value: number) => void) => {
    for (let i = 0; i < data.length; i++) f(Math.floor(i / inner) % c, data[i]);
  };
  each((channel, v) => {
    mean[channel] += v;
  });
  for (let i = 0; i < c; i++) mean[i] /= count;
  each((channel, v) => {
    variance[channel] += (v - mean[channel]) ** 2;
  });
  for (let i = 0; i < c; i++) variance[i] /= count;
  return { mean, variance, count };
}

/** Moves running statistics in place: (1 − momentum) old, and the new ones' share. */
function track(running: Tensor | null, momentum: number, share: ArrayLike<number>): void {
  if (running === null) return;
  const { data } = running.storageOf;
  const { cast } = running.dtype;
  const rest = cast(1 - cast(momentum));
  for (let i = 0; i < share.length; i++) {
    const at = running.offset + i * running.strides[0];
    data[at] = cast(rest * data[at]) + share[i];
  }
  running.versions.n++;
}

// By fixed statistics the gradient only scales. As in PyTorch the input takes part without a derivative.
const scaledBackward = op("native_batch_norm_backward(Tensor grad_out, Tensor input, Tensor scale) -> Tensor", {
  doc: "The gradient scaled per channel.",
  forward: (g, _, scale) => zip(g, scale, (a, b) => a * b),
  grad: {
    grad_out: ["scale input", (g, s) => scaledBackward2(g, s.input, s.scale)],
    input: () => null,
    scale: ["grad_out", (g, s) => g.mul(s.grad_out).sum_to_size(s.scale.shape)],
  },
  node: "NativeBatchNormBackwardBackward0",
  variants: [],
});
const scaledBackward2 = (g: Tensor, x: Tensor, scale: Tensor): Tensor => scaledBackward(g, x, scale);

/** x̂ and 1/σ by the batch's own statistics, or by the running ones. */
function batchStandardised(s: {
  input: Tensor;
  running_mean: Tensor | null;
  running_var: Tensor | null;
  training: boolean;
  eps: number;
}): { hat: Tensor; rstd: Tensor } {
  if (s.training || s.running_mean === null) return standardised(s.input, channelDims(s.input.shape), s.eps);
  const rstd = perChannel(s.running_var!, s.input.ndim).add(s.eps).rsqrt();
  return { hat: s.input.sub(perChannel(s.running_mean, s.input.ndim)).mul(rstd), rstd };
}

/** Mean and 1/σ of each channel of floats, by the batch (then the running ones move) or by the running ones. */
function batchForward(
  x: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  training: boolean,
  momentum: number,
  eps: number,
): { mean: Float32Array; rstd: Float32Array } {
  if (!training && runningMean !== null) return runningStatistics(runningMean, runningVar!, eps);
  const { mean, squares } = batchStatistics(floats(x), x.shape[1], numel(x.shape.slice(2)));
  const count = x.numel() / x.shape[1];
  if (training) {
    // As in PyTorch the mean's share is rounded, the variance's is not.
    const k = Math.fround(momentum);
    track(
      runningMean,
      momentum,
      mean.map((v) => k * v),
    );
    track(
      runningVar,
      momentum,
      Float64Array.from(squares, (v) => k * Math.fround(v / (count - 1))),
    );
  }
  return { mean, rstd: squares.map((v) => 1 / Math.sqrt(Math.fround(v / count) + eps)) };
}

function runningStatistics(mean: Tensor, variance: Tensor, eps: number): { mean: Float32Array; rstd: Float32Array } {
  return { mean: floats(mean), rstd: floats(variance).map((v) => 1 / Math.sqrt(v + eps)) };
}

/** The statistics that a forward pass used. */
function batchUsed(s: any): { mean: Float32Array; rstd: Float32Array } {
  return s.training || s.running_mean === null
    ? { mean: floats(s.save_mean), rstd: floats(s.save_invstd) }
    : runningStatistics(s.running_mean, s.running_var, s.eps);
}

/** Whether loops compute this gradient: none will be taken of it, and the statistics were kept. */
const isLastOfBatch = (g: Tensor, s: any): boolean => isLast(g, s.input) && (s.training || s.running_mean !== null);

export const native_batch_norm = op(
  "native_batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, bool training, float momentum, float eps) -> (Tensor out, Tensor save_mean, Tensor save_invstd)",
  {
    doc: "Batch normalisation, and in training the mean and 1/σ of each channel.",
    forward: (x, weight, bias, runningMean, runningVar, training, momentum, eps) => {
      const c = x.shape[1];
      const inner = numel(x.shape.slice(2));
      if (x.dtype === float32) {
        const out = allocate(x.shape, float32);
        const stats = batchForward(x, runningMean, runningVar, training, momentum, eps);
        batchRows(floats(x), maybeFloats(weight), maybeFloats(bias), stats.mean, stats.rstd, floats(out), inner);
        const saved = training ? [stats.mean, stats.rstd] : [new Float32Array(0), new Float32Array(0)];
        return [out, ...saved.map((values) => fromData(values, float32, [values.length]))] as [Tensor, Tensor, Tensor];
      }
      let mean: Float64Array;
      let rstd: Float64Array;
      if (training || runningMean === null) {
        const own = channelStatistics(x);
        mean = own.mean;
        rstd = own.variance.map((v) => 1 / Math.sqrt(v + eps));
        if (training) {
          track(
            runningMean,
            momentum,
            mean.map((v) => momentum * v),
          );
          track(
            runningVar,
            momentum,
            own.variance.map((v) => (momentum * v * own.count) / (own.count - 1)),
          );
        }
      } else {
        mean = Float64Array.from(elements(runningMean));
        rstd = Float64Array.from(elements(runningVar!), (v) => 1 / Math.sqrt(v + eps));
      }
      const out = allocate(x.shape, x.dtype);
      const data = elements(x);
      const w = weight === null ? null : elements(weight);
      const b = bias === null ? null : elements(bias);
      for (let i = 0; i < data.length; i++) {
        const channel = Math.floor(i / inner) % c;
        const hat = (data[i] - mean[channel]) * rstd[channel];
        out.storageOf.data[i] = hat * (w === null ? 1 : w[channel]) + (b === null ? 0 : b[channel]);
      }
      if (!training) return [out, allocate([0], x.dtype), allocate([0], x.dtype)];
      return [out, store(mean, [c], x), store(rstd, [c], x)];
    },
    grad: {
      input: [
        "input weight running_mean running_var save_mean save_invstd",
        (g: Cotangents, s) => {
          if (g[0] === null) return null;
          if (isLast(g[0], s.input) && s.training) {
            const out = allocate(s.input.shape, float32);
            const [x, dy, mean, rstd] = [s.input, g[0], s.save_mean, s.save_invstd].map(floats);
            batchInput(x, dy, maybeFloats(s.weight), mean, rstd, floats(out), numel(s.input.shape.slice(2)));
            return out;
          }
          const { hat, rstd } = batchStandardised(s);
          const w = s.weight === null ? null : perChannel(s.weight, s.input.ndim);
          if (!s.training && s.running_mean !== null) {
            return scaledBackward(g[0], s.input, w === null ? rstd : rstd.mul(w));
          }
          return throughStatistics(w === null ? g[0] : g[0].mul(w), hat, rstd, channelDims(s.input.shape));
        },
      ],
      weight: [
        "input running_mean running_var save_mean save_invstd",
        (g: Cotangents, s) => {
          if (g[0] === null) return null;
          if (!isLastOfBatch(g[0], s)) return g[0].mul(batchStandardised(s).hat).sum(channelDims(s.input.shape));
          const { mean, rstd } = batchUsed(s);
          const { products } = batchSums(floats(s.input), floats(g[0]), mean, numel(s.input.shape.slice(2)));
          return fromData(
            Float32Array.from(products, (p, c) => p * rstd[c]),
            float32,
            [mean.length],
          );
        },
      ],
      bias: [
        "input running_mean running_var save_mean",
        (g: Cotangents, s) => {
          if (g[0] === null) return null;
          if (!isLastOfBatch(g[0], s)) return g[0].sum(channelDims(s.input.shape));
          const { sums } = batchSums(floats(s.input), floats(g[0]), batchUsed(s).mean, numel(s.input.shape.slice(2)));
          return fromData(Float32Array.from(sums), float32, [sums.length]);
        },
      ],
    },
    differentiableOutputs: ["out"],
    variants: ["function"],
  },
);

function checkChannels(x: Tensor, parameters: Record<string, Tensor | null>): void {
  if (parameters.weight && parameters.weight.dtype !== x.dtype) {
    throw new RuntimeError("mixed dtype (CPU): expect input to have scalar type of BFloat16");
  }
  for (const [name, t] of Object.entries(parameters)) {
    if (t !== null && t.numel() !== x.shape[1]) {
      throw new RuntimeError(`${name} should contain ${x.shape[1]} elements not ${t.numel()}`);
    }
  }
}

function batchNorm(
  x: Tensor,
  weight: Tensor | null,
  bias: Tensor | null,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  training: boolean,
  momentum: number,
  eps: number,
): Tensor {
  if (x.numel() === 0) {
    let out = x.clone();
    if (weight !== null) out = out.mul(weight.select(0, 0));
    if (bias !== null) out = out.add(bias.select(0, 0));
    return out;
  }
  if (!training) {
    if (runningMean === null) throw new RuntimeError("running_mean must be defined in evaluation mode");
    if (runningVar === null) throw new RuntimeError("running_var must be defined in evaluation mode");
  }
  checkChannels(x, { running_mean: runningMean, running_var: runningVar, weight, bias });
  return native_batch_norm(x, weight, bias, runningMean, runningVar, training, momentum, eps)[0];
}

op(
  "batch_norm(Tensor input, Tensor? running_mean, Tensor? running_var, Tensor? weight=None, Tensor? bias=None, bool training=False, float momentum=0.1, float eps=1e-05) -> Tensor",
  {
    doc: "(x − mean) / √(var + ε) · weight + bias for each channel `[n, c, …]`: by the batch in training (which also moves the running statistics in place), by the running statistics otherwise (Ioffe & Szegedy, 2015).",
    forward: (x, mean, variance, weight, bias, training, momentum, eps) => {
      if (training && x.shape[0] * numel(x.shape.slice(2)) === 1) moreThanOne(`torch.Size(${sizeText(x.shape)})`);
      return batchNorm(x, weight, bias, mean, variance, training, momentum, eps);
    },
    composite: true,
    variants: ["nn.functional"],
  },
);
op(
  "batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, bool training, float momentum, float eps, bool cudnn_enabled) -> Tensor",
  {
    doc: "Batch normalisation in the argument order of the low-level op.",
    forward: (x, weight, bias, mean, variance, training, momentum, eps) =>
      batchNorm(x, weight, bias, mean, variance, training, momentum, eps),
    composite: true,
    variants: ["function"],
  },
);

op(
  "instance_norm(Tensor input, Tensor? running_mean=None, Tensor? running_var=None, Tensor? weight=None, Tensor? bias=None, bool use_input_stats=True, float momentum=0.1, float eps=1e-05) -> Tensor",
  {
    doc: "Batch normalisation of every example by itself (Ulyanov et al., 2017).",
    forward: (x, mean, variance, weight, bias, own, momentum, eps) => {
      if (own && numel(x.shape.slice(2)) === 1) {
        throw new ValueError(
          `Expected more than 1 spatial element when training, got input size torch.Size(${sizeText(x.shape)})`,
        );
      }
      if (!own && (mean === null || variance === null)) {
        throw new RuntimeError("Expected running_mean and running_var to be defined when use_input_stats is false");
      }
      const [n, c, ...rest] = x.shape;
      const each = (t: Tensor | null) => (t === null ? null : t.repeat([n]));
      const [means, variances] = [each(mean), each(variance)];
      const flat = x.contiguous().view([1, n * c, ...rest]);
      const out = batchNorm(flat, each(weight), each(bias), means, variances, own, momentum, eps);
      if (mean !== null) mean.copy_(means!.view([n, c]).mean([0]));
      if (variance !== null) variance.copy_(variances!.view([n, c]).mean([0]));
      return out.view(x.shape);
    },
    composite: true,
    variants: ["nn.functional"],
  },
);

// ── neighbours and lengths ──────────────────────────────────────────────────────────────────────────────────────

op("local_response_norm(Tensor input, int size, float alpha=0.0001, float beta=0.75, float k=1) -> Tensor", {
  doc: "x / (k + α · mean of x² over neighbouring channels)^β (Krizhevsky et al., 2012).",
  forward: (x, size, alpha, beta, k) => {
    if (x.ndim < 3) {
      throw new ValueError(
        `Expected 3D or higher dimensionality                          input (got ${x.ndim} dimensions)`,
      );
    }
    if (x.numel() === 0) return x;
    const [n, c, ...rest] = x.shape;
    // Channels as the second last dimension, so that a window runs over them.
    const squares = x.mul(x).reshape([n, 1, c, numel(rest)]);
    const padded = constant_pad_nd(squares, [0, 0, Math.floor(size / 2), Math.floor((size - 1) / 2)], 0);
    const sums = Array.from({ length: size }, (_, i) => padded.narrow(2, i, c)).reduce((a, b) => a.add(b));
    const mean = sums.div(size).reshape(x.shape);
    return x.div(mean.mul(alpha).add(k).pow(beta));
  },
  composite: true,
  variants: ["nn.functional"],
});

op("normalize(Tensor input, float p=2, int[1] dim=[1], float eps=1e-12) -> Tensor", {
  doc: "x / max(‖x‖ₚ, ε) along a dimension.",
  forward: (x, p, dim, eps) => x.div(norm(x, p, dim, true).clamp_min(eps).expand_as(x)),
  composite: true,
  variants: ["nn.functional"],
});

const WEIGHT_NORM = "_weight_norm_interface(Tensor v, Tensor g, int dim=0) -> (Tensor w, Tensor norms)";

/** Norms over all dimensions but one, which is the first or the last. */
function normsOf(v: Tensor, dim: number): Tensor {
  const shape = v.shape.map((size, d) => (d === dim ? size : 1));
  if (dim === 0) return v.reshape([v.shape[0], -1]).norm(2, 1).view(shape);
  return v.reshape([-1, v.shape[dim]]).norm(2, 0).view(shape);
}

// w = g v / n, n = ‖v‖: gg = Σ gw v / n, gv = g / n (gw − v Σ gw v / n²)
export const weightNorm: Op<typeof WEIGHT_NORM> = op(WEIGHT_NORM, {
  doc: "A weight from its direction and its lengths, g v / ‖v‖, and the norms.",
  forward: (v, g, dim) => {
    const norms = normsOf(v, dim);
    return [v.mul(g.div(norms)), norms];
  },
  grad: {
    v: [
      "v g",
      (grads: Cotangents, s) => {
        const n = normsOf(s.v, s.dim);
        return s.g.div(n).mul(grads[0]!.sub(s.v.mul(alongDirection(grads[0]!, s.v, s.dim).div(n.mul(n)))));
      },
    ],
    g: ["v", (grads: Cotangents, s) => alongDirection(grads[0]!, s.v, s.dim).div(normsOf(s.v, s.dim))],
  },
  variants: [],
});

/** Σ gw v for each norm. */
function alongDirection(gw: Tensor, v: Tensor, dim: number): Tensor {
  return gw.mul(v).sum(
    v.shape.map((_, d) => d).filter((d) => d !== dim),
    true,
  );
}
