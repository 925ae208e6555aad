/** Lazy layers: the size of their input is read off the first one, when they become ordinary layers. */
import { tensor } from "../construct";
import { int64 } from "../dtype";
import { RuntimeError, ValueError } from "../errors";
import type { Tensor } from "../tensor";
import { warn } from "../warnings";
import { type Arguments, construct, each, placed, required } from "./arguments";
import { BatchNorm1d, BatchNorm2d, BatchNorm3d, InstanceNorm1d, InstanceNorm2d, InstanceNorm3d } from "./batchnorm";
import {
  Conv1d,
  Conv2d,
  Conv3d,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  convolution,
  type Sizes,
  transposition,
} from "./conv";
import { Linear } from "./linear";
import type { Module } from "./module";
import { STATE } from "./registry";
import type { StateDict } from "./stateDict";
import { size } from "./text";
import { is_lazy, UninitializedBuffer, UninitializedParameter } from "./uninitialized";

type Class = new (...args: any[]) => any;

/** Gives parameters memory for what is about to be loaded into them. */
function takeShapes(module: Module, given: StateDict, prefix: string): void {
  for (const [name, t] of [...module[STATE].parameters, ...module[STATE].buffers]) {
    const value = given[prefix + name];
    if (is_lazy(t) && value !== undefined && !is_lazy(value)) t.materialize(value.shape);
  }
}

const infers = (module: Module, inputs: unknown): void => module._infer_parameters(module, inputs);

/** The hooks have done their work: the first input, or of a copy of a module its own, has come. */
function forget(module: Module): void {
  for (const [id, hook] of module._forward_pre_hooks as Map<number, unknown>) {
    if (hook === infers) module._forward_pre_hooks.delete(id);
  }
}

/** What waits for the first input: its hooks infer the sizes, or take them from a state dict. */
function defer(module: Module): void {
  warn(
    "Lazy modules are a new feature under heavy development so changes to the API or functionality can happen at any moment.",
  );
  module._register_load_state_dict_pre_hook(takeShapes, true);
  module.register_forward_pre_hook(infers);
}

/**
 * Fills the prototype of a lazy class: after the first input its modules are of class `Base`. `infer` reads the sizes and
 * gives the parameters memory; `ready` says whether there is anything to draw.
 */
function inferred<C extends Class>(
  Lazy: C,
  Base: Class,
  ready: (layer: InstanceType<C>) => boolean,
  infer: (layer: InstanceType<C>, input: Tensor) => void,
): void {
  Object.assign(Lazy.prototype, {
    cls_to_become: Base,
    has_uninitialized_params(this: Module): boolean {
      return [...this[STATE].parameters.values(), ...this[STATE].buffers.values()].some(is_lazy);
    },
    reset_parameters(this: Module): void {
      if (!this.has_uninitialized_params() && ready(this as InstanceType<C>))
        Base.prototype.reset_parameters.call(this);
    },
    initialize_parameters(this: Module, input: Tensor): void {
      if (!this.has_uninitialized_params()) return;
      infer(this as InstanceType<C>, input);
      this.reset_parameters();
    },
    _infer_parameters(this: Module, module: Module, inputs: Tensor[]): void {
      module.initialize_parameters(...inputs);
      if (module.has_uninitialized_params()) {
        throw new RuntimeError(`module ${module._get_name()} has not been fully initialized`);
      }
      forget(module);
      Object.setPrototypeOf(module, Base.prototype);
    },
  });
}

/** `Linear` that takes `in_features` from its first input. */
export class LazyLinear extends Linear {
  constructor(...args: Arguments<[out_features: number, bias?: boolean], { out_features: number; bias: boolean }>) {
    const { out_features, bias, dtype } = construct(
      "LazyLinear",
      { out_features: required, bias: true, ...placed },
      args,
    );
    super(0, 0, false);
    defer(this);
    this.weight = new UninitializedParameter({ dtype });
    this.out_features = out_features;
    if (bias) this.bias = new UninitializedParameter({ dtype });
  }
}

inferred(
  LazyLinear,
  Linear,
  (layer) => layer.in_features !== 0,
  (layer, input) => {
    layer.in_features = input.shape[input.ndim - 1];
    (layer.weight as UninitializedParameter).materialize([layer.out_features, layer.in_features]);
    if (layer.bias !== null) (layer.bias as UninitializedParameter).materialize([layer.out_features]);
  },
);

type ConvLayer = Conv1d | Conv2d | Conv3d | ConvTranspose1d | ConvTranspose2d | ConvTranspose3d;

/** Everything of a convolution but `in_channels`. */
const { in_channels: _in, ...lazyConvolution } = convolution;
const { in_channels: _from, ...lazyTransposition } = transposition;

interface ConvKeywords {
  out_channels: number;
  kernel_size: Sizes;
  stride: Sizes;
  padding: Sizes | (string & {});
  dilation: Sizes;
  groups: number;
  bias: boolean;
  padding_mode: string;
  output_padding: Sizes;
}

type LazyConvArguments = Arguments<
  [
    out_channels: number,
    kernel_size: Sizes,
    stride?: Sizes,
    padding?: Sizes | (string & {}),
    dilation?: Sizes,
    groups?: number,
    bias?: boolean,
    padding_mode?: string,
  ],
  ConvKeywords
>;

type LazyTransposedArguments = Arguments<
  [
    out_channels: number,
    kernel_size: Sizes,
    stride?: Sizes,
    padding?: Sizes,
    output_padding?: Sizes,
    groups?: number,
    bias?: boolean,
    dilation?: Sizes,
    padding_mode?: string,
  ],
  ConvKeywords
>;

const conv = (name: string, args: readonly unknown[]) => construct(name, lazyConvolution, args);
const transposed = (name: string, args: readonly unknown[]) => construct(name, lazyTransposition, args);

/** The layer without its channels; they are counted later. */
const withoutChannels = (o: Record<string, any>) => ({ ...o, in_channels: 0, out_channels: 0, bias: false });

function deferConv(layer: ConvLayer, { out_channels, bias, dtype }: Record<string, any>): void {
  defer(layer);
  layer.weight = new UninitializedParameter({ dtype });
  layer.out_channels = out_channels;
  if (bias) layer.bias = new UninitializedParameter({ dtype });
}

function inferredConv(Lazy: Class, Base: Class): void {
  inferred(
    Lazy,
    Base,
    (layer: ConvLayer) => layer.in_channels !== 0,
    (layer: ConvLayer, input) => {
      const { out_channels, groups, kernel_size } = layer;
      const n = kernel_size.length;
      if (input.ndim !== n + 1 && input.ndim !== n + 2) {
        throw new RuntimeError(
          `Expected ${n + 1}D (unbatched) or ${n + 2}D (batched) input to ${layer._get_name()}, but got input of size: ${size(input.shape)}`,
        );
      }
      const channels = input.shape[input.ndim - n - 1];
      layer.in_channels = channels;
      if (channels % groups !== 0) throw new ValueError("in_channels must be divisible by groups");
      const [rows, columns] = layer.transposed ? [channels, out_channels] : [out_channels, channels];
      const weight = layer.weight as UninitializedParameter;
      weight.materialize([rows, columns / groups, ...each(kernel_size, n)]);
      if (layer.bias !== null) (layer.bias as UninitializedParameter).materialize([out_channels]);
    },
  );
}

/** `Conv1d` that takes `in_channels` from its first input. */
export class LazyConv1d extends Conv1d {
  constructor(...args: LazyConvArguments) {
    const o = conv("LazyConv1d", args);
    super(withoutChannels(o));
    deferConv(this, o);
  }
}

/** `Conv2d` that takes `in_channels` from its first input. */
export class LazyConv2d extends Conv2d {
  constructor(...args: LazyConvArguments) {
    const o = conv("LazyConv2d", args);
    super(withoutChannels(o));
    deferConv(this, o);
  }
}

/** `Conv3d` that takes `in_channels` from its first input. */
export class LazyConv3d extends Conv3d {
  constructor(...args: LazyConvArguments) {
    const o = conv("LazyConv3d", args);
    super(withoutChannels(o));
    deferConv(this, o);
  }
}

/** `ConvTranspose1d` that takes `in_channels` from its first input. */
export class LazyConvTranspose1d extends ConvTranspose1d {
  constructor(...args: LazyTransposedArguments) {
    const o = transposed("LazyConvTranspose1d", args);
    super(withoutChannels(o));
    deferConv(this, o);
  }
}

/** `ConvTranspose2d` that takes `in_channels` from its first input. */
export class LazyConvTranspose2d extends ConvTranspose2d {
  constructor(...args: LazyTransposedArguments) {
    const o = transposed("LazyConvTranspose2d", args);
    super(withoutChannels(o));
    deferConv(this, o);
  }
}

/** `ConvTranspose3d` that takes `in_channels` from its first input. */
export class LazyConvTranspose3d extends ConvTranspose3d {
  constructor(...args: LazyTransposedArguments) {
    const o = transposed("LazyConvTranspose3d", args);
    super(withoutChannels(o));
    deferConv(this, o);
  }
}

inferredConv(LazyConv1d, Conv1d);
inferredConv(LazyConv2d, Conv2d);
inferredConv(LazyConv3d, Conv3d);
inferredConv(LazyConvTranspose1d, ConvTranspose1d);
inferredConv(LazyConvTranspose2d, ConvTranspose2d);
inferredConv(LazyConvTranspose3d, ConvTranspose3d);

type NormLayer = BatchNorm1d | BatchNorm2d | BatchNorm3d | InstanceNorm1d | InstanceNorm2d | InstanceNorm3d;

type LazyNormArguments = Arguments<
  [eps?: number, momentum?: number | null, affine?: boolean, track_running_stats?: boolean],
  { eps: number; momentum: number | null; affine: boolean; track_running_stats: boolean }
>;

const norm = (name: string, args: readonly unknown[]) =>
  construct(name, { eps: 1e-5, momentum: 0.1, affine: true, track_running_stats: true, ...placed }, args);

/** The layer without its channels, weights and statistics. */
const withoutFeatures = ({ eps, momentum }: Record<string, any>) =>
  ({ num_features: 0, eps, momentum, affine: false, track_running_stats: false }) as const;

function deferNorm(layer: NormLayer, { affine, track_running_stats, dtype }: Record<string, any>): void {
  defer(layer);
  Object.assign(layer, { affine, track_running_stats });
  if (affine) {
    layer.weight = new UninitializedParameter({ dtype });
    layer.bias = new UninitializedParameter({ dtype });
  }
  if (track_running_stats) {
    layer.running_mean = new UninitializedBuffer({ dtype });
    layer.running_var = new UninitializedBuffer({ dtype });
    layer.num_batches_tracked = tensor(0, { dtype: int64 });
  }
}

function inferredNorm(Lazy: Class, Base: Class): void {
  inferred(
    Lazy,
    Base,
    (layer: NormLayer) => layer.num_features !== 0,
    (layer: NormLayer, input) => {
      layer.num_features = input.shape[1];
      for (const t of [layer.weight, layer.bias, layer.running_mean, layer.running_var]) {
        if (is_lazy(t)) t.materialize([layer.num_features]);
      }
    },
  );
}

/** `BatchNorm1d` that takes `num_features` from its first input. */
export class LazyBatchNorm1d extends BatchNorm1d {
  constructor(...args: LazyNormArguments) {
    const o = norm("LazyBatchNorm1d", args);
    super(withoutFeatures(o));
    deferNorm(this, o);
  }
}

/** `BatchNorm2d` that takes `num_features` from its first input. */
export class LazyBatchNorm2d extends BatchNorm2d {
  constructor(...args: LazyNormArguments) {
    const o = norm("LazyBatchNorm2d", args);
    super(withoutFeatures(o));
    deferNorm(this, o);
  }
}

/** `BatchNorm3d` that takes `num_features` from its first input. */
export class LazyBatchNorm3d extends BatchNorm3d {
  constructor(...args: LazyNormArguments) {
    const o = norm("LazyBatchNorm3d", args);
    super(withoutFeatures(o));
    deferNorm(this, o);
  }
}

/** `InstanceNorm1d` that takes `num_features` from its first input; weights and running statistics unless told otherwise. */
export class LazyInstanceNorm1d extends InstanceNorm1d {
  constructor(...args: LazyNormArguments) {
    const o = norm("LazyInstanceNorm1d", args);
    super(withoutFeatures(o));
    deferNorm(this, o);
  }
}

/** `InstanceNorm2d` that takes `num_features` from its first input, as `LazyInstanceNorm1d`. */
export class LazyInstanceNorm2d extends InstanceNorm2d {
  constructor(...args: LazyNormArguments) {
    const o = norm("LazyInstanceNorm2d", args);
    super(withoutFeatures(o));
    deferNorm(this, o);
  }
}

/** `InstanceNorm3d` that takes `num_features` from its first input, as `LazyInstanceNorm1d`. */
export class LazyInstanceNorm3d extends InstanceNorm3d {
  constructor(...args: LazyNormArguments) {
    const o = norm("LazyInstanceNorm3d", args);
    super(withoutFeatures(o));
    deferNorm(this, o);
  }
}

inferredNorm(LazyBatchNorm1d, BatchNorm1d);
inferredNorm(LazyBatchNorm2d, BatchNorm2d);
inferredNorm(LazyBatchNorm3d, BatchNorm3d);
inferredNorm(LazyInstanceNorm1d, InstanceNorm1d);
inferredNorm(LazyInstanceNorm2d, InstanceNorm2d);
inferredNorm(LazyInstanceNorm3d, InstanceNorm3d);
