import { expect } from "vitest";
import type { LayoutInput } from "../../../src/graph";
import { autogradPairs } from "../../webview/traces";

/** Cards of one size joined by `pairs` (consumer, producer). */
export function cards(count: number, pairs: readonly (readonly [number, number])[], width = 120): LayoutInput {
  return {
    width: new Float64Array(count).fill(width),
    height: new Float64Array(count).fill(44),
    from: Int32Array.from(pairs, ([from]) => from),
    to: Int32Array.from(pairs, ([, to]) => to),
  };
}

/** As autograd's are: edges ≈ 1.1 n, mostly to nearby nodes, a few far. */
export const randomGraph = (count: number, seed: number): LayoutInput => cards(count, autogradPairs(count, seed));

interface Picture {
  x: Float64Array;
  y: Float64Array;
  points: Float64Array;
  pointStart: Int32Array;
}

/** Points along a quadratic B-spline with clamped ends. */
function* curve(points: Float64Array, start: number, end: number): Generator<[number, number]> {
  const at = (i: number): [number, number] => [points[2 * i]!, points[2 * i + 1]!];
  const middle = (a: [number, number], b: [number, number]): [number, number] => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  for (let i = start + 1; i < end - 1; i++) {
    const p = i === start + 1 ? at(start) : middle(at(i - 1), at(i));
    const q = i === end - 2 ? at(end - 1) : middle(at(i), at(i + 1));
    for (let t = 0; t <= 1; t += 0.1) {
      const mix = (k: 0 | 1) => (1 - t) ** 2 * p[k] + 2 * t * (1 - t) * at(i)[k] + t * t * q[k];
      yield [mix(0), mix(1)];
    }
  }
}

/** No two cards overlap, and no edge runs through a card that it does not belong to. */
export function expectClean(input: LayoutInput, { x, y, points, pointStart }: Picture): void {
  const { width, height, from, to } = input;
  const byY = [...y.keys()].sort((a, b) => y[a]! - y[b]!);
  const tallest = height.reduce((most, h) => Math.max(most, h), 0);
  byY.forEach((a, i) => {
    for (let j = i + 1; j < byY.length && y[byY[j]!]! - y[a]! < tallest; j++) {
      const b = byY[j]!;
      const apart =
        Math.abs(x[a]! - x[b]!) >= (width[a]! + width[b]!) / 2 + 1 ||
        Math.abs(y[a]! - y[b]!) >= (height[a]! + height[b]!) / 2 + 1;
      if (!apart) expect.fail(`cards ${a} and ${b} overlap`);
    }
  });
  for (let e = 0; e < from.length; e++) {
    for (const [px, py] of curve(points, pointStart[e]!, pointStart[e + 1]!)) {
      for (let v = 0; v < x.length; v++) {
        if (v === from[e] || v === to[e]) continue;
        if (Math.abs(py - y[v]!) > height[v]! / 2 - 2 || Math.abs(px - x[v]!) > width[v]! / 2 - 1) continue;
        expect.fail(`edge ${e} runs through card ${v}`);
      }
    }
  }
}
