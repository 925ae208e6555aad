// Hooks in their order, what `inputs=` and `grad` let run, and retained gradients.
import * as torch from "gradlens";

const print = (...values: unknown[]) => console.log(values.map(String).join(" "));
const tuple = (values: unknown[]) => `(${values.map((v) => (v === null ? "None" : String(v))).join(", ")})`;

const x = torch.tensor([1, 2], { requires_grad: true });

function leaf(g: torch.Tensor) {
  print("leaf", g);
  return g.mul(10);
}

function triple(g: torch.Tensor) {
  print("triple", g);
  return g.mul(3);
}

x.register_hook(leaf);
const y = x.mul(2);
y.register_hook(triple);
const z = y.sum();
for (const g of torch.autograd.grad(z, [x, y], { retain_graph: true })) {
  print(g);
}
z.backward({ retain_graph: true });
print(x.grad);

y.retain_grad();

function five(g: torch.Tensor) {
  print("five", g);
  return g.mul(5);
}

y.register_hook(five);
x.grad = null;
z.backward({ retain_graph: true });
print(x.grad, y.grad);
z.backward({ inputs: [x], retain_graph: true });
print(x.grad);

// node hooks see both sides and may replace the inputs' side
const w = torch.tensor([3, 4], { requires_grad: true });
const u = w.mul(w);

const h = u.grad_fn.register_hook((grad_inputs, grad_outputs) => {
  print(grad_inputs.length, grad_inputs[0], grad_outputs[0]);
  return grad_inputs.map((g) => g!.mul(2));
});
u.sum().backward({ retain_graph: true });
print(w.grad);
h.remove();
w.grad = null;
u.sum().backward();
print(w.grad);

// several roots, each with its weight
const a = torch.tensor(2, { requires_grad: true });
const [b, c] = [a.mul(a), a.mul(3)];
torch.autograd.backward([b, c], [torch.tensor(1), torch.tensor(10)]);
print(a.grad);
const [p, q] = [torch.tensor(1, { requires_grad: true }), torch.tensor(2, { requires_grad: true })];
print(tuple(torch.autograd.grad([p.mul(q), p.mul(5)], [p, q], { grad_outputs: [torch.tensor(1), torch.tensor(2)] })));
print(tuple(torch.autograd.grad(p.mul(5), [p, q], { allow_unused: true })));

// higher orders
const t = torch.tensor(2, { requires_grad: true });
let d = t.pow(4);
for (let i = 0; i < 5; i++) {
  [d] = torch.autograd.grad(d, t, { create_graph: true });
  print(d);
}
