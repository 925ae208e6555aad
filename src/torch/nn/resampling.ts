/** Layers that rearrange or resample: pixel and channel shuffles, upsampling, fold and unfold; and distances of pairs. */
import type { Tensor } from "../tensor";
import { type Arguments, construct, required, type Word } from "./arguments";
import type { Sizes } from "./conv";
import * as F from "./functional";
import { takes } from "./hooks";
import { PairLayer, TensorLayer } from "./layer";
import { fields, float } from "./text";

/** (…, C r², H, W) to (…, C, H r, W r) (Shi et al., 2016). */
export class PixelShuffle extends TensorLayer {
  declare upscale_factor: number;

  constructor(...args: Arguments<[upscale_factor: number], { upscale_factor: number }>) {
    super();
    Object.assign(this, construct("PixelShuffle", { upscale_factor: required }, args));
  }

  override forward(input: Tensor): Tensor {
    return F.pixel_shuffle(input, this.upscale_factor);
  }

  override extra_repr(): string {
    return fields({ upscale_factor: this.upscale_factor });
  }
}

/** (…, C, H r, W r) to (…, C r², H, W). */
export class PixelUnshuffle extends TensorLayer {
  declare downscale_factor: number;

  constructor(...args: Arguments<[downscale_factor: number], { downscale_factor: number }>) {
    super();
    Object.assign(this, construct("PixelUnshuffle", { downscale_factor: required }, args));
  }

  override forward(input: Tensor): Tensor {
    return F.pixel_unshuffle(input, this.downscale_factor);
  }

  override extra_repr(): string {
    return fields({ downscale_factor: this.downscale_factor });
  }
}

/** The channels of each group dealt out in turn (Zhang et al., 2018). */
export class ChannelShuffle extends TensorLayer {
  declare groups: number;

  constructor(...args: Arguments<[groups: number], { groups: number }>) {
    super();
    Object.assign(this, construct("ChannelShuffle", { groups: required }, args));
  }

  override forward(input: Tensor): Tensor {
    return F.channel_shuffle(input, this.groups);
  }

  override extra_repr(): string {
    return fields({ groups: this.groups });
  }
}

type Mode = Word<"nearest" | "linear" | "bilinear" | "bicubic" | "trilinear" | "area" | "nearest-exact">;

/** The last dimensions resampled to `size`, or by `scale_factor`. */
export class Upsample extends TensorLayer {
  declare size: Sizes | null;
  declare scale_factor: Sizes | null;
  declare mode: string;
  declare align_corners: boolean | null;
  declare recompute_scale_factor: boolean | null;

  constructor(
    ...args: Arguments<
      [
        size?: Sizes | null,
        scale_factor?: Sizes | null,
        mode?: Mode,
        align_corners?: boolean | null,
        recompute_scale_factor?: boolean | null,
      ],
      {
        size: Sizes | null;
        scale_factor: Sizes | null;
        mode: Mode;
        align_corners: boolean | null;
        recompute_scale_factor: boolean | null;
      }
    >
  ) {
    super();
    const rest = { mode: "nearest", align_corners: null, recompute_scale_factor: null };
    Object.assign(this, construct("Upsample", { size: null, scale_factor: null, ...rest }, args));
    this.scale_factor ||= null;
  }

  override forward(input: Tensor): Tensor {
    const { size, scale_factor, mode, align_corners, recompute_scale_factor } = this;
    return F.interpolate(input, size, scale_factor, mode, align_corners, recompute_scale_factor);
  }

  override extra_repr(): string {
    const { size, scale_factor, mode } = this;
    if (scale_factor === null) return fields({ size, mode });
    const factors = typeof scale_factor === "number" ? float(scale_factor) : `(${scale_factor.map(float).join(", ")})`;
    return fields({ scale_factor: factors, mode });
  }
}

type Plane = Arguments<
  [size?: Sizes | null, scale_factor?: Sizes | null],
  { size: Sizes | null; scale_factor: Sizes | null }
>;

/** `Upsample` of images by nearest neighbours. */
export class UpsamplingNearest2d extends Upsample {
  constructor(...args: Plane) {
    const { size, scale_factor } = construct("UpsamplingNearest2d", { size: null, scale_factor: null }, args);
    super(size, scale_factor, "nearest");
  }
}

/** `Upsample` of images by bilinear interpolation with aligned corners. */
export class UpsamplingBilinear2d extends Upsample {
  constructor(...args: Plane) {
    const { size, scale_factor } = construct("UpsamplingBilinear2d", { size: null, scale_factor: null }, args);
    super(size, scale_factor, "bilinear", true);
  }
}

/** Sums windows, given as columns (N, C · ∏ kernel, L), into images (N, C, …output_size): the adjoint of `Unfold`. */
export class Fold extends TensorLayer {
  declare output_size: Sizes;
  declare kernel_size: Sizes;
  declare dilation: Sizes;
  declare padding: Sizes;
  declare stride: Sizes;

  constructor(
    ...args: Arguments<
      [output_size: Sizes, kernel_size: Sizes, dilation?: Sizes, padding?: Sizes, stride?: Sizes],
      { output_size: Sizes; kernel_size: Sizes; dilation: Sizes; padding: Sizes; stride: Sizes }
    >
  ) {
    super();
    const spec = { output_size: required, kernel_size: required, dilation: 1, padding: 0, stride: 1 };
    Object.assign(this, construct("Fold", spec, args));
  }

  override forward(input: Tensor): Tensor {
    return F.fold(input, this.output_size, this.kernel_size, this.dilation, this.padding, this.stride);
  }

  override extra_repr(): string {
    const { output_size, kernel_size, dilation, padding, stride } = this;
    return fields({ output_size, kernel_size, dilation, padding, stride });
  }
}

/** The windows of images (N, C, H, W) as columns (N, C · ∏ kernel, L). */
export class Unfold extends TensorLayer {
  declare kernel_size: Sizes;
  declare dilation: Sizes;
  declare padding: Sizes;
  declare stride: Sizes;

  constructor(
    ...args: Arguments<
      [kernel_size: Sizes, dilation?: Sizes, padding?: Sizes, stride?: Sizes],
      { kernel_size: Sizes; dilation: Sizes; padding: Sizes; stride: Sizes }
    >
  ) {
    super();
    Object.assign(this, construct("Unfold", { kernel_size: required, dilation: 1, padding: 0, stride: 1 }, args));
  }

  override forward(input: Tensor): Tensor {
    return F.unfold(input, this.kernel_size, this.dilation, this.padding, this.stride);
  }

  override extra_repr(): string {
    const { kernel_size, dilation, padding, stride } = this;
    return fields({ kernel_size, dilation, padding, stride });
  }
}

/** ‖x₁ − x₂ + ε‖ of the p-norm over the last dimension. */
export class PairwiseDistance extends PairLayer {
  declare norm: number;
  declare eps: number;
  declare keepdim: boolean;

  constructor(
    ...args: Arguments<[p?: number, eps?: number, keepdim?: boolean], { p: number; eps: number; keepdim: boolean }>
  ) {
    super();
    const { p, eps, keepdim } = construct("PairwiseDistance", { p: 2, eps: 1e-6, keepdim: false }, args);
    Object.assign(this, { norm: p, eps, keepdim });
  }

  override forward(x1: Tensor, x2: Tensor): Tensor {
    return F.pairwise_distance(x1, x2, this.norm, this.eps, this.keepdim);
  }
}

/** x₁ · x₂ / max(‖x₁‖ ‖x₂‖, ε) along `dim`. */
export class CosineSimilarity extends PairLayer {
  declare dim: number;
  declare eps: number;

  constructor(...args: Arguments<[dim?: number, eps?: number], { dim: number; eps: number }>) {
    super();
    Object.assign(this, construct("CosineSimilarity", { dim: 1, eps: 1e-8 }, args));
  }

  override forward(x1: Tensor, x2: Tensor): Tensor {
    return F.cosine_similarity(x1, x2, this.dim, this.eps);
  }
}

takes(["x1", "x2"], PairwiseDistance, CosineSimilarity);
