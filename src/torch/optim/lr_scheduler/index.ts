/** `torch.optim.lr_scheduler`. */
export {
  ConstantLR,
  CosineAnnealingLR,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  MultiplicativeLR,
  MultiStepLR,
  PolynomialLR,
  StepLR,
} from "./chainable";
export { ChainedScheduler, SequentialLR } from "./combined";
export { CosineAnnealingWarmRestarts, CyclicLR, OneCycleLR } from "./cyclic";
export { ReduceLROnPlateau } from "./plateau";
export { LRScheduler, LRScheduler as _LRScheduler } from "./scheduler";
