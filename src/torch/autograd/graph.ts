/** `torch.autograd.graph`: what the graph keeps, and how. */
import { RuntimeError } from "../errors";
import type { Tensor } from "../tensor";
import { ContextManager, type Guard, runUnder } from "./gradMode";
import { savedHooks } from "./saved";

export { Node } from "./node";

/**
 * Inside, each tensor that the graph saves is passed to `pack`, and what that returned is passed to `unpack` in backward.
 * Throws RuntimeError inside `disable_saved_tensors_hooks`.
 */
export function saved_tensors_hooks<T>(pack: (t: Tensor) => unknown, unpack: (packed: any) => Tensor, f: () => T): T;
export function saved_tensors_hooks(pack: (t: Tensor) => unknown, unpack: (packed: any) => Tensor): ContextManager;
export function saved_tensors_hooks(
  pack: (t: Tensor) => unknown,
  unpack: (packed: any) => Tensor,
  f?: () => unknown,
): unknown {
  const guard: Guard = {
    enter() {
      if (savedHooks.disabled !== null) throw new RuntimeError(savedHooks.disabled);
      savedHooks.stack.push({ pack, unpack });
    },
    exit: () => void savedHooks.stack.pop(),
  };
  return f === undefined ? new ContextManager(guard) : runUnder(guard, f);
}

/** Moves what the graph saves to the CPU, where everything is already: here for programs that say so. */
export function save_on_cpu(...args: unknown[]): any {
  const f = args.find((a) => typeof a === "function") as (() => unknown) | undefined;
  const same = (t: Tensor) => t;
  return f === undefined ? saved_tensors_hooks(same, same) : saved_tensors_hooks(same, same, f);
}

/** Inside, `saved_tensors_hooks` throws RuntimeError with this message. */
export function disable_saved_tensors_hooks<T>(message: string, f: () => T): T;
export function disable_saved_tensors_hooks(message: string): ContextManager;
export function disable_saved_tensors_hooks(message: string, f?: () => unknown): unknown {
  let before: string | null = null;
  const guard: Guard = {
    enter() {
      before = savedHooks.disabled;
      savedHooks.disabled = message;
    },
    exit() {
      savedHooks.disabled = before;
    },
  };
  return f === undefined ? new ContextManager(guard) : runUnder(guard, f);
}
