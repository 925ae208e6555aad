/** Unit tests run with the kernels that programs get in the runner. */
import { prepareKernels } from "../../src/runner/kernels";
import { poisonMemory } from "../../src/torch/kernels/memory";
import { availableSets } from "../../src/torch/kernels/wasm";

prepareKernels();
// Asks for what the platform keeps behind a flag, before any test compiles a module.
availableSets();
if (process.env.GRADLENS_POISON) poisonMemory(true);
