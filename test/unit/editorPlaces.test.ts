import { describe, expect, it } from "vitest";
import { cellAround } from "../../src/editor/cells";
import { Places, shift } from "../../src/editor/places";
import type { SourceRange } from "../../src/trace/model";
import { article } from "./fixtures/article";

const at = (line: number, column: number) => ({ line, column });
const range = (line: number, from: number, to: number): SourceRange => ({
  file: 0,
  start: at(line, from),
  end: at(line, to),
});
const insert = (line: number, column: number, text: string) => ({
  start: at(line, column),
  end: at(line, column),
  text,
});

describe("a range after an edit", () => {
  const b = range(4, 6, 7);

  it("stays when the edit is behind it", () => {
    expect(shift(b, insert(4, 7, "eta"))).toBe(b);
    expect(shift(b, insert(9, 0, "\n"))).toBe(b);
  });

  it("moves with text before it in its line", () =>
    expect(shift(b, insert(4, 0, "export "))).toEqual(range(4, 13, 14)));

  it("moves with lines above it", () => {
    expect(shift(b, insert(2, 3, "one\ntwo"))).toEqual(range(5, 6, 7));
    expect(shift(b, { start: at(1, 0), end: at(3, 0), text: "" })).toEqual(range(2, 6, 7));
  });

  it("changes column when its line is joined to another", () => {
    // Line 3 ends at column 10: removing the break puts column 6 at 16.
    expect(shift(b, { start: at(3, 10), end: at(4, 0), text: "" })).toEqual(range(3, 16, 17));
  });

  it("is lost when the edit touches its inside", () => {
    const call = range(4, 10, 22);
    expect(shift(call, insert(4, 15, "x"))).toBeNull();
    expect(shift(call, { start: at(4, 8), end: at(4, 11), text: "" })).toBeNull();
    expect(shift(call, { start: at(4, 0), end: at(5, 0), text: "" })).toBeNull();
  });
});

describe("the places of a run", () => {
  it("follow several edits at once and come back with the text", () => {
    const places = new Places(article);
    const { range: sin } = article.nodes[3]!;
    places.apply(0, [insert(0, 0, "// a\n"), insert(4, 0, "  ")]);
    expect(places.at(sin!)).toEqual({ ...sin, start: at(5, 12), end: at(5, 24) });
    places.apply(0, [insert(5, 14, "!")]);
    expect(places.at(sin!)).toBeUndefined();
    places.reset(0);
    expect(places.at(sin!)).toBe(sin);
  });

  it("do not follow edits in other files", () => {
    const places = new Places(article);
    places.apply(1, [insert(0, 0, "\n")]);
    expect(places.at(article.captures[0]!.range)).toBe(article.captures[0]!.range);
  });
});

describe("cells", () => {
  const text = "setup\n// %% one\na\n  //%%\nb\n";
  it.each([
    [0, "setup\n"],
    [8, "// %% one\na\n"],
    [text.length, "  //%%\nb\n"],
  ])("around offset %i", (offset, cell) => {
    const { start, end } = cellAround(text, offset)!;
    expect(text.slice(start, end)).toBe(cell);
  });

  it("are none without a marker of their own line", () => expect(cellAround("a // %% b", 0)).toBeNull());
});
