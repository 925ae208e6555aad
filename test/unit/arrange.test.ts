import { describe, expect, test } from "vitest";
import { arrange, describeFigure } from "../../src/plot/arrange";

const axes = (title = "") => ({
  title,
  width: 300,
  height: 150,
  layer: [
    {
      data: {
        values: [
          { x: 0, y: 1 },
          { x: 2, y: -1 },
        ],
      },
      mark: { type: "line" },
      encoding: { x: { type: "quantitative" }, y: { type: "quantitative" } },
    },
  ],
});

describe("one pair of axes", () => {
  test("takes the width there is, in the proportions asked for", () => {
    expect(arrange(axes(), 400).spec).toMatchObject({ width: 400, height: 200, autosize: { type: "fit" } });
    expect(arrange(axes(), 100).spec).toMatchObject({ width: 160, height: 150 });
  });

  test("can be zoomed along its numbers, not along names", () => {
    const spec = axes();
    spec.layer[0]!.encoding.x.type = "nominal";
    const { layer } = arrange(spec, 400).spec as any;
    expect(layer[0].params[0]).toMatchObject({ bind: "scales", select: { encodings: ["y"] } });
    expect(layer[0].mark.clip).toBe(true);
  });
});

describe("a row of axes", () => {
  const row = { hconcat: ["a", "b", "c", "d"].map(axes) };

  test.each([
    [1000, 4],
    [420, 2],
    [260, 1],
  ])("in %d pixels has %d side by side, and all of them", (width, columns) => {
    const { spec, columns: beside } = arrange(row, width) as any;
    expect(beside).toBe(columns);
    const views = spec.concat ?? spec.vconcat[0].hconcat;
    expect(views.map(({ title }: any) => title)).toEqual(["a", "b", "c", "d"]);
    expect(views.every((view: any) => view.width >= 60 && view.width * columns < width)).toBe(true);
  });

  test("gives each a zoom of its own", () => {
    const { concat } = arrange(row, 260).spec as any;
    expect(new Set(concat.map(({ layer }: any) => layer[0].params[0].name)).size).toBe(4);
  });

  test("uses what an earlier drawing left over", () => {
    const width = (spare: number) => (arrange(row, 260, spare).spec as any).concat[0].width;
    expect(width(10) - width(0)).toBe(10);
  });
});

test("a figure in words", () => {
  expect(describeFigure(axes("T"), String)).toBe("line; x 0 to 2, y -1 to 1");
  expect(describeFigure({ hconcat: [axes("T"), axes()] }, String)).toBe(
    "T: line; x 0 to 2, y -1 to 1. line; x 0 to 2, y -1 to 1",
  );
  const two = { ...axes(), layer: [...axes().layer, ...axes().layer] };
  expect(describeFigure(two, String)).toBe("2 lines; x 0 to 2, y -1 to 1");
});
