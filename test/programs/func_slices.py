import torch
from functorch import grad, hessian, jacrev, jvp, vmap, combine_state_for_ensemble

torch.manual_seed(0)
v = torch.tensor([0.5, -1.0, 2.0])


def f(z):
    return (z ** 3).sum() + z[0] * z[1] * z[2]


def g(z):
    return (z[1:] * z[:-1]).prod() + z[-1].sin()


print(hessian(f)(v))
print(hessian(g)(v))
print(jacrev(jacrev(jacrev(f)))(v).shape[0], jacrev(hessian(g))(v)[0])
print(grad(lambda z: hessian(g)(z).sum())(v))
print(jvp(grad(f), (v,), (torch.ones(3),))[1])
print(vmap(hessian(f))(torch.stack([v, v + 1])).sum(0))

x = v.clone().requires_grad_()
y = x[0] * x[1]
first, = torch.autograd.grad(y, x, create_graph=True)
print(first, [fn.name() for fn, _ in first.grad_fn.next_functions])
z = x * 1
z[0] = x[1] ** 2
second, = torch.autograd.grad((z ** 2).sum(), x, create_graph=True)
print(second, torch.autograd.grad(second.sum(), x)[0])

models = [torch.nn.Linear(3, 2) for _ in range(3)]
fmodel, params, buffers = combine_state_for_ensemble(models)
print(vmap(fmodel, in_dims=(0, 0, None))(params, buffers, v))
