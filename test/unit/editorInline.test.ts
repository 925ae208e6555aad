import { describe, expect, it } from "vitest";
import { inlineText, inlineTexts, sparkline } from "../../src/editor/inlineText";
import type { Capture, Trace } from "../../src/trace/model";
import { ARTICLE, article, place } from "./fixtures/article";

const number = (name: string, value: number, values?: number[]): Capture => ({
  kind: "variable",
  name,
  range: place(3, "x"),
  count: values?.length ?? 1,
  last: { kind: "number", value },
  ...(values ? { history: { stride: 1, total: values.length, values } } : {}),
});

const lines = ARTICLE.split("\n");
const textOf = (line: number) => lines[line] ?? "";
const textsOf = (trace: Pick<Trace, "captures" | "console" | "nodes">) =>
  new Map([...inlineTexts(trace, { file: 0, at: (range) => range, textOf })].map(([line, { text }]) => [line, text]));

describe("values at the ends of lines", () => {
  it("say shape and gradient norm, a scalar its number", () => {
    // ‖2 cos x‖ over 25 points from 0 to 2π: √(4 · 13) = 7.21.
    expect(textsOf(article)).toEqual(
      new Map([
        [3, "x [25] · ‖∇‖ 7.21"],
        [4, "b [25] · ‖∇‖ 10"],
        [5, "c [25] · ‖∇‖ 5"],
        [6, "d [25] · ‖∇‖ 5"],
        [7, "out 25 · ‖∇‖ 1"],
      ]),
    );
  });

  it("show a scalar's course in a loop", () => {
    expect(inlineText(number("loss", 0.5, [4, 2, 1, 0.5]))).toBe("loss 0.5 █▄▂▁ ×4");
  });

  it("leave out counters and edited places", () => {
    expect(inlineText(number("i", 3, [0, 1, 2, 3]))).toBeNull();
    expect(inlineTexts(article, { file: 0, at: () => undefined, textOf }).size).toBe(0);
  });

  it("do not repeat a number that the line says", () => {
    const rate: Capture = {
      ...number("rate", 0.5),
      range: { file: 0, start: { line: 0, column: 6 }, end: { line: 0, column: 10 } },
    };
    const shown = (line: string) =>
      inlineTexts(
        { captures: [rate], nodes: [], console: [] },
        { file: 0, at: (range) => range, textOf: () => line },
      ).get(0)?.text;
    expect(shown("const rate = 0.5;")).toBeUndefined();
    expect(shown("const rate: number = 5e-1;")).toBeUndefined();
    expect(shown("const rate = 1 / 2;")).toBe("rate 0.5");
  });

  it("join what shares a line, in its order", () => {
    const captures = [{ ...number("b", 2), range: place(3, "torch") }, number("a", 1)];
    expect(textsOf({ captures, nodes: [], console: [] }).get(3)).toBe("a 1   b 2");
  });

  it("draw a flat course flat and leave gaps for what is not finite", () => {
    expect(sparkline([2, 2])).toBe("▄▄");
    expect(sparkline([0, "nan", 1])).toBe("▁·█");
  });
});
