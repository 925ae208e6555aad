/** Everything that `import * as torch from "gradlens"` gives. */
import "./install";

export { as_tensor, tensor } from "./construct";
export { DType as dtype, get_default_dtype, promote_types, set_default_dtype } from "./dtype";
export {
  bool,
  float32,
  float32 as float,
  float64,
  float64 as double,
  int8,
  int16,
  int16 as short,
  int32,
  int32 as int,
  int64,
  int64 as long,
  uint8,
} from "./dtype";
export * from "./generated/functions";
export { enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled } from "./autograd/gradMode";
export { set_printoptions } from "./printing";
export { default_generator, Generator, manual_seed } from "./random";
export { sliceIndex as slice } from "./ops/indexing";
export { Tensor } from "./tensor";
export * as autograd from "./autograd";
export * as nn from "./nn";
export * from "./errors";
