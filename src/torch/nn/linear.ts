/** Linear layers, and those that only reshape. */

import type { Tensor } from "../tensor";
import { type Arguments, construct, placed, required } from "./arguments";
import * as F from "./functional";
import { takes } from "./hooks";
import { _calculate_fan_in_and_fan_out, kaiming_uniform_, uniform_ } from "./init";
import { emptyParameter, PairLayer, TensorLayer } from "./layer";
import type { Module } from "./module";
import type { Parameter } from "./parameter";
import { fields, python } from "./text";

/** First values of a weight and the bias beside it: uniform within 1 / √fan_in. */
export function resetWeightAndBias(layer: Module): void {
  // PyTorch's kaiming_uniform_(a = √5) is U(−1/√fan_in, 1/√fan_in), to the bit of its own computation.
  kaiming_uniform_(layer.weight, { a: Math.sqrt(5) });
  if (layer.bias === null) return;
  const [fanIn] = _calculate_fan_in_and_fan_out(layer.weight);
  const bound = fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0;
  uniform_(layer.bias, -bound, bound);
}

/** The input as it is, whatever the arguments. */
export class Identity extends TensorLayer {
  constructor(..._args: any[]) {
    super();
  }

  override forward(input: Tensor): Tensor {
    return input;
  }
}

type LinearKeywords = { in_features: number; out_features: number; bias: boolean };

/** y = x Wᵀ + b over the last dimension: (…, in_features) to (…, out_features). `weight` is (out_features, in_features). */
export class Linear extends TensorLayer {
  declare in_features: number;
  declare out_features: number;
  declare weight: Parameter;
  declare bias: Parameter;

  constructor(...args: Arguments<[in_features: number, out_features: number, bias?: boolean], LinearKeywords>) {
    super();
    const spec = { in_features: required, out_features: required, bias: true, ...placed };
    const { in_features, out_features, bias, dtype } = construct("Linear", spec, args);
    this.in_features = in_features;
    this.out_features = out_features;
    this.weight = emptyParameter([out_features, in_features], dtype);
    this.register_parameter("bias", bias ? emptyParameter([out_features], dtype) : null);
    this.reset_parameters();
  }

  /** Draws weight and bias from U(−1/√in_features, 1/√in_features). */
  reset_parameters(): void {
    resetWeightAndBias(this);
  }

  override forward(input: Tensor): Tensor {
    return F.linear(input, this.weight, this.bias);
  }

  override extra_repr(): string {
    const { in_features, out_features, bias } = this;
    return fields({ in_features, out_features, bias: bias !== null });
  }
}

/** `Linear` under the name that attention prints for its output projection. */
export class NonDynamicallyQuantizableLinear extends Linear {}

/** y_k = x₁ᵀ A_k x₂ + b_k: (…, in1_features) and (…, in2_features) to (…, out_features). `weight` is (out, in1, in2). */
export class Bilinear extends PairLayer {
  declare in1_features: number;
  declare in2_features: number;
  declare out_features: number;
  declare weight: Parameter;
  declare bias: Parameter;

  constructor(
    ...args: Arguments<
      [in1_features: number, in2_features: number, out_features: number, bias?: boolean],
      { in1_features: number; in2_features: number; out_features: number; bias: boolean }
    >
  ) {
    super();
    const spec = { in1_features: required, in2_features: required, out_features: required, bias: true, ...placed };
    const { in1_features, in2_features, out_features, bias, dtype } = construct("Bilinear", spec, args);
    Object.assign(this, { in1_features, in2_features, out_features });
    this.weight = emptyParameter([out_features, in1_features, in2_features], dtype);
    this.register_parameter("bias", bias ? emptyParameter([out_features], dtype) : null);
    this.reset_parameters();
  }

  /** Draws weight and bias from U(−1/√in1_features, 1/√in1_features). */
  reset_parameters(): void {
    const bound = 1 / Math.sqrt(this.weight.shape[1]);
    uniform_(this.weight, -bound, bound);
    if (this.bias !== null) uniform_(this.bias, -bound, bound);
  }

  override forward(input1: Tensor, input2: Tensor): Tensor {
    return F.bilinear(input1, input2, this.weight, this.bias);
  }

  override extra_repr(): string {
    const { in1_features, in2_features, out_features, bias } = this;
    return fields({ in1_features, in2_features, out_features, bias: bias !== null });
  }
}

/** Dimensions `start_dim` to `end_dim` in one: all but the first unless told otherwise. */
export class Flatten extends TensorLayer {
  declare start_dim: number;
  declare end_dim: number;

  constructor(...args: Arguments<[start_dim?: number, end_dim?: number], { start_dim: number; end_dim: number }>) {
    super();
    Object.assign(this, construct("Flatten", { start_dim: 1, end_dim: -1 }, args));
  }

  override forward(input: Tensor): Tensor {
    return input.flatten(this.start_dim, this.end_dim);
  }

  override extra_repr(): string {
    return fields({ start_dim: this.start_dim, end_dim: this.end_dim });
  }
}

/** Dimension `dim` as several, of sizes `unflattened_size`. */
export class Unflatten extends TensorLayer {
  declare dim: number;
  declare unflattened_size: number[];

  constructor(
    ...args: Arguments<
      [dim: number, unflattened_size: readonly number[]],
      { dim: number; unflattened_size: readonly number[] }
    >
  ) {
    super();
    Object.assign(this, construct("Unflatten", { dim: required, unflattened_size: required }, args));
  }

  override forward(input: Tensor): Tensor {
    return input.unflatten(this.dim, this.unflattened_size);
  }

  override extra_repr(): string {
    return `dim=${this.dim}, unflattened_size=${python(this.unflattened_size)}`;
  }
}

takes(["input"], Linear);
takes(["input1", "input2"], Bilinear);
