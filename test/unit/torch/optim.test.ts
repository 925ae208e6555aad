/** Optimisers and schedulers beyond the printed programs: subclasses, counting, exactness. */
import * as torch from "gradlens";
import { describe, expect, test } from "vitest";
import { cosine, power } from "../../../src/torch/exact";
import { floatText } from "../../../src/torch/pythonText";

const { optim } = torch;
const S = optim.lr_scheduler;
const parameter = (...values: number[]) => torch.tensor(values, { requires_grad: true });

describe("optimisers", () => {
  test("a subclass with a step of its own has groups, state dicts and schedulers", () => {
    class Sign extends optim.Optimizer {
      constructor(params: torch.optim.Params, lr: number) {
        super(params, { lr });
      }
      override step(): any {
        torch.no_grad(() => {
          for (const { params, lr } of this.param_groups) for (const p of params) p.sub_(p.grad.sign().mul(lr));
        });
      }
    }
    const w = parameter(1, -2);
    const opt = new Sign([w], 0.5);
    const schedule = new S.ExponentialLR(opt, 0.1);
    w.pow(2).sum().backward();
    opt.step();
    schedule.step();
    expect(w.tolist()).toEqual([0.5, -1.5]);
    expect(opt.state_dict().param_groups).toEqual([{ lr: 0.05, initial_lr: 0.5, params: [0] }]);
    expect(String(opt)).toBe("Sign (\nParameter Group 0\n    initial_lr: 0.5\n    lr: 0.05\n)");
  });

  test("steps leave no graph, and the closure runs with one even under no_grad", () => {
    const w = parameter(1);
    const opt = new optim.Adam([w]);
    const loss = torch.no_grad(() =>
      opt.step(() => {
        opt.zero_grad();
        const out = w.pow(2).sum();
        out.backward();
        return out;
      }),
    );
    expect(loss.item()).toBe(1);
    expect([w.is_leaf, w._version, w.grad.tolist()]).toEqual([true, 1, [2]]);
  });

  test("zero_grad cuts a gradient off its graph", () => {
    const w = parameter(1);
    w.pow(2).sum().backward({ create_graph: true });
    expect(w.grad.requires_grad).toBe(true);
    new optim.SGD([w], { lr: 1 }).zero_grad();
    expect([w.grad.requires_grad, w.grad.tolist()]).toEqual([false, [0]]);
  });

  test("a loaded state is a copy, in the parameters' dtype", () => {
    const [w, v] = [parameter(1), torch.ones(1, { dtype: torch.float64, requires_grad: true })];
    const [from, to] = [new optim.Adam([w]), new optim.Adam([v])];
    w.grad = torch.ones(1);
    from.step();
    to.load_state_dict(from.state_dict());
    expect(to.state.get(v).exp_avg.dtype).toBe(torch.float64);
    expect(to.state.get(v).step.dtype).toBe(torch.float32);
    from.step();
    expect(to.state.get(v).step.item()).toBe(1);
  });

  test("what there is no hardware for says so", () => {
    expect(() => new optim.SparseAdam([parameter(1)])).toThrow("SparseAdam needs sparse gradients");
    expect(() => new optim.Adam([parameter(1)], { fused: true })).toThrow(
      "FusedAdam requires all the params to be CUDA",
    );
    expect(() => new optim.AdamW([parameter(1)], { capturable: true })).toThrow("must be CUDA tensors");
  });

  test("Adam's steps can be differentiated: a learning rate has a gradient through them", () => {
    const scale = torch.tensor(0.5, { requires_grad: true });
    const w = parameter(1, 2).clone();
    const opt = new optim.Adam([w], { lr: 0.1, differentiable: true });
    w.grad = torch.tensor([0.3, -0.2]).mul(scale);
    opt.step();
    w.sum().backward();
    // The first step of Adam is lr · sign(g): scaling g changes it through ε only.
    expect(Math.abs(scale.grad.item())).toBeLessThan(1e-6);
    expect(w.tolist()[0]).toBeCloseTo(0.9, 5);
  });
});

describe("schedulers", () => {
  test("a scheduler stepped before the optimiser warns, once it counts its steps", () => {
    const said: string[] = [];
    const { warn } = console;
    console.warn = (text: string) => void said.push(text);
    try {
      const opt = new optim.SGD([parameter(1)], { lr: 0.1 });
      const schedule = new S.StepLR(opt, 1);
      schedule.step();
    } finally {
      console.warn = warn;
    }
    expect(said).toHaveLength(1);
    expect(said[0]).toContain("Detected call of `lr_scheduler.step()` before `optimizer.step()`");
  });

  test("a subclass says its own rates, with fields that are there at the first step", () => {
    class Sawtooth extends S.LRScheduler {
      declare period: number;
      constructor(opt: torch.optim.Optimizer, period: number) {
        super(opt, -1, false, { period });
      }
      override get_lr() {
        return this.base_lrs.map((lr) => lr * (1 - (this.last_epoch % this.period) / this.period));
      }
    }
    const opt = new optim.SGD([parameter(1)], { lr: 1 });
    const schedule = new Sawtooth(opt, 2);
    const rates = [0, 1, 2].map(() => {
      const [lr] = schedule.get_last_lr();
      opt.step();
      schedule.step();
      return lr;
    });
    expect(rates).toEqual([1, 0.5, 1]);
  });

  test("missing and unknown arguments are named", () => {
    const opt = new optim.SGD([parameter(1)], { lr: 1 });
    expect(() => new S.StepLR(opt)).toThrow("StepLR.__init__() missing 1 required positional argument: 'step_size'");
    expect(() => new S.StepLR(opt, { step_size: 1, gama: 2 } as any)).toThrow("unexpected keyword argument 'gama'");
    expect(() => new S.CyclicLR(opt)).toThrow("missing 2 required positional arguments: 'base_lr' and 'max_lr'");
  });
});

describe("to the last digit, as the C library has it", () => {
  // Values of Python's ** and math.cos, where V8's own may differ by one unit.
  test.each([
    [0.999, 1000, 0.36769542477096373],
    [0.95, 77, 0.01926271979590445],
    [0.9, 30, 0.04239115827521624],
    [1.1, 50, 117.39085287969579],
    [0.3, 0, 1],
  ])("%d ** %d", (base, exponent, value) => {
    expect(power(base, exponent)).toBe(value);
  });

  test.each([
    [(Math.PI * 3) / 7, 0.22252093395631445],
    [(Math.PI * 49) / 50, -0.9980267284282716],
    [Math.PI / 2, 6.123233995736766e-17],
    [100.5, 0.9995206253283515],
    [0, 1],
  ])("cos %d", (x, value) => {
    expect(cosine(x)).toBe(value);
  });

  test("floats in Python's words", () => {
    expect([1, 0.1, 1e-5, 1e16, 123456789, -0, 1e-300].map(floatText)).toEqual([
      "1.0",
      "0.1",
      "1e-05",
      "1e+16",
      "123456789.0",
      "-0.0",
      "1e-300",
    ]);
  });
});
