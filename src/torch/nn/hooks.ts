/** The call of a module, with the hooks around its `forward`. */
import { AutogradFunction, type FunctionCtx } from "../autograd/function";
import { mode } from "../autograd/gradMode";
import { type Handle, HookList, type Node } from "../autograd/node";
import { RuntimeError } from "../errors";
import { isKeywords, leading } from "../keywords";
import { seam } from "../observer";
import { Tensor } from "../tensor";
import { type ModuleState, STATE } from "./registry";

type Hook = (...args: any[]) => any;
type MaybeTensor = Tensor | null;

/** Hooks of every module. */
export const everywhere = {
  forwardPre: new HookList<Hook>(),
  forward: new HookList<Hook>(),
  backward: new HookList<Hook>(),
};

/** Adds a hook that runs before the `forward` of every module: `(module, inputs)`. */
export const register_module_forward_pre_hook = (hook: Hook): Handle => everywhere.forwardPre.add(hook);
/** Adds a hook that runs after the `forward` of every module: `(module, inputs, output)`. */
export const register_module_forward_hook = (hook: Hook): Handle => everywhere.forward.add(hook);
/** Adds a hook that gets the gradients of every module's inputs and outputs: `(module, grad_input, grad_output)`. */
export const register_module_full_backward_hook = (hook: Hook): Handle => everywhere.backward.add(hook);

/** Passes tensors on; its node is where the gradients of a module's inputs, or outputs, are seen together. */
class BackwardHookFunction extends AutogradFunction {
  static override forward = (ctx: FunctionCtx, ...args: Tensor[]) => {
    ctx.mark_non_differentiable(...args.filter((a) => !a.requires_grad));
    return args;
  };
  static override backward = (_ctx: FunctionCtx, ...grads: Tensor[]) => grads;
}

/** PyTorch's BackwardHook: the user's hook runs once the gradients of outputs and inputs are both there. */
class BackwardCapture {
  private gradOutputs: MaybeTensor[] | null = null;
  private inputs: number[] | null = null;
  private inputCount = 0;

  constructor(
    private readonly module: unknown,
    private readonly hooks: readonly Hook[],
  ) {}

  captureInputs(args: unknown[]): unknown[] {
    this.inputCount = args.length;
    const [passed, where] = passThrough(args, (node) =>
      node.register_hook((gradInputs) => {
        // Gradients may reach the inputs by a way around the outputs: then there is nothing to tell.
        if (this.gradOutputs === null) return undefined;
        let grads: MaybeTensor[] = spread(this.inputs!, gradInputs, this.inputCount);
        for (const hook of this.hooks) {
          const out = hook(this.module, grads, this.gradOutputs);
          if (out === undefined || out === null) continue;
          const list: MaybeTensor[] = Array.isArray(out) ? out : [out];
          if (list.length !== grads.length) {
            throw new RuntimeError(
              `Backward hook returned an invalid number of grad_input, got ${list.length}, but expected ${grads.length}`,
            );
          }
          grads = list;
        }
        this.gradOutputs = null;
        return this.inputs!.map((i) => grads[i]);
      }),
    );
    this.inputs = where;
    return passed;
  }

  captureOutputs(result: unknown): unknown {
    const list = Array.isArray(result) ? result : [result];
    const positions = list.flatMap((r, i) => (r instanceof Tensor ? [i] : []));
    const [passed] = passThrough(list, (node) =>
      node.register_hook((_, gradOutputs) => {
        this.gradOutputs = spread(positions, gradOutputs, list.length);
        if (this.inputs !== null) return;
        const none: MaybeTensor[] = new Array(this.inputCount).fill(null);
        for (const hook of this.hooks) {
          const out = hook(this.module, none, this.gradOutputs);
          const nothing = out === undefined || out === null || (Array.isArray(out) && out.every((o) => o === null));
          if (!nothing) {
            throw new RuntimeError(
              "Backward hook for Modules where no input requires gradient should always return None or None for all gradients.",
            );
          }
        }
        this.gradOutputs = null;
      }),
    );
    return Array.isArray(result) ? passed : passed[0];
  }
}

function spread(positions: readonly number[], values: readonly MaybeTensor[], n: number): MaybeTensor[] {
  const out: MaybeTensor[] = new Array(n).fill(null);
  positions.forEach((at, i) => {
    out[at] = values[i];
  });
  return out;
}

/** The arguments with their tensors led through one node, which `register` gets; and the positions of those tensors. */
function passThrough(args: unknown[], register: (node: Node) => void): [unknown[], number[] | null] {
  const positions = args.flatMap((a, i) => (a instanceof Tensor ? [i] : []));
  const tensors = positions.map((i) => args[i] as Tensor);
  if (!mode.grad || !tensors.some((t) => t.requires_grad)) return [args, null];
  const passed: Tensor[] = BackwardHookFunction.apply(...tensors);
  register(passed.find((t) => t.grad_fn !== null)!.grad_fn);
  const out = [...args];
  positions.forEach((at, i) => {
    out[at] = passed[i];
  });
  return [out, positions];
}

/** The first tensor within an output, where the older kind of backward hook is put. */
function firstTensor(value: any): Tensor {
  while (!(value instanceof Tensor))
    value = isKeywords(value) ? Object.values(value).find((v) => v instanceof Tensor) : value[0];
  return value;
}

/** The names of what layers take, where their `forward` knows positions alone. */
const takenBy = new Map<unknown, readonly string[]>();

/** Lets `layers` be called by keyword: `criterion({ input, target })`. */
export function takes(names: readonly string[], ...layers: readonly unknown[]): void {
  for (const layer of layers) takenBy.set(layer, names);
}

/** The arguments of such a layer in their positions. */
function placed(module: any, args: unknown[]): unknown[] {
  for (let layer = module.constructor; typeof layer === "function"; layer = Object.getPrototypeOf(layer)) {
    const names = takenBy.get(layer);
    if (names !== undefined) return leading(names, args);
  }
  return args;
}

/** Runs forward pre-hooks, `forward`, forward hooks, and sees to it that backward hooks will run. */
export function callModule(module: any, args: unknown[]): unknown {
  const { observer } = seam;
  if (!observer?.moduleStart) return callWithHooks(module, args);
  observer.moduleStart(module);
  try {
    return callWithHooks(module, args);
  } finally {
    observer.moduleEnd?.();
  }
}

function callWithHooks(module: any, args: unknown[]): unknown {
  if (isKeywords(args[args.length - 1])) args = placed(module, args);
  const state: ModuleState = module[STATE];
  if (!state.hooked && everywhere.forwardPre.size + everywhere.forward.size + everywhere.backward.size === 0) {
    return module.forward(...args);
  }
  // Hooks see positions only.
  const keywords = args.length > 1 && isKeywords(args[args.length - 1]) ? [args[args.length - 1]] : [];
  let inputs = args.slice(0, args.length - keywords.length);
  for (const hook of [...everywhere.forwardPre, ...state.forwardPreHooks]) {
    const out = hook(module, inputs);
    if (out !== undefined && out !== null) inputs = Array.isArray(out) ? out : [out];
  }
  const full = [...everywhere.backward, ...(state.fullBackwardHooks === true ? state.backwardHooks : [])];
  const capture = full.length > 0 ? new BackwardCapture(module, full) : null;
  if (capture !== null) inputs = capture.captureInputs(inputs);
  let result = module.forward(...inputs, ...keywords);
  for (const hook of [...everywhere.forward, ...state.forwardHooks]) result = hook(module, inputs, result) ?? result;
  if (capture !== null) result = capture.captureOutputs(result);
  if (state.fullBackwardHooks === false) {
    const fn = firstTensor(result).grad_fn;
    if (fn !== null) for (const hook of state.backwardHooks) fn.register_hook((...grads) => hook(module, ...grads));
  }
  return result;
}
