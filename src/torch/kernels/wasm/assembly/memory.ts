/** Where the kernels' constants end and the engine's scratch memory begins. */
export function scratchBase(): usize {
  return __heap_base;
}
