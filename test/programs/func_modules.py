import warnings

import torch
import torch.nn as nn
import torch.nn.functional as F
from functorch import combine_state_for_ensemble, grad, vmap
from torch.nn.utils.stateless import functional_call

warnings.simplefilter('ignore')
torch.set_num_threads(1)
torch.manual_seed(0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(2, 3)
        self.fc2 = nn.Linear(3, 1)
        self.register_buffer('scale', torch.tensor(2.0))

    def forward(self, x, shift=0.0):
        return self.fc2(self.fc1(x).tanh()) * self.scale + shift


net = Net()
x = torch.randn(4, 2)
t = torch.randn(4, 1)
params = {k: v.detach() for k, v in net.named_parameters()}
zeros = {k: torch.zeros_like(v) for k, v in params.items()}
print(functional_call(net, zeros, x))
print(functional_call(net, {**zeros, 'fc2.bias': torch.tensor([1.5]), 'scale': torch.tensor(4.0)}, (x, 0.5)))
print(str(torch.equal(functional_call(net, params, (x,)), net(x))).lower())
print(net.fc1.weight)

loss = lambda p, x, t: F.mse_loss(functional_call(net, p, (x,)), t)
g = grad(loss)(params, x, t)
for name, p in g.items():
    print(name, p)
net.zero_grad()
F.mse_loss(net(x), t).backward()
print(str(all(torch.allclose(g[k], p.grad) for k, p in net.named_parameters())).lower())
each = vmap(grad(loss), in_dims=(None, 0, 0))(params, x, t)
for name, p in each.items():
    print(name, ','.join(map(str, p.shape)), f'{p.mean(0).flatten()[0].item():.4f} {g[name].flatten()[0].item():.4f}')

# an ensemble
models = [Net() for _ in range(3)]
names = [n for n, _ in net.named_parameters()]
_, stacked, buffers = combine_state_for_ensemble(models)
stacked = {n: s.detach().requires_grad_() for n, s in zip(names, stacked)}  # torch.func.stack_module_state gives such leaves
for name, p in stacked.items():
    print(name, ','.join(map(str, p.shape)), str(p.requires_grad).lower(), str(p.is_leaf).lower())
print(buffers[0])
out = vmap(lambda p, b, x: functional_call(net, {**p, **b}, (x,)), in_dims=(0, 0, None))(stacked, {'scale': buffers[0]}, x)
print(','.join(map(str, out.shape)), str(torch.allclose(out[1], models[1](x))).lower())
out.sum().backward()
print(stacked['fc2.bias'].grad, ','.join(map(str, stacked['fc1.weight'].grad.shape)))

# a step of training without an optimiser
p = dict(params)
for step in range(3):
    g = grad(loss)(p, x, t)
    p = {k: p[k] - 0.1 * g[k] for k in p}
    print(f'{loss(p, x, t).item():.4f}')
