/** `torch.nn.modules.module`. */
export {
  register_module_forward_hook,
  register_module_forward_pre_hook,
  register_module_full_backward_hook,
} from "./hooks";
export { Module } from "./module";
