/** Convolutions, their transposes, and the unfolding of patches. */
import { mode } from "../autograd/gradMode";
import { type Op, op } from "../dispatch";
import { type DType, float32 } from "../dtype";
import { RuntimeError } from "../errors";
import {
  type Axis,
  convolve,
  convolveBias,
  convolveInput,
  convolveWeight,
  type Geometry,
  patches,
} from "../kernels/convolution";
import { elements } from "../kernels/copy";
import { numel, sizeText } from "../shape";
import { allocate, type Tensor } from "../tensor";
import { constant_pad_nd } from "./padding";

/** One number for all dimensions, or one for each. Throws PyTorch's text for another count. */
export function perDimension(list: readonly number[], n: number, what: string): number[] {
  if (list.length === n) return [...list];
  if (list.length === 1) return new Array(n).fill(list[0]);
  throw new RuntimeError(
    `expected ${what} to be a single integer value or a list of ${n} values to match the convolution dimensions, but got ${what}=${sizeText(list)}`,
  );
}

function geometry(
  batch: number,
  inChannels: number,
  outChannels: number,
  groups: number,
  input: readonly number[],
  kernel: readonly number[],
  output: readonly number[],
  { stride, padding, dilation }: { stride: number[]; padding: number[]; dilation: number[] },
  part: Part | null,
): Geometry {
  const axes = input.map(
    (size, i): Axis => ({
      input: size,
      kernel: kernel[i],
      output: output[i],
      stride: stride[i],
      padding: padding[i],
      dilation: dilation[i],
    }),
  );
  const g = { batch, inChannels, outChannels, groups, axes };
  const left = part !== null && isLeft(g);
  const chained = left && isChained(g, part);
  return { ...g, chained, unfolded: left && !chained };
}

type Sized = Omit<Geometry, "chained" | "unfolded">;

/** What is computed of a convolution: its output, or the gradient of its input or weight. */
type Part = "output" | "input" | "weight";

/** Whether PyTorch leaves a convolution to oneDNN: large ones, and all of several examples or groups. */
function isLeft({ batch, inChannels, groups, axes }: Sized): boolean {
  const [height, width] = axes.length === 1 ? [1, axes[0].kernel] : axes.slice(-2).map((a) => a.kernel);
  const isPlain = axes.every((a) => a.stride === 1 && a.dilation === 1) && width === 1 && height === 1;
  if (isPlain && batch < 16) return false;
  const size = axes.reduce((n, a) => n * a.input, batch * inChannels);
  return groups > 1 || (width > 3 && height > 3) || batch > 1 || size > 20480;
}

/** Channels that oneDNN's kernels take at a time. */
const CHANNELS = 8;

const isDepthwise = ({ inChannels, outChannels, groups }: Sized): boolean =>
  groups > 1 && groups === inChannels && groups === outChannels;

/** Whether a group does not fill oneDNN's vectors. */
function isUneven(g: Sized): boolean {
  const unit = isDepthwise(g) ? CHANNELS : CHANNELS * g.groups;
  return g.groups > 1 && (g.inChannels % unit !== 0 || g.outChannels % unit !== 0);
}

/** Whether oneDNN unfolds patches for the weight's gradient, having no kernel that goes over them directly. */
const isUnfolded = (g: Sized): boolean => isUneven(g) || (g.axes.some((a) => a.dilation > 1) && !isDepthwise(g));

/** Multiplications from which on the kernels count for more than the last bit. */
const MANY = 2 ** 18;

/** Whether oneDNN goes over inputs and weights directly. */
function isChained(g: Sized, part: Part): boolean {
  const each = (g.inChannels / g.groups) * g.axes.reduce((n, a) => n * a.kernel * a.output, 1);
  if (g.batch * g.outChannels * each > MANY) return true;
  if (part === "weight") {
    const unit = CHANNELS * g.groups;
    const isPoint = g.axes.every((a) => a.kernel === 1) && g.inChannels % unit === 0 && g.outChannels % unit === 0;
    return !isPoint && !isUnfolded(g);
  }
  if (isDepthwise(g)) return true;
  if (isUneven(g)) return false;
  if (part === "output" || g.axes.every((a) => a.stride === 1)) return true;
  const longest = Math.max(...g.axes.map((a) => a.kernel));
  return g.axes.length === 1 ? longest === 1 : longest <= 3 || g.inChannels >= CHANNELS * g.groups;
}

const span = (kernel: number, dilation: number) => dilation * (kernel - 1) + 1;

const FORWARD =
  "_conv(Tensor input, Tensor weight, int[] size, int[] stride, int[] padding, int[] dilation, int groups, bool transposed) -> Tensor";
const INPUT =
  "_conv_input(Tensor grad, Tensor weight, int[] size, int[] stride, int[] padding, int[] dilation, int groups, bool transposed) -> Tensor";
const WEIGHT =
  "_conv_weight(Tensor input, Tensor grad, int[] size, int[] stride, int[] padding, int[] dilation, int groups, bool transposed) -> Tensor";

// The three contractions of one trilinear form: the derivative of each by an argument is one of the others.
const conv: Op<typeof FORWARD> = op(FORWARD, {
  // The gradient of a transposed convolution with output padding has less than all places that the kernel fits.
  doc: "A convolution without bias, at the first `size` places.",
  forward: (x, w, size, stride, padding, dilation, groups, transposed) => {
    const input = x.shape.slice(2);
    const g = geometry(
      x.shape[0],
      x.shape[1],
      w.shape[0],
      groups,
      input,
      w.shape.slice(2),
      size,
      {
        stride,
        padding,
        dilation,
      },
      transposed ? null : "output",
    );
    return convolve(x, w, null, g);
  },
  grad: {
    input: [
      "weight",
      (g, s) => convInput(g, s.weight, s.input.shape.slice(2), s.stride, s.padding, s.dilation, s.groups, s.transposed),
    ],
    weight: [
      "input",
      (g, s) =>
        convWeight(s.input, g, s.weight.shape.slice(2), s.stride, s.padding, s.dilation, s.groups, s.transposed),
    ],
  },
  node: "ConvolutionBackward0",
  variants: [],
});

const convInput: Op<typeof INPUT> = op(INPUT, {
  doc: "The gradient of a convolution's input, of spatial size `size`.",
  forward: (grad, w, size, stride, padding, dilation, groups, transposed) => {
    const channels = w.shape[1] * groups;
    const g = geometry(
      grad.shape[0],
      channels,
      w.shape[0],
      groups,
      size,
      w.shape.slice(2),
      grad.shape.slice(2),
      {
        stride,
        padding,
        dilation,
      },
      transposed ? null : "input",
    );
    return convolveInput(grad, w, g);
  },
  grad: {
    grad: [
      "weight",
      (g, s) => conv(g, s.weight, s.grad.shape.slice(2), s.stride, s.padding, s.dilation, s.groups, s.transposed),
    ],
    weight: [
      "grad",
      (g, s) => convWeight(g, s.grad, s.weight.shape.slice(2), s.stride, s.padding, s.dilation, s.groups, s.transposed),
    ],
  },
  node: "ConvolutionBackwardBackward0",
  variants: [],
});

const convWeight: Op<typeof WEIGHT> = op(WEIGHT, {
  doc: "The gradient of a convolution's weight, of spatial size `size`.",
  forward: (x, grad, size, stride, padding, dilation, groups, transposed) => {
    const g = geometry(
      x.shape[0],
      x.shape[1],
      grad.shape[1],
      groups,
      x.shape.slice(2),
      size,
      grad.shape.slice(2),
      {
        stride,
        padding,
        dilation,
      },
      transposed ? null : "weight",
    );
    return convolveWeight(x, grad, g);
  },
  grad: {
    input: [
      "grad",
      (g, s) => convInput(s.grad, g, s.input.shape.slice(2), s.stride, s.padding, s.dilation, s.groups, s.transposed),
    ],
    grad: [
      "input",
      (g, s) => conv(s.input, g, s.grad.shape.slice(2), s.stride, s.padding, s.dilation, s.groups, s.transposed),
    ],
  },
  node: "ConvolutionBackwardBackward0",
  variants: [],
});

const CONVOLUTION =
  "convolution(Tensor input, Tensor weight, Tensor? bias, int[] stride, int[] padding, int[] dilation, bool transposed, int[] output_padding, int groups) -> Tensor";

export const convolution: Op<typeof CONVOLUTION> = op(CONVOLUTION, {
  doc: "A convolution (cross-correlation) of any dimension, or a transposed one: `[n, c, …], [o, c / groups, …] → [n, o, …]`.",
  forward: (x, w, bias, stride, padding, dilation, transposed, outputPadding, groups) => {
    checkConvolution(x, w, bias, { stride, padding, dilation, transposed, outputPadding, groups });
    if (transposed) {
      const size = x.shape
        .slice(2)
        .map((s, i) => (s - 1) * stride[i] - 2 * padding[i] + span(w.shape[i + 2], dilation[i]) + outputPadding[i]);
      const out = convInput(x, w, size, stride, padding, dilation, groups, true);
      return bias === null ? out : out.add(bias.reshape([-1, ...new Array(x.ndim - 2).fill(1)]));
    }
    const size = x.shape
      .slice(2)
      .map((s, i) => Math.floor((s + 2 * padding[i] - span(w.shape[i + 2], dilation[i])) / stride[i]) + 1);
    const settings = { stride, padding, dilation };
    const g = geometry(
      x.shape[0],
      x.shape[1],
      w.shape[0],
      groups,
      x.shape.slice(2),
      w.shape.slice(2),
      size,
      settings,
      "output",
    );
    return convolve(x, w, bias, g);
  },
  grad: {
    input: [
      "weight",
      (g, s) =>
        s.transposed
          ? conv(g, s.weight, s.input.shape.slice(2), s.stride, s.padding, s.dilation, s.groups, s.transposed)
          : convInput(g, s.weight, s.input.shape.slice(2), s.stride, s.padding, s.dilation, s.groups, s.transposed),
    ],
    weight: [
      "input",
      (g, s) => {
        const kernel = s.weight.shape.slice(2);
        return s.transposed
          ? convWeight(g, s.input, kernel, s.stride, s.padding, s.dilation, s.groups, s.transposed)
          : convWeight(s.input, g, kernel, s.stride, s.padding, s.dilation, s.groups, s.transposed);
      },
    ],
    bias: [
      "input weight",
      (g: Tensor, s) => {
        const { input: x, weight: w } = s;
        const settings = { stride: s.stride, padding: s.padding, dilation: s.dilation };
        const [inputs, kernel, outputs] = [x, w, g].map((t) => t.shape.slice(2));
        const sized = geometry(x.shape[0], x.shape[1], w.shape[0], s.groups, inputs, kernel, outputs, settings, null);
        if (!s.transposed && isLeft(sized) && !mode.grad && g.dtype === float32)
          return convolveBias(g, isUnfolded(sized));
        return g.sum(g.shape.map((_, i) => i).filter((i) => i !== 1));
      },
    ],
  },
  variants: ["function"],
});

op("conv_tbc(Tensor self, Tensor weight, Tensor bias, int pad=0) -> Tensor", {
  doc: "A convolution of `[time, batch, channels]` with `[kernel, in, out]`, `pad` zeros at both ends.",
  forward: (x, w, bias, pad) => {
    if (x.ndim !== 3) throw new RuntimeError("Input must have 3 dims: time, batch, in_channel");
    if (w.ndim !== 3)
      throw new RuntimeError("Weight tensor must have 3 dims: kernel_width, in_channels, out_channels.");
    if (bias.ndim !== 1) throw new RuntimeError("Bias must be 1-D");
    const out = convolution(x.permute([1, 2, 0]), w.permute([2, 1, 0]), bias, [1], [pad], [1], false, [0], 1);
    return out.permute([2, 0, 1]);
  },
  composite: true,
  variants: ["function", "nn.functional"],
});

/** A dtype in C++, as the texts of a convolution of images name it. */
const typeName = ({ name, scalarName }: DType): string =>
  ({ int64: "long int", float16: "c10::Half", bfloat16: "c10::BFloat16" })[name] ?? scalarName.toLowerCase();

interface Settings {
  stride: number[];
  padding: number[];
  dilation: number[];
  transposed: boolean;
  outputPadding: number[];
  groups: number;
}

function checkConvolution(x: Tensor, w: Tensor, bias: Tensor | null, settings: Settings): void {
  const { stride, padding, dilation, transposed, groups } = settings;
  if (padding.some((p) => p < 0)) throw new RuntimeError("negative padding is not supported");
  if (stride.some((s) => s <= 0)) throw new RuntimeError("non-positive stride is not supported");
  if (dilation.some((d) => d <= 0)) throw new RuntimeError("dilation should be greater than zero");
  if (groups <= 0) throw new RuntimeError("non-positive groups is not supported");
  if (x.dtype !== w.dtype) {
    if (x.ndim === 4 && !transposed && bias !== null) {
      const [given, own] = [x, bias].map((t) => typeName(t.dtype));
      throw new RuntimeError(`Input type (${given}) and bias type (${own}) should be the same`);
    }
    throw new RuntimeError(`expected scalar type ${x.dtype.scalarName} but found ${w.dtype.scalarName}`);
  }
  if (w.shape[0] < groups) {
    throw new RuntimeError(
      `Given groups=${groups}, expected weight to be at least ${groups} at dimension 0, but got weight of size ${sizeText(w.shape)} instead`,
    );
  }
  if (w.shape[0] % groups !== 0) {
    throw new RuntimeError(
      `Given groups=${groups}, expected weight to be divisible by ${groups} at dimension 0, but got weight of size [${sizeText(w.shape)}] instead`,
    );
  }
  const expected = transposed ? w.shape[0] : w.shape[1] * groups;
  if (x.shape[1] !== expected) {
    throw new RuntimeError(
      `Given ${transposed ? "transposed=1" : `groups=${groups}`}, weight of size ${sizeText(w.shape)}, expected input${sizeText(x.shape)} to have ${expected} channels, but got ${x.shape[1]} channels instead`,
    );
  }
  const outChannels = transposed ? w.shape[1] * groups : w.shape[0];
  if (bias !== null && (bias.ndim !== 1 || bias.shape[0] !== outChannels)) {
    throw new RuntimeError(
      `Given ${transposed ? "transposed=1, " : ""}weight of size ${sizeText(w.shape)}, expected bias to be 1-dimensional with ${outChannels} elements, but got bias of size ${sizeText(bias.shape)} instead`,
    );
  }
  if (transposed) return;
  const sizes = x.shape.slice(2).map((s, i) => s + 2 * padding[i]);
  const kernels = w.shape.slice(2).map((k, i) => span(k, dilation[i]));
  if (sizes.some((s, i) => s < kernels[i])) {
    throw new RuntimeError(
      `Calculated padded input size per channel: (${sizes.join(" x ")}). Kernel size: (${kernels.join(" x ")}). Kernel size can't be greater than actual input size`,
    );
  }
}

/** Runs `f` on a batch of one where the input has no batch dimension. */
function batched(x: Tensor, n: number, name: string, f: (x: Tensor) => Tensor): Tensor {
  if (x.ndim === n + 2) return f(x);
  if (x.ndim === n + 1) return f(x.unsqueeze(0)).squeeze(0);
  throw new RuntimeError(
    `Expected ${n + 1}D (unbatched) or ${n + 2}D (batched) input to ${name}, but got input of size: ${sizeText(x.shape)}`,
  );
}

/** "same" pads so that the output has the input's size, the odd one behind; "valid" does not pad. */
function namedPadding(
  x: Tensor,
  w: Tensor,
  padding: string,
  stride: number[],
  dilation: number[],
): { x: Tensor; padding: number[] } {
  if (padding === "valid") return { x, padding: stride.map(() => 0) };
  if (padding !== "same") throw new RuntimeError(`Invalid padding string: '${padding}'`);
  if (stride.some((s) => s !== 1)) {
    throw new RuntimeError("padding='same' is not supported for strided convolutions");
  }
  const totals = stride.map((_, i) => dilation[i] * (w.shape[i + 2] - 1));
  const less = totals.map((t) => Math.floor(t / 2));
  if (totals.every((t) => t % 2 === 0)) return { x, padding: less };
  const extra = totals.map((t, i) => [0, t - 2 * less[i]]).reverse();
  return { x: constant_pad_nd(x, extra.flat(), 0), padding: less };
}

const places = ["length", "height and width", "depth, height and width"];

for (const n of [1, 2, 3]) {
  const name = `conv${n}d`;
  const doc = `Cross-correlation over ${places[n - 1]}: \`[n, c, …], [o, c / groups, …], [o] → [n, o, …]\`, the batch optional. Output size: ⌊(size + 2 padding − dilation (kernel − 1) − 1) / stride⌋ + 1.`;
  op(
    `${name}(Tensor input, Tensor weight, Tensor? bias=None, int[${n}] stride=[1], int[${n}] padding=[0], int[${n}] dilation=[1], int groups=1) -> Tensor` as "conv2d(Tensor input, Tensor weight, Tensor? bias=None, int[2] stride=[1], int[2] padding=[0], int[2] dilation=[1], int groups=1) -> Tensor",
    {
      doc,
      forward: (input, weight, bias, stride, padding, dilation, groups) =>
        batched(input, n, name, (x) =>
          convolution(
            x,
            weight,
            bias,
            perDimension(stride, n, "stride"),
            perDimension(padding, n, "padding"),
            perDimension(dilation, n, "dilation"),
            false,
            new Array(n).fill(0),
            groups,
          ),
        ),
      composite: true,
      variants: ["function", "nn.functional"],
    },
  );
  op(
    `${name}.padding(Tensor input, Tensor weight, Tensor? bias=None, int[${n}] stride=[1], str padding='valid', int[${n}] dilation=[1], int groups=1) -> Tensor` as "conv2d.padding(Tensor input, Tensor weight, Tensor? bias=None, int[2] stride=[1], str padding='valid', int[2] dilation=[1], int groups=1) -> Tensor",
    {
      doc: `${doc} Padding is "valid" (none) or "same" (the output has the input's size; stride 1 only).`,
      forward: (input, weight, bias, stride, padding, dilation, groups) =>
        batched(input, n, name, (x) => {
          const steps = perDimension(stride, n, "stride");
          const spread = perDimension(dilation, n, "dilation");
          const padded = namedPadding(x, weight, padding, steps, spread);
          const none = new Array(n).fill(0);
          return convolution(padded.x, weight, bias, steps, padded.padding, spread, false, none, groups);
        }),
      composite: true,
      variants: ["function", "nn.functional"],
    },
  );
  op(
    `conv_transpose${n}d(Tensor input, Tensor weight, Tensor? bias=None, int[${n}] stride=[1], int[${n}] padding=[0], int[${n}] output_padding=[0], int groups=1, int[${n}] dilation=[1]) -> Tensor` as "conv_transpose2d(Tensor input, Tensor weight, Tensor? bias=None, int[2] stride=[1], int[2] padding=[0], int[2] output_padding=[0], int groups=1, int[2] dilation=[1]) -> Tensor",
    {
      doc: `The transpose of a convolution over ${places[n - 1]}: \`[n, c, …], [c, o / groups, …], [o] → [n, o, …]\`. Output size: (size − 1) stride − 2 padding + dilation (kernel − 1) + output_padding + 1.`,
      forward: (input, weight, bias, stride, padding, outputPadding, groups, dilation) =>
        batched(input, n, `conv_transpose${n}d`, (x) =>
          convolution(
            x,
            weight,
            bias,
            perDimension(stride, n, "stride"),
            perDimension(padding, n, "padding"),
            perDimension(dilation, n, "dilation"),
            true,
            perDimension(outputPadding, n, "output_padding"),
            groups,
          ),
        ),
      composite: true,
      variants: ["function", "nn.functional"],
    },
  );
}

// ── patches as columns ──────────────────────────────────────────────────────────────────────────────────────────

interface Window {
  kernel: number[];
  dilation: number[];
  padding: number[];
  stride: number[];
}

function window(kernel: number[], dilation: number[], padding: number[], stride: number[]): Window {
  return {
    kernel: perDimension(kernel, 2, "kernel_size"),
    dilation: perDimension(dilation, 2, "dilation"),
    padding: perDimension(padding, 2, "padding"),
    stride: perDimension(stride, 2, "stride"),
  };
}

function axesOf(size: readonly number[], { kernel, dilation, padding, stride }: Window): Axis[] {
  return size.map((input, i) => ({
    input,
    kernel: kernel[i],
    output: Math.floor((input + 2 * padding[i] - span(kernel[i], dilation[i])) / stride[i]) + 1,
    stride: stride[i],
    padding: padding[i],
    dilation: dilation[i],
  }));
}

function toColumns(x: Tensor, w: Window): Tensor {
  const batch = x.shape.slice(0, -3);
  const channels = x.shape[x.ndim - 3];
  const axes = axesOf(x.shape.slice(-2), w);
  const depth = channels * numel(w.kernel);
  const positions = numel(axes.map((a) => a.output));
  const out = allocate([...batch, depth, positions], x.dtype);
  const data = elements(x);
  const plane = channels * numel(x.shape.slice(-2));
  for (let n = 0; n < numel(batch); n++) {
    const columns = new Float64Array(depth * positions);
    patches(data, n * plane, channels, axes, columns, false);
    out.storageOf.data.set(columns, n * depth * positions);
  }
  return out;
}

function fromColumns(x: Tensor, size: number[], w: Window): Tensor {
  const batch = x.shape.slice(0, -2);
  const [depth, positions] = x.shape.slice(-2);
  const channels = depth / numel(w.kernel);
  const axes = axesOf(size, w);
  const out = allocate([...batch, channels, ...size], x.dtype);
  const sum = out.storageOf.data;
  const data = elements(x);
  const plane = channels * numel(size);
  for (let n = 0; n < numel(batch); n++) {
    const columns = data.subarray(n * depth * positions, (n + 1) * depth * positions);
    patches(sum, n * plane, channels, axes, columns, true);
  }
  return out;
}

const COL2IM =
  "col2im(Tensor self, int[2] output_size, int[2] kernel_size, int[2] dilation, int[2] padding, int[2] stride) -> Tensor";

const im2col = op("im2col(Tensor self, int[2] kernel_size, int[2] dilation, int[2] padding, int[2] stride) -> Tensor", {
  doc: "Patches as columns.",
  forward: (x, kernel, dilation, padding, stride) => toColumns(x, window(kernel, dilation, padding, stride)),
  grad: {
    self: (g, s) => col2im(g, s.self.shape.slice(-2), s.kernel_size, s.dilation, s.padding, s.stride),
  },
  node: "Im2ColBackward0",
  variants: [],
});

export const col2im: Op<typeof COL2IM> = op(COL2IM, {
  doc: "Columns added back into planes.",
  forward: (x, size, kernel, dilation, padding, stride) =>
    fromColumns(x, size, window(kernel, dilation, padding, stride)),
  grad: { self: (g, s) => im2col(g, s.kernel_size, s.dilation, s.padding, s.stride) },
  node: "Col2ImBackward0",
  variants: [],
});

op("unfold(Tensor input, int[2] kernel_size, int[2] dilation=[1], int[2] padding=[0], int[2] stride=[1]) -> Tensor", {
  doc: "Sliding patches as columns: `[n, c, h, w] → [n, c · kernel, positions]`, the batch optional.",
  forward: (x, kernel, dilation, padding, stride) => {
    const w = window(kernel, dilation, padding, stride);
    if ((x.ndim !== 3 && x.ndim !== 4) || x.shape.slice(-3).includes(0)) {
      throw new RuntimeError(
        `Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, but got: ${sizeText(x.shape)}`,
      );
    }
    const axes = axesOf(x.shape.slice(-2), w);
    if (axes.some((a) => a.output < 1)) {
      throw new RuntimeError(
        `Given input with spatial size (${x.shape.slice(-2).join(", ")}), kernel_size=(${w.kernel.join(", ")}), dilation=(${w.dilation.join(", ")}), padding=(${w.padding.join(", ")}), calculated shape of the array of sliding blocks as (${axes.map((a) => a.output).join(", ")}), but its components must be at least one.`,
      );
    }
    return im2col(x, w.kernel, w.dilation, w.padding, w.stride);
  },
  composite: true,
  variants: ["nn.functional"],
});

op(
  "fold(Tensor input, int[2] output_size, int[2] kernel_size, int[2] dilation=[1], int[2] padding=[0], int[2] stride=[1]) -> Tensor",
  {
    doc: "Columns of patches added up into planes: `[n, c · kernel, positions] → [n, c, h, w]`, the batch optional.",
    forward: (x, size, kernel, dilation, padding, stride) => {
      const w = window(kernel, dilation, padding, stride);
      const target = perDimension(size, 2, "output_size");
      if (x.ndim !== 2 && x.ndim !== 3) {
        throw new RuntimeError(
          `Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for input, but got: ${sizeText(x.shape)}`,
        );
      }
      const [depth, positions] = x.shape.slice(-2);
      if (depth % numel(w.kernel) !== 0) {
        throw new RuntimeError(
          `Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got input.size(1)=${depth} and kernel_size=(${w.kernel.join(", ")}).`,
        );
      }
      const expected = axesOf(target, w).map((a) => a.output);
      if (numel(expected) !== positions) {
        throw new RuntimeError(
          `Given output_size=(${target.join(", ")}), kernel_size=(${w.kernel.join(", ")}), dilation=(${w.dilation.join(", ")}), padding=(${w.padding.join(", ")}), stride=(${w.stride.join(", ")}), expected size of input's dimension 2 to match the calculated number of sliding blocks ${expected.join(" * ")} = ${numel(expected)}, but got input.size(2)=${positions}.`,
        );
      }
      return col2im(x, target, w.kernel, w.dilation, w.padding, w.stride);
    },
    composite: true,
    variants: ["nn.functional"],
  },
);
