import warnings

import torch
from functorch import grad, grad_and_value, hessian, jacfwd, jacrev, jvp, vjp, vmap

warnings.simplefilter('ignore')
torch.set_num_threads(1)
torch.manual_seed(0)

x = torch.tensor([0.5, -1.0, 2.0])
y = torch.tensor([1.5, 0.25, -0.5])


def f(x):
    return (x.sin() * x).sum()


# gradients, of gradients
print(grad(f)(x))
print(grad(lambda x: grad(f)(x).sum())(x))
third = grad(grad(grad(lambda t: t.sin())))
print(third(torch.tensor(0.7)), -torch.tensor(0.7).cos())
g, v = grad_and_value(f)(x)
print(g, v, str(g.requires_grad).lower())
print(grad(lambda x, y: (x * y ** 2).sum(), argnums=1)(x, y))
print(grad(lambda x, y: (x * y ** 2).sum(), argnums=(0, 1))(x, y))
print(grad(lambda x: ((x ** 2).sum(), x * 2), has_aux=True)(x))
print(grad_and_value(lambda x: ((x ** 2).sum(), x * 2), has_aux=True)(x))
print(grad(lambda p, x: (p['w'] * x + p['b']).pow(2).sum())({'w': y, 'b': torch.tensor(0.1)}, x))
# x² d(xy)/dy: no confusion of levels
print(grad(lambda x: x * x * grad(lambda y: x * y)(torch.tensor(3.0)))(torch.tensor(2.0)))
print(grad(lambda x: x * grad(lambda y: x + y)(torch.tensor(1.0)))(torch.tensor(5.0)))
# through the user's own graph
w = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
out = grad(lambda x: (x ** 3 * w).sum())(x)
print(out.detach(), str(out.requires_grad).lower())
out.sum().backward()
print(w.grad)
out = grad(lambda x: (x ** 3).sum())(w)
out.sum().backward()
print(w.grad)
with torch.no_grad():
    out = grad(lambda x: (x * w).sum())(w)
print(out, str(out.requires_grad).lower())

# products with Jacobians
out, pull = vjp(lambda x, y: x.exp() * y, x, y)
print(out)
print(pull(torch.tensor([1.0, 0.5, 0.0])))
out, pull = vjp(lambda x: {'a': x.sin(), 'b': [x.sum()]}, x)
print(out['a'], out['b'][0])
print(pull({'a': torch.ones(3), 'b': [torch.tensor(2.0)]}))
print(jvp(lambda x, y: x.exp() * y, (x, y), (torch.ones(3), torch.tensor([0.0, 1.0, 0.0]))))
print(jvp(lambda x: x.sum(), (x,), (y,)))
print(jvp(lambda x: torch.ones(2), (x,), (y,)))
print(grad(lambda x: jvp(lambda t: t ** 3, (x,), (y,))[1].sum())(x))
print(jvp(grad(f), (x,), (y,)))

# Jacobians and Hessians
A = torch.randn(2, 3)
h = lambda x: torch.stack([(A[0] * x).sum().sin(), (A[1] * x * x).sum()])
print(jacrev(h)(x))
print(jacfwd(h)(x))
print(jacrev(lambda x, y: x * y.sum(), argnums=(0, 1))(x, y))
print(jacfwd(lambda x, y: x * y.sum(), argnums=1)(x, y))
print(jacrev(lambda p: {'s': p['u'] * 2, 't': p['u'].sum()})({'u': y})['t']['u'])
print(jacrev(lambda x: (x ** 2, x.sum()), has_aux=True)(x))
print(hessian(f)(x))
print(hessian(lambda x, y: (x * x * y).sum(), argnums=1)(x, y))
print(jacfwd(jacfwd(lambda t: t ** 4))(torch.tensor(2.0)), jacrev(jacrev(lambda t: t ** 4))(torch.tensor(2.0)))

# maps
B = torch.randn(4, 3)
print(vmap(torch.dot)(B, B).shape, vmap(lambda b: b.sum())(B))
print(vmap(lambda b: b * 2, out_dims=1)(B).shape)
print(vmap(lambda b, c: b + c, in_dims=(0, None))(B, x))
print(vmap(lambda b: b.sum(), in_dims=1)(B), vmap(lambda b: b.sum(), in_dims=-1)(B))
print(vmap(lambda d, s: d['k'] * s, in_dims=({'k': 0}, None))({'k': B}, x).shape)
two = vmap(lambda b: (b.max(), {'m': b.mean()}))(B)
print(two[0], two[1]['m'])
print(vmap(vmap(lambda a, b: a * b))(B, B).sum(1))
print(vmap(lambda a: vmap(lambda b: (a * b).sum())(B))(B))
print(vmap(grad(f))(B))
print(grad(lambda B: vmap(f)(B).pow(2).sum())(B))
print(vmap(grad_and_value(f), in_dims=0)(B)[1])
print(vmap(jacrev(h))(B).shape, jacrev(vmap(f))(B).shape, vmap(hessian(f))(B)[0])
P = {'w': torch.randn(3), 'b': torch.tensor(0.5)}
loss = lambda p, x, t: ((p['w'] * x).sum() + p['b'] - t).pow(2)
per = vmap(grad(loss), in_dims=(None, 0, 0))(P, B, torch.arange(4.0))
print(per['w'], per['b'])
Bg = B.clone().requires_grad_()
vmap(f)(Bg).sum().backward()
print(Bg.grad)
torch.manual_seed(1)
same = vmap(lambda b: b * 0 + torch.rand(3), randomness='same')(B)
print(str(bool((same[0] == same[3]).all())).lower())
different = vmap(lambda b: b * 0 + torch.rand(3), randomness='different')(B)
print(str(bool((different[0] == different[3]).any())).lower())


def named(x):
    return x.sum()


for attempt in [
    lambda: grad(lambda x: x * 2)(x),
    lambda: grad(named, argnums=2)(x),
    lambda: grad(named)(3.5),
    lambda: grad(named)(torch.arange(3)),
    lambda: vmap(named)(),
    lambda: vmap(named)(3.5),
    lambda: vmap(named, in_dims=3)(B),
    lambda: vmap(named, in_dims=(0, 0))(B),
    lambda: vmap(named, in_dims=None)(B),
    lambda: vmap(torch.add, in_dims=(0, 0))(B, x),
    lambda: vmap(named, out_dims=(0, 0))(B),
    lambda: vmap(lambda b: 2)(B),
    lambda: vmap(named, randomness='some')(B),
    lambda: jvp(named, (x,), (y, y)),
]:
    try:
        attempt()
        print('fine')
    except Exception as e:
        print(type(e).__name__, str(e).split('\n')[0][:60])
