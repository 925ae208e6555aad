# The Python of examples/what-is-autograd.ts; its output under PyTorch is what-is-autograd.out.
import math
import torch

x = torch.linspace(0., 2. * math.pi, steps=25, requires_grad=True)
print(x)

b = torch.sin(x)
print(b)

c = 2 * b
print(c)

d = c + 1
print(d)

out = d.sum()
print(out)

print("d.grad_fn:", d.grad_fn.name())
fn = d.grad_fn
while fn is not None:
    print("  next_functions:", ", ".join("None" if n is None else n.name() for n, _ in fn.next_functions) or "()")
    fn = fn.next_functions[0][0] if fn.next_functions else None

out.backward()

print(x.grad)

print("c is a leaf:", str(c.is_leaf).lower(), "- its grad:", "null" if c.grad is None else c.grad)

a = torch.ones(2, 3, requires_grad=True)
b1 = 2 * a
print(b1)

a.requires_grad = False
b2 = 2 * a
print(b2)

p = torch.ones(2, 3, requires_grad=True) * 2
q = torch.ones(2, 3, requires_grad=True) * 3

c1 = p + q
print(c1)

with torch.no_grad():
    c2 = p + q
print(c2)

c3 = p * q
print(c3)


@torch.no_grad()
def add_tensors(s, t):
    return s + t


print(add_tensors(p, q))

with torch.no_grad():
    with torch.enable_grad():
        again = p - q
print(again)

outside = p.detach()
print(str(outside.requires_grad).lower(), outside)

torch.manual_seed(0)
u = torch.randn(3, requires_grad=True)
print(u)

y = u * 2
while y.data.norm() < 1000:
    y = y * 2
print(y)

v = torch.tensor([0.1, 1.0, 0.0001], dtype=torch.float)
y.backward(v)
print(u.grad)
