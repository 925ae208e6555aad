/** Activation functions as layers: each is its namesake in `nn.functional`, element by element unless it has a `dim`. */
import { AssertionError } from "../errors";
import type { Tensor } from "../tensor";
import { warn } from "../warnings";
import { type Arguments, construct, placed, required, type Word } from "./arguments";
import * as F from "./functional";
import { filled, TensorLayer } from "./layer";
import { Parameter } from "./parameter";
import { float, number, python } from "./text";

type Inplace = Arguments<[inplace?: boolean], { inplace: boolean }>;

const alone = (inplace: boolean): string => (inplace ? "inplace=True" : "");
const after = (inplace: boolean): string => (inplace ? ", inplace=True" : "");

/** x where x > threshold, `value` elsewhere. */
export class Threshold extends TensorLayer {
  declare threshold: number;
  declare value: number;
  declare inplace: boolean;

  constructor(
    ...args: Arguments<
      [threshold: number, value: number, inplace?: boolean],
      { threshold: number; value: number; inplace: boolean }
    >
  ) {
    super();
    Object.assign(this, construct("Threshold", { threshold: required, value: required, inplace: false }, args));
  }

  override forward(input: Tensor): Tensor {
    return F.threshold(input, this.threshold, this.value, this.inplace);
  }

  override extra_repr(): string {
    return `threshold=${number(this.threshold)}, value=${number(this.value)}${after(this.inplace)}`;
  }
}

/** max(x, 0). */
export class ReLU extends TensorLayer {
  declare inplace: boolean;

  constructor(...args: Inplace) {
    super();
    this.inplace = construct("ReLU", { inplace: false }, args).inplace;
  }

  override forward(input: Tensor): Tensor {
    return F.relu(input, this.inplace);
  }

  override extra_repr(): string {
    return alone(this.inplace);
  }
}

/** max(x, 0) + slope · min(x, 0), with the slope drawn from U(lower, upper) in training and their mean otherwise. */
export class RReLU extends TensorLayer {
  declare lower: number;
  declare upper: number;
  declare inplace: boolean;

  constructor(
    ...args: Arguments<
      [lower?: number, upper?: number, inplace?: boolean],
      { lower: number; upper: number; inplace: boolean }
    >
  ) {
    super();
    Object.assign(this, construct("RReLU", { lower: 1 / 8, upper: 1 / 3, inplace: false }, args));
  }

  override forward(input: Tensor): Tensor {
    return F.rrelu(input, this.lower, this.upper, this.training, this.inplace);
  }

  override extra_repr(): string {
    return `lower=${float(this.lower)}, upper=${float(this.upper)}${after(this.inplace)}`;
  }
}

/** x cut off at `min_val` and `max_val`. */
export class Hardtanh extends TensorLayer {
  declare min_val: number;
  declare max_val: number;
  declare inplace: boolean;

  constructor(
    ...args: Arguments<
      [min_val?: number, max_val?: number, inplace?: boolean],
      { min_val: number; max_val: number; inplace: boolean }
    >
  ) {
    super();
    Object.assign(this, construct("Hardtanh", { min_val: -1, max_val: 1, inplace: false }, args));
  }

  override forward(input: Tensor): Tensor {
    return F.hardtanh(input, this.min_val, this.max_val, this.inplace);
  }

  override extra_repr(): string {
    return `min_val=${float(this.min_val)}, max_val=${float(this.max_val)}${after(this.inplace)}`;
  }
}

/** min(max(x, 0), 6). */
export class ReLU6 extends Hardtanh {
  constructor(...args: Inplace) {
    super(0, 6, construct("ReLU6", { inplace: false }, args).inplace);
  }

  override extra_repr(): string {
    return alone(this.inplace);
  }
}

/** 1 / (1 + e⁻ˣ). */
export class Sigmoid extends TensorLayer {
  override forward(input: Tensor): Tensor {
    return input.sigmoid();
  }
}

/** min(max(x + 3, 0), 6) / 6. */
export class Hardsigmoid extends TensorLayer {
  declare inplace: boolean;

  constructor(...args: Inplace) {
    super();
    this.inplace = construct("Hardsigmoid", { inplace: false }, args).inplace;
  }

  override forward(input: Tensor): Tensor {
    return F.hardsigmoid(input, this.inplace);
  }
}

/** The hyperbolic tangent. */
export class Tanh extends TensorLayer {
  override forward(input: Tensor): Tensor {
    return input.tanh();
  }
}

/** x σ(x). */
export class SiLU extends TensorLayer {
  declare inplace: boolean;

  constructor(...args: Inplace) {
    super();
    this.inplace = construct("SiLU", { inplace: false }, args).inplace;
  }

  override forward(input: Tensor): Tensor {
    return F.silu(input, this.inplace);
  }

  override extra_repr(): string {
    return alone(this.inplace);
  }
}

/** x tanh(softplus(x)). */
export class Mish extends TensorLayer {
  declare inplace: boolean;

  constructor(...args: Inplace) {
    super();
    this.inplace = construct("Mish", { inplace: false }, args).inplace;
  }

  override forward(input: Tensor): Tensor {
    return F.mish(input, this.inplace);
  }

  override extra_repr(): string {
    return alone(this.inplace);
  }
}

/** x · hardsigmoid(x). */
export class Hardswish extends TensorLayer {
  declare inplace: boolean;

  constructor(...args: Inplace) {
    super();
    this.inplace = construct("Hardswish", { inplace: false }, args).inplace;
  }

  override forward(input: Tensor): Tensor {
    return F.hardswish(input, this.inplace);
  }
}

type Alpha = Arguments<[alpha?: number, inplace?: boolean], { alpha: number; inplace: boolean }>;

/** x where positive, α (eˣ − 1) elsewhere. */
export class ELU extends TensorLayer {
  declare alpha: number;
  declare inplace: boolean;

  constructor(...args: Alpha) {
    super();
    Object.assign(this, construct("ELU", { alpha: 1, inplace: false }, args));
  }

  override forward(input: Tensor): Tensor {
    return F.elu(input, this.alpha, this.inplace);
  }

  override extra_repr(): string {
    return `alpha=${float(this.alpha)}${after(this.inplace)}`;
  }
}

/** x where positive, α (e^(x / α) − 1) elsewhere. */
export class CELU extends TensorLayer {
  declare alpha: number;
  declare inplace: boolean;

  constructor(...args: Alpha) {
    super();
    Object.assign(this, construct("CELU", { alpha: 1, inplace: false }, args));
  }

  override forward(input: Tensor): Tensor {
    return F.celu(input, this.alpha, this.inplace);
  }

  override extra_repr(): string {
    return `alpha=${float(this.alpha)}${after(this.inplace)}`;
  }
}

/** ELU with the constants that keep mean 0 and variance 1 (Klambauer et al., 2017). */
export class SELU extends TensorLayer {
  declare inplace: boolean;

  constructor(...args: Inplace) {
    super();
    this.inplace = construct("SELU", { inplace: false }, args).inplace;
  }

  override forward(input: Tensor): Tensor {
    return F.selu(input, this.inplace);
  }

  override extra_repr(): string {
    return alone(this.inplace);
  }
}

/** a σ(b), where a and b are the halves of the input along `dim`. */
export class GLU extends TensorLayer {
  declare dim: number;

  constructor(...args: Arguments<[dim?: number], { dim: number }>) {
    super();
    this.dim = construct("GLU", { dim: -1 }, args).dim;
  }

  override forward(input: Tensor): Tensor {
    return F.glu(input, this.dim);
  }

  override extra_repr(): string {
    return `dim=${this.dim}`;
  }
}

/** x Φ(x); with `approximate` "tanh", by a hyperbolic tangent. */
export class GELU extends TensorLayer {
  declare approximate: string;

  constructor(...args: Arguments<[approximate?: Word<"none" | "tanh">], { approximate: Word<"none" | "tanh"> }>) {
    super();
    this.approximate = construct("GELU", { approximate: "none" }, args).approximate;
  }

  override forward(input: Tensor): Tensor {
    return F.gelu(input, { approximate: this.approximate });
  }

  override extra_repr(): string {
    return `approximate=${python(this.approximate)}`;
  }
}

type Lambd = Arguments<[lambd?: number], { lambd: number }>;

/** x where |x| > λ, 0 elsewhere. */
export class Hardshrink extends TensorLayer {
  declare lambd: number;

  constructor(...args: Lambd) {
    super();
    this.lambd = construct("Hardshrink", { lambd: 0.5 }, args).lambd;
  }

  override forward(input: Tensor): Tensor {
    return F.hardshrink(input, this.lambd);
  }

  override extra_repr(): string {
    return float(this.lambd);
  }
}

/** x moved towards 0 by λ, and 0 within λ of it. */
export class Softshrink extends TensorLayer {
  declare lambd: number;

  constructor(...args: Lambd) {
    super();
    this.lambd = construct("Softshrink", { lambd: 0.5 }, args).lambd;
  }

  override forward(input: Tensor): Tensor {
    return F.softshrink(input, this.lambd);
  }

  override extra_repr(): string {
    return float(this.lambd);
  }
}

/** max(x, 0) + negative_slope · min(x, 0). */
export class LeakyReLU extends TensorLayer {
  declare negative_slope: number;
  declare inplace: boolean;

  constructor(
    ...args: Arguments<[negative_slope?: number, inplace?: boolean], { negative_slope: number; inplace: boolean }>
  ) {
    super();
    Object.assign(this, construct("LeakyReLU", { negative_slope: 0.01, inplace: false }, args));
  }

  override forward(input: Tensor): Tensor {
    return F.leaky_relu(input, this.negative_slope, this.inplace);
  }

  override extra_repr(): string {
    return `negative_slope=${float(this.negative_slope)}${after(this.inplace)}`;
  }
}

/** max(x, 0) + a · min(x, 0) with a learned slope `weight`: one, or one for each channel (dimension 1). */
export class PReLU extends TensorLayer {
  declare num_parameters: number;
  declare weight: Parameter;

  constructor(...args: Arguments<[num_parameters?: number, init?: number], { num_parameters: number; init: number }>) {
    super();
    const { num_parameters, init, dtype } = construct("PReLU", { num_parameters: 1, init: 0.25, ...placed }, args);
    this.num_parameters = num_parameters;
    this.weight = new Parameter(filled([num_parameters], init, dtype));
  }

  override forward(input: Tensor): Tensor {
    return F.prelu(input, this.weight);
  }

  override extra_repr(): string {
    return `num_parameters=${this.num_parameters}`;
  }
}

/** log σ(x). */
export class LogSigmoid extends TensorLayer {
  override forward(input: Tensor): Tensor {
    return F.logsigmoid(input);
  }
}

/** log(1 + e^(β x)) / β; x itself where β x > threshold. */
export class Softplus extends TensorLayer {
  declare beta: number;
  declare threshold: number;

  constructor(...args: Arguments<[beta?: number, threshold?: number], { beta: number; threshold: number }>) {
    super();
    Object.assign(this, construct("Softplus", { beta: 1, threshold: 20 }, args));
  }

  override forward(input: Tensor): Tensor {
    return F.softplus(input, this.beta, this.threshold);
  }

  override extra_repr(): string {
    return `beta=${number(this.beta)}, threshold=${number(this.threshold)}`;
  }
}

/** x / (1 + |x|). */
export class Softsign extends TensorLayer {
  override forward(input: Tensor): Tensor {
    return F.softsign(input);
  }
}

/** x − tanh(x). */
export class Tanhshrink extends TensorLayer {
  override forward(input: Tensor): Tensor {
    return F.tanhshrink(input);
  }
}

type Dim = Arguments<[dim?: number | null], { dim: number | null }>;

/** What is normalised along `dim`. */
abstract class AlongDim extends TensorLayer {
  declare dim: number | null;

  constructor(...args: Dim) {
    super();
    this.dim = construct(this._get_name(), { dim: null }, args).dim;
  }

  /** PyTorch's choice where none was made. */
  protected along(name: string, input: Tensor): number {
    if (this.dim !== null) return this.dim;
    warn(`Implicit dimension choice for ${name} has been deprecated. Change the call to include dim=X as an argument.`);
    return [0, 1, 3].includes(input.ndim) ? 0 : 1;
  }

  override extra_repr(): string {
    return `dim=${python(this.dim)}`;
  }
}

/** e⁻ˣ / Σ e⁻ˣ along `dim`. */
export class Softmin extends AlongDim {
  override forward(input: Tensor): Tensor {
    return F.softmin(input, this.along("softmin", input));
  }
}

/** eˣ / Σ eˣ along `dim`. */
export class Softmax extends AlongDim {
  override forward(input: Tensor): Tensor {
    return F.softmax(input, this.along("softmax", input));
  }
}

/** x − log Σ eˣ along `dim`. */
export class LogSoftmax extends AlongDim {
  override forward(input: Tensor): Tensor {
    return F.log_softmax(input, this.along("log_softmax", input));
  }
}

/** Softmax over the channels of (N, C, H, W) or (C, H, W). Throws AssertionError for other ranks. */
export class Softmax2d extends TensorLayer {
  override forward(input: Tensor): Tensor {
    if (input.ndim !== 3 && input.ndim !== 4) {
      throw new AssertionError("Softmax2d requires a 3D or 4D tensor as input");
    }
    return F.softmax(input, -3);
  }
}
