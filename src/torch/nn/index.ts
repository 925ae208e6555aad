/** `torch.nn`. */

export * as functional from "../generated/functional";
export { Parameter } from "./parameter";
