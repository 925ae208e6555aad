/** Tables of vectors, looked up by whole numbers. */
import { withoutGrad } from "../autograd/gradMode";
import { AssertionError, ValueError } from "../errors";
import type { Tensor } from "../tensor";
import { type Arguments, construct, forwarded, placed, required, type Word } from "./arguments";
import * as F from "./functional";
import { normal_ } from "./init";
import { emptyParameter, TensorLayer } from "./layer";
import { Module } from "./module";
import { Parameter } from "./parameter";
import { float } from "./text";

interface TableKeywords {
  num_embeddings: number;
  embedding_dim: number;
  padding_idx: number | null;
  max_norm: number | null;
  norm_type: number;
  scale_grad_by_freq: boolean;
  sparse: boolean;
  _weight: Tensor | null;
}

/** A row counted from the end, counted from the start. Throws AssertionError for one that is not there. */
function rowOf(padding_idx: number | null, n: number, message: string): number | null {
  if (padding_idx === null) return null;
  if (padding_idx >= n || padding_idx < -n) throw new AssertionError(message);
  return padding_idx < 0 ? n + padding_idx : padding_idx;
}

/** `weight` from N(0, 1), or as given; the padding row is zeros. */
function fillTable(table: Module, given: Tensor | null, dtype: null): void {
  const { num_embeddings, embedding_dim } = table;
  if (given === null) {
    table.weight = emptyParameter([num_embeddings, embedding_dim], dtype);
    table.reset_parameters();
    return;
  }
  if (given.shape.length !== 2 || given.shape[0] !== num_embeddings || given.shape[1] !== embedding_dim) {
    throw new AssertionError("Shape of weight does not match num_embeddings and embedding_dim");
  }
  table.weight = new Parameter(given);
}

function resetTable(table: Module): void {
  normal_(table.weight);
  if (table.padding_idx !== null) withoutGrad(() => table.weight.select(0, table.padding_idx).fill_(0));
}

function normText(table: Module): string[] {
  const parts: string[] = [];
  if (table.max_norm !== null) parts.push(`max_norm=${float(table.max_norm)}`);
  if (table.norm_type !== 2) parts.push(`norm_type=${float(table.norm_type)}`);
  if (table.scale_grad_by_freq) parts.push("scale_grad_by_freq=True");
  return parts;
}

/**
 * Rows of `weight` (num_embeddings, embedding_dim): indices of any shape to (…, embedding_dim). The row `padding_idx` is
 * zeros at first and gets no gradient; rows longer than `max_norm` are shortened in place when looked up.
 */
export class Embedding extends TensorLayer {
  declare num_embeddings: number;
  declare embedding_dim: number;
  declare padding_idx: number | null;
  declare max_norm: number | null;
  declare norm_type: number;
  declare scale_grad_by_freq: boolean;
  declare sparse: boolean;
  declare weight: Parameter;

  constructor(
    ...args: Arguments<
      [
        num_embeddings: number,
        embedding_dim: number,
        padding_idx?: number | null,
        max_norm?: number | null,
        norm_type?: number,
        scale_grad_by_freq?: boolean,
        sparse?: boolean,
        _weight?: Tensor | null,
      ],
      TableKeywords
    >
  ) {
    super();
    const settings = { padding_idx: null, max_norm: null, norm_type: 2, scale_grad_by_freq: false, sparse: false };
    const spec = { num_embeddings: required, embedding_dim: required, ...settings, _weight: null, ...placed };
    const { device, dtype, _weight, ...o } = construct("Embedding", spec, args);
    o.padding_idx = rowOf(o.padding_idx, o.num_embeddings, "Padding_idx must be within num_embeddings");
    Object.assign(this, o);
    fillTable(this, _weight, dtype);
  }

  /** Draws the table anew from N(0, 1). */
  reset_parameters(): void {
    resetTable(this);
  }

  override forward(input: Tensor): Tensor {
    const { weight, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse } = this;
    return F.embedding(input, weight, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse);
  }

  override extra_repr(): string {
    const parts = [`${this.num_embeddings}, ${this.embedding_dim}`];
    if (this.padding_idx !== null) parts.push(`padding_idx=${this.padding_idx}`);
    parts.push(...normText(this));
    if (this.sparse) parts.push("sparse=True");
    return parts.join(", ");
  }

  /** A layer over a table that is there already, frozen unless told otherwise. Throws AssertionError unless it has two dimensions. */
  static from_pretrained(
    ...args: Arguments<
      [
        embeddings: Tensor,
        freeze?: boolean,
        padding_idx?: number | null,
        max_norm?: number | null,
        norm_type?: number,
        scale_grad_by_freq?: boolean,
        sparse?: boolean,
      ],
      Omit<TableKeywords, "_weight"> & { embeddings: Tensor; freeze: boolean }
    >
  ): Embedding {
    const settings = { padding_idx: null, max_norm: null, norm_type: 2, scale_grad_by_freq: false, sparse: false };
    const { embeddings, freeze, ...o } = construct(
      "Embedding",
      { embeddings: required, freeze: true, ...settings },
      args,
    );
    if (embeddings.ndim !== 2) throw new AssertionError("Embeddings parameter is expected to be 2-dimensional");
    const [num_embeddings, embedding_dim] = embeddings.shape;
    const layer = new this({ num_embeddings, embedding_dim, _weight: embeddings, ...o });
    layer.weight.requires_grad = !freeze;
    return layer;
  }
}

type BagKeywords = TableKeywords & { mode: Word<"sum" | "mean" | "max">; include_last_offset: boolean };

type BagCall = Arguments<
  [input: Tensor, offsets?: Tensor | null, per_sample_weights?: Tensor | null],
  { input: Tensor; offsets: Tensor | null; per_sample_weights: Tensor | null }
>;

/**
 * Sums, means or maxima of the rows in each bag: bags are the rows of a matrix of indices, or start at `offsets` within
 * a list of them.
 */
export class EmbeddingBag extends Module {
  declare num_embeddings: number;
  declare embedding_dim: number;
  declare max_norm: number | null;
  declare norm_type: number;
  declare scale_grad_by_freq: boolean;
  declare mode: string;
  declare sparse: boolean;
  declare include_last_offset: boolean;
  declare padding_idx: number | null;
  declare weight: Parameter;

  constructor(
    ...args: Arguments<
      [
        num_embeddings: number,
        embedding_dim: number,
        max_norm?: number | null,
        norm_type?: number,
        scale_grad_by_freq?: boolean,
        mode?: Word<"sum" | "mean" | "max">,
        sparse?: boolean,
        _weight?: Tensor | null,
        include_last_offset?: boolean,
        padding_idx?: number | null,
      ],
      BagKeywords
    >
  ) {
    super();
    const settings = { max_norm: null, norm_type: 2, scale_grad_by_freq: false, mode: "mean", sparse: false };
    const last = { _weight: null, include_last_offset: false, padding_idx: null, ...placed };
    const spec = { num_embeddings: required, embedding_dim: required, ...settings, ...last };
    const { device, dtype, _weight, ...o } = construct("EmbeddingBag", spec, args);
    o.padding_idx = rowOf(o.padding_idx, o.num_embeddings, "padding_idx must be within num_embeddings");
    if (!["sum", "mean", "max"].includes(o.mode)) throw new ValueError("mode has to be one of sum, mean or max");
    Object.assign(this, o);
    fillTable(this, _weight, dtype);
  }

  /** Draws the table anew from N(0, 1). */
  reset_parameters(): void {
    resetTable(this);
  }

  override forward(...args: BagCall): Tensor {
    const spec = { input: required, offsets: null, per_sample_weights: null };
    const { input, offsets, per_sample_weights } = forwarded("EmbeddingBag", spec, args);
    const { weight, max_norm, norm_type, scale_grad_by_freq, mode, sparse, include_last_offset, padding_idx } = this;
    const settings = { max_norm, norm_type, scale_grad_by_freq, mode, sparse, include_last_offset, padding_idx };
    return F.embedding_bag(input, weight, { offsets, per_sample_weights, ...settings });
  }

  override extra_repr(): string {
    const parts = [`${this.num_embeddings}, ${this.embedding_dim}`, ...normText(this), `mode=${this.mode}`];
    if (this.padding_idx !== null) parts.push(`padding_idx=${this.padding_idx}`);
    return parts.join(", ");
  }

  /** A layer over a table that is there already, frozen unless told otherwise. Throws AssertionError unless it has two dimensions. */
  static from_pretrained(
    ...args: Arguments<
      [
        embeddings: Tensor,
        freeze?: boolean,
        max_norm?: number | null,
        norm_type?: number,
        scale_grad_by_freq?: boolean,
        mode?: Word<"sum" | "mean" | "max">,
        sparse?: boolean,
        include_last_offset?: boolean,
        padding_idx?: number | null,
      ],
      Omit<BagKeywords, "_weight"> & { embeddings: Tensor; freeze: boolean }
    >
  ): EmbeddingBag {
    const settings = { max_norm: null, norm_type: 2, scale_grad_by_freq: false, mode: "mean", sparse: false };
    const spec = { embeddings: required, freeze: true, ...settings, include_last_offset: false, padding_idx: null };
    const { embeddings, freeze, ...o } = construct("EmbeddingBag", spec, args);
    if (embeddings.ndim !== 2) throw new AssertionError("Embeddings parameter is expected to be 2-dimensional");
    const [num_embeddings, embedding_dim] = embeddings.shape;
    const layer = new this({ num_embeddings, embedding_dim, _weight: embeddings, ...o });
    layer.weight.requires_grad = !freeze;
    return layer;
  }
}
