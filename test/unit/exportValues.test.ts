import { describe, expect, it } from "vitest";
import { pytorchCode, valueJson, withElements } from "../../src/export/values";
import type { Capture, Num } from "../../src/trace/model";
import { statistics } from "./fixtures/article";

function held(name: string, shape: number[], values: Num[] | undefined, more = {}): Pick<Capture, "name" | "last"> {
  const stats = statistics((values ?? []).map((value) => (typeof value === "number" ? value : 0)));
  const facts = { shape, dtype: "float32", requires_grad: false, is_leaf: true, grad_fn: null, modified: 0, text: "" };
  return { name, last: { kind: "tensor", tensor: { ...facts, stats, ...(values ? { values } : {}), ...more } } };
}

describe("a value as a line of PyTorch", () => {
  it.each([
    [held("x", [2], [1, Math.fround(0.1)]), "x = torch.tensor([1., 0.1], dtype=torch.float32)"],
    [
      held("w", [2, 2], [1, 2, 3, 4], { requires_grad: true }),
      "w = torch.tensor([[1., 2.], [3., 4.]], dtype=torch.float32, requires_grad=True)",
    ],
    [held("s", [], [1e-7]), "s = torch.tensor(1e-7, dtype=torch.float32)"],
    [held("b", [2], [0, 1], { dtype: "bool" }), "b = torch.tensor([False, True], dtype=torch.bool)"],
    [held("i", [1], [-3], { dtype: "int64" }), "i = torch.tensor([-3], dtype=torch.int64)"],
    [
      held("n", [3], ["nan", "inf", "-inf"]),
      'n = torch.tensor([float("nan"), float("inf"), float("-inf")], dtype=torch.float32)',
    ],
    [held("e", [0, 3], []), "e = torch.empty([0, 3], dtype=torch.float32)"],
    [held("model.fc1.weight", [1], [2]), "model_fc1_weight = torch.tensor([2.], dtype=torch.float32)"],
    [{ name: "n", last: { kind: "number" as const, value: 3 } }, "n = 3."],
  ])("%#", (value, code) => expect(pytorchCode(value)).toBe(code));

  it("brings the gradient that .grad holds", () => {
    const gradient = { shape: [1], values: [2], text: "", stats: statistics([2]), source: "grad" };
    expect(pytorchCode(held("x", [1], [1], { gradient }))).toBe(
      "x = torch.tensor([1.], dtype=torch.float32)\nx.grad = torch.tensor([2.], dtype=torch.float32)",
    );
  });

  it("takes the elements that the process has", () => {
    const large = held("x", [2, 1], undefined);
    expect(pytorchCode(withElements(large, { values: [1, 2] }))).toBe(
      "x = torch.tensor([[1.], [2.]], dtype=torch.float32)",
    );
  });

  it("is none where values are missing", () => expect(pytorchCode(held("x", [5000], undefined))).toBeNull());
});

describe("a value as JSON", () => {
  it("has its rows on lines of their own, and parses back", () => {
    const json = valueJson(held("x", [2, 2], [1, "nan", 3, 4]))!;
    expect(json).toContain('[1, "nan"]');
    expect(JSON.parse(json)).toMatchObject({
      name: "x",
      shape: [2, 2],
      values: [
        [1, "nan"],
        [3, 4],
      ],
    });
  });
});
