# Views share memory, versions and history; in-place changes rewrite it.
import torch


def low(v): return str(v).lower()
def attempt(f):
    try:
        f()
        print("no error")
    except Exception as e:
        print(f"{type(e).__name__}: {e}")


x = torch.arange(6.).reshape(2, 3).requires_grad_()
a = x * 1
row = a[0]
print(low(row._base is a), row._version, a._version)
row.mul_(10)
print(a, row, row._version, a._version)
print(a.grad_fn.next_functions[0][0].name())
(a * torch.arange(6.).reshape(2, 3)).sum().backward()
print(x.grad)

# a plain tensor becomes part of the graph through a view
base = torch.zeros(4)
w = torch.tensor([1., 2.], requires_grad=True)
part = base[1:3]
part.add_(w * w)
print(base, part, low(base.requires_grad))
base.sum().backward()
print(w.grad)

# a column, a transpose, a view of a view
b = torch.ones(3, 3, requires_grad=True) * 2
b.t()[1].copy_(torch.tensor([7., 8., 9.]))
b.view(9)[4:6].mul_(100)
print(b)

s = torch.tensor([1., 2., 3.], requires_grad=True)
e = s.exp()
e.add_(1)
attempt(lambda: e.sum().backward())
m = s * 2
m.add_(1)
m.sum().backward()
print(s.grad)
sq = s * s
keep = sq * 1
sq.zero_()
attempt(lambda: (keep * 1).sum().backward())

attempt(lambda: s.add_(1))
attempt(lambda: s[0].add_(1))
attempt(lambda: (s * 1).unbind(0)[0].add_(1))
attempt(lambda: (s * 1).split(2)[0].add_(1))


def viewed_without_grad():
    t = s * 1
    with torch.no_grad():
        v = t[:2]
    v.add_(1)


attempt(viewed_without_grad)
attempt(lambda: torch.zeros(1).expand(3).add_(1))
attempt(lambda: torch.zeros(3).add_(torch.zeros(2, 3)))
attempt(lambda: torch.zeros(3, dtype=torch.int64).add_(0.5))

d = s.detach()
print(low(d.requires_grad), low(d.is_leaf), low(d._base is None))
with torch.no_grad():
    s.mul_(2)
print(s, d, s._version, d._version)
print(s.data._version)

v = torch.ones(2, 2, requires_grad=True).clone()
v[0, 0] = 5.
v[1] += 1
print(v, v.grad_fn.name())
i = torch.tensor([0, 0, 1])
acc = torch.zeros(2).index_put_((i,), torch.ones(3), accumulate=True)
print(acc)
