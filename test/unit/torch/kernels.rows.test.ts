/** Sums, softmax, layer normalisation and optimiser steps in WASM beside the plain loops and the ops they stand for. */
import * as torch from "gradlens";
import { afterEach, describe, expect, it } from "vitest";
import { power } from "../../../src/torch/exact";
import { type KernelSet, useKernels } from "../../../src/torch/kernels/wasm";

afterEach(() => useKernels("best"));

const { nn, optim } = torch;
const F = nn.functional;

function close(fast: torch.Tensor[], plain: torch.Tensor[], rtol = 1e-5, atol = 2e-6): void {
  for (const [i, t] of plain.entries()) {
    expect(fast[i].shape).toEqual(t.shape);
    const off = fast[i].sub(t).abs().max().item();
    expect(torch.allclose(fast[i], t, { rtol, atol }), `result ${i}, off by ${off}`).toBe(true);
  }
}

describe.each(["simd", "relaxed"] as const)("%s", (set) => {
  const both = <T>(run: () => T): [T, T] => {
    const by = (chosen: KernelSet) => {
      useKernels(chosen);
      return run();
    };
    return [by(set), by("typescript")];
  };

  it.each([
    [[1000], null],
    [[70_007], null],
    [[64, 256], [0]],
    [[64, 259], [0]],
    [[700, 43], [0]],
    [[5000, 32], [0]],
    [[3, 100, 50], [1]],
    [[40, 1000], [1]],
    [
      [20, 3, 7, 11],
      [0, 2, 3],
    ],
    [[2, 70_000], [0]],
    [[30_000, 9], [0]],
  ])("sums %j along %j to the last digit as the plain loops do", (shape, dims) => {
    const x = torch.randn(shape).mul(100);
    const [fast, plain] = both(() => [...x.sum(dims).flatData()]);
    expect(fast).toEqual(plain);
  });

  it.each([1, 3, 4, 5, 64, 1001, 16_400])("softmax and its logarithm over %i elements, with gradients", (n) => {
    const rows = n < 100 ? 70 : 3;
    const x = torch.randn(rows, n).mul(5).requires_grad_();
    const g = torch.randn(rows, n);
    const [fast, plain] = both(() =>
      [F.softmax, F.log_softmax].flatMap((f) => {
        const y = f(x, 1);
        return [y.detach(), torch.autograd.grad(y, [x], g)[0]];
      }),
    );
    close(fast, plain, 1e-5, 5e-5);
  });

  it("softmax of masked rows has zeros, of infinite ones NaN", () => {
    useKernels(set);
    const x = torch.zeros(40, 7);
    x.index(torch.slice(0, 20), torch.slice(2, 6)).fill_(Number.NEGATIVE_INFINITY);
    x.index(30).fill_(Number.NEGATIVE_INFINITY);
    x.index(31, 0).fill_(Number.POSITIVE_INFINITY);
    const y = F.softmax(x, 1);
    const third = Math.fround(1 / 3);
    expect(y.index(0).tolist()).toEqual([third, third, 0, 0, 0, 0, third]);
    expect(y.index(30).tolist()).toEqual(new Array(7).fill(Number.NaN));
    expect(y.index(31, 0).item()).toBeNaN();
  });

  it.each([
    [[30, 5], [5]],
    [[8, 32, 64], [64]],
    [
      [50, 3, 7],
      [3, 7],
    ],
    [[2, 17_001], [17_001]],
  ])("normalises %j over %j, with gradients", (shape, over) => {
    const x = torch.randn(shape).mul(3).add(10).requires_grad_();
    const [w, b] = [torch.randn(over).requires_grad_(), torch.randn(over).requires_grad_()];
    const g = torch.randn(shape);
    const [fast, plain] = both(() => {
      const y = F.layer_norm(x, over, w, b);
      const bare = F.layer_norm(x, over);
      return [y.detach(), ...torch.autograd.grad(y, [x, w, b], g), ...torch.autograd.grad(bare, [x], g)];
    });
    close(fast, plain, 1e-4, 2e-4);
  });

  it("gives second derivatives of softmax and of layer normalisation", () => {
    const x = torch.randn(20, 6, { dtype: torch.float64, requires_grad: true });
    useKernels(set);
    for (const f of [
      (t: torch.Tensor) => F.softmax(t, 1),
      (t: torch.Tensor) => F.log_softmax(t, 1),
      (t: torch.Tensor) => F.layer_norm(t, [6]),
      (t: torch.Tensor) => F.gelu(t),
      (t: torch.Tensor) => F.gelu(t, { approximate: "tanh" }),
      torch.tanh,
      torch.sigmoid,
    ]) {
      expect(torch.autograd.gradgradcheck(f, [x])).toBe(true);
    }
  });
});

describe("optimiser steps in one loop are those of the ops they stand for, to the last digit", () => {
  const sizes = [5, 300, 10_000];
  const sets: KernelSet[] = ["typescript", "simd", "relaxed"];
  const cases = sizes.flatMap((n) => sets.map((set) => [n, set] as const));

  /** Three steps by `optimizer` and by `steps`, from the same numbers. */
  function compare(
    n: number,
    optimizer: (p: torch.Tensor) => torch.optim.Optimizer,
    step: (p: torch.Tensor, g: torch.Tensor, state: Record<string, torch.Tensor>, t: number) => void,
  ): void {
    const [fast, plain] = [torch.randn(n).requires_grad_(), torch.empty(n)];
    plain.copy_(fast.detach());
    const opt = optimizer(fast);
    const state: Record<string, torch.Tensor> = {};
    for (let t = 1; t <= 3; t++) {
      const g = torch.randn(n);
      fast.grad = g.clone();
      opt.step();
      step(plain, g, state, t);
    }
    expect([...fast.detach().flatData()]).toEqual([...plain.flatData()]);
  }

  it.each(cases)("Adam and AdamW, %i elements, %s", (n, set) => {
    useKernels(set);
    const [lr, beta1, beta2, eps] = [0.01, 0.9, 0.999, 1e-8];
    for (const [make, decay] of [
      [(p: torch.Tensor) => new optim.Adam([p], { lr }), "none"],
      [(p: torch.Tensor) => new optim.Adam([p], { lr, weight_decay: 0.1 }), "gradient"],
      [(p: torch.Tensor) => new optim.AdamW([p], { lr, weight_decay: 0.1 }), "parameter"],
    ] as const) {
      compare(n, make, (p, g, state, t) => {
        if (decay === "gradient") g = g.add(p, { alpha: 0.1 });
        if (decay === "parameter") p.mul_(1 - lr * 0.1);
        state.m ??= torch.zeros(n);
        state.v ??= torch.zeros(n);
        state.m.mul_(beta1).add_(g, { alpha: 1 - beta1 });
        state.v.mul_(beta2).addcmul_(g, g, { value: 1 - beta2 });
        const below = state.v
          .sqrt()
          .div(Math.sqrt(1 - power(beta2, t)))
          .add_(eps);
        p.addcdiv_(state.m, below, { value: -lr / (1 - power(beta1, t)) });
      });
    }
  });

  it.each(cases)("SGD, %i elements, %s", (n, set) => {
    useKernels(set);
    for (const [momentum, dampening, weight_decay, nesterov] of [
      [0, 0, 0, false],
      [0, 0, 0.1, false],
      [0.9, 0.2, 0.1, false],
      [0.9, 0, 0.1, true],
    ] as const) {
      compare(
        n,
        (p) => new optim.SGD([p], { lr: 0.1, momentum, dampening, weight_decay, nesterov }),
        (p, g, state) => {
          let d = weight_decay === 0 ? g : g.add(p, { alpha: weight_decay });
          if (momentum !== 0) {
            if (state.b === undefined) state.b = d.clone();
            else state.b.mul_(momentum).add_(d, { alpha: 1 - dampening });
            d = nesterov ? d.add(state.b, { alpha: momentum }) : state.b;
          }
          p.add_(d, { alpha: -0.1 });
        },
      );
    }
  });

  it("counts as the in-place ops that it stands for", () => {
    const p = torch.ones(3, { requires_grad: true });
    const opt = new optim.AdamW([p], { lr: 0.1 });
    p.grad = torch.ones(3);
    opt.step();
    expect([p._version, opt.state.get(p).exp_avg._version, opt.state.get(p).exp_avg_sq._version]).toEqual([2, 2, 2]);
  });
});
