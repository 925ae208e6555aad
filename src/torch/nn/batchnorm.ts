/** Batch and instance normalisation. */

import { tensor } from "../construct";
import { int64 } from "../dtype";
import { NotImplementedError, ValueError } from "../errors";
import type { Tensor } from "../tensor";
import { type Arguments, construct, placed, required } from "./arguments";
import * as F from "./functional";
import { ones_, zeros_ } from "./init";
import { emptyParameter, filled, TensorLayer } from "./layer";
import type { Parameter } from "./parameter";
import type { LoadReport, StateDict } from "./stateDict";
import { float, python } from "./text";

interface NormKeywords {
  num_features: number;
  eps: number;
  momentum: number | null;
  affine: boolean;
  track_running_stats: boolean;
}

type NormArguments = Arguments<
  [num_features: number, eps?: number, momentum?: number | null, affine?: boolean, track_running_stats?: boolean],
  NormKeywords
>;

/** `weight` and `bias` for each channel, and where they are tracked the running statistics. */
abstract class NormBase extends TensorLayer {
  declare num_features: number;
  declare eps: number;
  declare momentum: number | null;
  declare affine: boolean;
  declare track_running_stats: boolean;
  declare weight: Parameter;
  declare bias: Parameter;
  declare running_mean: Tensor;
  declare running_var: Tensor;
  declare num_batches_tracked: Tensor;

  protected setUp(args: readonly unknown[], affineByDefault: boolean): void {
    const spec = {
      num_features: required,
      eps: 1e-5,
      momentum: 0.1,
      affine: affineByDefault,
      track_running_stats: affineByDefault,
      ...placed,
    };
    const { device, dtype, ...settings } = construct(this._get_name(), spec, args);
    Object.assign(this, settings);
    const n = [this.num_features];
    this.register_parameter("weight", this.affine ? emptyParameter(n, dtype) : null);
    this.register_parameter("bias", this.affine ? emptyParameter(n, dtype) : null);
    const tracks = this.track_running_stats;
    this.register_buffer("running_mean", tracks ? filled(n, 0, dtype) : null);
    this.register_buffer("running_var", tracks ? filled(n, 1, dtype) : null);
    this.register_buffer("num_batches_tracked", tracks ? tensor(0, { dtype: int64 }) : null);
    this.reset_parameters();
  }

  /** Forgets what was seen: mean 0, variance 1, no batches. */
  reset_running_stats(): void {
    if (!this.track_running_stats) return;
    this.running_mean.zero_();
    this.running_var.fill_(1);
    this.num_batches_tracked.zero_();
  }

  /** Scales of 1, shifts of 0, no statistics. */
  reset_parameters(): void {
    this.reset_running_stats();
    if (!this.affine) return;
    ones_(this.weight);
    zeros_(this.bias);
  }

  /** Throws ValueError unless the input has one of these ranks. */
  protected checkRank(input: Tensor, ranks: readonly number[]): void {
    if (ranks.includes(input.ndim)) return;
    const text = ranks.map((r) => `${r}D`).join(" or ");
    throw new ValueError(`expected ${text} input (got ${input.ndim}D input)`);
  }

  override extra_repr(): string {
    const momentum = this.momentum === null ? "None" : float(this.momentum);
    return `${this.num_features}, eps=${float(this.eps)}, momentum=${momentum}, affine=${python(this.affine)}, track_running_stats=${python(this.track_running_stats)}`;
  }

  override _load_from_state_dict(
    source: StateDict,
    prefix: string,
    metadata: { version?: number },
    report: LoadReport,
  ): void {
    // State dicts of before version 2, and those that say no version, may lack the count of batches.
    const key = `${prefix}num_batches_tracked`;
    if ((metadata.version ?? 0) < 2 && this.track_running_stats && !(key in source)) {
      source[key] = tensor(0, { dtype: int64 });
    }
    super._load_from_state_dict(source, prefix, metadata, report);
  }
}

Object.defineProperty(NormBase.prototype, "_version", { value: 2 });

/** (x − mean) / √(variance + ε) · weight + bias, of each channel over batch and positions. */
export abstract class BatchNorm extends NormBase {
  constructor(...args: NormArguments) {
    super();
    this.setUp(args, true);
  }

  protected abstract _check_input_dim(input: Tensor): void;

  override forward(input: Tensor): Tensor {
    this._check_input_dim(input);
    const { training, track_running_stats, running_mean, running_var, weight, bias, eps } = this;
    let share = this.momentum ?? 0;
    if (training && track_running_stats && this.num_batches_tracked !== null) {
      this.num_batches_tracked.add_(1);
      // Without a momentum every batch so far counts the same.
      if (this.momentum === null) share = 1 / this.num_batches_tracked.item();
    }
    const uses = !training || track_running_stats;
    const ofBatch = training || (running_mean === null && running_var === null);
    return F.batch_norm(
      input,
      uses ? running_mean : null,
      uses ? running_var : null,
      weight,
      bias,
      ofBatch,
      share,
      eps,
    );
  }
}

/**
 * Batch normalisation of (N, C) or (N, C, L): by the batch's mean and variance in training, when the running ones move
 * by `momentum` (or are means over all batches, with null), and by the running ones after `eval()`.
 * Throws ValueError for other ranks.
 */
export class BatchNorm1d extends BatchNorm {
  protected override _check_input_dim(input: Tensor): void {
    this.checkRank(input, [2, 3]);
  }
}

/** Batch normalisation of (N, C, H, W), as `BatchNorm1d`. */
export class BatchNorm2d extends BatchNorm {
  protected override _check_input_dim(input: Tensor): void {
    this.checkRank(input, [4]);
  }
}

/** Batch normalisation of (N, C, D, H, W), as `BatchNorm1d`. */
export class BatchNorm3d extends BatchNorm {
  protected override _check_input_dim(input: Tensor): void {
    this.checkRank(input, [5]);
  }
}

/** Batch normalisation over the one process there is. */
export class SyncBatchNorm extends BatchNorm {
  protected override _check_input_dim(input: Tensor): void {
    if (input.ndim < 2) throw new ValueError(`expected at least 2D input (got ${input.ndim}D input)`);
  }
}

/** (x − mean) / √(variance + ε), of each channel of each example over its positions. */
abstract class InstanceNorm extends NormBase {
  constructor(...args: NormArguments) {
    super();
    this.setUp(args, false);
  }

  /** The rank of an example without its batch. */
  protected rank(): number {
    throw new NotImplementedError();
  }

  override forward(input: Tensor): Tensor {
    this.checkRank(input, [this.rank(), this.rank() + 1]);
    return input.ndim === this.rank() ? this.normalize(input.unsqueeze(0)).squeeze(0) : this.normalize(input);
  }

  private normalize(input: Tensor): Tensor {
    const { running_mean, running_var, weight, bias, momentum, eps } = this;
    const ofInput = this.training || !this.track_running_stats;
    return F.instance_norm(input, running_mean, running_var, weight, bias, ofInput, momentum ?? 0, eps);
  }
}

/** Instance normalisation of (N, C, L) or (C, L); no weights and no running statistics unless asked for. Throws ValueError for other ranks. */
export class InstanceNorm1d extends InstanceNorm {
  protected override rank(): number {
    return 2;
  }
}

/** Instance normalisation of (N, C, H, W) or (C, H, W), as `InstanceNorm1d`. */
export class InstanceNorm2d extends InstanceNorm {
  protected override rank(): number {
    return 3;
  }
}

/** Instance normalisation of (N, C, D, H, W) or (C, D, H, W), as `InstanceNorm1d`. */
export class InstanceNorm3d extends InstanceNorm {
  protected override rank(): number {
    return 4;
  }
}
