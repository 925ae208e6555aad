/** Dropout: in training, parts of the input are dropped at random. */
import { ValueError } from "../errors";
import type { Tensor } from "../tensor";
import { type Arguments, construct } from "./arguments";
import * as F from "./functional";
import { TensorLayer } from "./layer";
import { float, number, python } from "./text";

type DropoutFunction = (input: Tensor, p: number, training: boolean, inplace: boolean) => Tensor;

/** Throws ValueError unless 0 ≤ p ≤ 1. */
abstract class DropoutNd extends TensorLayer {
  declare p: number;
  declare inplace: boolean;

  constructor(...args: Arguments<[p?: number, inplace?: boolean], { p: number; inplace: boolean }>) {
    super();
    const { p, inplace } = construct(this._get_name(), { p: 0.5, inplace: false }, args);
    if (p < 0 || p > 1) throw new ValueError(`dropout probability has to be between 0 and 1, but got ${number(p)}`);
    this.p = p;
    this.inplace = inplace;
  }

  protected drop(f: DropoutFunction, input: Tensor): Tensor {
    return f(input, this.p, this.training, this.inplace);
  }

  override extra_repr(): string {
    return `p=${float(this.p)}, inplace=${python(this.inplace)}`;
  }
}

/** Each element is 0 with probability p, and the others grow by 1 / (1 − p). */
export class Dropout extends DropoutNd {
  override forward(input: Tensor): Tensor {
    return this.drop(F.dropout, input);
  }
}

/** Each channel of (N, C, L) or (C, L) as a whole. */
export class Dropout1d extends DropoutNd {
  override forward(input: Tensor): Tensor {
    return this.drop(F.dropout1d, input);
  }
}

/** Each channel of (N, C, H, W) or (C, H, W) as a whole. */
export class Dropout2d extends DropoutNd {
  override forward(input: Tensor): Tensor {
    return this.drop(F.dropout2d, input);
  }
}

/** Each channel of (N, C, D, H, W) or (C, D, H, W) as a whole. */
export class Dropout3d extends DropoutNd {
  override forward(input: Tensor): Tensor {
    return this.drop(F.dropout3d, input);
  }
}

/** Elements become SELU's limit instead of 0, such that mean and variance stay (Klambauer et al., 2017). */
export class AlphaDropout extends DropoutNd {
  override forward(input: Tensor): Tensor {
    // PyTorch passes no `inplace` here.
    return F.alpha_dropout(input, this.p, this.training);
  }
}

/** `AlphaDropout` of whole channels. */
export class FeatureAlphaDropout extends DropoutNd {
  override forward(input: Tensor): Tensor {
    return F.feature_alpha_dropout(input, this.p, this.training);
  }
}
