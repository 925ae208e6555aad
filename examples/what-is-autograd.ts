// What autograd does, one step at a time.
//
// Select from the line `const x` to the line `out.backward()` and run "Gradlens: Run Selection":
// the graph opens beside the code, and hovering any name shows its value and its gradient.
import * as torch from "gradlens";
import * as plt from "gradlens/pyplot";

// %% A function of 25 points, each step recorded
const x = torch.linspace(0, 2 * Math.PI, 25, { requires_grad: true });
console.log(x);

const b = torch.sin(x);
plt.figure();
plt.plot(x.detach(), b.detach(), { label: "sin(x)" });
plt.title("b = sin(x)");
plt.legend();
console.log(b);

const c = b.mul(2);
console.log(c);

const d = c.add(1);
console.log(d);

const out = d.sum();
console.log(out);

// Each result knows the function that made it, and that function knows the ones before it.
console.log("d.grad_fn:", d.grad_fn.name());
let fn: torch.autograd.Node | null = d.grad_fn;
while (fn !== null) {
  console.log("  next_functions:", fn.next_functions.map(([next]) => next?.name() ?? "None").join(", ") || "()");
  fn = fn.next_functions[0]?.[0] ?? null;
}

// Backward: from the one number at the end to the 25 points at the start. d out / d x = 2 cos(x).
out.backward();

// %% What backward left behind
console.log(x.grad);
plt.figure();
plt.plot(x.detach(), x.grad.detach(), { label: "d out / d x" });
plt.title("2 cos(x)");
plt.legend();

// Only leaves keep their gradient. `c` is a result: its gradient passed through and was let go.
console.log("c is a leaf:", c.is_leaf, "- its grad:", c.grad);

// %% Recording switched off, and on again
const a = torch.ones(2, 3, { requires_grad: true });
const b1 = a.mul(2);
console.log(b1);

a.requires_grad = false;
const b2 = a.mul(2);
console.log(b2);

const p = torch.ones(2, 3, { requires_grad: true }).mul(2);
const q = torch.ones(2, 3, { requires_grad: true }).mul(3);

const c1 = p.add(q);
console.log(c1);

const c2 = torch.no_grad(() => p.add(q));
console.log(c2);

const c3 = p.mul(q);
console.log(c3);

const addTensors = torch.no_grad.wrap((s: torch.Tensor, t: torch.Tensor) => s.add(t));
console.log(addTensors(p, q));

const again = torch.no_grad(() => torch.enable_grad(() => p.sub(q)));
console.log(again);

// `detach` gives the same numbers outside the graph.
const outside = p.detach();
console.log(outside.requires_grad, outside);

// %% More than one output: a product of a vector with the Jacobian
torch.manual_seed(0);
const u = torch.randn(3, { requires_grad: true });
console.log(u);

let y = u.mul(2);
while (y.data.norm().item() < 1000) {
  y = y.mul(2);
}
console.log(y);

// `y` is a vector, so backward asks with which weights its entries count.
const v = torch.tensor([0.1, 1.0, 0.0001], { dtype: torch.float32 });
y.backward(v);
console.log(u.grad);
