/** `torch.autograd`. */
import { autogradEntry } from "../tensor";
import { tensorBackward } from "./backward";
import { regenerateViewGradFn } from "./inPlace";

autogradEntry.backward = tensorBackward;
autogradEntry.regenerateViewGradFn = regenerateViewGradFn;

export { backward, grad } from "./backward";
export { enable_grad, inference_mode, no_grad, set_grad_enabled } from "./gradMode";
export { AccumulateGrad, Node } from "./node";
