# Jacobians, Hessians, products with them, forward mode, checks, saved-tensor hooks, checkpoints.
import torch
from torch.autograd import functional as AF, forward_ad as fwAD, gradcheck, gradgradcheck
from torch.utils.checkpoint import checkpoint

x = torch.tensor([1., 2., 3.])
print(AF.jacobian(lambda t: t.pow(2), x))
print(AF.jacobian(lambda a, b: a * b.sum(), (x, torch.tensor([1., 2.]))))
print(AF.hessian(lambda t: t.pow(3).sum(), x))
print(AF.hessian(lambda a, b: (a * b).sum(), (x, x)))
print(AF.vjp(lambda t: t.exp(), x, torch.ones(3)))
print(AF.jvp(lambda t: t.exp(), x, torch.tensor([1., 0., 0.])))
print(AF.vhp(lambda t: t.pow(3).sum(), x, torch.ones(3)))
print(AF.hvp(lambda t: t.prod(), x, torch.tensor([1., 0., 0.])))
for f in (lambda: AF.vjp(lambda t: t.exp(), x), lambda: AF.vjp(lambda t: t.exp(), x, torch.ones(2)), lambda: AF.hessian(lambda t: t, x)):
    try:
        f()
    except RuntimeError as e:
        print(e)

with fwAD.dual_level():
    d = fwAD.make_dual(x, torch.tensor([1., 1., 1.]))
    y = torch.sin(d) * d
    print(fwAD.unpack_dual(y).tangent)
    print(fwAD.unpack_dual(y.sum()).tangent)
    print(fwAD.unpack_dual(x).tangent)

p = torch.tensor([0.5, 1.5], dtype=torch.float64, requires_grad=True)
print(gradcheck(lambda t: (t.sin() * t).sum(), p), gradgradcheck(lambda t: t.exp() * t, p))

# what is saved goes through the hooks
packed = []


def pack(t):
    packed.append(tuple(t.shape))
    return t * 2


def unpack(t):
    return t / 2


w = torch.tensor([1., 2.], requires_grad=True)
with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
    z = (w * w).exp().sum()
z.backward()
print(packed, w.grad)

calls = []


def block(t):
    calls.append(1)
    return (t * t).sin()


for reentrant in (True, False):
    w.grad = None
    out = checkpoint(block, w, use_reentrant=reentrant).sum()
    out.backward()
    print(len(calls), w.grad)
    calls.clear()
