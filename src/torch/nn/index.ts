/** `torch.nn`. */
export * as functional from "../generated/functional";
