import warnings

import torch
import torch.nn as nn
import torch.nn.functional as F
from functorch import grad, grad_and_value, hessian, jacfwd, jacrev, jvp, make_functional, make_functional_with_buffers, vjp, vmap, combine_state_for_ensemble

warnings.filterwarnings('ignore')
torch.set_num_threads(1)
torch.manual_seed(0)

f = lambda x: (x.sin() * x).sum()
x = torch.randn(3)
print(grad(f)(x), torch.allclose(grad(f)(x), x.cos() * x + x.sin()))
print(grad(grad(lambda t: t ** 4))(torch.tensor(2.0)))
g, v = grad_and_value(f)(x)
print(g, v)
g, (v, aux) = grad_and_value(lambda a, b: ((a * b).sum(), a + b), argnums=(0, 1), has_aux=True)(x, torch.ones(3))
print(g, v, aux)
print(hessian(lambda t: (t ** 3).sum())(x))
print(jacrev(lambda t: t.outer(t))(x[:2]), jacfwd(torch.sin)(x))
out, pull = vjp(lambda a, b: (a @ b, a.sum()), torch.eye(2), torch.ones(2))
print(out, pull((torch.ones(2), torch.tensor(2.0))))
print(jvp(lambda t: t.exp(), (x,), (torch.ones(3),)))
print(vmap(torch.dot)(torch.ones(2, 3), torch.arange(6.0).view(2, 3)))
print(vmap(lambda a, b: a + b, in_dims=(0, None))(torch.zeros(2, 1), torch.tensor([5.0])))
print(vmap(lambda a: a * 2, in_dims=1, out_dims=1)(torch.arange(6.0).view(2, 3)))
print(vmap(vmap(lambda a, b: a * b, (None, 0)), (0, None))(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0, 5.0])))

# gradients of each sample
net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
fmodel, params = make_functional(net)
data, target = torch.randn(4, 2), torch.randn(4, 1)


def loss(params, sample, y):
    return F.mse_loss(fmodel(params, sample.unsqueeze(0)), y.unsqueeze(0))


per_sample = vmap(grad(loss), (None, 0, 0))(params, data, target)
print([tuple(p.shape) for p in per_sample], per_sample[3].detach())
whole = grad(lambda p: F.mse_loss(fmodel(p, data), target))(params)
print(all(torch.allclose(a.mean(0), b, atol=1e-6) for a, b in zip(per_sample, whole)))

# an ensemble
models = [nn.Linear(2, 1) for _ in range(3)]
fm, ps, bs = combine_state_for_ensemble(models)
print(vmap(fm, (0, 0, None))(ps, bs, data[:2]).squeeze(-1).detach())
# MAML's inner step
inner = lambda p: torch.sub(p, 0.1 * grad(lambda q: (q ** 2).sum())(p))
print(jacrev(lambda p: inner(inner(p)).sum())(torch.ones(2)))
for bad in (lambda: vmap(torch.add)(torch.ones(2), torch.ones(3)), lambda: vmap(torch.sin)(torch.tensor(1.0))):
    try:
        bad()
        print('fine')
    except Exception as e:
        print(type(e).__name__, str(e).split('\n')[0])
