/** Anomaly detection: NaN in backward is an error, and errors say where the forward call stood. */
import { RuntimeError } from "../errors";
import type { Tensor } from "../tensor";
import { warn } from "../warnings";
import { type AnyFunction, ContextManager, type Guard, runUnder, wrapWith } from "./gradMode";
import type { Node } from "./node";

export const anomaly = { enabled: false, checkNan: true };

/** Runs a node; throws RuntimeError when it gives NaN, after warning with the stack of its forward call. */
export function applyWatched(node: Node, grads: (Tensor | null)[]): (Tensor | null)[] {
  try {
    const out = node.apply(grads);
    if (anomaly.checkNan) {
      out.forEach((grad, i) => {
        if (grad?.isnan().any().item()) {
          throw new RuntimeError(`Function '${node.name()}' returned nan values in its ${i}th output.`);
        }
      });
    }
    return out;
  } catch (error) {
    const where =
      node.forwardStack === null
        ? "No forward pass information available. Enable detect anomaly during forward pass for more information."
        : `Traceback of forward call that caused the error:\n${frames(node.forwardStack)}`;
    warn(`Error detected in ${node.name()}. ${where}`);
    throw error;
  }
}

/** The file that a line of a stack names. */
const fileOf = (line: string): string | undefined => /([^\s()]+):\d+:\d+\)?$/.exec(line)?.[1];

/** The caller's frames: those outside the file that the engine was bundled into. */
function frames(stack: string): string {
  const lines = stack.split("\n").slice(1);
  const engine = fileOf(lines[0] ?? "");
  const callers = lines.filter((line) => fileOf(line) !== engine);
  return (callers.length > 0 ? callers : lines).join("\n");
}

function guard(enabled: boolean, checkNan: boolean): Guard {
  let before = { ...anomaly };
  return {
    enter() {
      before = { ...anomaly };
      anomaly.enabled = enabled;
      anomaly.checkNan = checkNan;
    },
    exit() {
      Object.assign(anomaly, before);
    },
  };
}

interface DetectAnomaly {
  <T>(f: () => T): T;
  (options?: boolean | { check_nan?: boolean }): ContextManager;
  <T>(check_nan: boolean, f: () => T): T;
  wrap<F extends AnyFunction>(f: F): F;
}

/**
 * Under it, a backward that gives NaN throws RuntimeError, and any error in backward warns with the place of the forward call.
 * A callback runner, a `using` guard or, by `wrap`, a decorator.
 */
export const detect_anomaly: DetectAnomaly = Object.assign(
  (...args: unknown[]): any => {
    warnEnabled();
    const f = args.find((a) => typeof a === "function") as (() => unknown) | undefined;
    const option = args.find((a) => typeof a !== "function") as boolean | { check_nan?: boolean } | undefined;
    const checkNan = typeof option === "object" ? (option.check_nan ?? true) : (option ?? true);
    const g = guard(true, checkNan);
    return f === undefined ? new ContextManager(g) : runUnder(g, f);
  },
  { wrap: <F extends AnyFunction>(f: F): F => wrapWith(() => guard(true, true), f) },
);

/** Turns anomaly detection on or off, for a callback, a `using` block, or from here on. */
export function set_detect_anomaly(mode: boolean, check_nan?: boolean | (() => unknown), f?: () => unknown): any {
  if (mode) warnEnabled();
  const callback = typeof check_nan === "function" ? check_nan : f;
  const g = guard(mode, typeof check_nan === "boolean" ? check_nan : true);
  return callback === undefined ? new ContextManager(g) : runUnder(g, callback);
}

function warnEnabled(): void {
  warn(
    "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for debugging.",
  );
}
