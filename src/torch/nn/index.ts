/** `torch.nn`. */

export * from "./activation";
export { AdaptiveLogSoftmaxWithLoss } from "./adaptive";
export { MultiheadAttention } from "./attention";
export {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  SyncBatchNorm,
} from "./batchnorm";
export * from "./container";
export * from "./conv";
export * from "./dropout";
export * from "./embedding";
export * as functional from "./functional";
export * as init from "./init";
export * from "./lazy";
export * from "./linear";
export * from "./loss";
export { Module } from "./module";
export * as modules from "./modules";
export * from "./normalization";
export * from "./padding";
export { Parameter } from "./parameter";
export { ParameterDict, ParameterList } from "./parameterContainers";
export * as parameter from "./parameterModule";
export * from "./pooling";
export * from "./resampling";
export * from "./rnn";
export * from "./transformer";
export { UninitializedBuffer, UninitializedParameter } from "./uninitialized";
export * as utils from "./utils";
