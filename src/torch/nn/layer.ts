/** What layers share: types of their calls, and their first values. */
import { type DType, get_default_dtype } from "../dtype";
import { allocate, type Tensor } from "../tensor";
import { Module } from "./module";
import { Parameter } from "./parameter";

/** `Module` with the types of its call; the class is the same at run time. */
const called = <C extends (...args: any[]) => any>(): (new () => C & Module) =>
  Module as unknown as new () => C & Module;

/** A module from one tensor to one. */
export const TensorLayer = called<(input: Tensor) => Tensor>();
/** A module of two tensors. */
export const PairLayer = called<(a: Tensor, b: Tensor) => Tensor>();
/** A module of three tensors. */
export const TripleLayer = called<(a: Tensor, b: Tensor, c: Tensor) => Tensor>();

/** A parameter whose values are yet to be drawn; zeros until then. */
export const emptyParameter = (shape: number[], dtype: DType | null = null): Parameter =>
  new Parameter(allocate(shape, dtype ?? get_default_dtype()));

/** A buffer, or a constant, of one value. */
export const filled = (shape: number[], value: number, dtype: DType | null = null): Tensor => {
  const out = allocate(shape, dtype ?? get_default_dtype());
  out.storageOf.data.fill(value);
  return out;
};
