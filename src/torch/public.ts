/** Everything that `import * as torch from "gradlens"` gives. */
import "./install";

export * as autograd from "./autograd";
export { enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled } from "./autograd/gradMode";
export { as_tensor, tensor } from "./construct";
export { are_deterministic_algorithms_enabled, backends, cuda, device, use_deterministic_algorithms } from "./device";
export {
  bfloat16,
  bool,
  DType as dtype,
  float16,
  float16 as half,
  float32,
  float32 as float,
  float64,
  float64 as double,
  get_default_dtype,
  int8,
  int16,
  int16 as short,
  int32,
  int32 as int,
  int64,
  int64 as long,
  promote_types,
  set_default_dtype,
  uint8,
} from "./dtype";
export * from "./errors";
export * as func from "./func";
export { vmap } from "./func/vmap";
export * as fft from "./generated/fft";
export * from "./generated/functions";
export * as linalg from "./generated/linalg";
export * as masked from "./generated/masked";
export * as special from "./generated/special";
export * from "./legacy";
export { finfo, iinfo } from "./limits";
export * as nn from "./nn";
export { broadcast_shapes } from "./ops/arranging";
export { index_put, sliceIndex as slice } from "./ops/indexing";
export * from "./ops/queries";
export * as optim from "./optim";
export { set_printoptions } from "./printing";
export * as random from "./random";
export {
  default_generator,
  Generator,
  get_rng_state,
  initial_seed,
  manual_seed,
  seed,
  set_rng_state,
} from "./random";
export { load, loadFromBytes, save, saveToBytes, serialization } from "./serialization";
export { Tensor } from "./tensor";
export { get_num_threads, set_num_threads } from "./threads";
export * as utils from "./utils";
