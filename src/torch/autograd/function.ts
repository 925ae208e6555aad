/** `torch.autograd.Function`: an op of the user's own, forward and backward. */

import { float32 } from "../dtype";
import { NotImplementedError, RuntimeError } from "../errors";
import { alias, allocate, gradientEdge, Tensor, type TensorMeta } from "../tensor";
import { mode, withoutGrad } from "./gradMode";
import { rebaseHistory } from "./inPlace";
import { Node } from "./node";
import { SavedTensor } from "./saved";

/** What `forward` and `backward` share: methods of PyTorch's context, and whatever the user puts on it. */
export class FunctionCtx extends Node {
  /** Which inputs of `apply` need a gradient. */
  needs_input_grad: boolean[] = [];
  [attribute: string]: any;

  /** @internal */ toSave: (Tensor | null)[] = [];
  /** @internal */ saved: (SavedTensor | null)[] = [];
  /** @internal */ dirty: Tensor[] = [];
  /** @internal */ nonDifferentiable: Tensor[] = [];
  /** @internal */ materialize = true;
  /** @internal Position in `next_functions` of each argument, −1 where it is no tensor. */
  slots: number[] = [];

  /** @internal */
  constructor(readonly cls: typeof AutogradFunction) {
    super();
  }

  name(): string {
    return `${this.cls.name}Backward`;
  }

  /** Keeps inputs or outputs for backward; they come back as `saved_tensors`, checked against in-place changes. */
  save_for_backward(...tensors: (Tensor | null | undefined)[]): void {
    for (const t of tensors) {
      if (t !== null && t !== undefined && !(t instanceof Tensor)) {
        throw new TypeError(`save_for_backward can only save variables, but argument is of type ${typeof t}`);
      }
    }
    this.toSave = tensors.map((t) => t ?? null);
  }

  /** What `save_for_backward` kept. Throws RuntimeError once the graph is freed. */
  get saved_tensors(): Tensor[] {
    return this.saved.map((s) => (s === null ? (null as unknown as Tensor) : s.unpack()));
  }

  /** Says that forward changed these inputs in place. */
  mark_dirty(...tensors: Tensor[]): void {
    this.dirty = tensors;
  }

  /** Says that no gradient comes to these outputs. */
  mark_non_differentiable(...tensors: Tensor[]): void {
    this.nonDifferentiable = tensors;
  }

  /** Whether backward gets zeros (the default) or null for outputs that no gradient reached. */
  set_materialize_grads(value: boolean): void {
    this.materialize = value;
  }

  apply(grads: (Tensor | null)[]): (Tensor | null)[] {
    const { cls } = this;
    const backward = cls.backward ?? cls.vjp;
    if (backward === undefined) {
      throw new NotImplementedError(
        "You must implement either the backward or vjp method for your custom autograd.Function to use it with backward mode AD.",
      );
    }
    const given = this.materialize
      ? grads.map((g, i) => g ?? allocate(this.outputs[i].shape, this.outputs[i].dtype))
      : grads;
    const result = backward.call(cls, this, ...given);
    const list: (Tensor | null)[] = Array.isArray(result) ? [...result] : [result];
    const expected = this.slots.length;
    while (list.length > expected && (list.at(-1) ?? null) === null) list.pop();
    if (list.length !== expected) {
      throw new RuntimeError(
        `function ${this.name()} returned an incorrect number of gradients (expected ${expected}, got ${list.length})`,
      );
    }
    const out: (Tensor | null)[] = new Array(this.edgeCount).fill(null);
    this.slots.forEach((slot, i) => {
      const grad = list[i] ?? null;
      if (grad !== null && !(grad instanceof Tensor)) {
        throw new RuntimeError(`expected Variable or None (got ${typeof grad})`);
      }
      if (slot >= 0) out[slot] = grad;
      else if (grad !== null) {
        throw new RuntimeError(
          `function ${this.name()} returned a gradient different from None at position ${i + 1}, but the corresponding forward input was not a Variable`,
        );
      }
    });
    return out;
  }

  override release(): void {
    for (const s of this.saved) s?.release();
  }

  override savedTensors(): [string, SavedTensor][] {
    return this.saved.flatMap((s, i): [string, SavedTensor][] => (s === null ? [] : [[`saved_tensors[${i}]`, s]]));
  }
}

/**
 * Subclass it with a static `forward(ctx, …)` and `backward(ctx, …grads)` (or PyTorch 2's `forward(…)` with `setup_context`),
 * and call it through `apply`. `forward` runs without recording; `backward` returns one gradient, or null, for each argument.
 */
// biome-ignore lint/complexity/noStaticOnlyClass: users subclass it, as in PyTorch
export class AutogradFunction {
  declare static forward: (...args: any[]) => any;
  declare static backward?: (ctx: any, ...grads: any[]) => any;
  declare static vjp?: (ctx: any, ...grads: any[]) => any;
  declare static jvp?: (ctx: any, ...tangents: any[]) => any;
  declare static setup_context?: (ctx: any, inputs: any[], output: any) => void;

  /** Runs `forward`, and puts its outputs into the graph where an input requires grad. */
  static apply<T = any>(...args: any[]): T {
    const ctx = new FunctionCtx(this);
    const records = mode.grad && args.some((a) => a instanceof Tensor && a.requires_grad);
    ctx.needs_input_grad = args.map((a) => a instanceof Tensor && a.requires_grad);
    const tensors = args.filter((arg): arg is Tensor => arg instanceof Tensor);
    let slot = 0;
    ctx.slots = args.map((arg) => (arg instanceof Tensor ? slot++ : -1));
    ctx.next_functions = tensors.map(gradientEdge);
    const output = withoutGrad(() => {
      if (this.setup_context === undefined) return this.forward(ctx, ...args);
      const result = this.forward(...args);
      this.setup_context(ctx, args, result);
      return result;
    });
    const outputs: any[] = Array.isArray(output) ? [...output] : [output];
    const wrapped = outputs.map((out, i) => (out instanceof Tensor ? wrap(ctx, out, i, args, records) : out));
    ctx.outputs = wrapped.map((out) => (out instanceof Tensor ? { shape: out.shape, dtype: out.dtype } : noOutput));
    if (records) {
      // An output that forward saved is saved as what the user gets, so that it leads back to this node.
      ctx.saved = ctx.toSave.map((t) => {
        if (t === null) return null;
        const position = outputs.indexOf(t);
        return new SavedTensor(position >= 0 ? wrapped[position] : t);
      });
    }
    ctx.toSave = [];
    return (Array.isArray(output) ? wrapped : wrapped[0]) as T;
  }
}

const noOutput = { shape: [0], dtype: float32 };

function wrap(ctx: FunctionCtx, out: Tensor, position: number, args: readonly unknown[], records: boolean): Tensor {
  const isInput = args.includes(out);
  const differentiable = out.dtype.is_floating_point && !ctx.nonDifferentiable.includes(out);
  if (isInput && ctx.dirty.includes(out)) {
    if (records && out.leafRequiresGrad) {
      throw new RuntimeError("a leaf Variable that requires grad has been used in an in-place operation.");
    }
    out.versions.n++;
    if (records && differentiable) {
      rebaseHistory(out, ctx);
      out.output_nr = position;
    }
    return out;
  }
  // An input handed back as it came is a result all the same.
  const result = isInput ? alias(out, out.shape, out.strides, out.offset) : out;
  if (isInput) {
    result._base = out._base ?? out;
    result.versions = out.versions;
    result.gradFnVersion = out.versions.n;
  }
  if (records && differentiable) {
    result.gradFn = ctx;
    result.output_nr = position;
  } else if (isInput) {
    result._base = null;
  } else if (!differentiable) {
    result.leafRequiresGrad = false;
  }
  return result;
}

/** What a gradient of a once-differentiable function leads to. */
class Refusal extends Node {
  name(): string {
    return "Error";
  }

  apply(): never {
    throw new RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable");
  }
}

/** Wraps a `backward` that cannot itself be differentiated: doing so throws RuntimeError instead of giving wrong numbers. */
export function once_differentiable<F extends (ctx: any, ...grads: any[]) => any>(backward: F): F {
  return function (this: unknown, ctx: FunctionCtx, ...grads: any[]) {
    const result = withoutGrad(() => backward.call(this, ctx, ...grads));
    if (!mode.grad || !grads.some((g) => g instanceof Tensor && g.requires_grad)) return result;
    const list: any[] = Array.isArray(result) ? result : [result];
    const refusal = new Refusal();
    refusal.next_functions = grads.filter((g) => g instanceof Tensor).map((g) => gradientEdge(g));
    const metas: TensorMeta[] = [];
    const guarded = list.map((out) => {
      if (!(out instanceof Tensor)) return out;
      const t = alias(out, out.shape, out.strides, out.offset);
      t.output_nr = metas.length;
      metas.push({ shape: t.shape, dtype: t.dtype });
      t.gradFn = refusal;
      return t;
    });
    refusal.outputs = metas;
    return Array.isArray(result) ? guarded : guarded[0];
  } as F;
}
