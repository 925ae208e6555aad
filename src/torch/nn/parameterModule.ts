/** `torch.nn.parameter`. */
export { Parameter } from "./parameter";
export { is_lazy, UninitializedBuffer, UninitializedParameter } from "./uninitialized";
