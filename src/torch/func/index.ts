/** `torch.func`. */
export { functional_call, stack_module_state } from "./modules";
export { grad, grad_and_value, hessian, jacfwd, jacrev, jvp, vjp } from "./transforms";
export { vmap } from "./vmap";
