/** Functional transforms: how they nest, and what they leave behind. */
import * as torch from "gradlens";
import { describe, expect, test } from "vitest";

const { func } = torch;
type T = torch.Tensor;

describe("levels", () => {
  const x = torch.tensor([0.3, -0.7], { dtype: torch.float64 });
  const f = (x: T) => x.exp().mul(x).sin().sum();

  test("inputs and results are what they were: no flag set, no gradient stored, no graph kept", () => {
    const seen: T[] = [];
    const g = func.grad((x: T) => {
      seen.push(x);
      return f(x);
    })(x);
    expect([x.requires_grad, x.grad, g.requires_grad]).toEqual([false, null, false]);
    expect([seen[0] === x, seen[0].requires_grad]).toEqual([false, true]);
  });

  test("an error in the function leaves the modes as they were", () => {
    torch.no_grad(() => {
      expect(() =>
        func.grad(() => {
          throw new Error("mine");
        })(x),
      ).toThrow("mine");
      expect(torch.is_grad_enabled()).toBe(false);
    });
    expect(torch.is_grad_enabled()).toBe(true);
  });

  test("no_grad inside cuts, no_grad outside does not", () => {
    const half = (x: T) => x.mul(torch.no_grad(() => x.mul(1))).sum();
    expect(func.grad(half)(x).tolist()).toEqual(x.tolist());
    expect(torch.no_grad(() => func.grad(f)(x)).tolist()).toEqual(func.grad(f)(x).tolist());
  });

  test("every pair of modes gives the same Hessian", () => {
    const ways = [
      func.hessian(f),
      func.jacrev(func.jacrev(f)),
      func.jacfwd(func.jacfwd(f)),
      func.jacrev(func.jacfwd(f)),
      func.jacrev(func.grad(f)),
      (x: T) => torch.autograd.functional.hessian(f, x),
      (x: T) => func.vmap((v: T) => func.jvp(func.grad(f), [x], [v])[1])(torch.eye(2, { dtype: torch.float64 })),
    ].map((way) => way(x) as T);
    for (const h of ways) expect(torch.allclose(h, ways[0])).toBe(true);
  });

  test("the user's own graph goes through", () => {
    const w = torch.tensor([1.5, -0.5], { dtype: torch.float64, requires_grad: true });
    const through = (x: T) => func.grad((y: T) => y.mul(x).sin().sum())(torch.ones_like(x.detach()));
    expect(torch.autograd.gradcheck((x: T) => through(x), [w])).toBe(true);
    expect(torch.autograd.gradcheck((x: T) => func.vjp((y: T) => y.pow(3), x)[1](x)[0], [w])).toBe(true);
    expect(torch.autograd.gradcheck((x: T) => func.jvp((y: T) => y.pow(3), [x], [x])[1], [w])).toBe(true);
    expect(torch.autograd.gradcheck((x: T) => func.jacrev((y: T) => y.pow(3))(x), [w])).toBe(true);
  });

  test("an output that is an input", () => {
    expect(
      func
        .grad((x: T) => x)(torch.tensor(2))
        .item(),
    ).toBe(1);
    expect(
      func
        .jacrev((x: T) => x)(x)
        .tolist(),
    ).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(
      func
        .grad((x: T) => func.grad((y: T) => y.mul(3))(x))(torch.tensor(2))
        .item(),
    ).toBe(0);
  });

  test("pull may be called again, with other cotangents", () => {
    const [, pull] = func.vjp((x: T) => x.pow(2), x);
    const [a] = pull(torch.ones(2, { dtype: torch.float64 }));
    const [b] = pull(torch.ones(2, { dtype: torch.float64 }).mul(2));
    expect(b.tolist()).toEqual(a.mul(2).tolist());
  });
});

describe("vmap", () => {
  test("an empty batch has outputs of the right shape", () => {
    const out = torch.vmap((x: T) => [x.sum(), x.outer(x)], { out_dims: [0, -1] })(torch.zeros(0, 3));
    expect(out.map((t: T) => t.shape)).toEqual([[0], [3, 3, 0]]);
  });

  test("control flow of each sample's own", () => {
    const collatz = (n: T) => {
      let steps = 0;
      for (let k = n.item(); k !== 1; steps++) k = k % 2 === 0 ? k / 2 : 3 * k + 1;
      return torch.tensor(steps, { dtype: torch.int64 });
    };
    expect(
      torch
        .vmap(collatz)(torch.tensor([1, 6, 27]))
        .tolist(),
    ).toEqual([0, 8, 111]);
  });

  test("gradients of each sample equal the rows of a loop", () => {
    torch.manual_seed(0);
    const model = new torch.nn.Linear(3, 2);
    const params = Object.fromEntries([...model.named_parameters()].map(([k, p]) => [k, p.detach()]));
    const [x, y] = [torch.randn(4, 3), torch.randn(4, 2)];
    const loss = (p: any, x: T, y: T) => func.functional_call(model, p, x).sub(y).pow(2).mean();
    const per = torch.vmap(func.grad(loss), { in_dims: [null, 0, 0] })(params, x, y);
    for (let i = 0; i < 4; i++) {
      model.zero_grad();
      loss(params, x.index(i), y.index(i));
      model(x.index(i)).sub(y.index(i)).pow(2).mean().backward();
      expect(torch.allclose(per.weight.index(i), model.weight.grad)).toBe(true);
    }
  });

  test("random numbers must be asked for", () => {
    const noisy = (x: T) => x.add(torch.rand(2));
    expect(() => torch.vmap(noisy)(torch.zeros(3, 2))).toThrow(
      "called random operation while in randomness error mode",
    );
  });
});

describe("functional_call", () => {
  class Tied extends torch.nn.Module {
    a = new torch.nn.Linear(2, 2, { bias: false });
    b = new torch.nn.Linear(2, 2, { bias: false });
    constructor() {
      super();
      this.b.weight = this.a.weight;
    }
    override forward(x: T) {
      return this.b(this.a(x));
    }
  }
  const two = torch.eye(2).mul(2);

  test("tied weights are replaced together, unless told otherwise; afterwards all is as before", () => {
    const model = new Tied();
    const { weight } = model.a;
    const x = torch.ones(2);
    expect(func.functional_call(model, { "a.weight": two }, x).tolist()).toEqual([4, 4]);
    const own = func.functional_call(model, { "a.weight": two }, [x], null, { tie_weights: false });
    expect(torch.allclose(own, weight.matmul(x.mul(2)))).toBe(true);
    expect([model.a.weight, model.b.weight].every((w) => w === weight)).toBe(true);
    expect([...model.named_parameters()].map(([k]) => k)).toEqual(["a.weight"]);
  });

  test("an error in forward restores the module too; strict names what is wrong", () => {
    const model = new torch.nn.Linear(2, 1);
    const { weight } = model;
    expect(() => func.functional_call(model, { weight: torch.ones(1, 3) }, torch.ones(2))).toThrow();
    expect(model.weight).toBe(weight);
    expect(() => func.functional_call(model, { weight, wieght: weight }, torch.ones(2), { strict: true })).toThrow(
      'Unexpected key(s) in state_dict: "wieght". \n\tMissing key(s) in state_dict: "bias". ',
    );
  });

  test("an ensemble needs models of one kind", () => {
    const { Linear, Sequential } = torch.nn;
    expect(() => func.stack_module_state([])).toThrow("Expected at least one model, got 0.");
    expect(() => func.stack_module_state([new Linear(1, 1), new Sequential()])).toThrow("of the same class");
    expect(() => func.stack_module_state([new Linear(1, 1), new Linear(1, 1).eval()])).toThrow("training/eval mode");
  });
});
