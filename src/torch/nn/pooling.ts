/** Pooling: maxima, means and norms over windows, and the way back. */
import { ValueError } from "../errors";
import type { Tensor } from "../tensor";
import { type Arguments, construct, each, forwarded, required } from "./arguments";
import type { Sizes } from "./conv";
import * as F from "./functional";
import { TensorLayer } from "./layer";
import { Module } from "./module";
import { fields, number, python } from "./text";

interface MaxKeywords {
  kernel_size: Sizes;
  stride: Sizes | null;
  padding: Sizes;
  dilation: Sizes;
  return_indices: boolean;
  ceil_mode: boolean;
}

/** With `return_indices` the output is `[values, indices]`, as `MaxUnpool` takes them. */
abstract class MaxPoolNd extends TensorLayer {
  declare kernel_size: Sizes;
  declare stride: Sizes;
  declare padding: Sizes;
  declare dilation: Sizes;
  declare return_indices: boolean;
  declare ceil_mode: boolean;

  constructor(
    ...args: Arguments<
      [
        kernel_size: Sizes,
        stride?: Sizes | null,
        padding?: Sizes,
        dilation?: Sizes,
        return_indices?: boolean,
        ceil_mode?: boolean,
      ],
      MaxKeywords
    >
  ) {
    super();
    const rest = { padding: 0, dilation: 1, return_indices: false, ceil_mode: false };
    Object.assign(this, construct(this._get_name(), { kernel_size: required, stride: null, ...rest }, args));
    this.stride ??= this.kernel_size;
  }

  protected pool(max: typeof F.max_pool1d, input: Tensor): Tensor {
    const { kernel_size, stride, padding, dilation, ceil_mode, return_indices } = this;
    return max(input, kernel_size, stride, padding, dilation, ceil_mode, return_indices);
  }

  override extra_repr(): string {
    const { kernel_size, stride, padding, dilation, ceil_mode } = this;
    return fields({ kernel_size, stride, padding, dilation, ceil_mode });
  }
}

/** The largest of each window of (N, C, L) or (C, L): L' = ⌊(L + 2 padding − dilation (kernel − 1) − 1) / stride⌋ + 1. */
export class MaxPool1d extends MaxPoolNd {
  override forward(input: Tensor): Tensor {
    return this.pool(F.max_pool1d, input);
  }
}

/** The largest of each window of (N, C, H, W) or (C, H, W). */
export class MaxPool2d extends MaxPoolNd {
  override forward(input: Tensor): Tensor {
    return this.pool(F.max_pool2d, input);
  }
}

/** The largest of each window of (N, C, D, H, W) or (C, D, H, W). */
export class MaxPool3d extends MaxPoolNd {
  override forward(input: Tensor): Tensor {
    return this.pool(F.max_pool3d, input);
  }
}

type UnpoolCall = Arguments<
  [input: Tensor, indices: Tensor, output_size?: readonly number[] | null],
  { input: Tensor; indices: Tensor; output_size: readonly number[] | null }
>;

/** Puts maxima back where they came from; zeros elsewhere. */
abstract class MaxUnpoolNd extends Module {
  declare kernel_size: number[];
  declare stride: number[];
  declare padding: number[];

  protected setUp(n: number, args: readonly unknown[]): void {
    const spec = { kernel_size: required, stride: null, padding: 0 };
    const { kernel_size, stride, padding } = construct(this._get_name(), spec, args);
    this.kernel_size = each(kernel_size, n);
    this.stride = each(stride ?? kernel_size, n);
    this.padding = each(padding, n);
  }

  protected unpool(max: typeof F.max_unpool1d, args: readonly unknown[]): Tensor {
    const spec = { input: required, indices: required, output_size: null };
    const { input, indices, output_size } = forwarded(this._get_name(), spec, args);
    return max(input, indices, this.kernel_size, this.stride, this.padding, output_size);
  }

  override extra_repr(): string {
    const { kernel_size, stride, padding } = this;
    return fields({ kernel_size, stride, padding });
  }
}

type UnpoolArguments = Arguments<
  [kernel_size: Sizes, stride?: Sizes | null, padding?: Sizes],
  { kernel_size: Sizes; stride: Sizes | null; padding: Sizes }
>;

/** The way back from `MaxPool1d`, whose indices it takes; `output_size` where several sizes lead to the same. */
export class MaxUnpool1d extends MaxUnpoolNd {
  constructor(...args: UnpoolArguments) {
    super();
    this.setUp(1, args);
  }

  override forward(...args: UnpoolCall): Tensor {
    return this.unpool(F.max_unpool1d, args);
  }
}

/** The way back from `MaxPool2d`. */
export class MaxUnpool2d extends MaxUnpoolNd {
  constructor(...args: UnpoolArguments) {
    super();
    this.setUp(2, args);
  }

  override forward(...args: UnpoolCall): Tensor {
    return this.unpool(F.max_unpool2d, args);
  }
}

/** The way back from `MaxPool3d`. */
export class MaxUnpool3d extends MaxUnpoolNd {
  constructor(...args: UnpoolArguments) {
    super();
    this.setUp(3, args);
  }

  override forward(...args: UnpoolCall): Tensor {
    return this.unpool(F.max_unpool3d, args);
  }
}

/** The mean of each window of (N, C, L) or (C, L); padding counts as zeros unless `count_include_pad` is false. */
export class AvgPool1d extends TensorLayer {
  declare kernel_size: number[];
  declare stride: number[];
  declare padding: number[];
  declare ceil_mode: boolean;
  declare count_include_pad: boolean;

  constructor(
    ...args: Arguments<
      [kernel_size: Sizes, stride?: Sizes | null, padding?: Sizes, ceil_mode?: boolean, count_include_pad?: boolean],
      {
        kernel_size: Sizes;
        stride: Sizes | null;
        padding: Sizes;
        ceil_mode: boolean;
        count_include_pad: boolean;
      }
    >
  ) {
    super();
    const spec = { kernel_size: required, stride: null, padding: 0, ceil_mode: false, count_include_pad: true };
    const { kernel_size, stride, padding, ...rest } = construct("AvgPool1d", spec, args);
    this.kernel_size = each(kernel_size, 1);
    this.stride = each(stride ?? kernel_size, 1);
    this.padding = each(padding, 1);
    Object.assign(this, rest);
  }

  override forward(input: Tensor): Tensor {
    const { kernel_size, stride, padding, ceil_mode, count_include_pad } = this;
    return F.avg_pool1d(input, kernel_size, stride, padding, ceil_mode, count_include_pad);
  }

  override extra_repr(): string {
    const { kernel_size, stride, padding } = this;
    return fields({ kernel_size, stride, padding });
  }
}

/** Means of two- and three-dimensional windows. */
abstract class AvgPoolNd extends TensorLayer {
  declare kernel_size: Sizes;
  declare stride: Sizes;
  declare padding: Sizes;
  declare ceil_mode: boolean;
  declare count_include_pad: boolean;
  declare divisor_override: number | null;

  constructor(
    ...args: Arguments<
      [
        kernel_size: Sizes,
        stride?: Sizes | null,
        padding?: Sizes,
        ceil_mode?: boolean,
        count_include_pad?: boolean,
        divisor_override?: number | null,
      ],
      {
        kernel_size: Sizes;
        stride: Sizes | null;
        padding: Sizes;
        ceil_mode: boolean;
        count_include_pad: boolean;
        divisor_override: number | null;
      }
    >
  ) {
    super();
    const rest = { padding: 0, ceil_mode: false, count_include_pad: true, divisor_override: null };
    Object.assign(this, construct(this._get_name(), { kernel_size: required, stride: null, ...rest }, args));
    this.stride ??= this.kernel_size;
  }

  protected pool(mean: typeof F.avg_pool2d, input: Tensor): Tensor {
    const { kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override } = this;
    return mean(input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override);
  }

  override extra_repr(): string {
    const { kernel_size, stride, padding } = this;
    return fields({ kernel_size, stride, padding });
  }
}

/** The mean of each window of (N, C, H, W) or (C, H, W). */
export class AvgPool2d extends AvgPoolNd {
  override forward(input: Tensor): Tensor {
    return this.pool(F.avg_pool2d, input);
  }
}

/** The mean of each window of (N, C, D, H, W) or (C, D, H, W). */
export class AvgPool3d extends AvgPoolNd {
  override forward(input: Tensor): Tensor {
    return this.pool(F.avg_pool3d, input);
  }
}

/** The largest of each window, with windows of random places that give the size asked for (Graham, 2014). */
abstract class FractionalMaxPoolNd extends TensorLayer {
  declare kernel_size: number[];
  declare return_indices: boolean;
  declare output_size: number[] | null;
  declare output_ratio: number[] | null;
  declare _random_samples: Tensor | null;

  protected setUp(n: number, args: readonly unknown[]): void {
    const spec = {
      kernel_size: required,
      output_size: null,
      output_ratio: null,
      return_indices: false,
      _random_samples: null,
    };
    const o = construct(this._get_name(), spec, args);
    this.kernel_size = each(o.kernel_size, n);
    this.return_indices = o.return_indices;
    this.register_buffer("_random_samples", o._random_samples);
    this.output_size = o.output_size === null ? null : each(o.output_size, n);
    this.output_ratio = o.output_ratio === null ? null : each(o.output_ratio, n);
    if (this.output_size === null && this.output_ratio === null) {
      throw new ValueError(`${this._get_name()} requires specifying either an output size, or a pooling ratio`);
    }
    if (this.output_size !== null && this.output_ratio !== null) {
      throw new ValueError("only one of output_size and output_ratio may be specified");
    }
    if (this.output_ratio?.some((r) => r <= 0 || r >= 1)) {
      throw new ValueError(`output_ratio must be between 0 and 1 (got ${python(o.output_ratio)})`);
    }
  }

  protected pool(max: typeof F.fractional_max_pool2d, input: Tensor): Tensor {
    const { kernel_size, output_size, output_ratio, return_indices, _random_samples } = this;
    return max(input, kernel_size, output_size, output_ratio, return_indices, _random_samples);
  }
}

type FractionalArguments = Arguments<
  [
    kernel_size: Sizes,
    output_size?: Sizes | null,
    output_ratio?: Sizes | null,
    return_indices?: boolean,
    _random_samples?: Tensor | null,
  ],
  {
    kernel_size: Sizes;
    output_size: Sizes | null;
    output_ratio: Sizes | null;
    return_indices: boolean;
    _random_samples: Tensor | null;
  }
>;

/** Of images. Throws ValueError unless either a size or a ratio between 0 and 1 is given. */
export class FractionalMaxPool2d extends FractionalMaxPoolNd {
  constructor(...args: FractionalArguments) {
    super();
    this.setUp(2, args);
  }

  override forward(input: Tensor): Tensor {
    return this.pool(F.fractional_max_pool2d, input);
  }
}

/** Of volumes. Throws ValueError unless either a size or a ratio between 0 and 1 is given. */
export class FractionalMaxPool3d extends FractionalMaxPoolNd {
  constructor(...args: FractionalArguments) {
    super();
    this.setUp(3, args);
  }

  override forward(input: Tensor): Tensor {
    return this.pool(F.fractional_max_pool3d, input);
  }
}

/** (Σ x^p)^(1/p) of each window. */
abstract class LPPoolNd extends TensorLayer {
  declare norm_type: number;
  declare kernel_size: Sizes;
  declare stride: Sizes | null;
  declare ceil_mode: boolean;

  constructor(
    ...args: Arguments<
      [norm_type: number, kernel_size: Sizes, stride?: Sizes | null, ceil_mode?: boolean],
      { norm_type: number; kernel_size: Sizes; stride: Sizes | null; ceil_mode: boolean }
    >
  ) {
    super();
    const spec = { norm_type: required, kernel_size: required, stride: null, ceil_mode: false };
    Object.assign(this, construct(this._get_name(), spec, args));
  }

  override extra_repr(): string {
    const { kernel_size, stride, ceil_mode } = this;
    return `norm_type=${number(this.norm_type)}, ${fields({ kernel_size, stride, ceil_mode })}`;
  }
}

/** (Σ x^p)^(1/p) of each window of (N, C, L) or (C, L). */
export class LPPool1d extends LPPoolNd {
  override forward(input: Tensor): Tensor {
    return F.lp_pool1d(input, this.norm_type, this.kernel_size, this.stride, this.ceil_mode);
  }
}

/** (Σ x^p)^(1/p) of each window of (N, C, H, W) or (C, H, W). */
export class LPPool2d extends LPPoolNd {
  override forward(input: Tensor): Tensor {
    return F.lp_pool2d(input, this.norm_type, this.kernel_size, this.stride, this.ceil_mode);
  }
}

type OutputSize = number | null | readonly (number | null)[];

/** The largest of each of as many windows as are asked for, whatever the input's size. */
abstract class AdaptiveMaxPoolNd extends TensorLayer {
  declare output_size: OutputSize;
  declare return_indices: boolean;

  constructor(
    ...args: Arguments<
      [output_size: OutputSize, return_indices?: boolean],
      { output_size: OutputSize; return_indices: boolean }
    >
  ) {
    super();
    Object.assign(this, construct(this._get_name(), { output_size: required, return_indices: false }, args));
  }

  override extra_repr(): string {
    return fields({ output_size: this.output_size });
  }
}

/** (N, C, L) or (C, L) to (…, output_size). */
export class AdaptiveMaxPool1d extends AdaptiveMaxPoolNd {
  override forward(input: Tensor): Tensor {
    return F.adaptive_max_pool1d(input, this.output_size as number, this.return_indices);
  }
}

/** (…, H, W) to (…, …output_size); null keeps a side. */
export class AdaptiveMaxPool2d extends AdaptiveMaxPoolNd {
  override forward(input: Tensor): Tensor {
    return F.adaptive_max_pool2d(input, sides(this.output_size, 2), this.return_indices);
  }
}

/** (…, D, H, W) to (…, …output_size); null keeps a side. */
export class AdaptiveMaxPool3d extends AdaptiveMaxPoolNd {
  override forward(input: Tensor): Tensor {
    return F.adaptive_max_pool3d(input, sides(this.output_size, 3), this.return_indices);
  }
}

/** null alone keeps every side. */
const sides = (size: OutputSize, n: number): number | readonly (number | null)[] =>
  size === null ? new Array<null>(n).fill(null) : size;

/** The mean of each of as many windows as are asked for, whatever the input's size. */
abstract class AdaptiveAvgPoolNd extends TensorLayer {
  declare output_size: OutputSize;

  constructor(...args: Arguments<[output_size: OutputSize], { output_size: OutputSize }>) {
    super();
    Object.assign(this, construct(this._get_name(), { output_size: required }, args));
  }

  override extra_repr(): string {
    return fields({ output_size: this.output_size });
  }
}

/** (N, C, L) or (C, L) to (…, output_size). */
export class AdaptiveAvgPool1d extends AdaptiveAvgPoolNd {
  override forward(input: Tensor): Tensor {
    return F.adaptive_avg_pool1d(input, this.output_size as number);
  }
}

/** (…, H, W) to (…, …output_size); null keeps a side. */
export class AdaptiveAvgPool2d extends AdaptiveAvgPoolNd {
  override forward(input: Tensor): Tensor {
    return F.adaptive_avg_pool2d(input, sides(this.output_size, 2));
  }
}

/** (…, D, H, W) to (…, …output_size); null keeps a side. */
export class AdaptiveAvgPool3d extends AdaptiveAvgPoolNd {
  override forward(input: Tensor): Tensor {
    return F.adaptive_avg_pool3d(input, sides(this.output_size, 3));
  }
}
