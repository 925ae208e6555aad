/** `torch.autograd.function`. */
export { AutogradFunction as Function, FunctionCtx, once_differentiable } from "./function";
