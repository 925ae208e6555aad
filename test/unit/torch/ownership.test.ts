/**
 * A gradient becomes `.grad` without a copy, and its memory is used again, only where nobody else holds it. What is given back
 * is full of NaN here: a sum that includes a number of it is none.
 */
import * as torch from "gradlens";
import { afterAll, beforeAll, expect, test } from "vitest";
import { floats, giveBack, made, poisonMemory, unwrittenFloats } from "../../../src/torch/kernels/memory";

beforeAll(() => poisonMemory(true));
afterAll(() => poisonMemory(process.env.GRADLENS_POISON !== undefined));

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

test("one gradient that two nodes wait for serves both, whichever runs first", () => {
  const a = leaf(64, 64);
  const [left, right] = [a.mul(2), a.mul(3)];
  // d (left + right): the same gradient for both, which lead to sums of 2 and of 3.
  left.add(right).mul(left).sum().backward();
  // (2 + 3) a · 2 a = 10 a², so 20 a.
  expect(a.grad.sum().item()).toBe(20 * 4096);
});

test("views of one gradient keep its memory", () => {
  const [a, b] = [leaf(64, 64), leaf(64, 64)];
  const joined = torch.cat([a.mul(2), b.mul(3)], 0);
  joined.mul(joined).sum().backward();
  expect([a.grad.sum().item(), b.grad.sum().item()]).toEqual([8 * 4096, 18 * 4096]);
});

test("gradients of a second backward pass are no memory of the first", () => {
  const a = leaf(64, 64);
  const y = a.mul(a).mul(a).sum();
  const [first] = torch.autograd.grad(y, [a], { create_graph: true });
  first.sum().backward({ retain_graph: true });
  y.backward();
  // 3 a² = 3; 6 a = 6, and 3 more.
  expect([first.sum().item(), a.grad.sum().item()]).toEqual([3 * 4096, 9 * 4096]);
});

test("a pass within a pass keeps to its own memory", () => {
  const inner = leaf(64, 64);
  class Nested extends torch.autograd.Function {
    static override forward(_: unknown, x: torch.Tensor) {
      return x.mul(2);
    }
    static override backward(_: unknown, g: torch.Tensor) {
      torch.enable_grad(() => inner.mul(inner).sum()).backward();
      return g.mul(2);
    }
  }
  const a = leaf(64, 64);
  Nested.apply(a.mul(3)).mul(5).sum().backward();
  expect([a.grad.sum().item(), inner.grad.sum().item()]).toEqual([30 * 4096, 2 * 4096]);
});

test("what hooks of saved tensors unpack is theirs", () => {
  const unpacked: torch.Tensor[] = [];
  const a = leaf(64, 64);
  const y = torch.autograd.graph.saved_tensors_hooks(
    (t: torch.Tensor) => t,
    (t: torch.Tensor) => {
      unpacked.push(t.mul(1));
      return unpacked.at(-1)!;
    },
    () => a.mul(a).mul(a),
  );
  y.sum().backward();
  expect(a.grad.sum().item()).toBe(3 * 4096);
  expect(unpacked.every((t) => t.sum().item() === 4096)).toBe(true);
});

test("a retained gradient and those that a hook of a node sees stay whole", () => {
  const a = leaf(64, 64);
  const y = a.mul(2);
  const z = y.mul(3);
  y.retain_grad();
  const seen: (torch.Tensor | null)[] = [];
  z.grad_fn.register_hook((inputs, outputs) => void seen.push(...inputs, ...outputs));
  z.sum().backward();
  expect(y.grad.sum().item()).toBe(3 * 4096);
  expect(seen.filter((t) => t !== null).map((t) => t.sum().item())).toEqual([3 * 4096, 4096]);
});

test("memory that is given back is handed out again, as zeros where zeros are asked for", () => {
  const [first, second] = [unwrittenFloats(5000), unwrittenFloats(5000)];
  giveBack(first);
  expect(unwrittenFloats(5001)).not.toBe(first);
  expect(unwrittenFloats(5000)).toBe(first);
  giveBack(second);
  const zeros = floats(5000);
  expect(zeros).toBe(second);
  expect(zeros.every((x) => x === 0)).toBe(true);
});

test("small arrays share a block of memory, and no number of it", () => {
  const arrays = Array.from({ length: 40 }, (_, i) => unwrittenFloats(100).fill(i));
  expect(arrays.every((array, i) => array.length === 100 && array.every((x) => x === i))).toBe(true);
  expect(new Set(arrays.map((array) => array.buffer)).size).toBeLessThan(5);
  expect(made.arrays).toBeNull();
});

test("a dropped gradient that only an optimiser has read is used again", () => {
  const a = leaf(64, 64);
  const optimizer = new torch.optim.SGD([a], { lr: 1 });
  a.mul(2).sum().backward();
  optimizer.step();
  const { data } = a.gradient!.storageOf;
  optimizer.zero_grad(true);
  expect(data[0]).toBeNaN();
  // 1 − lr · 2
  expect(a.sum().item()).toBe(-4096);
  expect(a.grad).toBeNull();
});

test("a dropped gradient that the program holds stays whole, by whatever name it got it", () => {
  const ways: ((a: torch.Tensor) => torch.Tensor)[] = [
    (a) => a.grad,
    (a) => a.grad.detach(),
    (a) => a.grad.view(-1),
    (a) => a.grad.data,
  ];
  for (const get of ways) {
    const a = leaf(64, 64);
    const optimizer = new torch.optim.SGD([a], { lr: 1 });
    a.mul(2).sum().backward();
    const kept = get(a);
    optimizer.step();
    optimizer.zero_grad(true);
    a.mul(3).sum().backward();
    expect(kept.sum().item()).toBe(2 * 4096);
  }
});

test("state that optimisers make of a gradient is their own", () => {
  const { SGD, Adam, AdamW, RMSprop, Adagrad, Adadelta, Adamax, NAdam, RAdam, ASGD, Rprop } = torch.optim;
  for (const Optimizer of [SGD, Adam, AdamW, RMSprop, Adagrad, Adadelta, Adamax, NAdam, RAdam, ASGD, Rprop]) {
    const a = leaf(64, 64);
    const options = Optimizer === SGD ? { lr: 0.1, momentum: 0.9 } : { lr: 0.1 };
    const optimizer = new Optimizer([a], options as { lr: number });
    for (let i = 0; i < 3; i++) {
      optimizer.zero_grad(true);
      a.mul(a).sum().backward();
      optimizer.step();
    }
    expect([Optimizer.name, a.isnan().any().item()]).toEqual([Optimizer.name, false]);
  }
});
