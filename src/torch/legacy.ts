/** `torch.FloatTensor([1, 2])` and its like: the constructors of PyTorch's first years. */
import { type TensorData, tensor } from "./construct";
import { bool, type DType, float16, float32, float64, int8, int16, int32, int64, uint8 } from "./dtype";
import { allocate, type Tensor } from "./tensor";

/** Makes a tensor of its dtype from an array, or of the given sizes, with `new` or without. */
interface LegacyConstructor {
  new (data: TensorData): Tensor;
  new (...sizes: number[]): Tensor;
  (data: TensorData): Tensor;
  (...sizes: number[]): Tensor;
}

function of(dtype: DType): LegacyConstructor {
  // No arrow: what a function returns is what `new` gives.
  function make(first?: unknown, ...rest: number[]): Tensor {
    if (first !== undefined && typeof first !== "number") return tensor(first as TensorData, { dtype });
    return allocate(first === undefined ? [0] : [first, ...rest], dtype);
  }
  return make as unknown as LegacyConstructor;
}

export const FloatTensor = of(float32);
export const DoubleTensor = of(float64);
export const HalfTensor = of(float16);
export const LongTensor = of(int64);
export const IntTensor = of(int32);
export const ShortTensor = of(int16);
export const CharTensor = of(int8);
export const ByteTensor = of(uint8);
export const BoolTensor = of(bool);
