import { expect, test } from "vitest";
import { findingsOf, gradientNorm, sorted } from "../../../src/graph/health";
import type { History, Parameter, Statistics } from "../../../src/trace/model";

const statistics = (norm: number): Statistics => ({
  numel: 4,
  min: 0,
  max: norm,
  mean: 0,
  norm,
  zeros: 0,
  nan: 0,
  inf: 0,
});
const history = (...values: number[]): History => ({ values, stride: 1, total: values.length });
const parameter = (name: string, more: Partial<Parameter> = {}): Parameter => ({
  name,
  shape: [4],
  dtype: "float32",
  value: statistics(1),
  ...more,
});

test("where .grad has been cleared, the gradient that arrived last stands for it", () => {
  const cleared = parameter("cleared", { gradientNorms: history(3, 2) });
  const kept = parameter("kept", { gradient: statistics(5), gradientNorms: history(3, 2) });
  const never = parameter("never");
  expect([cleared, kept, never].map(gradientNorm)).toEqual([2, 5, undefined]);
  expect(sorted([never, cleared, kept], "gradient", true)).toEqual([2, 1, 0]);
});

test("a gradient that vanished is found though .grad has been cleared", () => {
  const texts = (norm: number) =>
    findingsOf(parameter("w", { gradientNorms: history(1, norm) })).map(({ text }) => text);
  expect(texts(1)).toEqual([]);
  expect(texts(0)).toEqual(["the gradient is all zeros"]);
  expect(texts(1e-12)).toEqual(["the gradient has all but vanished"]);
  expect(findingsOf(parameter("w"))).toMatchObject([{ level: "odd", text: "no gradient ever arrived" }]);
});
