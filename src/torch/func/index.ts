/** `torch.func`. */
export {
  combine_state_for_ensemble,
  functional_call,
  make_functional,
  make_functional_with_buffers,
  stack_module_state,
} from "./modules";
export { grad, grad_and_value, hessian, jacfwd, jacrev, jvp, vjp } from "./transforms";
export { vmap } from "./vmap";
