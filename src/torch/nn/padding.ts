/** Padding of the last one, two or three dimensions. Sizes are (before, after) of the last dimension first, or one number for all ends; negative ones cut. */
import type { Tensor } from "../tensor";
import { type Arguments, construct, each, required } from "./arguments";
import type { Sizes } from "./conv";
import * as F from "./functional";
import { TensorLayer } from "./layer";
import { number, python } from "./text";

type Padding = Arguments<[padding: Sizes], { padding: Sizes }>;
type Constant = Arguments<[padding: Sizes, value: number], { padding: Sizes; value: number }>;

abstract class PadNd extends TensorLayer {
  declare padding: number[];

  protected setUp(n: number, args: readonly unknown[]): void {
    this.padding = each(construct(this._get_name(), { padding: required }, args).padding, 2 * n);
  }

  override extra_repr(): string {
    return python(this.padding);
  }
}

abstract class ConstantPadNd extends PadNd {
  declare value: number;

  protected setUpConstant(n: number, args: readonly unknown[]): void {
    const { padding, value } = construct(this._get_name(), { padding: required, value: required }, args);
    this.value = value;
    this.padding = each(padding, 2 * n);
  }

  override forward(input: Tensor): Tensor {
    return F.pad(input, this.padding, "constant", this.value);
  }

  override extra_repr(): string {
    return `padding=${python(this.padding)}, value=${number(this.value)}`;
  }
}

/** One value at the ends of the last dimension. */
export class ConstantPad1d extends ConstantPadNd {
  constructor(...args: Constant) {
    super();
    this.setUpConstant(1, args);
  }
}

/** One value around the last two dimensions. */
export class ConstantPad2d extends ConstantPadNd {
  constructor(...args: Constant) {
    super();
    this.setUpConstant(2, args);
  }
}

/** One value around the last three dimensions. */
export class ConstantPad3d extends ConstantPadNd {
  constructor(...args: Constant) {
    super();
    this.setUpConstant(3, args);
  }
}

/** Zeros around the last two dimensions. */
export class ZeroPad2d extends ConstantPad2d {
  constructor(...args: Padding) {
    super(construct("ZeroPad2d", { padding: required }, args).padding, 0);
  }

  override extra_repr(): string {
    return python(this.padding);
  }
}

abstract class ReflectionPadNd extends PadNd {
  override forward(input: Tensor): Tensor {
    return F.pad(input, this.padding, "reflect");
  }
}

/** The input mirrored at the ends of the last dimension, the end itself not repeated. */
export class ReflectionPad1d extends ReflectionPadNd {
  constructor(...args: Padding) {
    super();
    this.setUp(1, args);
  }
}

/** The input mirrored around the last two dimensions. */
export class ReflectionPad2d extends ReflectionPadNd {
  constructor(...args: Padding) {
    super();
    this.setUp(2, args);
  }
}

/** The input mirrored around the last three dimensions. */
export class ReflectionPad3d extends ReflectionPadNd {
  constructor(...args: Padding) {
    super();
    this.setUp(3, args);
  }
}

abstract class ReplicationPadNd extends PadNd {
  override forward(input: Tensor): Tensor {
    return F.pad(input, this.padding, "replicate");
  }
}

/** The outermost elements repeated at the ends of the last dimension. */
export class ReplicationPad1d extends ReplicationPadNd {
  constructor(...args: Padding) {
    super();
    this.setUp(1, args);
  }
}

/** The outermost elements repeated around the last two dimensions. */
export class ReplicationPad2d extends ReplicationPadNd {
  constructor(...args: Padding) {
    super();
    this.setUp(2, args);
  }
}

/** The outermost elements repeated around the last three dimensions. */
export class ReplicationPad3d extends ReplicationPadNd {
  constructor(...args: Padding) {
    super();
    this.setUp(3, args);
  }
}
