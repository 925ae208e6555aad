/**
 * Convolution in one, two or three dimensions.
 *
 * Forward, gradient of the input and gradient of the weight are the three ways to contract the one trilinear form
 * Σ out[n, o, p] · weight[o, c, k] · input[n, c, p·stride + k·dilation − padding].
 *
 * Floats are added up in the order of PyTorch's CPU build: where it leaves a convolution to oneDNN each result is one chain of fused
 * multiply–adds, else there are products with matrices of unfolded patches.
 */
import { float32, float64, type TypedArray } from "../dtype";
import { numel } from "../shape";
import { allocate, type Tensor } from "../tensor";
import type { Matrix } from "./blas";
import { elements } from "./copy";
import { addProduct } from "./matmul";
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
  /** Whether each result is one chain, as where PyTorch leaves it to oneDNN. */
  readonly chained: boolean;
  /** Whether oneDNN unfolds patches: its products of matrices are chains from 0, which are then added up. */
  readonly unfolded?: boolean;
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
  planes: { [i: number]: number },
  at: number,
  channels: number,
  axes: readonly Axis[],
  columns: { [i: number]: number },
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
  const serves = dtype === float64 || (dtype === float32 && g.chained);
  return serves && fits(g) ? kernels() : null;
}

const floats = (data: TypedArray) => data as Float32Array | Float64Array;

/** `[batch, outChannels, …output]` from `[batch, inChannels, …input]`, `[outChannels, inChannels / groups, …kernel]` and a bias. */
export function convolve(input: Tensor, weight: Tensor, bias: Tensor | null, g: Geometry): Tensor {
  const { inGroup, outGroup, depth, positions, plane } = parts(g);
  const out = allocate([g.batch, g.outChannels, ...sizes(g.axes, "output")], input.dtype);
  const x = elements(input);
  const w = elements(weight);
  const b = bias && elements(bias);
  const to = floats(out.storageOf.data);
  const wasm = kernelsFor(input, g);
  if (wasm !== null) {
    convolveWasm(wasm, floats(x), floats(w), b && floats(b), to, g);
    return out;
  }
  if (b !== null) for (let i = 0; i < to.length; i++) to[i] = b[Math.floor(i / positions) % g.outChannels];
  if (g.chained) {
    chainForward(x, w, to, g);
    return out;
  }
  for (let n = 0; n < g.batch; n++) {
    for (let group = 0; group < g.groups; group++) {
      const columns = input.dtype.allocate(depth * positions);
      patches(x, (n * g.inChannels + group * inGroup) * plane, inGroup, g.axes, columns, false);
      const at = (n * g.outChannels + group * outGroup) * positions;
      const left = { data: w, start: group * outGroup * depth, row: depth, column: 1 };
      const right = { data: columns, start: 0, row: positions, column: 1 };
      (g.unfolded ? addChains : addProduct)(left, right, to, at, outGroup, depth, positions);
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
  const to = floats(out.storageOf.data);
  const wasm = kernelsFor(grad, g);
  if (wasm !== null) {
    convolveInputWasm(wasm, floats(dy), floats(w), to, g);
    return out;
  }
  if (g.chained) {
    chainInput(dy, w, to, g);
    return out;
  }
  for (let n = 0; n < g.batch; n++) {
    for (let group = 0; group < g.groups; group++) {
      const columns = floats(grad.dtype.allocate(depth * positions));
      const from = (n * g.outChannels + group * outGroup) * positions;
      const left = { data: w, start: group * outGroup * depth, row: 1, column: depth };
      const right = { data: dy, start: from, row: positions, column: 1 };
      (g.unfolded ? addChains : addProduct)(left, right, columns, 0, depth, outGroup, positions);
      patches(to, (n * g.inChannels + group * inGroup) * plane, inGroup, g.axes, columns, true);
    }
  }
  return out;
}

/** The gradient of `convolve`'s weight. */
export function convolveWeight(input: Tensor, grad: Tensor, g: Geometry): Tensor {
  const { inGroup, outGroup, depth, positions, plane } = parts(g);
  const out = allocate([g.outChannels, inGroup, ...sizes(g.axes, "kernel")], input.dtype);
  const x = elements(input);
  const dy = elements(grad);
  const to = floats(out.storageOf.data);
  if (g.unfolded && input.dtype === float32) {
    const one = { ...g, batch: 1, chained: true, unfolded: false };
    for (let n = 0; n < g.batch; n++) {
      const image = convolveWeight(input.narrow(0, n, 1), grad.narrow(0, n, 1), one).storageOf.data;
      for (let i = 0; i < to.length; i++) to[i] += image[i];
    }
    return out;
  }
  const wasm = kernelsFor(input, g);
  if (wasm !== null) {
    convolveWeightWasm(wasm, floats(x), floats(dy), to, g);
    return out;
  }
  if (g.chained) {
    chainWeight(x, dy, to, g);
    return out;
  }
  for (let n = 0; n < g.batch; n++) {
    for (let group = 0; group < g.groups; group++) {
      const columns = input.dtype.allocate(depth * positions);
      patches(x, (n * g.inChannels + group * inGroup) * plane, inGroup, g.axes, columns, false);
      const from = (n * g.outChannels + group * outGroup) * positions;
      const left = { data: dy, start: from, row: positions, column: 1 };
      const right = { data: columns, start: 0, row: 1, column: positions };
      addProduct(left, right, to, group * outGroup * depth, outGroup, positions, depth);
    }
  }
  return out;
}

/** `out += a b`, each sum of products one chain from 0. */
function addChains(
  a: Matrix,
  b: Matrix,
  out: Float32Array | Float64Array,
  start: number,
  n: number,
  k: number,
  m: number,
): void {
  const row = out instanceof Float32Array ? new Float32Array(m) : new Float64Array(m);
  for (let i = 0, to = start; i < n; i++, to += m) {
    row.fill(0);
    for (let p = 0; p < k; p++) {
      const factor = a.data[a.start + i * a.row + p * a.column];
      for (let j = 0, at = b.start + p * b.row; j < m; j++, at += b.column) row[j] += factor * b.data[at];
    }
    for (let j = 0; j < m; j++) out[to + j] += row[j];
  }
}

/** The gradient of `convolve`'s bias: sums over examples and places, one after the other, or row by row of the last dimension. */
export function convolveBias(grad: Tensor, byRows: boolean): Tensor {
  const [batch, channels, ...size] = grad.shape;
  const positions = numel(size);
  const out = allocate([channels], grad.dtype);
  const dy = elements(grad) as Float32Array;
  const to = out.storageOf.data as Float32Array;
  if (byRows) {
    addRows(dy, batch, size[size.length - 1], positions, to);
    return out;
  }
  for (let n = 0; n < batch; n++) {
    const image = n * channels * positions;
    let c = 0;
    for (; c + 4 <= channels; c += 4) addFourRows(dy, image + c * positions, positions, to, c);
    for (; c < channels; c++) {
      let sum = to[c];
      for (let at = image + c * positions, end = at + positions; at < end; at++) sum = Math.fround(sum + dy[at]);
      to[c] = sum;
    }
  }
  return out;
}

/** Adds the sum of every row of an image of `positions` to that of its channel. */
function addRows(dy: Float32Array, batch: number, width: number, positions: number, to: Float32Array): void {
  let at = 0;
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < to.length; c++) {
      for (const end = at + positions; at < end; ) {
        let sum = 0;
        for (let i = 0; i < width; i++) sum = Math.fround(sum + dy[at++]);
        to[c] += sum;
      }
    }
  }
}

/** Adds four rows to their sums, each in one chain: the processor has four to go on with. */
function addFourRows(dy: Float32Array, at: number, positions: number, to: Float32Array, c: number): void {
  const f = Math.fround;
  let [s0, s1, s2, s3] = [to[c], to[c + 1], to[c + 2], to[c + 3]];
  for (const end = at + positions; at < end; at++) {
    s0 = f(s0 + dy[at]);
    s1 = f(s1 + dy[at + positions]);
    s2 = f(s2 + dy[at + 2 * positions]);
    s3 = f(s3 + dy[at + 3 * positions]);
  }
  to[c] = s0;
  to[c + 1] = s1;
  to[c + 2] = s2;
  to[c + 3] = s3;
}

// ── chains ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Channels that follow each other at each place of the kernel. */
const CHANNEL_BLOCK = 8;

interface Tap {
  /** Positions in the input, the output and the weight of the first pair, and how far the next output and input of a row are. */
  x: number;
  y: number;
  w: number;
}

type Numbers = { readonly [i: number]: number };

/**
 * Calls `row` for every row of pairs of an input and an output that meet at one number of the weight. The channels of `over` (the
 * inputs' or the outputs') run in blocks inside the places of the kernel, those of the other side outside.
 */
function eachRow(
  { batch, inChannels, outChannels, groups, axes }: Geometry,
  over: "in" | "out",
  row: (tap: Tap, count: number, step: number) => void,
): void {
  const [d, h, w] = three(axes);
  const [inGroup, outGroup] = [inChannels / groups, outChannels / groups];
  const planeIn = d.input * h.input * w.input;
  const planeOut = d.output * h.output * w.output;
  const kernel = d.kernel * h.kernel * w.kernel;
  const [inner, outer] = over === "in" ? [inGroup, outGroup] : [outGroup, inGroup];
  const spans = [d, h, w].map(reachOf);
  for (let n = 0; n < batch; n++) {
    for (let group = 0; group < groups; group++) {
      for (let a = 0; a < outer; a++) {
        for (let block = 0; block < inner; block += CHANNEL_BLOCK) {
          for (let place = 0; place < kernel; place++) {
            const kw = place % w.kernel;
            const kh = Math.floor(place / w.kernel) % h.kernel;
            const kd = Math.floor(place / (w.kernel * h.kernel));
            const [sd, sh, sw] = [spans[0][kd], spans[1][kh], spans[2][kw]];
            if (sw.first >= sw.last) continue;
            for (let b = block; b < Math.min(block + CHANNEL_BLOCK, inner); b++) {
              const [c, o] = over === "in" ? [b, a] : [a, b];
              const from = (n * inChannels + group * inGroup + c) * planeIn;
              const to = (n * outChannels + group * outGroup + o) * planeOut;
              const weight = ((group * outGroup + o) * inGroup + c) * kernel + place;
              for (let i = sd.first; i < sd.last; i++) {
                for (let j = sh.first; j < sh.last; j++) {
                  const x = from + ((i * d.stride + sd.shift) * h.input + j * h.stride + sh.shift) * w.input;
                  const y = to + (i * h.output + j) * w.output + sw.first;
                  row({ x: x + sw.first * w.stride + sw.shift, y, w: weight }, sw.last - sw.first, w.stride);
                }
              }
            }
          }
        }
      }
    }
  }
}

/** For each place of a kernel along an axis: the outputs that read inside the input there, output i at i · stride + shift. */
function reachOf({ input, kernel, output, stride, padding, dilation }: Axis) {
  return Array.from({ length: kernel }, (_, k) => {
    const shift = k * dilation - padding;
    const first = Math.max(0, Math.ceil(-shift / stride));
    return { shift, first, last: Math.min(output, Math.floor((input - 1 - shift) / stride) + 1) };
  });
}

function chainForward(x: Numbers, w: Numbers, out: Float32Array | Float64Array, g: Geometry): void {
  eachRow(g, "in", (tap, count, step) => {
    const factor = w[tap.w];
    for (let i = 0, at = tap.x; i < count; i++, at += step) out[tap.y + i] += factor * x[at];
  });
}

function chainInput(dy: Numbers, w: Numbers, out: Float32Array | Float64Array, g: Geometry): void {
  eachRow(g, "out", (tap, count, step) => {
    const factor = w[tap.w];
    for (let i = 0, at = tap.x; i < count; i++, at += step) out[at] += factor * dy[tap.y + i];
  });
}

function chainWeight(x: Numbers, dy: Numbers, out: Float32Array | Float64Array, g: Geometry): void {
  eachRow(g, "in", (tap, count, step) => {
    for (let i = 0, at = tap.x; i < count; i++, at += step) out[tap.w] += x[at] * dy[tap.y + i];
  });
}
