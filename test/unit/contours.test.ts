import { describe, expect, test } from "vitest";
import { contourLines, contourRings, type Field, niceLevels } from "../../src/plot/contours";

const axis = (count: number, from: number, to: number) =>
  Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
const field = (x: number[], y: number[], f: (x: number, y: number) => number): Field => ({
  x,
  y,
  values: y.flatMap((b) => x.map((a) => f(a, b))),
});
const points = (line: number[]) => Array.from({ length: line.length / 2 }, (_, i) => [line[2 * i]!, line[2 * i + 1]!]);

describe("lines of equal value", () => {
  test("of a plane are straight, and end at the border", () => {
    const [line, ...more] = contourLines(
      field([0, 1, 2], [0, 1, 2], (x) => x),
      0.5,
    );
    expect(more).toEqual([]);
    expect(points(line!).map(([x]) => x)).toEqual([0.5, 0.5, 0.5]);
    expect(
      points(line!)
        .map(([, y]) => y)
        .sort(),
    ).toEqual([0, 1, 2]);
  });

  test("of x² + y² are circles", () => {
    const grid = axis(41, -2, 2);
    const lines = contourLines(
      field(grid, grid, (x, y) => x * x + y * y),
      1,
    );
    expect(lines).toHaveLength(1);
    for (const [x, y] of points(lines[0]!)) expect(Math.hypot(x!, y!)).toBeCloseTo(1, 2);
    expect(lines[0]!.slice(0, 2)).toEqual(lines[0]!.slice(-2));
  });

  test("of a saddle are two branches that do not cross", () => {
    const lines = contourLines(
      field([-1, 1], [-1, 1], (x, y) => x * y),
      0.5,
    );
    expect(lines).toHaveLength(2);
  });

  test("stop at what is no number", () => {
    const lines = contourLines(
      field([0, 1, 2], [0, 1, 2], (x, y) => (x === 1 && y === 1 ? Number.NaN : x)),
      0.5,
    );
    expect(lines.flat().every(Number.isFinite)).toBe(true);
  });
});

describe("regions at or above a level", () => {
  const grid = axis(61, -3, 3);

  test("have the area of the mathematics: a disc's is π r²", () => {
    const [ring, ...more] = contourRings(
      field(grid, grid, (x, y) => 4 - x * x - y * y),
      0,
    );
    expect(more).toEqual([]);
    expect(ring!.above).toBe(true);
    expect(ring!.area).toBeCloseTo(Math.PI * 4, 1);
  });

  test("reach to the border and know their holes", () => {
    const rings = contourRings(
      field(grid, grid, (x, y) => x * x + y * y),
      1,
    ).sort((a, b) => b.area - a.area);
    expect(rings.map(({ above }) => above)).toEqual([true, false]);
    expect(rings[0]!.area).toBeCloseTo(36, 6);
    expect(rings[1]!.area).toBeCloseTo(Math.PI, 1);
  });

  test("are the same whichever way the rows run", () => {
    const down = [...grid].reverse();
    const rings = contourRings(
      field(grid, down, (x, y) => 1 - x * x - y * y),
      0,
    );
    expect(rings.map(({ above }) => above)).toEqual([true]);
  });
});

test("levels are round numbers round the values", () => {
  expect(niceLevels([0, 10], 7)).toEqual([0, 2, 4, 6, 8, 10]);
  expect(niceLevels([-0.13, 0.41], 5)).toEqual([-0.2, -0.1, 0, 0.1, 0.2, 0.3, 0.4, 0.5]);
  expect(niceLevels([Number.NaN, 3], 4)).toEqual([3]);
});
