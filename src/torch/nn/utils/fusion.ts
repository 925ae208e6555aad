/** A convolution or linear layer with the batch normalisation after it, as one layer for inference. */
import { withoutGrad } from "../../autograd/gradMode";
import { AssertionError } from "../../errors";
import type { Tensor } from "../../tensor";
import type { Module } from "../module";
import { Parameter } from "../parameter";

/** Weight and bias of W x + b followed by (· − mean) / √(variance + ε) · scale + shift. */
function fused(weight: Tensor, bias: Tensor | null, norm: Module, shape: number[]): [Parameter, Parameter] {
  return withoutGrad(() => {
    const scale = norm.running_var
      .add(norm.eps)
      .rsqrt()
      .mul(norm.weight ?? 1);
    const centred = bias === null ? norm.running_mean.neg() : bias.sub(norm.running_mean);
    const shifted = centred.mul(scale).add(norm.bias ?? 0);
    return [new Parameter(weight.mul(scale.reshape(shape))), new Parameter(shifted)];
  });
}

function fuse(layer: Module, norm: Module, axis: number): Module {
  if (layer.training || norm.training) throw new AssertionError("Fusion only for eval!");
  const out = layer.__deepcopy__();
  const shape = layer.weight.shape.map((_: number, d: number) => (d === axis ? -1 : 1));
  [out.weight, out.bias] = fused(layer.weight, layer.bias, norm, shape);
  return out;
}

/** A convolution that does what `conv` and then `bn` do in eval mode. Throws AssertionError in training mode. */
export const fuse_conv_bn_eval = (conv: Module, bn: Module, transpose = false): Module =>
  fuse(conv, bn, transpose ? 1 : 0);

/** A linear layer that does what `linear` and then `bn` do in eval mode. Throws AssertionError in training mode. */
export const fuse_linear_bn_eval = (linear: Module, bn: Module): Module => fuse(linear, bn, 0);
