/** A convolution or linear layer with the batch normalisation after it, as one layer for inference. */
import { withoutGrad } from "../../autograd/gradMode";
import { AssertionError } from "../../errors";
import type { Tensor } from "../../tensor";
import type { Module } from "../module";
import { Parameter } from "../parameter";

/** Running statistics, ε, scale and shift of a normalisation. */
type Norm = [mean: Tensor, variance: Tensor, eps: number, scale: Tensor | null, shift: Tensor | null];

/** Weight and bias of W x + b followed by (· − mean) / √(variance + ε) · scale + shift; `axis` of the weight has the channels. */
function fused(
  weight: Tensor,
  bias: Tensor | null,
  [mean, variance, eps, scale, shift]: Norm,
  axis: number,
): [Parameter, Parameter] {
  return withoutGrad(() => {
    const factor = variance
      .add(eps)
      .rsqrt()
      .mul(scale ?? 1);
    const centred = bias === null ? mean.neg() : bias.sub(mean);
    const shape = weight.shape.map((_, d) => (d === axis ? -1 : 1));
    return [new Parameter(weight.mul(factor.reshape(shape))), new Parameter(centred.mul(factor).add(shift ?? 0))];
  });
}

/** Weight and bias of a convolution with the normalisation after it. */
export const fuse_conv_bn_weights = (
  conv_w: Tensor,
  conv_b: Tensor | null,
  bn_rm: Tensor,
  bn_rv: Tensor,
  bn_eps: number,
  bn_w: Tensor | null,
  bn_b: Tensor | null,
  transpose = false,
): [Parameter, Parameter] => fused(conv_w, conv_b, [bn_rm, bn_rv, bn_eps, bn_w, bn_b], transpose ? 1 : 0);

/** Weight and bias of a linear layer with the normalisation after it. */
export const fuse_linear_bn_weights = (
  linear_w: Tensor,
  linear_b: Tensor | null,
  bn_rm: Tensor,
  bn_rv: Tensor,
  bn_eps: number,
  bn_w: Tensor | null,
  bn_b: Tensor | null,
): [Parameter, Parameter] => fused(linear_w, linear_b, [bn_rm, bn_rv, bn_eps, bn_w, bn_b], 0);

function fuse(layer: Module, norm: Module, axis: number): Module {
  if (layer.training || norm.training) throw new AssertionError("Fusion only for eval!");
  const out = layer.__deepcopy__();
  const { running_mean, running_var, eps, weight, bias } = norm;
  [out.weight, out.bias] = fused(layer.weight, layer.bias, [running_mean, running_var, eps, weight, bias], axis);
  return out;
}

/** A convolution that does what `conv` and then `bn` do in eval mode. Throws AssertionError in training mode. */
export const fuse_conv_bn_eval = (conv: Module, bn: Module, transpose = false): Module =>
  fuse(conv, bn, transpose ? 1 : 0);

/** A linear layer that does what `linear` and then `bn` do in eval mode. Throws AssertionError in training mode. */
export const fuse_linear_bn_eval = (linear: Module, bn: Module): Module => fuse(linear, bn, 0);
