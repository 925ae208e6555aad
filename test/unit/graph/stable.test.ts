import { describe, expect, it } from "vitest";
import { type LayoutInput, type LayoutResult, layout, type Prior } from "../../../src/graph";
import { randomNumbers } from "../../webview/traces";
import { cards, expectClean, randomGraph } from "./check";

const HEIGHT = 44;

/** What is remembered of `placed` for a graph in which node `v` was `was[v]`; -1 for a new one. */
function priorOf(input: LayoutInput, placed: LayoutResult, was: readonly number[], anchor?: number): Prior {
  const of = (values: Float64Array) => Float64Array.from(was, (v) => (v < 0 ? Number.NaN : values[v]!));
  const now = new Map(was.map((old, v) => [old, v]));
  const { producer, top, x } = placed.trunks;
  const kept = [...producer.keys()].filter((i) => now.has(producer[i]!));
  return {
    x: of(placed.x),
    y: of(placed.y),
    height: of(input.height),
    trunks: {
      producer: Int32Array.from(kept, (i) => now.get(producer[i]!)!),
      top: Float64Array.from(kept, (i) => top[i]!),
      x: Float64Array.from(kept, (i) => x[i]!),
    },
    ...(anchor === undefined ? {} : { anchor }),
  };
}

const identity = (count: number) => Array.from({ length: count }, (_, v) => v);
const pairsOf = ({ from, to }: LayoutInput) => [...from].map((u, e) => [u, to[e]!] as [number, number]);

/** The graph with a new op in the middle of edge `e`; the new node is the last. */
function withOp(input: LayoutInput, e: number): LayoutInput {
  const count = input.width.length;
  const pairs = pairsOf(input).flatMap(([u, v], i): [number, number][] =>
    i === e
      ? [
          [u, count],
          [count, v],
        ]
      : [[u, v]],
  );
  return cards(count + 1, pairs);
}

describe("a second layout", () => {
  it.each([1, 2, 3, 4, 5, 6])("of the same graph moves no node and no edge (seed %i)", (seed) => {
    const input = randomGraph(200, seed);
    const first = layout(input);
    const again = layout(input, {}, priorOf(input, first, identity(200)));
    expect(again.x).toEqual(first.x);
    expect(again.y).toEqual(first.y);
    expect(again.points).toEqual(first.points);
  });

  it.each(identity(30))("with an op more moves none but its neighbours by a card's height (seed %i)", (seed) => {
    const count = 120;
    const input = randomGraph(count, seed + 1);
    const first = layout(input);
    const e = Math.floor(randomNumbers(seed + 77)() * input.from.length);
    const more = withOp(input, e);
    const second = layout(more, {}, priorOf(input, first, [...identity(count), -1]));
    expectClean(more, second);
    for (let v = 0; v < count; v++) {
      if (v === input.from[e] || v === input.to[e]) continue;
      expect(Math.abs(second.x[v]! - first.x[v]!), `node ${v} moved sideways`).toBeLessThan(HEIGHT);
      expect(Math.abs(second.y[v]! - first.y[v]!), `node ${v} moved`).toBeLessThan(HEIGHT);
    }
  });

  it.each([1, 2, 3, 4, 5])("without an op keeps the rest where it was (seed %i)", (seed) => {
    const input = randomGraph(100, seed);
    const first = layout(input);
    // A leaf goes: nothing else hangs on it.
    const leaf = identity(100).findLast((v) => !input.from.includes(v))!;
    const was = identity(100).filter((v) => v !== leaf);
    const number = (v: number) => was.indexOf(v);
    const fewer = cards(
      99,
      pairsOf(input)
        .filter(([, v]) => v !== leaf)
        .map(([u, v]) => [number(u), number(v)]),
    );
    const second = layout(fewer, {}, priorOf(input, first, was));
    expect([...second.y]).toEqual(was.map((v) => first.y[v]));
  });

  it("stays clean through twenty edits", () => {
    let input = randomGraph(60, 9);
    let placed = layout(input);
    const random = randomNumbers(5);
    for (let edit = 0; edit < 20; edit++) {
      const more = withOp(input, Math.floor(random() * input.from.length));
      placed = layout(more, {}, priorOf(input, placed, [...identity(input.width.length), -1]));
      input = more;
      expectClean(input, placed);
    }
  });

  it("keeps what is above an opened node, and moves what is below by as much as it grew", () => {
    const input = cards(4, [
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
    const first = layout(input);
    const opened: LayoutInput = { ...input, height: Float64Array.of(44, 300, 44, 44), width: input.width.slice() };
    opened.width[1] = 400;
    const second = layout(opened, {}, priorOf(input, first, identity(4), 1));
    expectClean(opened, second);
    expect(second.y[0]).toBe(first.y[0]);
    expect(second.y[1]! - 150).toBe(first.y[1]! - 22);
    expect(second.y[2]! - first.y[2]!).toBe(256);
    expect(second.y[3]! - first.y[3]!).toBe(256);
    const closed = layout(input, {}, priorOf(opened, second, identity(4), 1));
    expect(closed.y).toEqual(first.y);
    expect(closed.x).toEqual(first.x);
  });

  it("starts afresh when most of the graph is new", () => {
    const input = randomGraph(50, 3);
    const other = randomGraph(50, 4);
    const few = identity(50).map((v) => (v < 5 ? v : -1));
    expect(layout(other, {}, priorOf(input, layout(input), few)).x).toEqual(layout(other).x);
  });

  it("goes to the right as it goes down", () => {
    const input = cards(3, [
      [0, 1],
      [1, 2],
    ]);
    const { x, y } = layout(input, { direction: "right" });
    expect([...x]).toEqual([...x].sort((a, b) => a - b));
    expect(new Set(y).size).toBe(1);
    expectClean(randomGraph(80, 2), layout(randomGraph(80, 2), { direction: "right" }));
  });
});
