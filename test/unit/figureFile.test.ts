import { describe, expect, test } from "vitest";
import { figureFile } from "../../src/export/figureFile";
import { setFigureSink } from "../../src/plot/figure";
import * as plt from "../../src/plot/pyplot";
import type { Figure } from "../../src/trace/model";

function figure(act: () => void): Figure {
  let shown: Figure | undefined;
  plt.close("all");
  setFigureSink({ place: () => undefined, show: (made) => (shown = made) });
  act();
  plt.show();
  setFigureSink(null);
  return shown!;
}
const options = { scale: 1, transparent: false };
const line = figure(() => {
  plt.figure({ figsize: [4, 3] });
  plt.plot([1, 3, 2], { label: "<a & b>" });
  plt.legend();
});

describe("a figure as a file", () => {
  test("SVG: whole at once, with what is the user's escaped", () => {
    const text = figureFile(line, "svg", options) as string;
    expect(text).toMatch(/^<svg [\s\S]*<\/svg>$/);
    expect(text).toContain("&lt;a &amp; b&gt;");
    expect(text).not.toContain("NaN");
  });

  test("PNG: a picture of its size, scaled", () => {
    const size = (scale: number) => {
      const png = Buffer.from(figureFile(line, "png", { ...options, scale }) as Uint8Array);
      return [png.readUInt32BE(16), png.readUInt32BE(20)] as const;
    };
    const [width, height] = size(1);
    // Four by three inches of 75 pixels, and the labels.
    expect([width >= 300 && width < 400, height >= 225 && height < 300]).toEqual([true, true]);
    expect(Math.abs(size(2)[0] - 2 * width)).toBeLessThanOrEqual(1);
  });

  test("JSON: the specification", () => {
    expect(JSON.parse(figureFile(line, "json", options) as string)).toEqual(JSON.parse(JSON.stringify(line.spec)));
  });

  test("a format that is not there, a picture that is too large", () => {
    expect(() => figureFile(line, "pdf", options)).toThrow(
      "Format 'pdf' is not supported (supported formats: svg, png, json)",
    );
    expect(() => figureFile(line, "png", { ...options, scale: 1000 })).toThrow("million pixels");
  });
});
