/** `torch.nn.utils`. */

import { functional_call } from "../../func/modules";

export {
  fuse_conv_bn_eval,
  fuse_conv_bn_weights,
  fuse_linear_bn_eval,
  fuse_linear_bn_weights,
} from "./fusion";
export * from "./gradients";
export * as parametrizations from "./parametrizations";
export * as parametrize from "./parametrize";
export * as prune from "./prune";
export { remove_spectral_norm, remove_weight_norm, spectral_norm, weight_norm } from "./reparametrizations";
export * as rnn from "./rnn";
export { skip_init } from "./skipInit";
/** `torch.nn.utils.stateless`. */
export const stateless = { functional_call };
