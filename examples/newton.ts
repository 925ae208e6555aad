// Newton's method, which needs second derivatives, and implicit differentiation, which needs none of the steps that led to
// an answer. A gradient is a tensor like any other: `create_graph` records how it was computed, so it can be derived again.
//
// Run the file. In the graph of the first cell, `slope` is itself the result of backward nodes; hover it for its own
// grad_fn. The plots compare Newton's steps with gradient descent on a curved valley. In the last cell the graph has one
// node, `FixedPointBackward`, where the plain way has a tanh for each of its hundred rounds.
import * as torch from "gradlens";
import * as plt from "gradlens/pyplot";

const { jacobian, hessian } = torch.autograd.functional;

// %% One variable: where is the slope of f(x) = x⁴ - 3x² + x zero? Each step asks for slope and curvature
const x = torch.tensor(2, { dtype: torch.float64, requires_grad: true });
for (let step = 0; step < 6; step++) {
  const f = x.pow(4).sub(x.square().mul(3)).add(x);
  const [slope] = torch.autograd.grad(f, x, { create_graph: true });
  const [curvature] = torch.autograd.grad(slope, x);
  console.log(`x ${x.item().toFixed(6)}  f ${f.item().toFixed(6)}  slope ${slope.item().toFixed(6)}`);
  torch.no_grad(() => x.sub_(slope.div(curvature)));
}

// %% Two variables: Rosenbrock's valley, whose lowest point is (1, 1)
function valley(p: torch.Tensor): torch.Tensor {
  const [a, b] = p;
  return torch.sub(1, a).square().add(b.sub(a.square()).square().mul(10));
}

const start = torch.tensor([-1.2, 1], { dtype: torch.float64 });
let newton = start;
const newtonPath = [newton];
for (let step = 1; step <= 6; step++) {
  const H = hessian(valley, newton);
  const g = jacobian(valley, newton);
  newton = newton.sub(torch.linalg.solve(H, g));
  newtonPath.push(newton);
  const [a, b] = newton.tolist();
  console.log(`Newton ${step}: (${a.toFixed(4)}, ${b.toFixed(4)})  height ${valley(newton).item().toFixed(6)}`);
}

let walker = start;
const walkerPath = [walker];
for (let step = 0; step < 200; step++) {
  walker = walker.sub(jacobian(valley, walker).mul(0.01));
  walkerPath.push(walker);
}
const [wa, wb] = walker.tolist();
console.log(`gradient descent after 200 steps: (${wa.toFixed(4)}, ${wb.toFixed(4)})`);

plt.figure();
for (const [label, path] of [["gradient descent", walkerPath] as const, ["Newton", newtonPath] as const]) {
  const points = torch.stack(path);
  plt.plot(points.index(":", 0), points.index(":", 1), { label, marker: "." });
}
plt.title("Two ways to the bottom of the valley");
plt.legend();

plt.figure();
plt.semilogy(walkerPath.slice(0, 30).map((p) => valley(p).item()));
plt.semilogy(newtonPath.map((p) => valley(p).item() + 1e-16));
plt.title("Height");
plt.xlabel("step");
plt.legend(["gradient descent", "Newton"]);

// %% Implicit differentiation: z solves z = tanh(W z + b); how does it change with W and b?
// With J the derivative of the right side by z, dz = J dz + (the change by W and b), so backward solves (I - J)ᵀ u = g
// once, and sends u through a single round. How z was found does not matter.
const round = (z: torch.Tensor, W: torch.Tensor, b: torch.Tensor) => torch.tanh(W.matmul(z).add(b));

class FixedPoint extends torch.autograd.Function {
  static forward(ctx: torch.autograd.FunctionCtx, W: torch.Tensor, b: torch.Tensor) {
    let z = torch.zeros_like(b);
    for (let i = 0; i < 100; i++) z = round(z, W, b);
    ctx.save_for_backward(z, W, b);
    return z;
  }

  static backward(ctx: torch.autograd.FunctionCtx, g: torch.Tensor) {
    const [z, W, b] = ctx.saved_tensors;
    const J = jacobian((at: torch.Tensor) => round(at, W, b), z);
    const u = torch.linalg.solve(torch.eye(z.shape[0], { dtype: z.dtype }).sub(J).t(), g);
    const [w, c] = [W.detach().requires_grad_(), b.detach().requires_grad_()];
    return torch.enable_grad(() => torch.autograd.grad(round(z, w, c), [w, c], u));
  }
}

torch.manual_seed(0);
const W = torch.randn(4, 4, { dtype: torch.float64 }).mul(0.3).requires_grad_();
const b = torch.randn(4, { dtype: torch.float64, requires_grad: true });
const z = FixedPoint.apply(W, b);
const [implicitW, implicitB] = torch.autograd.grad(z.square().sum(), [W, b]);

let unrolled: torch.Tensor = torch.zeros(4, { dtype: torch.float64 });
for (let i = 0; i < 100; i++) unrolled = round(unrolled, W, b);
const [throughW, throughB] = torch.autograd.grad(unrolled.square().sum(), [W, b]);

console.log(`z = tanh(W z + b) within 1e-12: ${torch.allclose(z, round(z, W, b), { atol: 1e-12 })}`);
console.log(
  `by b, implicitly:           ${implicitB
    .tolist()
    .map((v: number) => v.toFixed(6))
    .join(" ")}`,
);
console.log(
  `by b, through 100 rounds:   ${throughB
    .tolist()
    .map((v: number) => v.toFixed(6))
    .join(" ")}`,
);
console.log(`by W they agree too: ${torch.allclose(implicitW, throughW)}`);
