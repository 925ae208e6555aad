/** The WASM products against the plain loops, on matrices that lie in memory in any way. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gemm, type Matrix } from "../../../src/torch/kernels/blas";
import { Kernels } from "../../../src/torch/kernels/wasm";
import { multiply, multiplyBatch } from "../../../src/torch/kernels/wasm/gemm";

type Floats = Float32Array | Float64Array;
const sets = { simd: new Kernels("simd"), relaxed: new Kernels("relaxed") };

/** Numbers between −1 and 1 that look random and are the same each time (mulberry32). */
function numbers(count: number, seed: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  });
}

/** A matrix of a shape, by rows or by columns, `gap` elements apart, or one row (column) for all. */
function matrix(rows: number, columns: number, layout: string, gap: number, seed: number, Memory: any): Matrix {
  const [long, wide] = layout === "columns" ? [columns, rows] : [rows, columns];
  const step = layout === "spread" ? gap + 2 : 1;
  const line = wide * step + gap;
  const data = Memory.from(numbers(line * long + gap, seed));
  if (layout === "repeated") return { data, start: gap, row: 0, column: 1 };
  return layout === "columns"
    ? { data, start: gap, row: 1, column: line }
    : { data, start: gap, row: line, column: step };
}

/** Sums in doubles, without any order to speak of. */
function plain(a: Matrix, b: Matrix, out: Floats, n: number, k: number, m: number, alpha: number): Float64Array {
  return Float64Array.from({ length: n * m }, (_, at) => {
    const [i, j] = [Math.floor(at / m), at % m];
    let sum = 0;
    for (let p = 0; p < k; p++)
      sum += a.data[a.start + i * a.row + p * a.column] * b.data[b.start + p * b.row + j * b.column];
    return out[at] + alpha * sum;
  });
}

const layout = fc.constantFrom("rows", "columns", "spread", "repeated");
const shape = fc.record({
  n: fc.integer({ min: 1, max: 70 }),
  k: fc.integer({ min: 1, max: 700 }),
  m: fc.integer({ min: 1, max: 70 }),
});
const operands = fc.record({
  left: layout,
  right: layout,
  gap: fc.integer({ min: 0, max: 3 }),
  seed: fc.integer(),
  alpha: fc.constantFrom(1, -0.75),
  sum: fc.constantFrom("none", "itself", "row"),
});

type Operands = typeof operands extends fc.Arbitrary<infer T> ? T : never;

function compare(
  set: "simd" | "relaxed",
  Memory: any,
  { n, k, m }: { n: number; k: number; m: number },
  { left, right, gap, seed, alpha, sum }: Operands,
): void {
  const a = matrix(n, k, left, gap, seed, Memory);
  const b = matrix(k, m, right, gap, seed + 1, Memory);
  const values: Floats = Memory.from(numbers(n * m, seed + 2));
  const start: Floats = { none: new Memory(n * m), itself: values, row: values.map((_, i) => values[i % m]) }[sum];
  const out = sum === "itself" ? start.slice() : new Memory(n * m).fill(7);
  const added = {
    none: null,
    itself: { data: out, start: 0, row: m, column: 1 },
    row: { data: values, start: 0, row: 0, column: 1 },
  };
  const expected = Memory === Float32Array ? start : plain(a, b, start, n, k, m, alpha);
  if (Memory === Float32Array) gemm(a, b, expected as Float32Array, 0, n, k, m, alpha);
  multiply(sets[set], a, b, out, 0, n, k, m, alpha, added[sum]);
  let worst = 0;
  for (let i = 0; i < n * m; i++) worst = Math.max(worst, Math.abs(out[i] - expected[i]));
  // As many roundings of numbers below 2 as there are terms, on both sides; with fused operations the floats are the same.
  const unit = Memory === Float64Array ? 2 ** -52 : set === "relaxed" ? 0 : 2 ** -23;
  expect(worst).toBeLessThanOrEqual((k + 4) * unit);
}

describe.each(["simd", "relaxed"] as const)("%s", (set) => {
  test.each([Float32Array, Float64Array])("products of any strides: %o", (Memory) => {
    fc.assert(
      fc.property(shape, operands, (size, given) => void compare(set, Memory, size, given)),
      { numRuns: 40 },
    );
  });

  // More than scratch memory holds at once: in blocks of rows, of columns, of k.
  test.each([
    [1500, 720, 7],
    [2, 6, 200_001],
    [3, 120_007, 4],
    [30_011, 40, 1],
    [50, 40_000, 9],
    [5, 2000, 700],
  ])("%i × %i times × %i goes in blocks", (n, k, m) => {
    for (const [layout, sum] of [
      ["rows", "none"],
      ["columns", "itself"],
      ["columns", "row"],
    ] as const)
      compare(set, Float32Array, { n, k, m }, { left: layout, right: layout, gap: 1, seed: 3, alpha: 1, sum });
  });

  test.each([
    ["rows", "rows", 12, 16, 33],
    ["columns", "rows", 8, 5, 8],
    ["rows", "columns", 4, 40, 19],
  ])("a batch of %s by %s gives each product's bits", (left, right, n, k, m) => {
    const batch = 7;
    const all = (rows: number, columns: number, layout: string, seed: number) => {
      const first = matrix(rows, columns, layout, 0, seed, Float32Array);
      const data = Float32Array.from(numbers(batch * rows * columns, seed));
      return { first: { ...first, data }, step: rows * columns };
    };
    const [a, b] = [all(n, k, left, 1), all(k, m, right, 2)];
    const out = new Float32Array(batch * n * m);
    expect(multiplyBatch(sets[set], a, b, out, batch, n, k, m)).toBe(true);
    const expected = new Float32Array(batch * n * m);
    for (let i = 0; i < batch; i++) {
      const [x, y] = [a, b].map(({ first, step }) => ({ ...first, start: first.start + i * step }));
      multiply(sets[set], x, y, expected, i * n * m, n, k, m, 1, null);
    }
    expect([...out]).toEqual([...expected]);
    // Matrices far apart go one by one.
    expect(multiplyBatch(sets[set], { ...a, step: 4 * a.step }, b, out, batch, n, k, m)).toBe(false);
  });

  test("scratch memory is given back", () => {
    const mark = sets[set].mark();
    compare(
      set,
      Float32Array,
      { n: 9, k: 9, m: 9 },
      { left: "rows", right: "rows", gap: 0, seed: 1, alpha: 1, sum: "none" },
    );
    expect(sets[set].mark()).toBe(mark);
  });
});
