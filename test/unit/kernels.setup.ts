/** Unit tests run with the kernels that programs get in the runner. */
import { prepareKernels } from "../../src/runner/kernels";

prepareKernels();
