/** Whether ops record a graph, and the context managers that say so. */
import { seam } from "../observer";

/** The engine reads these on its hot path. */
export const mode = {
  grad: true,
  inference: false,
};

/** Runs `f` without recording, for the engine's own use. */
export function withoutGrad<T>(f: () => T): T {
  const before = mode.grad;
  mode.grad = false;
  try {
    return f();
  } finally {
    mode.grad = before;
  }
}

/** Any setter of engine state that a block can be run under. */
export interface Guard {
  enter(): void;
  exit(): void;
}

/** What `using _ = torch.no_grad()` holds: the old state comes back at the end of the block. */
export class ContextManager implements Disposable {
  #open = true;
  constructor(private readonly guard: Guard) {
    guard.enter();
  }
  [Symbol.dispose](): void {
    if (this.#open) this.guard.exit();
    this.#open = false;
  }
}

/** Runs `f` under a guard. A promise is awaited before the old state comes back. */
export function runUnder<T>(guard: Guard, f: () => T): T {
  guard.enter();
  let pending = false;
  try {
    const result = f();
    if (result instanceof Promise) {
      pending = true;
      return result.finally(() => guard.exit()) as T;
    }
    return result;
  } finally {
    if (!pending) guard.exit();
  }
}

function gradGuard(grad: boolean, inference?: boolean): Guard {
  let before = { ...mode };
  return {
    enter() {
      before = { ...mode };
      mode.grad = grad;
      if (inference !== undefined) mode.inference = inference;
      seam.observer?.modeEnter?.(grad);
    },
    exit() {
      Object.assign(mode, before);
      seam.observer?.modeExit?.();
    },
  };
}

export type AnyFunction = (this: any, ...args: any[]) => any;

/** A mode that is a callback runner, a `using` guard and a decorator in one. */
export interface GradMode {
  /** Returns what the callback returns. */
  <T>(f: () => T): T;
  (): ContextManager;
  /** The same function, run under this mode at every call. */
  wrap<F extends AnyFunction>(f: F): F;
}

function gradMode(make: () => Guard): GradMode {
  const run = (f?: () => unknown) => (f === undefined ? new ContextManager(make()) : runUnder(make(), f));
  return Object.assign(run, { wrap: (f: AnyFunction) => wrapWith(make, f) }) as GradMode;
}

export function wrapWith<F extends AnyFunction>(make: () => Guard, f: F): F {
  return function (this: any, ...args: any[]) {
    return runUnder(make(), () => f.apply(this, args));
  } as F;
}

/** No op inside records a graph: results have `requires_grad` false. */
export const no_grad: GradMode = gradMode(() => gradGuard(false));

/** Ops inside record a graph again, within `no_grad`. */
export const enable_grad: GradMode = gradMode(() => gradGuard(true));

/** `set_grad_enabled(mode, f)` runs `f` under the mode; `set_grad_enabled(mode)` acts at once, and undoes itself at the end of a `using` block. */
export const set_grad_enabled = Object.assign(
  (enabled: boolean, f?: () => unknown): any => {
    const guard = gradGuard(enabled);
    return f === undefined ? new ContextManager(guard) : runUnder(guard, f);
  },
  { wrap: <F extends AnyFunction>(enabled: boolean, f: F): F => wrapWith(() => gradGuard(enabled), f) },
) as {
  <T>(mode: boolean, f: () => T): T;
  (mode: boolean): ContextManager;
  wrap<F extends AnyFunction>(mode: boolean, f: F): F;
};

/** Like `no_grad`, and what is made inside can never take part in a graph later. */
export const inference_mode: GradMode = gradMode(() => gradGuard(false, true));

/** Whether ops record a graph here. */
export function is_grad_enabled(): boolean {
  return mode.grad;
}

/** Whether this runs inside `inference_mode`. */
export function is_inference_mode_enabled(): boolean {
  return mode.inference;
}
