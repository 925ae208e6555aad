/** Graphs on which recursion overflows or paths explode. */
import * as torch from "gradlens";
import { expect, test } from "vitest";

test("a chain of a million ops goes forward and backward", { timeout: 240_000 }, () => {
  const x = torch.tensor(1, { requires_grad: true, dtype: torch.float64 });
  let y: torch.Tensor = x;
  for (let i = 0; i < 1_000_000; i++) y = y.add(1);
  y.backward();
  expect([y.item(), x.grad.item()]).toEqual([1_000_001, 1]);
});

test("a diamond of 60 levels takes one visit a node", () => {
  // 2^60 paths: each level adds the one below to itself.
  const x = torch.tensor(1, { requires_grad: true, dtype: torch.float64 });
  let y: torch.Tensor = x;
  for (let i = 0; i < 60; i++) y = y.add(y);
  y.backward();
  expect(x.grad.item()).toBe(2 ** 60);
});
