/** `torch.autograd`. */
import { autogradEntry } from "../tensor";
import { tensorBackward } from "./backward";
import { regenerateViewGradFn } from "./inPlace";

autogradEntry.backward = tensorBackward;
autogradEntry.regenerateViewGradFn = regenerateViewGradFn;

export { detect_anomaly, set_detect_anomaly } from "./anomaly";
export { backward } from "./backward";
export { grad } from "./batched";
export * as forward_ad from "./forwardAd";
export { AutogradFunction as Function, FunctionCtx, once_differentiable } from "./function";
export * as functional from "./functional";
export * as function from "./functionModule";
export { gradcheck, gradgradcheck } from "./gradcheck";
export { enable_grad, inference_mode, no_grad, set_grad_enabled } from "./gradMode";
export * as graph from "./graph";
export { AccumulateGrad, Node } from "./node";
