/** Layer, group and local response normalisation. */
import { ValueError } from "../errors";
import type { Tensor } from "../tensor";
import { type Arguments, construct, each, placed, required } from "./arguments";
import * as F from "./functional";
import { ones_, zeros_ } from "./init";
import { emptyParameter, TensorLayer } from "./layer";
import type { Parameter } from "./parameter";
import { float, python } from "./text";

/** (x − mean) / √(variance + ε) · weight + bias over the last dimensions, which are `normalized_shape` (Ba et al., 2016). */
export class LayerNorm extends TensorLayer {
  declare normalized_shape: number[];
  declare eps: number;
  declare elementwise_affine: boolean;
  declare weight: Parameter;
  declare bias: Parameter;

  constructor(
    ...args: Arguments<
      [normalized_shape: number | readonly number[], eps?: number, elementwise_affine?: boolean],
      { normalized_shape: number | readonly number[]; eps: number; elementwise_affine: boolean }
    >
  ) {
    super();
    const spec = { normalized_shape: required, eps: 1e-5, elementwise_affine: true, ...placed };
    const { normalized_shape, eps, elementwise_affine, dtype } = construct("LayerNorm", spec, args);
    Object.assign(this, { normalized_shape: each(normalized_shape, 1), eps, elementwise_affine });
    const shape = this.normalized_shape;
    this.register_parameter("weight", elementwise_affine ? emptyParameter(shape, dtype) : null);
    this.register_parameter("bias", elementwise_affine ? emptyParameter(shape, dtype) : null);
    this.reset_parameters();
  }

  /** Scales of 1, shifts of 0. */
  reset_parameters(): void {
    if (!this.elementwise_affine) return;
    ones_(this.weight);
    zeros_(this.bias);
  }

  override forward(input: Tensor): Tensor {
    return F.layer_norm(input, this.normalized_shape, this.weight, this.bias, this.eps);
  }

  override extra_repr(): string {
    return `${python(this.normalized_shape)}, eps=${float(this.eps)}, elementwise_affine=${python(this.elementwise_affine)}`;
  }
}

/** Normalisation of `num_groups` groups of the channels (dimension 1), each example by itself (Wu and He, 2018). Throws ValueError unless the groups divide the channels. */
export class GroupNorm extends TensorLayer {
  declare num_groups: number;
  declare num_channels: number;
  declare eps: number;
  declare affine: boolean;
  declare weight: Parameter;
  declare bias: Parameter;

  constructor(
    ...args: Arguments<
      [num_groups: number, num_channels: number, eps?: number, affine?: boolean],
      { num_groups: number; num_channels: number; eps: number; affine: boolean }
    >
  ) {
    super();
    const spec = { num_groups: required, num_channels: required, eps: 1e-5, affine: true, ...placed };
    const { num_groups, num_channels, eps, affine, dtype } = construct("GroupNorm", spec, args);
    if (num_channels % num_groups !== 0) throw new ValueError("num_channels must be divisible by num_groups");
    Object.assign(this, { num_groups, num_channels, eps, affine });
    this.register_parameter("weight", affine ? emptyParameter([num_channels], dtype) : null);
    this.register_parameter("bias", affine ? emptyParameter([num_channels], dtype) : null);
    this.reset_parameters();
  }

  /** Scales of 1, shifts of 0. */
  reset_parameters(): void {
    if (!this.affine) return;
    ones_(this.weight);
    zeros_(this.bias);
  }

  override forward(input: Tensor): Tensor {
    return F.group_norm(input, this.num_groups, this.weight, this.bias, this.eps);
  }

  override extra_repr(): string {
    return `${this.num_groups}, ${this.num_channels}, eps=${float(this.eps)}, affine=${python(this.affine)}`;
  }
}

/** Each channel divided by (k + α · mean square of `size` neighbouring channels)^β (Krizhevsky et al., 2012). */
export class LocalResponseNorm extends TensorLayer {
  declare size: number;
  declare alpha: number;
  declare beta: number;
  declare k: number;

  constructor(
    ...args: Arguments<
      [size: number, alpha?: number, beta?: number, k?: number],
      { size: number; alpha: number; beta: number; k: number }
    >
  ) {
    super();
    Object.assign(this, construct(this._get_name(), { size: required, alpha: 1e-4, beta: 0.75, k: 1 }, args));
  }

  override forward(input: Tensor): Tensor {
    return F.local_response_norm(input, this.size, this.alpha, this.beta, this.k);
  }

  override extra_repr(): string {
    return `${this.size}, alpha=${float(this.alpha)}, beta=${float(this.beta)}, k=${float(this.k)}`;
  }
}

/** `LocalResponseNorm` of images under its older name. */
export class CrossMapLRN2d extends LocalResponseNorm {
  override extra_repr(): string {
    // PyTorch's default of k is the int 1 here.
    return `${this.size}, alpha=${float(this.alpha)}, beta=${float(this.beta)}, k=${python(this.k)}`;
  }
}
