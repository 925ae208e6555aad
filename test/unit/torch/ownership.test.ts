/** A large gradient becomes `.grad` without a copy only where nobody else holds it. */
import * as torch from "gradlens";
import { expect, test } from "vitest";

const leaf = (...shape: number[]) => torch.ones(...shape, { requires_grad: true });
const memoryOf = (t: torch.Tensor) => t.storageOf;

test("what a derivative makes is handed over", () => {
  const [a, b] = [leaf(64, 64), leaf(64, 64)];
  const gradient = torch.ones(64, 64);
  a.mul(b).backward(gradient);
  // d (a b) = b da + a db: two fresh tensors of ones.
  expect(memoryOf(a.grad)).not.toBe(memoryOf(b.grad));
  a.grad.mul_(3);
  expect([b.grad.sum().item(), gradient.sum().item(), b.sum().item()]).toEqual([4096, 4096, 4096]);
  a.mul(b).backward(gradient);
  expect(a.grad.sum().item()).toBe(4 * 4096);
});

test("one gradient for two inputs is copied", () => {
  const [a, b] = [leaf(64, 64), leaf(64, 64)];
  const gradient = torch.ones(64, 64);
  a.add(b).backward(gradient);
  a.grad.zero_();
  expect([b.grad.sum().item(), gradient.sum().item()]).toEqual([4096, 4096]);
});

test("the same through views, which lead the gradient to one place each", () => {
  const a = leaf(64, 64);
  const b = leaf(64, 64);
  const sum = a.t().mul(2).add(b.view(64, 64));
  sum.sum().backward();
  a.grad.zero_();
  expect(b.grad.sum().item()).toBe(4096);
  expect(a.grad.shape).toEqual([64, 64]);
});

test("a hook that keeps a gradient keeps its values", () => {
  const a = leaf(64, 64);
  const y = a.mul(2);
  const kept: torch.Tensor[] = [];
  y.register_hook((g) => void kept.push(g));
  a.register_hook((g) => void kept.push(g));
  y.mul(3).sum().backward();
  a.grad.zero_();
  expect(kept.map((g) => g.sum().item())).toEqual([3 * 4096, 6 * 4096]);
});

test("a captured gradient is not added to", () => {
  const a = leaf(64, 64);
  const y = a.mul(2);
  const [gy, ga] = torch.autograd.grad(y.mul(y).sum(), [y, a]);
  // 2 y = 4, times dy/da = 2.
  expect([gy.sum().item(), ga.sum().item()]).toEqual([4 * 4096, 8 * 4096]);
});

test("a saved tensor that is handed back stays whole", () => {
  const a = leaf(64, 64);
  const b = torch.full([64, 64], 2);
  const one = torch.tensor(1);
  const y = a.mul(b).mul(one);
  y.sum().backward();
  a.grad.zero_();
  expect(b.sum().item()).toBe(2 * 4096);
});

test("a Function of the user may keep what it returns", () => {
  let kept: torch.Tensor | undefined;
  class Twice extends torch.autograd.Function {
    static override forward(_: unknown, x: torch.Tensor) {
      return x.mul(2);
    }
    static override backward(_: unknown, g: torch.Tensor) {
      kept = g.mul(2);
      return kept;
    }
  }
  const a = leaf(64, 64);
  Twice.apply(a).sum().backward();
  a.grad.zero_();
  expect(kept?.sum().item()).toBe(2 * 4096);
});
