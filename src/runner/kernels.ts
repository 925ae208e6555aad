/** What a Node process decides about the engine's kernels before a program runs. */
import { type KernelSet, useKernels } from "../torch/kernels/wasm";

/** `GRADLENS_KERNELS` (`typescript`, `simd`, `relaxed`) chooses a set of kernels; throws RangeError for one that is not there. */
export function prepareKernels(): void {
  const { GRADLENS_KERNELS } = process.env;
  if (GRADLENS_KERNELS) useKernels(GRADLENS_KERNELS as KernelSet);
}
