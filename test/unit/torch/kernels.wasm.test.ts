/** Which kernels run, and the scratch memory of the WASM ones. */
import { beforeEach, describe, expect, it } from "vitest";
import { availableSets, kernels, useKernels } from "../../../src/torch/kernels/wasm";

beforeEach(() => useKernels("best"));

describe("kernel sets", () => {
  it("runs the last of those that the platform has", () => {
    expect(availableSets()).toEqual(["typescript", "simd", "relaxed"]);
    expect(kernels()?.set).toBe("relaxed");
  });

  it.each(["typescript", "simd", "relaxed"] as const)("runs %s when asked to", (set) => {
    useKernels(set);
    expect(kernels()?.set ?? "typescript").toBe(set);
  });

  it("names what there is when asked for another", () => {
    expect(() => useKernels("gpu" as "simd")).toThrow(
      new RangeError("There are no kernels 'gpu' here; this platform has: typescript, simd, relaxed."),
    );
  });
});

describe("scratch memory", () => {
  it("is a stack that grows", () => {
    const wasm = kernels()!;
    const mark = wasm.mark();
    const small = wasm.take(100);
    const large = wasm.take(50_000_000);
    expect(small % 64).toBe(0);
    expect(large).toBe(small + 128);
    wasm.f32[(large >> 2) + 12_499_999] = 7;
    expect(wasm.f32[(large >> 2) + 12_499_999]).toBe(7);
    wasm.release(mark);
    expect(wasm.take(4)).toBe(small);
    wasm.release(mark);
  });
});
