/** `torch.nn`. */

export * from "./container";
export * from "./conv";
export * as functional from "./functional";
export * as init from "./init";
export * from "./linear";
export { Module } from "./module";
export { Parameter } from "./parameter";
export { ParameterDict, ParameterList } from "./parameterContainers";
