/** Copies between geometries, each beside the index arithmetic they stand for. */
import * as torch from "gradlens";
import { describe, expect, it } from "vitest";

/** Elements in row-major order, one index after the other. */
function byIndex(t: torch.Tensor): number[] {
  const out: number[] = [];
  const walk = (dim: number, at: number): void => {
    if (dim === t.ndim) out.push(t.storageOf.data[at]);
    else for (let i = 0; i < t.shape[dim]; i++) walk(dim + 1, at + i * t.stride(dim));
  };
  walk(0, t.storage_offset());
  return out;
}

type Base = (...shape: number[]) => torch.Tensor;

describe.each([torch.float32, torch.int64, torch.bool])("%s", (dtype) => {
  const base: Base = (...shape) =>
    torch
      .arange(shape.reduce((a, b) => a * b, 1))
      .reshape(shape)
      .to(dtype);

  it.each<[string, (base: Base) => torch.Tensor]>([
    ["a transposed matrix", (of) => of(40, 70).t()],
    ["a small transposed matrix", (of) => of(3, 5).t()],
    ["permuted dimensions", (of) => of(5, 20, 30, 4).permute(2, 0, 3, 1)],
    ["heads of attention", (of) => of(2, 20, 3, 16).transpose(1, 2)],
    ["a slice", (of) => of(30, 50).narrow(1, 7, 30).narrow(0, 2, 20)],
    ["every third", (of) => of(90).as_strided([30], [3], 1)],
    ["a repeated row", (of) => of(50).expand(20, 50)],
    ["a repeated column", (of) => of(40, 1).expand(40, 30)],
    ["nothing", (of) => of(4, 5).narrow(0, 0, 0)],
    ["one", (of) => of(4, 5).select(0, 2).select(0, 3)],
  ])("%s", (_, make) => {
    const source = make(base);
    const expected = byIndex(source);
    expect([...source.flatData()]).toEqual(expected);
    // Into another order of dimensions.
    const order = source.shape.map((_, d) => d).reverse();
    const turned = torch.zeros([...source.shape].reverse(), { dtype: source.dtype }).permute(order);
    expect(byIndex(turned.copy_(source))).toEqual(expected);
    expect([...source.to(torch.int32).flatData()]).toEqual(expected);
  });
});
