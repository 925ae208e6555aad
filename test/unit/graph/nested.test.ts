import { describe, expect, it } from "vitest";
import { layoutNested, type Memory, type NestedInput } from "../../../src/graph";
import { autogradPairs, randomNumbers } from "../../webview/traces";
import { cards, expectClean } from "./check";

/** Cards 0 … n-1 in open groups; `groups[v]` is -1 or a group, `parents[g]` the group around group g. */
function nested(
  count: number,
  pairs: readonly (readonly [number, number])[],
  groups: readonly number[],
  parents: readonly number[],
): NestedInput {
  return {
    ...cards(count, pairs),
    keys: Array.from({ length: count }, (_, v) => `n${v}`),
    group: Int32Array.from(groups),
    groups: parents.map((parent, g) => ({ key: `g${g}`, parent, minWidth: 60 })),
  };
}

/** A chain of stretches, each of which is a group of its own; every second one is in a group around it. */
function random(count: number, seed: number): NestedInput {
  const number = randomNumbers(seed + 3);
  const groups: number[] = [];
  const parents: number[] = [];
  let left = 0;
  let group = -1;
  for (let v = 0; v < count; v++) {
    if (left-- <= 0) {
      left = 2 + Math.floor(number() * 8);
      group = number() < 0.3 ? -1 : parents.push(parents.length > 0 && number() < 0.3 ? parents.length - 1 : -1) - 1;
    }
    groups.push(group);
  }
  return nested(count, autogradPairs(count, seed), groups, parents);
}

describe("open groups", () => {
  it("are drawn around all that is in them, and around nothing else", () => {
    for (let seed = 1; seed <= 12; seed++) {
      const input = random(60, seed);
      const { x, y, groups } = layoutNested(input);
      const isIn = (v: number, g: number): boolean => {
        for (let at = input.group[v]!; at >= 0; at = input.groups[at]!.parent) if (at === g) return true;
        return false;
      };
      groups.forEach((box, g) => {
        for (let v = 0; v < x.length; v++) {
          const [left, top] = [x[v]! - input.width[v]! / 2, y[v]! - input.height[v]! / 2];
          const inside =
            left >= box.x && top >= box.y && left + 120 <= box.x + box.width && top + 44 <= box.y + box.height;
          const outside =
            left >= box.x + box.width || left + 120 <= box.x || top >= box.y + box.height || top + 44 <= box.y;
          if (isIn(v, g) ? !inside : !outside) expect.fail(`seed ${seed}: card ${v} and group ${g}`);
        }
      });
    }
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])("let nothing overlap and no edge run through a card (seed %i)", (seed) => {
    const input = random(60, seed);
    expectClean(input, layoutNested(input));
    expectClean(input, layoutNested(input, { direction: "right" }));
  });

  it("join the pieces of an edge without a gap", () => {
    // 0 → [1 → [2]] → 3
    const input = nested(
      4,
      [
        [0, 1],
        [1, 2],
        [2, 3],
        [0, 3],
      ],
      [-1, 0, 1, -1],
      [-1, 0],
    );
    const { x, y, points, pointStart } = layoutNested(input);
    for (let e = 0; e < 4; e++) {
      const [u, v] = [input.from[e]!, input.to[e]!];
      expect(points[2 * pointStart[e]! + 1]).toBe(y[u]! + 22);
      expect(points[2 * pointStart[e + 1]! - 2]).toBe(x[v]);
      expect(points[2 * pointStart[e + 1]! - 1]).toBe(y[v]! - 22);
      for (let p = pointStart[e]! + 1; p < pointStart[e + 1]!; p++)
        expect(points[2 * p + 1]!).toBeGreaterThanOrEqual(points[2 * p - 1]! - 1e-9);
    }
  });

  it("stand still when the same graph is laid out again", () => {
    const input = random(80, 5);
    const first = layoutNested(input);
    const again = layoutNested(input, {}, first.memory);
    expect(again.x).toEqual(first.x);
    expect(again.y).toEqual(first.y);
    expect(again.groups).toEqual(first.groups);
  });

  it("leave what is above them in its place when they open, and everything when they close again", () => {
    // 0 → G(1 → 2) → 3: closed, G is card 1.
    const closed: NestedInput = {
      ...nested(
        3,
        [
          [0, 1],
          [1, 2],
        ],
        [-1, -1, -1],
        [],
      ),
      keys: ["n0", "g0", "n3"],
    };
    const open: NestedInput = {
      ...nested(
        4,
        [
          [0, 1],
          [1, 2],
          [2, 3],
        ],
        [-1, 0, 0, -1],
        [-1],
      ),
    };
    const before = layoutNested(closed);
    const opened = layoutNested(open, {}, before.memory, "g0");
    expect([opened.x[0], opened.y[0]]).toEqual([before.x[0], before.y[0]]);
    expect(opened.groups[0]!.y).toBe(before.y[1]! - 22);
    const memory: Memory = { ...before.memory, ...opened.memory };
    const again = layoutNested(closed, {}, memory, "g0");
    expect(again.x).toEqual(before.x);
    expect(again.y).toEqual(before.y);
  });
});
