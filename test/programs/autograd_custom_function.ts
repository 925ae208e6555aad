// Functions of one's own: saving, several outputs, in-place marks, and the errors.
import * as torch from "gradlens";

const print = (...values: unknown[]) => console.log(values.map(String).join(" "));

function attempt(f: () => unknown): void {
  try {
    f();
    console.log("no error");
  } catch (e: any) {
    console.log(`${e.name}: ${e.message}`);
  }
}

class Exp extends torch.autograd.Function {
  static forward = (ctx: any, x: torch.Tensor) => {
    const result = x.exp();
    ctx.save_for_backward(result);
    return result;
  };

  static backward = (ctx: any, g: torch.Tensor) => {
    const [result] = ctx.saved_tensors;
    return g.mul(result);
  };
}

const x = torch.tensor([0, 1], { requires_grad: true });
const y = Exp.apply(x);
print(y, y.grad_fn.name(), y.grad_fn.next_functions.length);
y.sum().backward();
print(x.grad);
attempt(() => y.sum().backward());

// twice differentiable, because backward is made of tensors
const [g] = torch.autograd.grad(Exp.apply(x).sum(), x, { create_graph: true });
print(g);
print(`(${torch.autograd.grad(g.sum(), x)[0]},)`);

class Split extends torch.autograd.Function {
  static forward = (ctx: any, a: torch.Tensor, k: number, b: torch.Tensor) => {
    ctx.k = k;
    print(`(${ctx.needs_input_grad.join(", ")})`);
    return [a.mul(k), b.mul(k)];
  };

  static backward = (ctx: any, ga: torch.Tensor, gb: torch.Tensor) => {
    print("backward", ga, gb);
    return [ga.mul(ctx.k), null, gb.mul(ctx.k)];
  };
}

const [p, q] = Split.apply(x, 3, torch.ones(2));
print(p, q);
p.sum().backward();

class AddOne extends torch.autograd.Function {
  static forward = (ctx: any, v: torch.Tensor) => {
    v.add_(1);
    ctx.mark_dirty(v);
    return v;
  };

  static backward = (ctx: any, g: torch.Tensor) => g;
}

const v = x.mul(2);
const w = AddOne.apply(v);
print(w === v, v, v._version);
attempt(() => AddOne.apply(x));

class Twice extends torch.autograd.Function {
  static forward = (ctx: any, v: torch.Tensor) => v.mul(2);
  static backward = (ctx: any, g: torch.Tensor) => [g.mul(2), g];
}

attempt(() => Twice.apply(x).sum().backward());

class Short extends torch.autograd.Function {
  static forward = (ctx: any, v: torch.Tensor) => v.mul(2);
  static backward = (ctx: any, g: torch.Tensor) => g.index(":1");
}

attempt(() => Short.apply(torch.ones(3, { requires_grad: true })).sum().backward());

class Forward extends torch.autograd.Function {
  static forward = (ctx: any, v: torch.Tensor) => v.mul(2);
}

attempt(() => Forward.apply(x).sum().backward());

class Sort extends torch.autograd.Function {
  static forward = (ctx: any, v: torch.Tensor) => {
    const best = v.max();
    const where = v.argmax();
    ctx.mark_non_differentiable(where);
    ctx.set_materialize_grads(false);
    ctx.n = v.shape[0];
    ctx.save_for_backward(where);
    return [best, where];
  };

  static backward = (ctx: any, g: torch.Tensor, none: torch.Tensor | null) => {
    print(none === null);
    const [where] = ctx.saved_tensors;
    const out = torch.zeros(ctx.n);
    out.index_put_([where], g);
    return out;
  };
}

const [best, where] = Sort.apply(x);
print(best, where, where.requires_grad);
x.grad = null;
best.backward();
print(x.grad);
