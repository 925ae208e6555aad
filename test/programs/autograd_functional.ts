// Jacobians, Hessians, products with them, forward mode, checks, saved-tensor hooks, checkpoints.
import * as torch from "gradlens";
const { functional: AF, forward_ad: fwAD, gradcheck, gradgradcheck } = torch.autograd;
const { checkpoint } = torch.utils.checkpoint;

const text = (v: any): string => (v === null ? "None" : Array.isArray(v) ? `(${v.map(text).join(", ")})` : String(v));
const print = (...values: unknown[]) => console.log(values.map(text).join(" "));

const x = torch.tensor([1, 2, 3]);
print(AF.jacobian((t) => t.pow(2), x));
print(AF.jacobian((a, b) => a.mul(b.sum()), [x, torch.tensor([1, 2])]));
print(AF.hessian((t) => t.pow(3).sum(), x));
print(AF.hessian((a, b) => a.mul(b).sum(), [x, x]));
print(AF.vjp((t) => t.exp(), x, torch.ones(3)));
print(AF.jvp((t) => t.exp(), x, torch.tensor([1, 0, 0])));
print(AF.vhp((t) => t.pow(3).sum(), x, torch.ones(3)));
print(AF.hvp((t) => t.prod(), x, torch.tensor([1, 0, 0])));
for (const f of [() => AF.vjp((t) => t.exp(), x), () => AF.vjp((t) => t.exp(), x, torch.ones(2)), () => AF.hessian((t) => t, x)]) {
  try {
    f();
  } catch (e: any) {
    print(e.message);
  }
}

fwAD.dual_level(() => {
  const d = fwAD.make_dual(x, torch.tensor([1, 1, 1]));
  const y = torch.sin(d).mul(d);
  print(fwAD.unpack_dual(y).tangent);
  print(fwAD.unpack_dual(y.sum()).tangent);
  print(fwAD.unpack_dual(x).tangent);
});

const p = torch.tensor([0.5, 1.5], { dtype: torch.float64, requires_grad: true });
const py = (v: boolean) => (v ? "True" : "False");
print(py(gradcheck((t) => t.sin().mul(t).sum(), p)), py(gradgradcheck((t) => t.exp().mul(t), p)));

// what is saved goes through the hooks
const packed: string[] = [];

function pack(t: torch.Tensor) {
  packed.push(`(${t.shape.join(", ")}${t.ndim === 1 ? "," : ""})`);
  return t.mul(2);
}

function unpack(t: torch.Tensor) {
  return t.div(2);
}

const w = torch.tensor([1, 2], { requires_grad: true });
const z = torch.autograd.graph.saved_tensors_hooks(pack, unpack, () => w.mul(w).exp().sum());
z.backward();
print(`[${packed.join(", ")}]`, w.grad);

const calls: number[] = [];

function block(t: torch.Tensor) {
  calls.push(1);
  return t.mul(t).sin();
}

for (const use_reentrant of [true, false]) {
  w.grad = null;
  const out = checkpoint(block, w, { use_reentrant }).sum();
  out.backward();
  print(calls.length, w.grad);
  calls.length = 0;
}
