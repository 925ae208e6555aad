/**
 * Convolution in one, two or three dimensions, as matrix products over unfolded patches.
 *
 * Forward, gradient of the input and gradient of the weight are the three ways to contract the one trilinear form
 * Σ out[n, o, p] · weight[o, c, k] · input[n, c, p·stride + k·dilation − padding].
 */
import { float32, float64, type TypedArray } from "../dtype";
import { numel } from "../shape";
import { allocate, type Tensor } from "../tensor";
import { elements } from "./copy";
import { product } from "./matmul";
import { type Kernels, kernels } from "./wasm";
import { convolveInputWasm, convolveWasm, convolveWeightWasm, fits } from "./wasm/convolution";

/** Sizes along one dimension: of the input, the kernel and the output. */
export interface Axis {
  readonly input: number;
  readonly kernel: number;
  readonly output: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
}

export interface Geometry {
  readonly batch: number;
  /** Channels of the input and of the output, over all groups. */
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
  readonly axes: readonly Axis[];
}

const sizes = (axes: readonly Axis[], part: "input" | "kernel" | "output") => axes.map((a) => a[part]);

const ONE: Axis = { input: 1, kernel: 1, output: 1, stride: 1, padding: 0, dilation: 1 };

/** Three axes, the missing ones of size 1 in front. */
const three = (axes: readonly Axis[]): readonly Axis[] => [...new Array<Axis>(3 - axes.length).fill(ONE), ...axes];

/**
 * Patches of `channels` planes as columns `[channels · kernel, output]`, or back: adds columns into planes.
 * `planes` is read (written) from `at` on.
 */
export function patches(
  planes: Float64Array | { [i: number]: number },
  at: number,
  channels: number,
  axes: readonly Axis[],
  columns: Float64Array,
  back: boolean,
): void {
  const [d, h, w] = three(axes);
  const plane = d.input * h.input * w.input;
  let to = 0;
  for (let c = 0; c < channels; c++) {
    for (let kd = 0; kd < d.kernel; kd++) {
      for (let kh = 0; kh < h.kernel; kh++) {
        for (let kw = 0; kw < w.kernel; kw++) {
          for (let od = 0; od < d.output; od++) {
            const z = od * d.stride - d.padding + kd * d.dilation;
            for (let oh = 0; oh < h.output; oh++) {
              const y = oh * h.stride - h.padding + kh * h.dilation;
              if (z < 0 || z >= d.input || y < 0 || y >= h.input) {
                to += w.output;
                continue;
              }
              const row = at + c * plane + (z * h.input + y) * w.input;
              let x = kw * w.dilation - w.padding;
              for (let ow = 0; ow < w.output; ow++, x += w.stride, to++) {
                if (x < 0 || x >= w.input) continue;
                if (back) planes[row + x] += columns[to];
                else columns[to] = planes[row + x];
              }
            }
          }
        }
      }
    }
  }
}

interface Parts {
  inGroup: number;
  outGroup: number;
  /** Rows of the column matrix: input channels of a group times the kernel. */
  depth: number;
  positions: number;
  plane: number;
}

function parts({ inChannels, outChannels, groups, axes }: Geometry): Parts {
  const inGroup = inChannels / groups;
  return {
    inGroup,
    outGroup: outChannels / groups,
    depth: inGroup * numel(sizes(axes, "kernel")),
    positions: numel(sizes(axes, "output")),
    plane: numel(sizes(axes, "input")),
  };
}

/** The WASM kernels, where they serve for this convolution. */
function kernelsFor({ dtype }: Tensor, g: Geometry): Kernels | null {
  return (dtype === float32 || dtype === float64) && fits(g) ? kernels() : null;
}

const floats = (data: TypedArray) => data as Float32Array | Float64Array;

/** `[batch, outChannels, …output]` from `[batch, inChannels, …input]` and `[outChannels, inChannels / groups, …kernel]`. */
export function convolve(input: Tensor, weight: Tensor, g: Geometry): Tensor {
  const { inGroup, outGroup, depth, positions, plane } = parts(g);
  const out = allocate([g.batch, g.outChannels, ...sizes(g.axes, "output")], input.dtype);
  const x = elements(input);
  const w = elements(weight);
  const wasm = kernelsFor(input, g);
  if (wasm !== null) {
    convolveWasm(wasm, floats(x), floats(w), null, floats(out.storageOf.data), g);
    return out;
  }
  for (let n = 0; n < g.batch; n++) {
    for (let group = 0; group < g.groups; group++) {
      const columns = new Float64Array(depth * positions);
      patches(x, (n * g.inChannels + group * inGroup) * plane, inGroup, g.axes, columns, false);
      const to = (n * g.outChannels + group * outGroup) * positions;
      product(w, columns, out.storageOf.data, outGroup, depth, positions, group * outGroup * depth, 0, to);
    }
  }
  return out;
}

/** The gradient of `convolve`'s input; also what a transposed convolution computes. */
export function convolveInput(grad: Tensor, weight: Tensor, g: Geometry): Tensor {
  const { inGroup, outGroup, depth, positions, plane } = parts(g);
  const out = allocate([g.batch, g.inChannels, ...sizes(g.axes, "input")], grad.dtype);
  const dy = elements(grad);
  const w = elements(weight);
  const wasm = kernelsFor(grad, g);
  if (wasm !== null) {
    convolveInputWasm(wasm, floats(dy), floats(w), floats(out.storageOf.data), g);
    return out;
  }
  const sum = new Float64Array(out.numel());
  const turned = new Float64Array(depth * outGroup);
  for (let group = 0; group < g.groups; group++) {
    for (let o = 0; o < outGroup; o++) {
      for (let k = 0; k < depth; k++) turned[k * outGroup + o] = w[(group * outGroup + o) * depth + k];
    }
    for (let n = 0; n < g.batch; n++) {
      const columns = new Float64Array(depth * positions);
      const from = (n * g.outChannels + group * outGroup) * positions;
      product(turned, dy, columns, depth, outGroup, positions, 0, from, 0);
      patches(sum, (n * g.inChannels + group * inGroup) * plane, inGroup, g.axes, columns, true);
    }
  }
  out.storageOf.data.set(sum);
  return out;
}

/** The gradient of `convolve`'s weight. */
export function convolveWeight(input: Tensor, grad: Tensor, g: Geometry): Tensor {
  const { inGroup, outGroup, depth, positions, plane } = parts(g);
  const out = allocate([g.outChannels, inGroup, ...sizes(g.axes, "kernel")], input.dtype);
  const x = elements(input);
  const dy = elements(grad);
  const wasm = kernelsFor(input, g);
  if (wasm !== null) {
    convolveWeightWasm(wasm, floats(x), floats(dy), floats(out.storageOf.data), g);
    return out;
  }
  const sum = new Float64Array(out.numel());
  const share = new Float64Array(outGroup * depth);
  for (let n = 0; n < g.batch; n++) {
    for (let group = 0; group < g.groups; group++) {
      const columns = new Float64Array(depth * positions);
      patches(x, (n * g.inChannels + group * inGroup) * plane, inGroup, g.axes, columns, false);
      const turned = new Float64Array(positions * depth);
      for (let k = 0; k < depth; k++) {
        for (let p = 0; p < positions; p++) turned[p * depth + k] = columns[k * positions + p];
      }
      const from = (n * g.outChannels + group * outGroup) * positions;
      product(dy, turned, share, outGroup, positions, depth, from, 0, 0);
      const to = group * outGroup * depth;
      for (let i = 0; i < share.length; i++) sum[to + i] += share[i];
    }
  }
  out.storageOf.data.set(sum);
  return out;
}
