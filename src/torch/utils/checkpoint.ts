/** `torch.utils.checkpoint`: recomputing instead of remembering. */
import { backward as runBackward } from "../autograd/backward";
import { AutogradFunction, type FunctionCtx } from "../autograd/function";
import { enable_grad } from "../autograd/gradMode";
import { saved_tensors_hooks } from "../autograd/graph";
import { ValueError } from "../errors";
import { isKeywords } from "../keywords";
import { default_generator, type GeneratorState } from "../random";
import { Tensor } from "../tensor";

type AnyFunction = (...args: any[]) => any;

/** Runs `f` from a random state recorded earlier, and puts the present one back. */
function withRandomState<T>(state: GeneratorState | null, f: () => T): T {
  if (state === null) return f();
  const present = default_generator.snapshot();
  default_generator.restore(state);
  try {
    return f();
  } finally {
    default_generator.restore(present);
  }
}

class CheckpointFunction extends AutogradFunction {
  static override forward = (ctx: FunctionCtx, run: AnyFunction, preserve: boolean, ...args: unknown[]) => {
    ctx.run = run;
    ctx.state = preserve ? default_generator.snapshot() : null;
    ctx.inputs = args;
    ctx.save_for_backward(...args.filter((a): a is Tensor => a instanceof Tensor));
    return run(...args);
  };

  static override backward = (ctx: FunctionCtx, ...grads: Tensor[]) => {
    const saved = [...ctx.saved_tensors];
    const inputs = ctx.inputs.map((a: unknown) => {
      if (!(a instanceof Tensor)) return a;
      const t = saved.shift()!;
      return t.detach().requires_grad_(t.requires_grad);
    });
    const result = withRandomState(ctx.state, () => enable_grad(() => ctx.run(...inputs)));
    const outputs: unknown[] = Array.isArray(result) ? result : [result];
    const used = outputs.flatMap((o, i) => (o instanceof Tensor && o.requires_grad ? [i] : []));
    if (used.length > 0) {
      runBackward(
        used.map((i) => outputs[i] as Tensor),
        used.map((i) => grads[i]),
      );
    }
    return [null, null, ...inputs.map((a: unknown) => (a instanceof Tensor ? a.grad : null))];
  };
}

export interface CheckpointOptions {
  /** PyTorch's older way, through a Function; false recomputes on the first unpacked tensor. */
  use_reentrant?: boolean;
  /** Draws the same random numbers again. */
  preserve_rng_state?: boolean;
}

/**
 * Runs `run(...args)` keeping none of its intermediate tensors: backward computes them again.
 * Options are one trailing object: `checkpoint(f, x, { use_reentrant: false })`.
 * With `use_reentrant` (the default) an input must require grad for gradients to flow.
 */
export function checkpoint(run: AnyFunction, ...args: any[]): any {
  const options: CheckpointOptions = isKeywords(args.at(-1)) ? args.pop() : {};
  for (const key of Object.keys(options)) {
    if (!["use_reentrant", "preserve_rng_state"].includes(key))
      throw new ValueError(`Unexpected keyword arguments: ${key}`);
  }
  const { use_reentrant = true, preserve_rng_state = true } = options;
  if (use_reentrant) return CheckpointFunction.apply(run, preserve_rng_state, ...args);
  return withoutReentrance(run, preserve_rng_state, args);
}

/** Saved tensors are replaced by their number; the first one asked for runs the function again and fills them all in. */
function withoutReentrance(run: AnyFunction, preserve: boolean, args: unknown[]): any {
  const state = preserve ? default_generator.snapshot() : null;
  let count = 0;
  let recomputed: Tensor[] | null = null;
  const pack = () => count++;
  const unpack = (position: number): Tensor => {
    if (recomputed === null) {
      const kept: Tensor[] = [];
      withRandomState(state, () =>
        enable_grad(() =>
          saved_tensors_hooks(
            (t: Tensor) => kept.push(t.detach()) - 1,
            (i: number) => kept[i],
            () => run(...args),
          ),
        ),
      );
      recomputed = kept;
    }
    return recomputed[position];
  };
  return saved_tensors_hooks(pack, unpack, () => run(...args));
}

/** Checkpoints a list of functions in `segments` parts, the last of which is run as it is. */
export function checkpoint_sequential(
  functions: Iterable<AnyFunction>,
  segments: number,
  input: Tensor,
  options: CheckpointOptions = {},
): any {
  const list = [...functions];
  const size = Math.floor(list.length / segments);
  const part = (start: number, end: number) => (x: any) => list.slice(start, end).reduce((value, f) => f(value), x);
  let value: any = input;
  let start = 0;
  for (; start < size * (segments - 1); start += size) value = checkpoint(part(start, start + size), value, options);
  return part(start, list.length)(value);
}
