import { describe, expect, it } from "vitest";
import { type LayoutInput, layout, layoutInput, viewOf } from "../../../src/graph";
import { article } from "../fixtures/article";
import { cards, expectClean, randomGraph } from "./check";

const chain = (count: number) =>
  cards(
    count,
    Array.from({ length: count - 1 }, (_, i) => [i, i + 1] as const),
  );

function expectNothingOverlaps(input: LayoutInput): void {
  expectClean(input, layout(input));
}

describe("layout", () => {
  it("stands the article's chain in one column, root on top", () => {
    const input = layoutInput(viewOf(article));
    const { x, y, rank, points, pointStart } = layout(input);
    expect([...rank]).toEqual([0, 1, 2, 3, 4]);
    expect(new Set(x).size).toBe(1);
    expect([...y]).toEqual([...y].sort((a, b) => a - b));
    // A straight edge is its two ends.
    expect([...pointStart]).toEqual([0, 2, 4, 6, 8]);
    expect(points[1]).toBe(y[0]! + 22);
    expect(points[3]).toBe(y[1]! - 22);
  });

  it("puts every producer below its consumers", () => {
    const input = randomGraph(500, 3);
    const { rank } = layout(input);
    for (const [e, from] of input.from.entries()) expect(rank[input.to[e]!]!).toBeGreaterThan(rank[from]!);
  });

  it.each([1, 2, 3, 4, 5])("lets nothing overlap and no edge run through a node (seed %i)", (seed) => {
    expectNothingOverlaps(randomGraph(150, seed));
  });

  it("leads a long edge past the nodes between", () => {
    // 0 → 1 → 2 → 3 and 0 → 3: the residual connection.
    expectNothingOverlaps(
      cards(4, [
        [0, 1],
        [1, 2],
        [2, 3],
        [0, 3],
      ]),
    );
  });

  it("keeps the longest way down straight, and hangs leaves beside it", () => {
    // add(mul(x, w), b): 0 → 1 → 2, 1 → 3, 0 → 4
    const { x } = layout(
      cards(5, [
        [0, 1],
        [0, 4],
        [1, 2],
        [1, 3],
      ]),
    );
    expect(x[0]).toBe(x[1]);
    expect(new Set([x[2], x[3]]).has(x[1])).toBe(true);
    expect(x[4]).not.toBe(x[0]);
  });

  it("draws both edges of x · x", () => {
    const { points, pointStart } = layout(
      cards(2, [
        [0, 1],
        [0, 1],
      ]),
    );
    expect(points[0]).not.toBe(points[2 * pointStart[1]!]);
  });

  it("is the same every time", () => {
    expect(layout(randomGraph(300, 7))).toEqual(layout(randomGraph(300, 7)));
  });

  it("stands components side by side", () => {
    const { x, width } = layout(
      cards(4, [
        [0, 1],
        [2, 3],
      ]),
    );
    expect(x[2]! - x[0]!).toBeGreaterThan(120);
    expect(width).toBe(120 + 56 + 120);
  });

  it("survives a cycle, a loop and nothing at all", () => {
    const { x, y } = layout(
      cards(3, [
        [0, 1],
        [1, 2],
        [2, 0],
        [1, 1],
      ]),
    );
    expect([...x, ...y].every(Number.isFinite)).toBe(true);
    expect(layout(cards(0, []))).toMatchObject({ width: 0, height: 0 });
  });

  it("does not overflow on a chain of 50,000, nor on a weight that each of its steps uses", () => {
    expect(layout(chain(50_000)).rank[49_999]).toBe(49_999);
    const steps = 20_000;
    const pairs = Array.from(
      { length: steps },
      (_, i) =>
        [
          [i, i + 1],
          [i, steps + 1],
        ] as const,
    ).flat();
    expect(layout(cards(steps + 2, pairs)).rank[steps + 1]).toBe(steps);
  });

  it("lays 1,000 nodes out in less than 100 ms", () => {
    // Of processor time, at best: what else the machine does is not the layout's.
    const took = Array.from({ length: 8 }, (_, seed) => {
      const input = randomGraph(1000, seed + 1);
      const begin = process.cpuUsage();
      layout(input);
      return process.cpuUsage(begin).user / 1000;
    });
    expect(Math.min(...took)).toBeLessThan(100);
  });
});
