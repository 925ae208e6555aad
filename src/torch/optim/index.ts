/** `torch.optim`. */
export { Adam, type AdamOptions, AdamW } from "./adam";
export { Adamax, type AdaptiveOptions, NAdam, type NAdamOptions, RAdam, SparseAdam } from "./adaptive";
export {
  Adadelta,
  type AdadeltaOptions,
  Adagrad,
  type AdagradOptions,
  ASGD,
  type ASGDOptions,
  RMSprop,
  type RMSpropOptions,
  Rprop,
  type RpropOptions,
} from "./classic";
export { LBFGS, type LBFGSOptions } from "./lbfgs";
export * as lr_scheduler from "./lr_scheduler";
export { Optimizer, type OptimizerStateDict, type ParamGroup, type Params } from "./optimizer";
export { SGD, type SGDOptions } from "./sgd";
export * as swa_utils from "./swa_utils";
