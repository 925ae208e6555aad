/** What a Node process decides about the engine's kernels before a program runs. */
import { setFlagsFromString } from "node:v8";
import { type KernelSet, useKernels } from "../torch/kernels/wasm";

/**
 * Lets V8 use fused multiply-add: from Node 22 on it does by itself. `GRADLENS_KERNELS` (`typescript`, `simd`, `relaxed`)
 * chooses a set of kernels; throws RangeError for one that is not there.
 */
export function prepareKernels(): void {
  if (Number.parseInt(process.versions.node, 10) < 22) setFlagsFromString("--experimental-wasm-relaxed-simd");
  const { GRADLENS_KERNELS } = process.env;
  if (GRADLENS_KERNELS) useKernels(GRADLENS_KERNELS as KernelSet);
}
