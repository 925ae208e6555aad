/** Resizing, sampling on a grid, and the rearrangement of pixels. */
import { notDifferentiable, type Op, op } from "../dispatch";
import { NotImplementedError, RuntimeError, ValueError } from "../errors";
import { applyMaps, type LinearMap, linearMap, spreadMaps } from "../kernels/separable";
import { numel, sizeText } from "../shape";
import type { Tensor } from "../tensor";
import { adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d } from "./pooling";

/** Rounds to the dtype of the pixels, in which places and weights are computed. */
type Round = (x: number) => number;

/** Input pixels per output pixel; a scale the caller gave counts more than the sizes. */
function pixelScale(from: number, to: number, align: boolean, scale: number | null): number {
  if (align) return to > 1 ? (from - 1) / (to - 1) : 0;
  return scale !== null && scale > 0 ? 1 / scale : from / to;
}

/** Float32 steps, as PyTorch's index arithmetic has. */
function nearestMap(from: number, to: number, scale: number | null, exact: boolean): LinearMap {
  const step = Math.fround(scale !== null && scale > 0 ? 1 / scale : from / to);
  const shift = exact ? 0.5 : 0;
  return linearMap(from, to, (i, add) => add(Math.min(Math.floor(Math.fround((i + shift) * step)), from - 1), 1));
}

function linearSteps(from: number, to: number, align: boolean, scale: number | null, round: Round): LinearMap {
  const step = round(pixelScale(from, to, align, scale));
  return linearMap(from, to, (i, add) => {
    const at = from === to ? i : align ? i * step : Math.max((i + 0.5) * step - 0.5, 0);
    const low = Math.min(Math.floor(at), from - 1);
    const t = Math.min(Math.max(round(at - low), 0), 1);
    add(low, round(1 - t));
    add(Math.min(low + 1, from - 1), t);
  });
}

/** Keys' cubic convolution kernel. */
export function cubicWeight(x: number, a: number, round: Round = (v) => v): number {
  x = Math.abs(x);
  if (x < 1) return round(round(round((a + 2) * x - (a + 3)) * x) * x + 1);
  return x < 2 ? round(round(round(a * x - 5 * a) * x + 8 * a) * x - 4 * a) : 0;
}

function cubicSteps(from: number, to: number, align: boolean, scale: number | null, round: Round): LinearMap {
  const step = round(pixelScale(from, to, align, scale));
  return linearMap(from, to, (i, add) => {
    const at = align ? i * step : (i + 0.5) * step - 0.5;
    const low = Math.floor(at);
    const t = round(at - low);
    for (const [k, distance] of [t + 1, t, 1 - t, 2 - t].entries()) {
      add(Math.min(Math.max(low + k - 1, 0), from - 1), cubicWeight(round(distance), -0.75, round));
    }
  });
}

/** A filter as wide as the step where pixels are lost, normalised at the edges. */
function smoothSteps(
  from: number,
  to: number,
  align: boolean,
  scale: number | null,
  round: Round,
  width: number,
  filter: (x: number) => number,
): LinearMap {
  const step = round(pixelScale(from, to, align, scale));
  const stretch = Math.max(step, 1);
  const support = round((width / 2) * stretch);
  const per = round(1 / stretch);
  return linearMap(from, to, (i, add) => {
    const centre = round(step * (i + 0.5));
    const first = Math.max(Math.trunc(centre - support + 0.5), 0);
    const last = Math.min(Math.trunc(centre + support + 0.5), from);
    const weights = Array.from({ length: last - first }, (_, k) =>
      round(filter(round((k + first - centre + 0.5) * per))),
    );
    const total = weights.reduce((a, b) => round(a + b), 0);
    for (const [k, w] of weights.entries()) add(first + k, total === 0 ? w : round(w / total));
  });
}

const triangle = (x: number) => Math.max(0, 1 - Math.abs(x));

type Steps = (from: number, to: number, align: boolean, scale: number | null, round: Round) => LinearMap;

const UPSAMPLE = "_upsample(Tensor input, int[] output_size, bool align_corners, float?[] scale_factors) -> Tensor";
const UPSAMPLE_BACKWARD =
  "_upsample_backward(Tensor grad_output, int[] input_size, bool align_corners, float?[] scale_factors) -> Tensor";

type Upsample = Op<typeof UPSAMPLE>;

/** One op for each mode and number of dimensions: its node has PyTorch's name. */
function upsample(node: string, steps: Steps): Upsample {
  const maps = (
    { dtype }: Tensor,
    from: readonly number[],
    to: readonly number[],
    align: boolean,
    scales: readonly (number | null)[],
  ) => from.map((size, i) => steps(size, to[i], align, scales[i] ?? null, dtype.cast));
  const forward: Upsample = op(UPSAMPLE, {
    doc: "Resizing of the last dimensions.",
    forward: (x, size, align, scales) => applyMaps(x, maps(x, x.shape.slice(2), size, align, scales)),
    grad: { input: (g, s) => backward(g, s.input.shape.slice(2), s.align_corners, s.scale_factors) },
    node: `${node}Backward1`,
    variants: [],
  });
  const backward = op(UPSAMPLE_BACKWARD, {
    doc: "The gradient sent back to the pixels that were read.",
    forward: (g, size, align, scales) => spreadMaps(g, maps(g, size, g.shape.slice(2), align, scales)),
    grad: { grad_output: (g, s) => forward(g, s.grad_output.shape.slice(2), s.align_corners, s.scale_factors) },
    node: `${node}BackwardBackward1`,
    variants: [],
  });
  return forward;
}

const nearest: Steps = (from, to, _, scale) => nearestMap(from, to, scale, false);
const nearestExact: Steps = (from, to, _, scale) => nearestMap(from, to, scale, true);

/** By mode and number of spatial dimensions. */
const upsamplers: Record<string, Upsample> = {
  nearest1: upsample("UpsampleNearest1D", nearest),
  nearest2: upsample("UpsampleNearest2D", nearest),
  nearest3: upsample("UpsampleNearest3D", nearest),
  "nearest-exact1": upsample("UpsampleNearestExact1D", nearestExact),
  "nearest-exact2": upsample("UpsampleNearestExact2D", nearestExact),
  "nearest-exact3": upsample("UpsampleNearestExact3D", nearestExact),
  linear1: upsample("UpsampleLinear1D", linearSteps),
  bilinear2: upsample("UpsampleBilinear2D", linearSteps),
  trilinear3: upsample("UpsampleTrilinear3D", linearSteps),
  bicubic2: upsample("UpsampleBicubic2D", cubicSteps),
};
const smoothUpsamplers: Record<string, Upsample> = {
  bilinear2: upsample("UpsampleBilinear2DAa", (f, t, a, s, r) => smoothSteps(f, t, a, s, r, 2, triangle)),
  bicubic2: upsample("UpsampleBicubic2DAa", (f, t, a, s, r) =>
    smoothSteps(f, t, a, s, r, 4, (x) => cubicWeight(x, -0.5, r)),
  ),
};

const needs: Record<string, number> = { linear: 1, bilinear: 2, trilinear: 3, bicubic: 2 };

const unknownMode = (x: Tensor, mode: string) =>
  new NotImplementedError(
    `Input Error: Only 3D, 4D and 5D input Tensors supported (got ${x.ndim}D) for the modes: nearest | linear | bilinear | bicubic | trilinear | area | nearest-exact (got ${mode})`,
  );

function interpolateForward(
  x: Tensor,
  size: (number | null)[] | null,
  factor: number[] | null,
  mode: string,
  align: boolean | null,
  recompute: boolean | null,
  antialias: boolean,
): Tensor {
  const plain = ["nearest", "area", "nearest-exact"].includes(mode);
  if (plain && align !== null) {
    throw new ValueError(
      "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear",
    );
  }
  const n = x.ndim - 2;
  const spatial = x.shape.slice(2);
  if (size !== null && factor !== null) throw new ValueError("only one of size or scale_factor should be defined");
  if (size === null && factor === null) throw new ValueError("either size or scale_factor should be defined");
  const spread = <T>(list: T[]): T[] => (list.length === 1 && n > 1 ? new Array(n).fill(list[0]) : list);
  let output = size === null ? null : (spread(size) as number[]);
  let scales: number[] | null = factor === null ? null : spread(factor);
  if (n < 1 || n > 3) throw unknownMode(x, mode);
  if (output !== null && output.length !== n) {
    throw new ValueError(
      `Input and output must have the same number of spatial dimensions, but got input with spatial dimensions of ${sizeText(spatial)} and output size of ${sizeText(output)}. Please provide input tensor in (N, C, d1, d2, ...,dK) format and output size in (o1, o2, ...,oK) format.`,
    );
  }
  if (scales !== null && scales.length !== n) {
    throw new ValueError(
      `Input and scale_factor must have the same number of spatial dimensions, but got input with spatial dimensions of ${sizeText(spatial)} and scale_factor of shape ${sizeText(scales)}. Please provide input tensor in (N, C, d1, d2, ...,dK) format and scale_factor in (s1, s2, ...,sK) format.`,
    );
  }
  if (recompute && size !== null) {
    throw new ValueError("recompute_scale_factor is not meaningful with an explicit size.");
  }
  const target = output ?? spatial.map((s, i) => Math.floor(s * scales![i]));
  if (recompute || (mode === "area" && output === null)) {
    output = target;
    scales = null;
  }
  if (antialias && !(["bilinear", "bicubic"].includes(mode) && x.ndim === 4)) {
    throw new ValueError("Anti-alias option is only supported for bilinear and bicubic modes");
  }
  if (mode === "area") {
    if (n === 1) return adaptive_avg_pool1d(x, target);
    return n === 2 ? adaptive_avg_pool2d(x, target) : adaptive_avg_pool3d(x, target);
  }
  const run = (antialias ? smoothUpsamplers : upsamplers)[`${mode}${n}`];
  if (run === undefined) {
    if (!(mode in needs)) throw unknownMode(x, mode);
    throw new NotImplementedError(`Got ${x.ndim}D input, but ${mode} mode needs ${needs[mode] + 2}D input`);
  }
  if ([...spatial, ...target].some((s) => s <= 0)) {
    throw new RuntimeError(
      `Input and output sizes should be greater than 0, but got input (${["D", "H", "W"]
        .slice(3 - n)
        .map((l, i) => `${l}: ${spatial[i]}`)
        .join(", ")}) output (${["D", "H", "W"]
        .slice(3 - n)
        .map((l, i) => `${l}: ${target[i]}`)
        .join(", ")})`,
    );
  }
  return run(x, target, align ?? false, scales ?? []);
}

const INTERPOLATE_ARGS =
  "Tensor input, int[1]? size=None, float[1]? scale_factor=None, str mode='nearest', bool? align_corners=None";

op(`interpolate(${INTERPOLATE_ARGS}, bool? recompute_scale_factor=None, bool antialias=False) -> Tensor`, {
  doc: 'Resizes `[n, c, …]` to a size or by a factor: "nearest", "nearest-exact", "linear" (1-D), "bilinear", "bicubic" (2-D), "trilinear" (3-D) or "area".',
  forward: interpolateForward,
  composite: true,
  variants: ["nn.functional"],
});
op(`upsample(${INTERPOLATE_ARGS}) -> Tensor`, {
  doc: "Resizes; `interpolate` is its newer name.",
  forward: (x, size, factor, mode, align) => interpolateForward(x, size, factor, mode, align, null, false),
  composite: true,
  variants: ["nn.functional"],
});
op("upsample_nearest(Tensor input, int[1]? size=None, float[1]? scale_factor=None) -> Tensor", {
  doc: "Resizes by the nearest pixel.",
  forward: (x, size, factor) => interpolateForward(x, size, factor, "nearest", null, null, false),
  composite: true,
  variants: ["nn.functional"],
});
op("upsample_bilinear(Tensor input, int[1]? size=None, float[1]? scale_factor=None) -> Tensor", {
  doc: "Resizes bilinearly with aligned corners.",
  forward: (x, size, factor) => interpolateForward(x, size, factor, "bilinear", true, null, false),
  composite: true,
  variants: ["nn.functional"],
});

// ── pixels to channels and back ─────────────────────────────────────────────────────────────────────────────────

/** [*, c r², h, w] → [*, c, h r, w r] */
function shuffled(x: Tensor, r: number): Tensor {
  const lead = x.shape.slice(0, -3);
  const [c, h, w] = x.shape.slice(-3);
  const k = lead.length;
  const axes = [k, k + 3, k + 1, k + 4, k + 2];
  return x
    .reshape([...lead, c / (r * r), r, r, h, w])
    .permute([...lead.map((_, i) => i), ...axes])
    .reshape([...lead, c / (r * r), h * r, w * r]);
}

/** [*, c, h r, w r] → [*, c r², h, w] */
function unshuffled(x: Tensor, r: number): Tensor {
  const lead = x.shape.slice(0, -3);
  const [c, h, w] = x.shape.slice(-3);
  const k = lead.length;
  return x
    .reshape([...lead, c, h / r, r, w / r, r])
    .permute([...lead.map((_, i) => i), k, k + 2, k + 4, k + 1, k + 3])
    .reshape([...lead, c * r * r, h / r, w / r]);
}

const PIXEL_UNSHUFFLE = "pixel_unshuffle(Tensor input, int downscale_factor) -> Tensor";

const pixel_shuffle = op("pixel_shuffle(Tensor input, int upscale_factor) -> Tensor", {
  doc: "Channels into a finer image: `[*, c r², h, w] → [*, c, h r, w r]`.",
  forward: (x, r) => {
    if (x.ndim < 3) {
      throw new RuntimeError(
        `pixel_shuffle expects input to have at least 3 dimensions, but got input with ${x.ndim} dimension(s)`,
      );
    }
    if (r <= 0) throw new RuntimeError(`pixel_shuffle expects a positive upscale_factor, but got ${r}`);
    const c = x.shape[x.ndim - 3];
    if (c % (r * r) !== 0) {
      throw new RuntimeError(
        `pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, but input.size(-3)=${c} is not divisible by ${r * r}`,
      );
    }
    return shuffled(x, r).clone();
  },
  grad: { input: (g, s) => pixel_unshuffle(g, s.upscale_factor) },
  variants: ["function", "nn.functional"],
});

const pixel_unshuffle: Op<typeof PIXEL_UNSHUFFLE> = op(PIXEL_UNSHUFFLE, {
  doc: "An image into channels of a coarser one: `[*, c, h r, w r] → [*, c r², h, w]`.",
  forward: (x, r) => {
    if (x.ndim < 3) {
      throw new RuntimeError(
        `pixel_unshuffle expects input to have at least 3 dimensions, but got input with ${x.ndim} dimension(s)`,
      );
    }
    if (r <= 0) throw new RuntimeError(`pixel_unshuffle expects a positive downscale_factor, but got ${r}`);
    for (const [name, d] of [
      ["height", -2],
      ["width", -1],
    ] as const) {
      const size = x.shape[x.ndim + d];
      if (size % r !== 0) {
        throw new RuntimeError(
          `pixel_unshuffle expects ${name} to be divisible by downscale_factor, but input.size(${d})=${size} is not divisible by ${r}`,
        );
      }
    }
    return unshuffled(x, r).clone();
  },
  grad: { input: (g, s) => pixel_shuffle(g, s.downscale_factor) },
  variants: ["function", "nn.functional"],
});

op("channel_shuffle(Tensor input, int groups) -> Tensor", {
  doc: "Channels of groups interleaved: `[n, g · k, …] → [n, k · g, …]`.",
  forward: (x, groups) => {
    if (x.ndim < 3) {
      throw new RuntimeError(
        `channel_shuffle expects input with > 2 dims, but got input with sizes ${sizeText(x.shape)}`,
      );
    }
    if (groups <= 0) {
      throw new RuntimeError(`Number of groups to divide channels in must be positive. Value of groups:${groups}`);
    }
    const [n, c, ...rest] = x.shape;
    if (c % groups !== 0) {
      throw new RuntimeError(`Number of channels must be divisible by groups. Got ${c} channels and ${groups} groups.`);
    }
    return x
      .reshape([n, groups, c / groups, numel(rest)])
      .transpose(1, 2)
      .reshape(x.shape)
      .clone();
  },
  ...notDifferentiable("channel_shuffle", ["input"]),
  variants: ["function", "nn.functional"],
});
