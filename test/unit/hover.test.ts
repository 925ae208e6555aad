import { describe, expect, it } from "vitest";
import { codeBlock, hoverMarkdown, inlineCode } from "../../src/editor/hoverText";
import { hoverPicture, pictureMarkdown } from "../../src/plot/hover";
import type { Capture, Numbers } from "../../src/trace/model";
import { article, statistics } from "./fixtures/article";

const context = {
  appearance: "dark",
  edited: false,
  showInGraph: (node: number) => `command:show?${node}`,
  copyJson: "command:json",
  copyPyTorch: "command:code",
  pin: "command:pin",
} as const;
const [x, b] = article.captures as [Capture, Capture];

const tensor = (shape: number[], values: number[]): Numbers & { shape: number[] } => ({
  shape,
  text: "",
  values,
  stats: statistics(values),
});
const wave = Array.from({ length: 1024 }, (_, i) => Math.sin(i));

describe("a hover", () => {
  it("says it all in its first line", () => {
    expect(hoverMarkdown(x, context).split("\n")[0]).toBe(
      '**`x`** `[25]` float32 · requires_grad · leaf · ‖∇‖ 7.21 · [Show in graph](command:show?4 "Select its node in the graph") · [$(json)](command:json "Copy as JSON") [$(copy)](command:code "Copy as PyTorch code") [$(pin)](command:pin "Pin to the Tensors view")',
    );
    expect(hoverMarkdown(b, context)).toMatch(
      /^\*\*`b`\*\* `\[25\]` float32 · requires_grad · `SinBackward0` · ‖∇‖ 10 /,
    );
  });

  it("prints value and gradient as PyTorch does", () => {
    const markdown = hoverMarkdown(x, context);
    expect(markdown).toContain("```text\ntensor([ 0.0000,  0.2618,");
    expect(markdown).toContain("**`x.grad`**\n\n```text\ntensor([ 2.0000,  1.9319,");
  });

  it("says when a gradient only flowed through", () => {
    expect(hoverMarkdown(b, context)).toContain("`.grad` is null without `retain_grad()`");
  });

  it("says when a leaf's gradient was cleared", () => {
    const { tensor: held } = x.last as Extract<Capture["last"], { kind: "tensor" }>;
    const cleared: Capture = {
      ...x,
      last: { kind: "tensor", tensor: { ...held, gradient: { ...held.gradient!, source: "flow" } } },
    };
    expect(hoverMarkdown(cleared, context)).toContain("`.grad` has been cleared since");
  });

  it("says when the text was edited since", () => {
    expect(hoverMarkdown(x, { ...context, edited: true }).split("\n")[0]).toContain("*edited since this run*");
  });

  it("makes no markup of user strings", () => {
    const hostile: Capture = {
      ...x,
      kind: "expression",
      name: "f(`a`)](command:evil) <b>",
      last: { kind: "other", type: "string", text: "```\n[click](command:evil)" },
    };
    const markdown = hoverMarkdown(hostile, context);
    expect(markdown).toContain("**``f(`a`)](command:evil) <b>``**");
    expect(markdown).toContain("````text\n```\n[click](command:evil)\n````");
  });

  it("stays below the size at which VS Code cuts", () => {
    const large = { ...tensor([32, 32], wave), text: "1.0000, ".repeat(20_000) };
    const capture: Capture = {
      ...x,
      last: {
        kind: "tensor",
        tensor: {
          ...x.last,
          ...large,
          dtype: "float32",
          requires_grad: true,
          is_leaf: true,
          grad_fn: null,
          modified: 0,
          gradient: { ...large, source: "grad" },
        },
      },
    };
    expect(hoverMarkdown(capture, context).length).toBeLessThan(60_000);
  });
});

describe("a long text", () => {
  it("shows its beginning and its last line", () => {
    const lines = codeBlock(Array.from({ length: 200 }, (_, i) => `[${i}]`).join("\n")).split("\n");
    expect(lines).toHaveLength(16);
    expect(lines.slice(-4)).toEqual(["[11]", " ⋮", "[199]", "```"]);
  });
});

describe("fences", () => {
  it("are longer than what they hold", () => {
    expect(inlineCode("a``b")).toBe("```a``b```");
    expect(inlineCode("`")).toBe("`` ` ``");
    expect(codeBlock("````")).toBe("`````text\n````\n`````");
  });
});

describe("the picture", () => {
  const kind = (shape: number[], values: number[]) => hoverPicture({ value: tensor(shape, values) }, "light")?.alt;

  it("fits its data", () => {
    expect(kind([25], wave.slice(0, 25))).toBe("value as a curve");
    expect(kind([1, 25], wave.slice(0, 25))).toBe("value as a curve");
    expect(kind([4, 6], wave.slice(0, 24))).toBe("value as a heat map");
    expect(kind([2, 3, 4], wave.slice(0, 24))).toBe("value as a histogram");
    expect(kind([], [1])).toBeUndefined();
  });

  it("is no taller than it must be", () => {
    const height = (shape: number[], count: number) =>
      hoverPicture({ value: tensor(shape, wave.slice(0, count)) }, "light")!.height;
    // Two rows of cells, each 190 / 16 = 11.9 pixels high, under a title of 18.
    expect(height([2, 16], 32)).toBe(18 + 24 + 2);
    expect(height([25], 25)).toBe(80);
  });

  it("is a scalar's history in a loop", () => {
    expect(
      hoverPicture({ value: tensor([], [1]), history: { stride: 1, total: 3, values: [3, 2, 1] } }, "dark")?.alt,
    ).toBe("history ×3 as course");
  });

  it("shows value and gradient side by side", () => {
    const both = hoverPicture(
      { value: tensor([25], wave.slice(0, 25)), gradient: tensor([25], wave.slice(1, 26)) },
      "hcDark",
    )!;
    expect(both.alt).toBe("value as a curve, gradient as a curve");
    expect(both.svg).toContain("#ffb057");
  });

  it("is Markdown that no bracket ends early", () => {
    const markdown = pictureMarkdown(hoverPicture({ value: tensor([4], [1, -2, 3, 0]) }, "light")!);
    expect(markdown).toMatch(/^!\[[^\]]*\]\(data:image\/svg\+xml;utf8,[^()\s"]*\|width=190,height=80\)$/);
  });
});
