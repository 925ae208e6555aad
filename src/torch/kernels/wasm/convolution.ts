/** Convolutions in WASM, an image and a group of channels at a time. */
import type { Axis, Geometry } from "../convolution";
import type { Kernels } from "./index";

type Phases = (plane: number, padded: number, ...sizes: number[]) => void;
type Convolve = (x: number, bases: number, rows: number, vectors: number, ...rest: number[]) => void;

/** What `assembly/convolution.ts` exports. */
export interface ConvolutionFunctions {
  cut32: Phases;
  cut64: Phases;
  join32: Phases;
  join64: Phases;
  convolve32: Convolve;
  convolve64: Convolve;
  correlate32: Convolve;
  correlate64: Convolve;
}

/** Convolutions of fewer products than this are done before a call into WASM would be. */
export const SMALLEST_CONVOLUTION = 2048;
/** Bytes of one image in scratch memory, padded. */
const LARGEST_IMAGE = 1 << 27;

type Floats = Float32Array | Float64Array;
type Triple = readonly [number, number, number];
type Axes = readonly [Axis, Axis, Axis];

/** The same convolution in three dimensions, the missing ones of size 1 in front; one of single elements has one long row. */
function threeAxes(axes: readonly Axis[]): Axes {
  const one: Axis = { input: 1, kernel: 1, output: 1, stride: 1, padding: 0, dilation: 1 };
  if (axes.every((a) => a.kernel === 1 && a.stride === 1 && a.padding === 0 && a.input === a.output)) {
    const size = axes.reduce((product, a) => product * a.input, 1);
    return [one, one, { ...one, input: size, output: size }];
  }
  return [...new Array<Axis>(3 - axes.length).fill(one), ...axes] as unknown as Axes;
}

const triple = (f: (i: number) => number): Triple => [f(0), f(1), f(2)];
const volume = ([d, h, w]: Triple): number => d * h * w;

/** Input planes, padded and cut into phases by the stride: sizes in elements. */
interface Padded {
  stride: Triple;
  padding: Triple;
  /** Of one phase; the last is what counts of `pitch`. */
  size: Triple;
  pitch: number;
  /** Elements of one phase, and of all phases of a channel. */
  phase: number;
  plane: number;
}

function padded(stride: Triple, padding: Triple, size: Triple, reach: number, vectors: number, lanes: number): Padded {
  const pitch = vectors * lanes + reach;
  const phase = size[0] * size[1] * pitch;
  return { stride, padding, size, pitch, phase, plane: phase * volume(stride) };
}

/** A convolution laid out for the kernels: where rows and taps are. */
interface Plan {
  wasm: Kernels;
  view: Floats;
  bytes: number;
  lanes: number;
  axes: Axes;
  input: Triple;
  output: Triple;
  kernel: Triple;
  inGroup: number;
  outGroup: number;
  /** Numbers of a weight for one output channel: channels of a group times places of the kernel. */
  depth: number;
}

function planOf(wasm: Kernels, g: Geometry, bytes: number): Plan {
  const axes = threeAxes(g.axes);
  const kernel = triple((i) => axes[i].kernel);
  const inGroup = g.inChannels / g.groups;
  return {
    wasm,
    view: bytes === 4 ? wasm.f32 : wasm.f64,
    bytes,
    lanes: 16 / bytes,
    axes,
    input: triple((i) => axes[i].input),
    output: triple((i) => axes[i].output),
    kernel,
    inGroup,
    outGroup: g.outChannels / g.groups,
    depth: inGroup * volume(kernel),
  };
}

/** Whether the kernels take it: large enough for the way to them, not too large for their memory, and rows that fill a vector. */
export function fits(g: Geometry): boolean {
  const axes = threeAxes(g.axes);
  const outputs = volume(triple((i) => axes[i].output));
  const taps = (g.inChannels / g.groups) * volume(triple((i) => axes[i].kernel));
  const row = Math.min(axes[2].output, axes[2].input);
  const image = axes.reduce((n, a) => n * (Math.max(a.input, a.output) + 2 * a.kernel * a.dilation), 1);
  const channels = Math.max(g.inChannels, g.outChannels);
  return (
    outputs * taps * g.batch * g.outChannels >= SMALLEST_CONVOLUTION && row >= 3 && image * channels * 8 < LARGEST_IMAGE
  );
}

/** Room for `count` elements. */
const room = ({ wasm, bytes }: Plan, count: number): number => wasm.take(count * bytes);

/** Refreshes the view once everything is taken. */
function look(plan: Plan): Floats {
  plan.view = plan.bytes === 4 ? plan.wasm.f32 : plan.wasm.f64;
  return plan.view;
}

/** Numbers as a table of 32-bit ones. */
function table(plan: Plan, numbers: readonly number[]): number {
  const at = plan.wasm.take(4 * numbers.length);
  plan.wasm.i32.set(numbers, at >> 2);
  return at;
}

/** Where each row of the output begins in the padded input. */
function rowBases(plan: Plan, [d, h]: readonly number[], input: Padded): number {
  const bases: number[] = [];
  for (let i = 0; i < d; i++)
    for (let j = 0; j < h; j++) bases.push((i * input.size[1] + j) * input.pitch * plan.bytes);
  return table(plan, bases);
}

/** One number of a weight that takes part: its channel, its place in the kernel, where its input is. */
interface Tap {
  channel: number;
  place: number;
  offset: number;
}

/** Channels whose taps follow each other at each place of the kernel, as in oneDNN. */
const CHANNEL_BLOCK = 8;

/** The taps of a forward convolution in the order of its sums: blocks of channels, places, channels of a block. */
function forwardTaps({ axes, kernel, inGroup, bytes }: Plan, input: Padded): Tap[] {
  const taps: Tap[] = [];
  for (let block = 0; block < inGroup; block += CHANNEL_BLOCK) {
    eachPlace(kernel, (place, k) => {
      const at = k.map((x, i) => x * axes[i].dilation);
      const [fd, fh, fw] = at.map((x, i) => x % input.stride[i]);
      const [qd, qh, qw] = at.map((x, i) => Math.floor(x / input.stride[i]));
      const phase = (fd * input.stride[1] + fh) * input.stride[2] + fw;
      const inPlane = phase * input.phase + (qd * input.size[1] + qh) * input.pitch + qw;
      for (let channel = block; channel < Math.min(block + CHANNEL_BLOCK, inGroup); channel++) {
        taps.push({ channel, place, offset: (channel * input.plane + inPlane) * bytes });
      }
    });
  }
  return taps;
}

function eachPlace([d, h, w]: Triple, f: (place: number, k: Triple) => void): void {
  let place = 0;
  for (let i = 0; i < d; i++) for (let j = 0; j < h; j++) for (let l = 0; l < w; l++) f(place++, [i, j, l]);
}

/** The input of a forward convolution, as far as its outputs reach. */
function forwardInput({ axes, lanes, output }: Plan): { input: Padded; vectors: number } {
  const reach = triple((i) => Math.floor(((axes[i].kernel - 1) * axes[i].dilation) / axes[i].stride));
  const vectors = Math.ceil(output[2] / lanes);
  const stride = triple((i) => axes[i].stride);
  const size = triple((i) => output[i] + reach[i]);
  return {
    input: padded(
      stride,
      triple((i) => axes[i].padding),
      size,
      reach[2],
      vectors,
      lanes,
    ),
    vectors,
  };
}

/** Planes at `from` in scratch memory, padded and cut into phases at `to`. */
function cut({ wasm, bytes }: Plan, from: number, to: number, channels: number, size: Triple, into: Padded): void {
  const call = bytes === 4 ? wasm.call.cut32 : wasm.call.cut64;
  call(from, to, channels, ...size, ...into.stride, ...into.padding, ...into.size, into.pitch);
}

/** `channels` planes of `data` from `start` on, padded and cut at `to`; `raw` is room for them as they are. */
function cutFrom(
  plan: Plan,
  data: Floats,
  start: number,
  raw: number,
  to: number,
  channels: number,
  size: Triple,
  into: Padded,
): void {
  plan.view.set(data.subarray(start, start + channels * volume(size)), raw / plan.bytes);
  cut(plan, raw, to, channels, size, into);
}

/** Panels of four channels, tap after tap: number (c, tap) is `value(c, tap)`. Channels from `channels` on are zero. */
function panelsOf(
  plan: Plan,
  at: number,
  channels: number,
  taps: readonly Tap[],
  value: (c: number, tap: Tap) => number,
): void {
  const { view } = plan;
  let to = at / plan.bytes;
  for (let c = 0; c < channels; c += 4) {
    for (const tap of taps) {
      for (let r = 0; r < 4; r++) view[to++] = c + r < channels ? value(c + r, tap) : 0;
    }
  }
}

const fours = (n: number) => Math.ceil(n / 4) * 4;

/** `[batch, outChannels, …output]` into `out`. */
export function convolveWasm(wasm: Kernels, x: Floats, w: Floats, bias: Floats | null, out: Floats, g: Geometry): void {
  const plan = planOf(wasm, g, out.BYTES_PER_ELEMENT);
  const { bytes, lanes, output, inGroup, outGroup, depth } = plan;
  const mark = wasm.mark();
  const { input, vectors } = forwardInput(plan);
  const taps = forwardTaps(plan, input);
  const places = volume(plan.kernel);
  const rows = output[0] * output[1];
  const line = vectors * lanes;
  const bases = rowBases(plan, output, input);
  const offsets = table(
    plan,
    taps.map((t) => t.offset),
  );
  const raw = room(plan, inGroup * volume(plan.input));
  const image = room(plan, inGroup * input.plane);
  const weights = room(plan, fours(outGroup) * depth);
  const added = room(plan, fours(outGroup));
  const to = room(plan, fours(outGroup) * rows * line);
  const view = look(plan);
  const call = bytes === 4 ? wasm.call.convolve32 : wasm.call.convolve64;
  const [planeIn, planeOut] = [volume(plan.input), volume(output)];
  for (let group = 0; group < g.groups; group++) {
    const first = group * outGroup;
    panelsOf(plan, weights, outGroup, taps, (c, t) => w[(first + c) * depth + t.channel * places + t.place]);
    for (let c = 0; c < fours(outGroup); c++)
      view[added / bytes + c] = bias !== null && c < outGroup ? bias[first + c] : 0;
    for (let n = 0; n < g.batch; n++) {
      cutFrom(plan, x, (n * g.inChannels + group * inGroup) * planeIn, raw, image, inGroup, plan.input, input);
      call(
        image,
        bases,
        rows,
        vectors,
        offsets,
        taps.length,
        weights,
        fours(outGroup) / 4,
        added,
        to,
        line * bytes,
        rows * line * bytes,
      );
      if (line !== output[2]) wasm.call.compact(to, line * bytes, outGroup * rows, output[2] * bytes);
      out.set(
        view.subarray(to / bytes, to / bytes + outGroup * planeOut),
        (n * g.outChannels + group * outGroup) * planeOut,
      );
    }
  }
  wasm.release(mark);
}

/** `[outChannels, inChannels / groups, …kernel]` into `out`. */
export function convolveWeightWasm(wasm: Kernels, x: Floats, dy: Floats, out: Floats, g: Geometry): void {
  const plan = planOf(wasm, g, out.BYTES_PER_ELEMENT);
  const { bytes, lanes, output, inGroup, outGroup, depth } = plan;
  const mark = wasm.mark();
  const { input } = forwardInput(plan);
  const taps = forwardTaps(plan, input);
  const places = volume(plan.kernel);
  const positions = volume(output);
  const vectors = Math.ceil(outGroup / lanes);
  const bases = rowBases(plan, output, input);
  const offsets = table(
    plan,
    taps.map((t) => t.offset),
  );
  const raw = room(plan, inGroup * volume(plan.input));
  const image = room(plan, inGroup * input.plane);
  const grad = room(plan, vectors * lanes * positions);
  const to = room(plan, (vectors * depth + 3) * lanes);
  const view = look(plan);
  const call = bytes === 4 ? wasm.call.correlate32 : wasm.call.correlate64;
  const planeIn = volume(plan.input);
  view.fill(0, grad / bytes, grad / bytes + vectors * lanes * positions);
  for (let group = 0; group < g.groups; group++) {
    view.fill(0, to / bytes, to / bytes + (vectors * depth + 3) * lanes);
    for (let n = 0; n < g.batch; n++) {
      cutFrom(plan, x, (n * g.inChannels + group * inGroup) * planeIn, raw, image, inGroup, plan.input, input);
      const from = (n * g.outChannels + group * outGroup) * positions;
      interleave(dy, from, outGroup, positions, view, grad / bytes, lanes);
      call(image, bases, output[0] * output[1], output[2], offsets, taps.length, grad, vectors, to);
    }
    for (let c = 0; c < outGroup; c++) {
      const first = to / bytes + Math.floor(c / lanes) * depth * lanes + (c % lanes);
      const row = (group * outGroup + c) * depth;
      taps.forEach((t, i) => {
        out[row + t.channel * places + t.place] = view[first + i * lanes];
      });
    }
  }
  wasm.release(mark);
}

/** Rows of `length` numbers from `from` on, `lanes` of them side by side: the vectors at `at`. */
function interleave(
  data: Floats,
  from: number,
  rows: number,
  length: number,
  view: Floats,
  at: number,
  lanes: number,
): void {
  for (let r = 0; r < rows; r += lanes) {
    let to = at + r * length;
    const first = from + r * length;
    if (lanes === 4 && r + 4 <= rows) {
      for (let i = first, end = first + length; i < end; i++, to += 4) {
        view[to] = data[i];
        view[to + 1] = data[i + length];
        view[to + 2] = data[i + 2 * length];
        view[to + 3] = data[i + 3 * length];
      }
      continue;
    }
    for (let c = r; c < Math.min(r + lanes, rows); c++) {
      for (let p = 0; p < length; p++) view[to + (c - r) + p * lanes] = data[from + c * length + p];
    }
  }
}

/** Places of a kernel along one axis that reach the inputs of one phase: place k reads output i + q. */
function reaching({ kernel, stride, padding, dilation }: Axis, phase: number): { k: number; q: number }[] {
  const out: { k: number; q: number }[] = [];
  for (let k = 0; k < kernel; k++) {
    const at = phase + padding - k * dilation;
    if (at % stride === 0) out.push({ k, q: at / stride });
  }
  return out;
}

/** `[batch, inChannels, …input]` into `out`: the inputs of each phase are a convolution of the gradient with some of the taps. */
export function convolveInputWasm(wasm: Kernels, dy: Floats, w: Floats, out: Floats, g: Geometry): void {
  const plan = planOf(wasm, g, out.BYTES_PER_ELEMENT);
  const { bytes, lanes, axes, output, kernel, inGroup, outGroup, depth } = plan;
  const mark = wasm.mark();
  const stride = triple((i) => axes[i].stride);
  // By axis and phase; how far they reach around an input, over all phases.
  const reached = axes.map((axis) => Array.from({ length: axis.stride }, (_, phase) => reaching(axis, phase)));
  const all = reached.map((phases) => phases.flat().map(({ q }) => q));
  const low = triple((i) => Math.min(...all[i]));
  const high = triple((i) => Math.max(...all[i]));
  const size = triple((i) => Math.ceil(plan.input[i] / stride[i]));
  const vectors = Math.ceil(size[2] / lanes);
  const reach = triple((i) => high[i] - low[i]);
  const gradient = padded(
    [1, 1, 1],
    triple((i) => -low[i]),
    triple((i) => size[i] + reach[i]),
    reach[2],
    vectors,
    lanes,
  );
  const result = padded(stride, [0, 0, 0], size, 0, vectors, lanes);
  const rows = size[0] * size[1];
  const bases = rowBases(plan, size, gradient);
  const places = volume(kernel);
  const raw = room(plan, Math.max(outGroup * volume(output), inGroup * volume(plan.input)));
  const grad = room(plan, outGroup * gradient.plane);
  const none = room(plan, fours(inGroup));
  const to = room(plan, fours(inGroup) * result.plane);

  const steps: { taps: Tap[]; offsets: number; weights: number; at: number }[] = [];
  eachPlace(stride, (phase, [fd, fh, fw]) => {
    const taps: Tap[] = [];
    for (let block = 0; block < outGroup; block += CHANNEL_BLOCK) {
      for (const d of reached[0][fd])
        for (const h of reached[1][fh])
          for (const v of reached[2][fw]) {
            const place = (d.k * kernel[1] + h.k) * kernel[2] + v.k;
            const row = (d.q - low[0]) * gradient.size[1] + h.q - low[1];
            const inPlane = row * gradient.pitch + v.q - low[2];
            for (let channel = block; channel < Math.min(block + CHANNEL_BLOCK, outGroup); channel++) {
              taps.push({ channel, place, offset: (channel * gradient.plane + inPlane) * bytes });
            }
          }
    }
    const offsets = table(
      plan,
      taps.map((t) => t.offset),
    );
    const weights = room(plan, fours(inGroup) * taps.length);
    steps.push({ taps, offsets, weights, at: to + phase * result.phase * bytes });
  });
  const view = look(plan);
  view.fill(0, none / bytes, none / bytes + fours(inGroup));
  const call = bytes === 4 ? wasm.call.convolve32 : wasm.call.convolve64;
  const join = bytes === 4 ? wasm.call.join32 : wasm.call.join64;
  for (let group = 0; group < g.groups; group++) {
    const first = group * outGroup;
    for (const { taps, weights } of steps) {
      panelsOf(plan, weights, inGroup, taps, (c, t) => w[(first + t.channel) * depth + c * places + t.place]);
    }
    for (let n = 0; n < g.batch; n++) {
      cutFrom(plan, dy, (n * g.outChannels + first) * volume(output), raw, grad, outGroup, output, gradient);
      for (const { taps, offsets, weights, at } of steps) {
        const plane = result.plane * bytes;
        const panels = fours(inGroup) / 4;
        call(grad, bases, rows, vectors, offsets, taps.length, weights, panels, none, at, result.pitch * bytes, plane);
      }
      join(raw, to, inGroup, ...plan.input, ...stride, 0, 0, 0, ...size, result.pitch);
      const planeIn = volume(plan.input);
      out.set(
        view.subarray(raw / bytes, raw / bytes + inGroup * planeIn),
        (n * g.inChannels + group * inGroup) * planeIn,
      );
    }
  }
  wasm.release(mark);
}
