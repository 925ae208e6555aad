# The Python of examples/newton.ts; its output under PyTorch is newton.out.
import torch
from torch.autograd.functional import hessian, jacobian

torch.set_num_threads(1)

x = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
for step in range(6):
    f = x ** 4 - 3 * x.square() + x
    slope, = torch.autograd.grad(f, x, create_graph=True)
    curvature, = torch.autograd.grad(slope, x)
    print(f"x {x.item():.6f}  f {f.item():.6f}  slope {slope.item():.6f}")
    with torch.no_grad():
        x -= slope / curvature


def valley(p):
    a, b = p
    return (1 - a).square() + (b - a.square()).square() * 10


start = torch.tensor([-1.2, 1.0], dtype=torch.float64)
newton = start
for step in range(1, 7):
    H = hessian(valley, newton)
    g = jacobian(valley, newton)
    newton = newton - torch.linalg.solve(H, g)
    a, b = newton.tolist()
    print(f"Newton {step}: ({a:.4f}, {b:.4f})  height {valley(newton).item():.6f}")

walker = start
for step in range(200):
    walker = walker - jacobian(valley, walker) * 0.01
wa, wb = walker.tolist()
print(f"gradient descent after 200 steps: ({wa:.4f}, {wb:.4f})")


def one_round(z, W, b):
    return torch.tanh(W @ z + b)


class FixedPoint(torch.autograd.Function):
    @staticmethod
    def forward(ctx, W, b):
        z = torch.zeros_like(b)
        for _ in range(100):
            z = one_round(z, W, b)
        ctx.save_for_backward(z, W, b)
        return z

    @staticmethod
    def backward(ctx, g):
        z, W, b = ctx.saved_tensors
        J = jacobian(lambda at: one_round(at, W, b), z)
        u = torch.linalg.solve((torch.eye(z.shape[0], dtype=z.dtype) - J).t(), g)
        w, c = W.detach().requires_grad_(), b.detach().requires_grad_()
        with torch.enable_grad():
            return torch.autograd.grad(one_round(z, w, c), [w, c], u)


torch.manual_seed(0)
W = (torch.randn(4, 4, dtype=torch.float64) * 0.3).requires_grad_()
b = torch.randn(4, dtype=torch.float64, requires_grad=True)
z = FixedPoint.apply(W, b)
implicitW, implicitB = torch.autograd.grad(z.square().sum(), [W, b])

unrolled = torch.zeros(4, dtype=torch.float64)
for _ in range(100):
    unrolled = one_round(unrolled, W, b)
throughW, throughB = torch.autograd.grad(unrolled.square().sum(), [W, b])

lower = lambda v: str(v).lower()
print(f"z = tanh(W z + b) within 1e-12: {lower(torch.allclose(z, one_round(z, W, b), atol=1e-12))}")
print("by b, implicitly:          ", " ".join(f"{v:.6f}" for v in implicitB.tolist()))
print("by b, through 100 rounds:  ", " ".join(f"{v:.6f}" for v in throughB.tolist()))
print(f"by W they agree too: {lower(torch.allclose(implicitW, throughW))}")
