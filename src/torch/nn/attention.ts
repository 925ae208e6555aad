/** Multi-head attention. */
import { bool } from "../dtype";
import { AssertionError } from "../errors";
import type { Tensor } from "../tensor";
import { type Arguments, construct, forwarded, placed, required } from "./arguments";
import * as F from "./functional";
import { constant_, xavier_normal_, xavier_uniform_ } from "./init";
import { emptyParameter } from "./layer";
import { NonDynamicallyQuantizableLinear } from "./linear";
import { Module } from "./module";
import type { Parameter } from "./parameter";

interface AttentionKeywords {
  embed_dim: number;
  num_heads: number;
  dropout: number;
  bias: boolean;
  add_bias_kv: boolean;
  add_zero_attn: boolean;
  kdim: number | null;
  vdim: number | null;
  batch_first: boolean;
}

interface AttentionCall {
  query: Tensor;
  key: Tensor;
  value: Tensor;
  key_padding_mask: Tensor | null;
  need_weights: boolean;
  attn_mask: Tensor | null;
  average_attn_weights: boolean;
}

/** Throws AssertionError for a mask of whole numbers. */
export function checkPaddingMask(mask: Tensor | null): void {
  if (mask !== null && mask.dtype !== bool && !mask.is_floating_point()) {
    throw new AssertionError("only bool and floating types of key_padding_mask are supported");
  }
}

/**
 * softmax(Q Kᵀ / √d) V in each of `num_heads` parts of width d = embed_dim / num_heads, then projected (Vaswani et al., 2017).
 * Query (L, N, E), key and value (S, N, E); with `batch_first`, (N, L, E) and (N, S, E); without a batch, (L, E) and (S, E).
 * Throws AssertionError unless the heads divide the width.
 */
export class MultiheadAttention extends Module {
  declare embed_dim: number;
  declare kdim: number;
  declare vdim: number;
  declare num_heads: number;
  declare head_dim: number;
  declare dropout: number;
  declare batch_first: boolean;
  declare add_zero_attn: boolean;
  declare _qkv_same_embed_dim: boolean;
  declare in_proj_weight: Parameter;
  declare q_proj_weight: Parameter;
  declare k_proj_weight: Parameter;
  declare v_proj_weight: Parameter;
  declare in_proj_bias: Parameter;
  declare bias_k: Parameter | null;
  declare bias_v: Parameter | null;
  declare out_proj: NonDynamicallyQuantizableLinear;

  constructor(
    ...args: Arguments<
      [
        embed_dim: number,
        num_heads: number,
        dropout?: number,
        bias?: boolean,
        add_bias_kv?: boolean,
        add_zero_attn?: boolean,
        kdim?: number | null,
        vdim?: number | null,
        batch_first?: boolean,
      ],
      AttentionKeywords
    >
  ) {
    super();
    const settings = { dropout: 0, bias: true, add_bias_kv: false, add_zero_attn: false };
    const sizes = { kdim: null, vdim: null, batch_first: false, ...placed };
    const o = construct(
      "MultiheadAttention",
      { embed_dim: required, num_heads: required, ...settings, ...sizes },
      args,
    );
    const { embed_dim, num_heads, dropout, bias, batch_first, add_zero_attn, dtype } = o;
    const [kdim, vdim] = [o.kdim ?? embed_dim, o.vdim ?? embed_dim];
    const same = kdim === embed_dim && vdim === embed_dim;
    Object.assign(this, { embed_dim, kdim, vdim, _qkv_same_embed_dim: same, num_heads, dropout, batch_first });
    this.head_dim = Math.floor(embed_dim / num_heads);
    if (this.head_dim * num_heads !== embed_dim) throw new AssertionError("embed_dim must be divisible by num_heads");
    const weights = { q_proj_weight: embed_dim, k_proj_weight: kdim, v_proj_weight: vdim };
    if (same) this.in_proj_weight = emptyParameter([3 * embed_dim, embed_dim], dtype);
    for (const [name, width] of Object.entries(weights)) {
      this.register_parameter(name, same ? null : emptyParameter([embed_dim, width], dtype));
    }
    if (!same) this.register_parameter("in_proj_weight", null);
    this.register_parameter("in_proj_bias", bias ? emptyParameter([3 * embed_dim], dtype) : null);
    this.out_proj = new NonDynamicallyQuantizableLinear(embed_dim, embed_dim, { bias, dtype });
    this.bias_k = o.add_bias_kv ? emptyParameter([1, 1, embed_dim], dtype) : null;
    this.bias_v = o.add_bias_kv ? emptyParameter([1, 1, embed_dim], dtype) : null;
    this.add_zero_attn = add_zero_attn;
    this._reset_parameters();
  }

  /** Glorot's uniform numbers for the input projections, zeros for their biases. */
  _reset_parameters(): void {
    const { in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight } = this;
    const projections = this._qkv_same_embed_dim ? [in_proj_weight] : [q_proj_weight, k_proj_weight, v_proj_weight];
    for (const weight of projections) xavier_uniform_(weight);
    if (this.in_proj_bias !== null) {
      constant_(this.in_proj_bias, 0);
      constant_(this.out_proj.bias, 0);
    }
    if (this.bias_k !== null) xavier_normal_(this.bias_k);
    if (this.bias_v !== null) xavier_normal_(this.bias_v);
  }

  /**
   * `[output, weights]`; the weights, means over the heads unless `average_attn_weights` is false, are null without
   * `need_weights`. A boolean mask is true where attention may not go; one of numbers is added to the scores.
   */
  override forward(
    ...args: Arguments<
      [
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask?: Tensor | null,
        need_weights?: boolean,
        attn_mask?: Tensor | null,
        average_attn_weights?: boolean,
      ],
      AttentionCall
    >
  ): [Tensor, Tensor] {
    const masks = { key_padding_mask: null, need_weights: true, attn_mask: null, average_attn_weights: true };
    const spec = { query: required, key: required, value: required, ...masks };
    const o = forwarded("MultiheadAttention", spec, args);
    checkPaddingMask(o.key_padding_mask);
    const swaps = this.batch_first && o.query.ndim === 3;
    let { query, key, value } = o;
    if (swaps) {
      // One tensor in all three places stays one: the projection then is a single product.
      const selfAttention = query === key && key === value;
      const sameSource = key === value;
      query = query.transpose(1, 0);
      key = selfAttention ? query : key.transpose(1, 0);
      value = sameSource ? key : value.transpose(1, 0);
    }
    const separate = !this._qkv_same_embed_dim;
    const { embed_dim, num_heads, in_proj_weight, in_proj_bias, bias_k, bias_v, add_zero_attn, dropout, out_proj } =
      this;
    const { q_proj_weight, k_proj_weight, v_proj_weight, training } = this;
    const { key_padding_mask, need_weights, attn_mask, average_attn_weights } = o;
    const [output, weights] = F.multi_head_attention_forward(
      query,
      key,
      value,
      embed_dim,
      num_heads,
      in_proj_weight,
      in_proj_bias,
      bias_k,
      bias_v,
      add_zero_attn,
      dropout,
      out_proj.weight,
      out_proj.bias,
      {
        training,
        key_padding_mask,
        need_weights,
        attn_mask,
        average_attn_weights,
        ...(separate ? { use_separate_proj_weight: true, q_proj_weight, k_proj_weight, v_proj_weight } : {}),
      },
    );
    return [swaps ? output.transpose(1, 0) : output, need_weights ? weights : (null as unknown as Tensor)];
  }
}
