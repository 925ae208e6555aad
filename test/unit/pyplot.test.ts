import { parse, View } from "vega";
import { compile } from "vega-lite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { setFigureSink } from "../../src/plot/figure";
import * as plt from "../../src/plot/pyplot";
import * as torch from "../../src/torch";
import type { Figure } from "../../src/trace/model";

let shown: Figure[] = [];

beforeEach(() => {
  shown = [];
  plt.close("all");
  setFigureSink({ place: () => undefined, show: (figure) => shown.push(figure) });
});
afterEach(() => setFigureSink(null));

function spec(): any {
  plt.show();
  expect(shown).toHaveLength(1);
  return shown[0]!.spec;
}

/** Compiles and renders: a specification that Vega cannot draw, or warns of, is wrong. */
async function drawn(specification: unknown): Promise<string> {
  const warnings: string[] = [];
  const logger = { level: () => logger, error: warn, warn, info: () => logger, debug: () => logger } as any;
  function warn(...words: unknown[]) {
    warnings.push(words.join(" "));
    return logger;
  }
  const compiled = compile(JSON.parse(JSON.stringify(specification)), { logger });
  const svg = await new View(parse(compiled.spec), { renderer: "none", logger }).toSVG();
  expect(warnings).toEqual([]);
  expect(svg).not.toContain("NaN");
  return svg;
}

const layers = () => spec().layer as any[];
const xy = (layer: any) => layer.data.values.map(({ x, y }: any) => [x, y]);

describe("plot", () => {
  test("y alone is drawn over its indices; tensors, arrays and nested arrays are data", () => {
    plt.plot(torch.tensor([3, 4]));
    plt.plot([1, 2], [5, 6]);
    plt.plot([
      [1, 2],
      [3, 4],
    ]);
    expect(layers().map(xy)).toEqual([
      [
        [0, 3],
        [1, 4],
      ],
      [
        [1, 5],
        [2, 6],
      ],
      [
        [0, 1],
        [1, 3],
      ],
      [
        [0, 2],
        [1, 4],
      ],
    ]);
  });

  test("several in one call, each with its format", () => {
    plt.plot([1, 2], [1, 2], "r--o", [1, 2], [2, 1], "g");
    const marks = layers().map(({ mark }) => [mark.type, mark.color, mark.strokeDash, mark.shape]);
    expect(marks).toEqual([
      ["line", "#ff0000", [6, 3], undefined],
      ["point", "#ff0000", undefined, "circle"],
      ["line", "#008000", undefined, undefined],
    ]);
  });

  test("series take matplotlib's colours in turn", () => {
    for (let i = 0; i < 11; i++) plt.plot([1, 2]);
    const colors = layers().map(({ mark }) => mark.color);
    expect([colors[0], colors[1], colors[9], colors[10]]).toEqual(["#1f77b4", "#ff7f0e", "#17becf", "#1f77b4"]);
  });

  test("keywords and their short names", () => {
    plt.plot([1, 2], { color: "tab:red", lw: 3, ls: ":", alpha: 0.5, label: "a", marker: "x", ms: 4 });
    const [line, points] = layers();
    expect(line.mark).toMatchObject({ color: "#d62728", strokeWidth: 3, strokeDash: [1, 3], opacity: 0.5 });
    expect(points.mark).toMatchObject({ filled: false, size: 24 });
  });

  test("what is no number is a gap, and so is what has no logarithm", () => {
    plt.plot([1, NaN, 3, Infinity]);
    plt.figure();
    plt.semilogy([1, 0, -1, 10]);
    plt.show();
    expect(shown.map(({ spec }) => (spec as any).layer[0].data.values.map(({ y }: any) => y))).toEqual([
      [1, null, 3, null],
      [1, null, null, 10],
    ]);
  });

  test("a curve that runs back keeps its order", () => {
    plt.plot([0, 1, 0.5], [0, 1, 2]);
    expect(layers()[0].encoding.order).toEqual({ field: "i", type: "quantitative" });
  });

  test("values can be pointed at", () => {
    plt.plot([1, 2], { label: "loss" });
    plt.xlabel("step");
    const [line] = layers();
    expect(line.mark.point).toBe("transparent");
    expect(line.encoding.tooltip.map(({ title }: any) => title)).toEqual(["step", "loss"]);
  });
});

describe("settings", () => {
  test("titles, labels, limits, scales, ticks, grid", () => {
    plt.plot([1, 10]);
    plt.title("T");
    plt.xlabel("X");
    plt.ylabel("Y");
    plt.xlim(0, 5);
    plt.ylim([1, 100]);
    plt.yscale("log");
    plt.grid(true);
    plt.xticks([0, 1], ["zero", "one"]);
    const figure = spec();
    const { x, y } = figure.layer[0].encoding;
    expect([figure.title, shown[0]!.title, x.title, y.title]).toEqual(["T", "T", "X", "Y"]);
    expect([x.scale.domainMin, x.scale.domainMax, y.scale.type, y.scale.domainMax]).toEqual([0, 5, "log", 100]);
    expect([x.axis.grid, x.axis.values]).toEqual([true, [0, 1]]);
  });

  test("a legend names the labelled, and only when asked for", () => {
    plt.plot([2, 1], { label: "a" });
    plt.plot([1.5, 1]);
    plt.plot([1, 1], { label: "b" });
    plt.legend();
    const [a, none, b] = layers();
    expect([
      a.encoding.color.scale.domain,
      a.encoding.color.legend,
      b.encoding.color.legend,
      none.encoding.color,
    ]).toEqual([["a", "b"], { orient: "top-right" }, null, undefined]);
  });

  test.each([
    ["top-right", [3, 2, 1]],
    ["top-left", [1, 2, 3]],
    ["bottom-left", [3, 1, 0.9, 0, 3]],
  ])("a legend stands %s of what is drawn", (corner, y) => {
    plt.plot(y, { label: "a" });
    plt.legend();
    expect(layers()[0].encoding.color.legend).toEqual({ orient: corner });
  });

  test("bars on a logarithmic axis stand a decade below the shortest", () => {
    plt.bar([1, 2], [0.05, 3]);
    plt.yscale("log");
    const { values } = layers()[0].data;
    expect(values.map((v: any) => [v.from, v.to])).toEqual([
      [0.01, 0.05],
      [0.01, 3],
    ]);
  });

  test("nothing is said about the theme's colours", () => {
    plt.plot([1, 2], { label: "a" });
    plt.text(0, 1, "words");
    plt.legend();
    const text = JSON.stringify(spec());
    expect(text).not.toMatch(/labelColor|titleColor|background|"config"/);
  });
});

describe("figures", () => {
  test("each figure() is shown, empty ones are not; show() closes them", () => {
    plt.figure();
    plt.plot([1]);
    plt.figure({ figsize: [3, 2] });
    plt.plot([2]);
    plt.figure();
    plt.show();
    plt.show();
    expect(shown.map(({ spec }) => [(spec as any).width, (spec as any).height])).toEqual([
      [480, 360],
      [225, 150],
    ]);
  });

  test("subplots are a grid", () => {
    const [figure, axes] = plt.subplots(2, 2);
    axes[0][0].plot([1]);
    axes[0][1].scatter([1], [2]);
    axes[1][0].set_title("low");
    axes[1][1].bar(["a"], [1]);
    figure.suptitle("All");
    const whole = spec();
    expect(whole.title).toBe("All");
    expect(whole.vconcat.map(({ hconcat }: any) => hconcat.length)).toEqual([2, 2]);
    expect(whole.vconcat[1].hconcat[0].title).toBe("low");
  });

  test("one row or column of subplots is a plain array; one alone is itself", () => {
    const [, row] = plt.subplots(1, 3);
    const [, column] = plt.subplots({ nrows: 2 });
    const [, one] = plt.subplots();
    expect([row.length, column.length, one instanceof plt.Axes]).toEqual([3, 2, true]);
  });

  test("subplot() by numbers, counted along the rows", () => {
    plt.subplot(2, 1, 1);
    plt.plot([1]);
    plt.subplot(212);
    plt.plot([2]);
    expect(spec().vconcat).toHaveLength(2);
    expect(() => plt.subplot(2, 1, 3)).toThrow("num must be an integer with 1 <= num <= 2, not 3");
  });

  test("clf and close", () => {
    plt.plot([1]);
    plt.clf();
    plt.plot([2]);
    plt.close();
    plt.show();
    expect(shown).toEqual([]);
  });

  test("without a sink, drawing is harmless", () => {
    setFigureSink(null);
    plt.plot([1]);
    plt.show();
  });
});

describe("kinds", () => {
  const draw: Record<string, () => void> = {
    plot: () => plt.plot([1, 2, NaN, 4], "o-", { label: "a" }),
    "plot with a legend": () => {
      plt.plot([1, 3, 2], { label: "a" });
      plt.plot([3, 1, 2], "s", { label: "b" });
      plt.legend();
    },
    scatter: () => plt.scatter([1, 2], [3, 4], { s: [10, 20], marker: "^" }),
    "scatter by value": () =>
      plt.scatter(torch.tensor([1, 2]), torch.tensor([3, 4]), { c: torch.tensor([0, 1]), cmap: "plasma" }),
    bar: () => plt.bar(["a", "b"], [1, 2], { color: "C2" }),
    "bar by numbers": () => plt.bar([1, 2], [3, 4], 0.5),
    barh: () => plt.barh(["a", "b"], [1, 2]),
    hist: () => plt.hist([1, 2, 2, 3], 3),
    imshow: () =>
      plt.imshow(
        [
          [1, 2],
          [3, 4],
        ],
        { cmap: "gray" },
      ),
    "imshow with an extent": () =>
      plt.imshow(
        [
          [1, 2],
          [3, 4],
        ],
        { extent: [-1, 1, -2, 2], origin: "lower", aspect: "auto" },
      ),
    fill_between: () => plt.fill_between([1, 2], [2, 3], [0, 1], { alpha: 0.3 }),
    lines: () => {
      plt.axhline(1, { color: "k", linestyle: "--" });
      plt.axvline({ x: 2 });
      plt.hlines([1, 2], 0, 3);
      plt.vlines(1, [0], [3]);
    },
    text: () => plt.text(1, 2, "here", { color: "red", fontsize: 9, ha: "center" }),
    loglog: () => plt.loglog([1, 10, 100], [1, 100, 10000]),
    "axis off": () => {
      plt.plot([1, 2]);
      plt.axis("off");
    },
    "axis limits": () => {
      plt.plot([1, 2]);
      plt.axis([0, 1, 5, 0]);
    },
    ticks: () => {
      plt.plot([1, 2]);
      plt.yticks([1, 2], ["one", 'two "2"']);
    },
    step: () => plt.step([1, 2, 3], [1, 3, 2], "o", { where: "mid", label: "a" }),
    errorbar: () =>
      plt.errorbar(
        [1, 2],
        [3, 4],
        [
          [0.1, 0.2],
          [0.3, 0.4],
        ],
        0.1,
        { fmt: "s--", capsize: 3 },
      ),
    stem: () => plt.stem([1, -1, 2], { bottom: 0.5 }),
    boxplot: () => plt.boxplot([[1, 2, 3, 20], torch.arange(5)], { labels: ["a", "b"] }),
    pie: () => plt.pie([1, 2, 0], { labels: ["a", "b", "c"], autopct: "%1.1f%%" }),
    contour: () =>
      plt.contour(
        [0, 1, 2],
        [0, 1],
        [
          [0, 1, 2],
          [2, 1, 0],
        ],
        [0.5, 1],
        { colors: "k" },
      ),
    contourf: () => {
      plt.contourf(
        [
          [0, 1, 2],
          [2, NaN, 0],
          [1, 1, 1],
        ],
        { cmap: "plasma" },
      );
      plt.colorbar({ label: "z" });
    },
    pcolormesh: () => plt.pcolormesh([0, 1, 3], [0, 2], [[1, NaN]], { vmin: 0 }),
    annotate: () => {
      plt.plot([1, 2]);
      plt.annotate("here", [0, 1], [0.5, 1.5], { arrowprops: { color: "r" } });
    },
    subplots: () => {
      const [, [a, b]] = plt.subplots(1, 2);
      a.imshow(torch.eye(3));
      b.hist(torch.arange(10));
    },
  };

  test.each(Object.entries(draw))("%s is drawn by Vega without a warning", async (_, act) => {
    act();
    expect(await drawn(spec())).toContain("<svg");
  });

  test("hist counts, the last edge included", () => {
    expect(plt.hist([0, 0.5, 1, 2], 2)).toEqual({ counts: [2, 2], bins: [0, 1, 2] });
    expect(plt.hist([1, 2], [0, 1.5, 4], { density: true })).toEqual({ counts: [1 / 3, 0.2], bins: [0, 1.5, 4] });
  });

  test("a box is its quartiles, as NumPy interpolates them; whiskers end at data, and what is beyond stands alone", () => {
    plt.boxplot([1, 2, 3, 4, 100]);
    const [low, high, box] = layers();
    expect(low.data.values[0]).toEqual({ x: 1, y: 1, end: 2 });
    expect(high.data.values[0]).toEqual({ x: 1, y: 4, end: 4 });
    expect(box.data.values[0]).toMatchObject({ from: 2, to: 4 });
    plt.boxplot([1, 2, 3, 4, 100]);
    plt.show();
    const points = (shown[1]!.spec as any).layer.find(({ mark }: any) => mark.type === "point");
    expect(xy(points)).toEqual([[1, 100]]);
  });

  test("errors are one number, one each, or a row below and a row above", () => {
    plt.errorbar(
      [1, 2],
      [10, 20],
      [
        [1, 2],
        [3, 4],
      ],
    );
    const rule = layers().find(({ mark }) => mark.type === "rule");
    expect(rule.data.values).toEqual([
      { x: 1, y: 9, end: 13 },
      { x: 2, y: 18, end: 24 },
    ]);
  });

  test("a scale of colours is there when asked for", () => {
    const picture = [[1, 2]];
    plt.imshow(picture);
    plt.figure();
    plt.imshow(picture);
    plt.colorbar({ label: "value" });
    plt.show();
    const color = shown.map(({ spec }) => (spec as any).layer[0].encoding.color);
    expect(color.map(({ legend, title }) => [legend, title])).toEqual([
      [null, null],
      [{ type: "gradient" }, "value"],
    ]);
  });

  test("draw() and pause() show a figure and keep it open; show() shows the same again", () => {
    const ids: number[] = [];
    setFigureSink({ place: () => undefined, show: (_, id) => ids.push(id) });
    plt.plot([1]);
    plt.pause(0.1);
    plt.plot([2]);
    plt.draw();
    plt.show();
    plt.plot([3]);
    plt.show();
    expect([ids[1] === ids[0], ids[2] === ids[0], ids[3] === ids[0]]).toEqual([true, true, false]);
  });

  test("a large image is sampled", () => {
    plt.imshow(Array.from({ length: 300 }, () => Array.from({ length: 300 }, (_, i) => i)));
    expect(layers()[0].data.values).toHaveLength(100 * 100);
  });
});

describe("mistakes", () => {
  const grad = () => torch.ones(2, { requires_grad: true });
  test.each<[string, () => unknown, string, string]>([
    [
      "a tensor that requires grad",
      () => plt.plot(grad()),
      "RuntimeError",
      "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.",
    ],
    [
      "as y",
      () => plt.scatter([1, 2], grad()),
      "RuntimeError",
      "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.",
    ],
    [
      "an unknown keyword",
      () => plt.plot([1], { colour: "r" }),
      "TypeError",
      "plot() got an unexpected keyword argument 'colour'; it takes label, color, linewidth, linestyle, marker, markersize, alpha",
    ],
    [
      "a keyword twice",
      () => plt.plot([1], { color: "r", c: "b" }),
      "TypeError",
      "plot() got multiple values for argument 'color'",
    ],
    [
      "different lengths",
      () => plt.plot([1, 2], [1]),
      "ValueError",
      "x and y must have same first dimension, but have shapes (2,) and (1,)",
    ],
    [
      "a bad format",
      () => plt.plot([1], "q"),
      "ValueError",
      "'q' is not a valid format string (unrecognized character 'q')",
    ],
    ["a bad colour", () => plt.plot([1], { color: "#12" }), "ValueError", "'#12' is not a valid color value"],
    [
      "a bad scale",
      () => plt.yscale("cubic"),
      "ValueError",
      "'cubic' is not a valid value for scale; supported values are 'linear', 'log', 'symlog'",
    ],
    ["words among numbers", () => plt.plot([1, "a"] as never), "ValueError", 'y must be numbers, but one is "a"'],
    ["missing data", () => plt.scatter([1]), "TypeError", "scatter() missing 1 required positional argument: 'y'"],
    [
      "too many",
      () => plt.axhline(1, 2),
      "TypeError",
      "axhline() takes at most 1 positional arguments but 2 were given",
    ],
    ["no matrix", () => plt.imshow([1, 2]), "ValueError", "An image must have rows and columns"],
    ["a name that is not there yet", () => plt.twinx(), "NotImplementedError", "plt.twinx() is not there yet"],
    [
      "savefig where there is no file system",
      () => plt.savefig("a.png"),
      "NotImplementedError",
      "savefig('a.png') needs a program that runs in Gradlens",
    ],
    [
      "a colorbar of nothing",
      () => plt.colorbar(),
      "RuntimeError",
      "No mappable was found to use for colorbar creation. First define a mappable such as an image (with imshow) or a contour set (with contourf).",
    ],
    ["negative errors", () => plt.errorbar([1], [2], -1), "ValueError", "'yerr' must not contain negative values"],
    [
      "a place to step at",
      () => plt.step([1], [2], { where: "left" }),
      "ValueError",
      "'left' is not a valid value for where; supported values are 'pre', 'post', 'mid'",
    ],
    ["negative wedges", () => plt.pie([1, -1]), "ValueError", "Wedge sizes 'x' must be non negative values"],
    [
      "a grid the wrong way round",
      () =>
        plt.contour(
          [0, 1],
          [0, 1, 2],
          [
            [1, 2, 3],
            [4, 5, 6],
          ],
        ),
      "ValueError",
      'X has 2 places for 3 columns; X runs along columns, Y along rows (meshgrid with indexing "xy")',
    ],
  ])("%s", (_, act, name, message) => {
    try {
      act();
      expect.unreachable();
    } catch (error) {
      expect([(error as Error).name, (error as Error).message]).toEqual([name, message]);
    }
  });
});
