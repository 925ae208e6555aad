/** The Transformer (Vaswani et al., 2017): its layers, encoder, decoder, and both together. */
import { mode } from "../autograd/gradMode";
import { RuntimeError } from "../errors";
import { full, triu } from "../generated/functions";
import { leading } from "../keywords";
import type { Tensor } from "../tensor";
import { GELU, ReLU } from "./activation";
import { type Arguments, construct, forwarded, placed, required } from "./arguments";
import { checkPaddingMask, MultiheadAttention } from "./attention";
import { ModuleList } from "./container";
import { Dropout } from "./dropout";
import * as F from "./functional";
import { xavier_uniform_ } from "./init";
import { Linear } from "./linear";
import { Module } from "./module";
import { LayerNorm } from "./normalization";

type Activation = string | ((x: Tensor) => Tensor) | Module;
type Mask = Tensor | null;

interface LayerKeywords {
  d_model: number;
  nhead: number;
  dim_feedforward: number;
  dropout: number;
  activation: Activation;
  layer_norm_eps: number;
  batch_first: boolean;
  norm_first: boolean;
}

type LayerArguments = Arguments<
  [
    d_model: number,
    nhead: number,
    dim_feedforward?: number,
    dropout?: number,
    activation?: Activation,
    layer_norm_eps?: number,
    batch_first?: boolean,
    norm_first?: boolean,
  ],
  LayerKeywords
>;

const layer = {
  d_model: required,
  nhead: required,
  dim_feedforward: 2048,
  dropout: 0.1,
  activation: F.relu,
  layer_norm_eps: 1e-5,
  batch_first: false,
  norm_first: false,
  ...placed,
};

/** Throws RuntimeError for a name other than relu and gelu. */
function activationOf(activation: Activation): (x: Tensor) => Tensor {
  if (typeof activation !== "string") return activation as (x: Tensor) => Tensor;
  if (activation === "relu") return F.relu;
  if (activation === "gelu") return F.gelu;
  throw new RuntimeError(`activation should be relu/gelu, not ${activation}`);
}

/** Self-attention and a feed-forward network, each with dropout, a way around it and a layer normalisation, which comes first with `norm_first`. */
export class TransformerEncoderLayer extends Module {
  declare self_attn: MultiheadAttention;
  declare linear1: Linear;
  declare dropout: Dropout;
  declare linear2: Linear;
  declare norm_first: boolean;
  declare norm1: LayerNorm;
  declare norm2: LayerNorm;
  declare dropout1: Dropout;
  declare dropout2: Dropout;
  declare activation: (x: Tensor) => Tensor;

  constructor(...args: LayerArguments) {
    super();
    const o = construct("TransformerEncoderLayer", layer, args);
    const { d_model, nhead, dim_feedforward, dropout, batch_first, dtype } = o;
    const normalization = { eps: o.layer_norm_eps, dtype };
    this.self_attn = new MultiheadAttention(d_model, nhead, { dropout, batch_first, dtype });
    this.linear1 = new Linear(d_model, dim_feedforward, { dtype });
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear(dim_feedforward, d_model, { dtype });
    this.norm_first = o.norm_first;
    this.norm1 = new LayerNorm(d_model, normalization);
    this.norm2 = new LayerNorm(d_model, normalization);
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
    this.activation = activationOf(o.activation);
  }

  /** Whether PyTorch would run its fused inference code on such an input. */
  fuses(src: Tensor): boolean {
    const { self_attn, activation, norm1, norm2 } = this;
    const known = activation === F.relu || activation === F.gelu || (activation as unknown) instanceof ReLU;
    if (!known && !((activation as unknown) instanceof GELU)) return false;
    if (src.ndim !== 3 || this.training || !self_attn.batch_first || !self_attn._qkv_same_embed_dim) return false;
    if (norm1.eps !== norm2.eps || self_attn.num_heads % 2 === 1) return false;
    return !mode.grad || ![src, ...this.parameters()].some((t) => t.requires_grad);
  }

  /** `src` (S, N, E), (N, S, E) with `batch_first`, or (S, E); keywords `src_mask`, `src_key_padding_mask`. */
  override forward(
    ...args: Arguments<
      [src: Tensor, src_mask?: Mask, src_key_padding_mask?: Mask],
      { src: Tensor; src_mask: Mask; src_key_padding_mask: Mask }
    >
  ): Tensor {
    const spec = { src: required, src_mask: null, src_key_padding_mask: null };
    const { src, src_mask, src_key_padding_mask } = forwarded("TransformerEncoderLayer", spec, args);
    checkPaddingMask(src_key_padding_mask);
    if (this.norm_first) {
      const x = src.add(this._sa_block(this.norm1(src), src_mask, src_key_padding_mask));
      return x.add(this._ff_block(this.norm2(x)));
    }
    const x = this.norm1(src.add(this._sa_block(src, src_mask, src_key_padding_mask)));
    return this.norm2(x.add(this._ff_block(x)));
  }

  /** Self-attention with its dropout. */
  _sa_block(x: Tensor, attn_mask: Mask, key_padding_mask: Mask): Tensor {
    const [out] = this.self_attn(x, x, x, { attn_mask, key_padding_mask, need_weights: false });
    return this.dropout1(out);
  }

  /** The feed-forward network with its dropouts. */
  _ff_block(x: Tensor): Tensor {
    return this.dropout2(this.linear2(this.dropout(this.activation(this.linear1(x)))));
  }
}

/** Self-attention, attention to the encoder's output, and a feed-forward network. */
export class TransformerDecoderLayer extends Module {
  declare self_attn: MultiheadAttention;
  declare multihead_attn: MultiheadAttention;
  declare linear1: Linear;
  declare dropout: Dropout;
  declare linear2: Linear;
  declare norm_first: boolean;
  declare norm1: LayerNorm;
  declare norm2: LayerNorm;
  declare norm3: LayerNorm;
  declare dropout1: Dropout;
  declare dropout2: Dropout;
  declare dropout3: Dropout;
  declare activation: (x: Tensor) => Tensor;

  constructor(...args: LayerArguments) {
    super();
    const o = construct("TransformerDecoderLayer", layer, args);
    const { d_model, nhead, dim_feedforward, dropout, batch_first, dtype } = o;
    const normalization = { eps: o.layer_norm_eps, dtype };
    this.self_attn = new MultiheadAttention(d_model, nhead, { dropout, batch_first, dtype });
    this.multihead_attn = new MultiheadAttention(d_model, nhead, { dropout, batch_first, dtype });
    this.linear1 = new Linear(d_model, dim_feedforward, { dtype });
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear(dim_feedforward, d_model, { dtype });
    this.norm_first = o.norm_first;
    this.norm1 = new LayerNorm(d_model, normalization);
    this.norm2 = new LayerNorm(d_model, normalization);
    this.norm3 = new LayerNorm(d_model, normalization);
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
    this.dropout3 = new Dropout(dropout);
    this.activation = activationOf(o.activation);
  }

  /** `tgt` (T, N, E) and the encoder's `memory` (S, N, E); keywords `tgt_mask`, `memory_mask`, `tgt_key_padding_mask`, `memory_key_padding_mask`. */
  override forward(...args: DecoderCall): Tensor {
    const o = forwarded("TransformerDecoderLayer", decoding, args);
    const { tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask } = o;
    const toSelf = (x: Tensor) => this._sa_block(x, tgt_mask, tgt_key_padding_mask);
    const toMemory = (x: Tensor) => this._mha_block(x, memory, memory_mask, memory_key_padding_mask);
    let x: Tensor = tgt;
    if (this.norm_first) {
      x = x.add(toSelf(this.norm1(x)));
      x = x.add(toMemory(this.norm2(x)));
      return x.add(this._ff_block(this.norm3(x)));
    }
    x = this.norm1(x.add(toSelf(x)));
    x = this.norm2(x.add(toMemory(x)));
    return this.norm3(x.add(this._ff_block(x)));
  }

  /** Self-attention with its dropout. */
  _sa_block(x: Tensor, attn_mask: Mask, key_padding_mask: Mask): Tensor {
    const [out] = this.self_attn(x, x, x, { attn_mask, key_padding_mask, need_weights: false });
    return this.dropout1(out);
  }

  /** Attention to the encoder's output with its dropout. */
  _mha_block(x: Tensor, memory: Tensor, attn_mask: Mask, key_padding_mask: Mask): Tensor {
    const [out] = this.multihead_attn(x, memory, memory, { attn_mask, key_padding_mask, need_weights: false });
    return this.dropout2(out);
  }

  /** The feed-forward network with its dropouts. */
  _ff_block(x: Tensor): Tensor {
    return this.dropout3(this.linear2(this.dropout(this.activation(this.linear1(x)))));
  }
}

const decoding = {
  tgt: required,
  memory: required,
  tgt_mask: null,
  memory_mask: null,
  tgt_key_padding_mask: null,
  memory_key_padding_mask: null,
};

type DecoderCall = Arguments<
  [
    tgt: Tensor,
    memory: Tensor,
    tgt_mask?: Mask,
    memory_mask?: Mask,
    tgt_key_padding_mask?: Mask,
    memory_key_padding_mask?: Mask,
  ],
  {
    tgt: Tensor;
    memory: Tensor;
    tgt_mask: Mask;
    memory_mask: Mask;
    tgt_key_padding_mask: Mask;
    memory_key_padding_mask: Mask;
  }
>;

/** Copies of a layer, equal at first. */
const clones = (module: Module, n: number): ModuleList =>
  new ModuleList(Array.from({ length: n }, () => module.__deepcopy__()));

/** `num_layers` copies of an encoder layer, and a last normalisation if given. */
export class TransformerEncoder extends Module {
  declare layers: ModuleList;
  declare num_layers: number;
  declare norm: Module | null;
  declare enable_nested_tensor: boolean;
  declare mask_check: boolean;

  constructor(
    ...args: Arguments<
      [
        encoder_layer: Module,
        num_layers: number,
        norm?: Module | null,
        enable_nested_tensor?: boolean,
        mask_check?: boolean,
      ],
      {
        encoder_layer: Module;
        num_layers: number;
        norm: Module | null;
        enable_nested_tensor: boolean;
        mask_check: boolean;
      }
    >
  ) {
    super();
    const rest = { norm: null, enable_nested_tensor: true, mask_check: true };
    const o = construct("TransformerEncoder", { encoder_layer: required, num_layers: required, ...rest }, args);
    this.layers = clones(o.encoder_layer, o.num_layers);
    this.num_layers = o.num_layers;
    this.norm = o.norm;
    this.enable_nested_tensor = o.enable_nested_tensor;
    this.mask_check = o.mask_check;
  }

  /** `src` through all layers; keywords `mask`, `src_key_padding_mask`. */
  override forward(
    ...args: Arguments<
      [src: Tensor, mask?: Mask, src_key_padding_mask?: Mask],
      { src: Tensor; mask: Mask; src_key_padding_mask: Mask }
    >
  ): Tensor {
    const spec = { src: required, mask: null, src_key_padding_mask: null };
    const { src, mask, src_key_padding_mask } = forwarded("TransformerEncoder", spec, args);
    checkPaddingMask(src_key_padding_mask);
    let output: Tensor = src;
    for (const module of this.layers) output = module(output, { src_mask: mask, src_key_padding_mask });
    if (mask === null && src_key_padding_mask !== null) output = this.withoutPadding(src, src_key_padding_mask, output);
    return this.norm === null ? output : this.norm(output);
  }

  /** In inference PyTorch leaves out what is padding at the ends of sequences: there the output is 0, and no longer than the longest sequence. */
  private withoutPadding(src: Tensor, padding: Tensor, output: Tensor): Tensor {
    const first = this.layers[0];
    if (!(first instanceof TransformerEncoderLayer) || first.norm_first || !this.enable_nested_tensor) return output;
    if (!first.fuses(src)) return output;
    const kept: boolean[][] = padding.logical_not().tolist();
    const lengths = kept.map((row) => row.filter(Boolean).length);
    if (kept.some((row, i) => row.slice(0, lengths[i]).includes(false))) return output;
    const longest = Math.max(...lengths);
    return output.masked_fill(padding.logical_not().logical_not().unsqueeze(-1), 0).narrow(1, 0, longest);
  }
}

/** `num_layers` copies of a decoder layer, and a last normalisation if given. */
export class TransformerDecoder extends Module {
  declare layers: ModuleList;
  declare num_layers: number;
  declare norm: Module | null;

  constructor(
    ...args: Arguments<
      [decoder_layer: Module, num_layers: number, norm?: Module | null],
      { decoder_layer: Module; num_layers: number; norm: Module | null }
    >
  ) {
    super();
    const o = construct("TransformerDecoder", { decoder_layer: required, num_layers: required, norm: null }, args);
    this.layers = clones(o.decoder_layer, o.num_layers);
    this.num_layers = o.num_layers;
    this.norm = o.norm;
  }

  /** `tgt` through all layers, each attending to `memory`; keywords as for the layer. */
  override forward(...args: DecoderCall): Tensor {
    const { tgt, memory, ...masks } = forwarded("TransformerDecoder", decoding, args);
    let output: Tensor = tgt;
    for (const module of this.layers) output = module(output, memory, masks);
    return this.norm === null ? output : this.norm(output);
  }
}

interface TransformerKeywords extends LayerKeywords {
  num_encoder_layers: number;
  num_decoder_layers: number;
  custom_encoder: Module | null;
  custom_decoder: Module | null;
}

/** Encoder and decoder: from a source and a target sequence to one vector for each position of the target. */
export class Transformer extends Module {
  declare encoder: Module;
  declare decoder: Module;
  declare d_model: number;
  declare nhead: number;
  declare batch_first: boolean;

  constructor(
    ...args: Arguments<
      [
        d_model?: number,
        nhead?: number,
        num_encoder_layers?: number,
        num_decoder_layers?: number,
        dim_feedforward?: number,
        dropout?: number,
        activation?: Activation,
        custom_encoder?: Module | null,
        custom_decoder?: Module | null,
        layer_norm_eps?: number,
        batch_first?: boolean,
        norm_first?: boolean,
      ],
      TransformerKeywords
    >
  ) {
    super();
    const sizes = { d_model: 512, nhead: 8, num_encoder_layers: 6, num_decoder_layers: 6, dim_feedforward: 2048 };
    const parts = { dropout: 0.1, activation: F.relu, custom_encoder: null, custom_decoder: null };
    const rest = { layer_norm_eps: 1e-5, batch_first: false, norm_first: false, ...placed };
    const o = construct("Transformer", { ...sizes, ...parts, ...rest }, args);
    const { d_model, nhead, num_encoder_layers, num_decoder_layers, custom_encoder, custom_decoder, ...settings } = o;
    const norm = () => new LayerNorm(d_model, { eps: o.layer_norm_eps, dtype: o.dtype });
    const encoder = () => {
      const one = new TransformerEncoderLayer(d_model, nhead, settings);
      return new TransformerEncoder(one, num_encoder_layers, norm());
    };
    const decoder = () => {
      const one = new TransformerDecoderLayer(d_model, nhead, settings);
      return new TransformerDecoder(one, num_decoder_layers, norm());
    };
    this.encoder = custom_encoder ?? encoder();
    this.decoder = custom_decoder ?? decoder();
    this._reset_parameters();
    Object.assign(this, { d_model, nhead, batch_first: o.batch_first });
  }

  /** Keywords `src_mask`, `tgt_mask`, `memory_mask`, `src_key_padding_mask`, `tgt_key_padding_mask`, `memory_key_padding_mask`. Throws RuntimeError for sizes that do not fit. */
  override forward(
    ...args: Arguments<
      [
        src: Tensor,
        tgt: Tensor,
        src_mask?: Mask,
        tgt_mask?: Mask,
        memory_mask?: Mask,
        src_key_padding_mask?: Mask,
        tgt_key_padding_mask?: Mask,
        memory_key_padding_mask?: Mask,
      ],
      {
        src: Tensor;
        tgt: Tensor;
        src_mask: Mask;
        tgt_mask: Mask;
        memory_mask: Mask;
        src_key_padding_mask: Mask;
        tgt_key_padding_mask: Mask;
        memory_key_padding_mask: Mask;
      }
    >
  ): Tensor {
    const masks = { src_mask: null, tgt_mask: null, memory_mask: null };
    const padding = { src_key_padding_mask: null, tgt_key_padding_mask: null, memory_key_padding_mask: null };
    const o = forwarded("Transformer", { src: required, tgt: required, ...masks, ...padding }, args);
    const { src, tgt, tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask } = o;
    const batchDim = this.batch_first ? 0 : 1;
    if (src.ndim === 3 && src.shape[batchDim] !== tgt.shape[batchDim]) {
      throw new RuntimeError("the batch number of src and tgt must be equal");
    }
    if (src.shape[src.ndim - 1] !== this.d_model || tgt.shape[tgt.ndim - 1] !== this.d_model) {
      throw new RuntimeError("the feature number of src and tgt must be equal to d_model");
    }
    const memory = this.encoder(src, { mask: o.src_mask, src_key_padding_mask: o.src_key_padding_mask });
    return this.decoder(tgt, memory, { tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask });
  }

  /** A mask to add to scores: −∞ where a position would look at a later one, 0 elsewhere. */
  static generate_square_subsequent_mask(sz: number | { sz: number }): Tensor {
    const [n] = leading(["sz"], [sz]);
    return triu(full([n, n], Number.NEGATIVE_INFINITY), 1);
  }

  /** Glorot's uniform numbers for every matrix. */
  _reset_parameters(): void {
    for (const p of this.parameters()) if (p.ndim > 1) xavier_uniform_(p);
  }
}
