/** `resize_`: the one op that changes the sizes of a tensor that exists. */
import { RuntimeError } from "../errors";
import { contiguousStrides, numel } from "../shape";
import type { Tensor } from "../tensor";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Row-major sizes over the same memory, which grows where it must. */
export function resize_(t: Tensor, sizes: readonly number[]): Tensor {
  if (t.requires_grad) throw new RuntimeError("cannot resize variables that require grad");
  if (sizes.some((s) => s < 0)) throw new RuntimeError("numel: integer multiplication overflow");
  const needed = t.offset + numel(sizes);
  const storage: Mutable<Tensor["storageOf"]> = t.storageOf;
  if (needed > storage.data.length) {
    const grown = t.dtype.allocate(needed);
    grown.set(storage.data);
    storage.data = grown;
  }
  const self: Mutable<Pick<Tensor, "shape" | "strides">> = t;
  self.shape = [...sizes];
  self.strides = contiguousStrides(sizes);
  t.versions.n++;
  return t;
}
