/** Convolutions and transposed convolutions in one, two and three dimensions. */
import { ValueError } from "../errors";
import type { Tensor } from "../tensor";
import { type Arguments, construct, each, forwarded, placed, required, type Word } from "./arguments";
import * as F from "./functional";
import { emptyParameter, TensorLayer } from "./layer";
import { resetWeightAndBias } from "./linear";
import type { Parameter } from "./parameter";
import { python, size } from "./text";

export type Sizes = number | readonly number[];

interface ConvKeywords {
  in_channels: number;
  out_channels: number;
  kernel_size: Sizes;
  stride: Sizes;
  padding: Sizes | Word<"same" | "valid">;
  dilation: Sizes;
  groups: number;
  bias: boolean;
  padding_mode: Word<"zeros" | "reflect" | "replicate" | "circular">;
}

type ConvArguments = Arguments<
  [
    in_channels: number,
    out_channels: number,
    kernel_size: Sizes,
    stride?: Sizes,
    padding?: Sizes | Word<"same" | "valid">,
    dilation?: Sizes,
    groups?: number,
    bias?: boolean,
    padding_mode?: Word<"zeros" | "reflect" | "replicate" | "circular">,
  ],
  ConvKeywords
>;

interface TransposedKeywords extends Omit<ConvKeywords, "padding" | "padding_mode"> {
  padding: Sizes;
  output_padding: Sizes;
  padding_mode: string;
}

type TransposedArguments = Arguments<
  [
    in_channels: number,
    out_channels: number,
    kernel_size: Sizes,
    stride?: Sizes,
    padding?: Sizes,
    output_padding?: Sizes,
    groups?: number,
    bias?: boolean,
    dilation?: Sizes,
    padding_mode?: string,
  ],
  TransposedKeywords
>;

const first = { in_channels: required, out_channels: required, kernel_size: required, stride: 1, padding: 0 };
export const convolution = { ...first, dilation: 1, groups: 1, bias: true, padding_mode: "zeros", ...placed };
export const transposition = {
  ...first,
  output_padding: 0,
  groups: 1,
  bias: true,
  dilation: 1,
  padding_mode: "zeros",
  ...placed,
};

const modes = ["zeros", "reflect", "replicate", "circular"];

/** What all six have: `weight` (out, in / groups, …kernel), or (in, out / groups, …kernel) transposed, and `bias` (out). */
abstract class ConvNd extends TensorLayer {
  declare in_channels: number;
  declare out_channels: number;
  declare kernel_size: number[];
  declare stride: number[];
  declare padding: number[] | "same" | "valid";
  declare dilation: number[];
  declare transposed: boolean;
  declare output_padding: number[];
  declare groups: number;
  declare padding_mode: string;
  declare weight: Parameter;
  declare bias: Parameter;

  protected setUp(
    n: number,
    o: Record<keyof typeof convolution, any> & { output_padding?: Sizes },
    transposed: boolean,
  ): void {
    const { in_channels, out_channels, groups, padding_mode, dtype } = o;
    const padding = typeof o.padding === "string" ? o.padding : each(o.padding, n);
    const stride = each(o.stride, n);
    if (groups <= 0) throw new ValueError("groups must be a positive integer");
    if (in_channels % groups !== 0) throw new ValueError("in_channels must be divisible by groups");
    if (out_channels % groups !== 0) throw new ValueError("out_channels must be divisible by groups");
    if (typeof padding === "string") {
      if (!["same", "valid"].includes(padding)) {
        throw new ValueError(`Invalid padding string '${padding}', should be one of {'same', 'valid'}`);
      }
      if (padding === "same" && stride.some((s) => s !== 1)) {
        throw new ValueError("padding='same' is not supported for strided convolutions");
      }
    }
    if (!modes.includes(padding_mode)) {
      const set = modes.map((m) => `'${m}'`).join(", ");
      throw new ValueError(`padding_mode must be one of {${set}}, but got padding_mode='${padding_mode}'`);
    }
    const kernel_size = each(o.kernel_size, n);
    const output_padding = each(o.output_padding ?? 0, n);
    const dilation = each(o.dilation, n);
    Object.assign(this, { in_channels, out_channels, kernel_size, stride, padding, dilation, transposed });
    Object.assign(this, { output_padding, groups, padding_mode });
    const [rows, cols] = transposed ? [in_channels, out_channels] : [out_channels, in_channels];
    this.weight = emptyParameter([rows, cols / groups, ...kernel_size], dtype);
    this.register_parameter("bias", o.bias ? emptyParameter([out_channels], dtype) : null);
    this.reset_parameters();
  }

  /** Draws weight and bias from U(−1/√fan_in, 1/√fan_in). */
  reset_parameters(): void {
    resetWeightAndBias(this);
  }

  /** Padding as `F.pad` takes it: the last dimension first, before and after. */
  protected padsBothEnds(): number[] {
    const { padding, dilation, kernel_size } = this;
    const ends = kernel_size.map((k, d) => {
      if (typeof padding !== "string") return [padding[d], padding[d]];
      const total = padding === "same" ? dilation[d] * (k - 1) : 0;
      return [Math.floor(total / 2), total - Math.floor(total / 2)];
    });
    return ends.reverse().flat();
  }

  protected convolve(conv: typeof F.conv1d, input: Tensor, weight: Tensor, bias: Tensor | null): Tensor {
    const { stride, padding, dilation, groups, padding_mode } = this;
    if (padding_mode === "zeros") return conv(input, weight, bias, stride, padding as any, dilation, groups);
    const padded = F.pad(input, this.padsBothEnds(), padding_mode);
    return conv(padded, weight, bias, stride, 0, dilation, groups);
  }

  override extra_repr(): string {
    const { kernel_size, stride, padding, dilation, output_padding, groups, padding_mode } = this;
    const parts = [
      `${this.in_channels}, ${this.out_channels}, kernel_size=${python(kernel_size)}, stride=${python(stride)}`,
    ];
    if (typeof padding === "string") parts.push(`padding=${padding}`);
    else if (padding.some((p) => p !== 0)) parts.push(`padding=${python(padding)}`);
    if (dilation.some((d) => d !== 1)) parts.push(`dilation=${python(dilation)}`);
    if (output_padding.some((p) => p !== 0)) parts.push(`output_padding=${python(output_padding)}`);
    if (groups !== 1) parts.push(`groups=${groups}`);
    if (this.bias === null) parts.push("bias=False");
    if (padding_mode !== "zeros") parts.push(`padding_mode=${padding_mode}`);
    return parts.join(", ");
  }
}

/** Cross-correlation: (N, C_in, L) or (C_in, L) to (N, C_out, L'), L' = ⌊(L + 2 padding − dilation (kernel − 1) − 1) / stride⌋ + 1. */
export class Conv1d extends ConvNd {
  constructor(...args: ConvArguments) {
    super();
    this.setUp(1, construct("Conv1d", convolution, args), false);
  }

  _conv_forward(input: Tensor, weight: Tensor, bias: Tensor | null): Tensor {
    return this.convolve(F.conv1d, input, weight, bias);
  }

  override forward(input: Tensor): Tensor {
    return this._conv_forward(input, this.weight, this.bias);
  }
}

/** Cross-correlation of images: (N, C_in, H, W) or (C_in, H, W); each side shrinks as in `Conv1d`. */
export class Conv2d extends ConvNd {
  constructor(...args: ConvArguments) {
    super();
    this.setUp(2, construct("Conv2d", convolution, args), false);
  }

  _conv_forward(input: Tensor, weight: Tensor, bias: Tensor | null): Tensor {
    return this.convolve(F.conv2d as typeof F.conv1d, input, weight, bias);
  }

  override forward(input: Tensor): Tensor {
    return this._conv_forward(input, this.weight, this.bias);
  }
}

/** Cross-correlation of volumes: (N, C_in, D, H, W) or (C_in, D, H, W); each side shrinks as in `Conv1d`. */
export class Conv3d extends ConvNd {
  constructor(...args: ConvArguments) {
    super();
    this.setUp(3, construct("Conv3d", convolution, args), false);
  }

  _conv_forward(input: Tensor, weight: Tensor, bias: Tensor | null): Tensor {
    return this.convolve(F.conv3d as typeof F.conv1d, input, weight, bias);
  }

  override forward(input: Tensor): Tensor {
    return this._conv_forward(input, this.weight, this.bias);
  }
}

/** The gradient of a convolution as a layer. Throws ValueError for another padding mode than zeros. */
abstract class ConvTransposeNd extends ConvNd {
  protected setUpTransposed(n: number, o: Record<keyof typeof transposition, any>): void {
    if (o.padding_mode !== "zeros") {
      throw new ValueError(`Only "zeros" padding mode is supported for ${this._get_name()}`);
    }
    this.setUp(n, o, true);
  }

  /** The extra rows that make the output `output_size`, which several inputs sizes lead to. */
  private paddingFor(input: Tensor, output_size: readonly number[] | null): number[] {
    if (output_size === null) return this.output_padding;
    const n = this.kernel_size.length;
    const others = input.ndim === n + 2 ? 2 : 1;
    const sizes = output_size.length === others + n ? output_size.slice(others) : output_size;
    if (sizes.length !== n) {
      throw new ValueError(
        `ConvTranspose${n}D: for ${input.ndim}D input, output_size must have ${n} or ${others + n} elements (got ${sizes.length})`,
      );
    }
    const { stride, padding, dilation, kernel_size } = this;
    const least = kernel_size.map(
      (k, d) => (input.shape[d + others] - 1) * stride[d] - 2 * (padding as number[])[d] + dilation[d] * (k - 1) + 1,
    );
    const most = least.map((s, d) => s + stride[d] - 1);
    if (sizes.some((s, d) => s < least[d] || s > most[d])) {
      const list = (v: readonly number[]) => `[${v.join(", ")}]`;
      throw new ValueError(
        `requested an output size of ${list(sizes)}, but valid sizes range from ${list(least)} to ${list(most)} (for an input of ${size(input.shape.slice(2))})`,
      );
    }
    return sizes.map((s, d) => s - least[d]);
  }

  protected transpose(conv: typeof F.conv_transpose1d, args: readonly unknown[]): Tensor {
    const { input, output_size } = forwarded(this._get_name(), { input: required, output_size: null }, args);
    const { weight, bias, stride, padding, groups, dilation } = this;
    return conv(
      input,
      weight,
      bias,
      stride,
      padding as number[],
      this.paddingFor(input, output_size),
      groups,
      dilation,
    );
  }
}

type TransposedCall = Arguments<
  [input: Tensor, output_size?: readonly number[] | null],
  { input: Tensor; output_size: readonly number[] | null }
>;

/** Transposed convolution: (N, C_in, L) to (N, C_out, L'), L' = (L − 1) stride − 2 padding + dilation (kernel − 1) + output_padding + 1. */
export class ConvTranspose1d extends ConvTransposeNd {
  constructor(...args: TransposedArguments) {
    super();
    this.setUpTransposed(1, construct("ConvTranspose1d", transposition, args));
  }

  override forward(...args: TransposedCall): Tensor {
    return this.transpose(F.conv_transpose1d, args);
  }
}

/** Transposed convolution of images; each side grows as in `ConvTranspose1d`. */
export class ConvTranspose2d extends ConvTransposeNd {
  constructor(...args: TransposedArguments) {
    super();
    this.setUpTransposed(2, construct("ConvTranspose2d", transposition, args));
  }

  override forward(...args: TransposedCall): Tensor {
    return this.transpose(F.conv_transpose2d as typeof F.conv_transpose1d, args);
  }
}

/** Transposed convolution of volumes; each side grows as in `ConvTranspose1d`. */
export class ConvTranspose3d extends ConvTransposeNd {
  constructor(...args: TransposedArguments) {
    super();
    this.setUpTransposed(3, construct("ConvTranspose3d", transposition, args));
  }

  override forward(...args: TransposedCall): Tensor {
    return this.transpose(F.conv_transpose3d as typeof F.conv_transpose1d, args);
  }
}
