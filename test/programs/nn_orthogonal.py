import torch
import torch.nn as nn
import torch.nn.utils.parametrize as parametrize
from torch.nn.utils.parametrizations import orthogonal

torch.manual_seed(0)
torch.set_printoptions(precision=3)
x = torch.randn(6, 4)
for shape in [(4, 4), (4, 6), (4, 2)]:
    for kind in [None, 'matrix_exp', 'cayley', 'householder']:
        layer = orthogonal(nn.Linear(*shape), orthogonal_map=kind)
        Q = layer.weight
        tall = Q if Q.shape[0] >= Q.shape[1] else Q.T
        print(shape, kind, Q.shape, f'{torch.dist(tall.T @ tall, torch.eye(tall.shape[1])).item() < 1e-5}')
        print(Q.detach())
        opt = torch.optim.SGD(layer.parameters(), lr=0.05)
        for _ in range(10):
            loss = (layer(x) - 1).pow(2).mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
        Q = layer.weight
        tall = Q if Q.shape[0] >= Q.shape[1] else Q.T
        print(f'{loss.item():.4f} {(tall.T @ tall - torch.eye(tall.shape[1])).abs().max().item() < 1e-4}')
print(layer)
print([n for n, _ in layer.named_parameters()], [n for n, _ in layer.named_buffers()])
plain = orthogonal(nn.Linear(3, 5), orthogonal_map='householder', use_trivialization=False)
print(plain.weight)
print([n for n, _ in plain.named_buffers()])
with torch.no_grad():
    layer.weight = torch.eye(2, 4)
print(layer.weight)
parametrize.remove_parametrizations(layer, 'weight')
print(layer, layer.weight)
for f in [lambda: orthogonal(nn.Linear(2, 2), 'bias'), lambda: orthogonal(nn.Linear(2, 2), 'wait'), lambda: orthogonal(nn.Linear(2, 2), orthogonal_map='qr'), lambda: orthogonal(nn.Linear(2, 2), orthogonal_map='cayley', use_trivialization=False).weight.shape,
          lambda: setattr(plain, 'weight', torch.eye(2))]:
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)

m = nn.utils.weight_norm(nn.Linear(3, 2), name='weight')
print(m.weight.grad_fn.name(), m.weight_g, m.weight_v)
print([f.name() for f, _ in m.weight.grad_fn.next_functions])
m(torch.ones(1, 3)).sum().backward()
print(m.weight_g.grad, m.weight_v.grad)
m = nn.utils.weight_norm(nn.Conv1d(2, 3, 2), dim=2)
print(m.weight.grad_fn.name(), m.weight_g.shape)
m(torch.ones(1, 2, 4)).pow(2).sum().backward()
print(m.weight_g.grad, m.weight_v.grad)
m = nn.utils.weight_norm(nn.Linear(3, 2), dim=None)
print(m.weight.grad_fn.name(), m.weight_g)
nn.utils.remove_weight_norm(m)
print(m.weight)
p = nn.Parameter(torch.zeros(2))
p.data = torch.ones(3)
print(p, p._version)
w = torch.ones(2, requires_grad=True)
y = (w * 3).pow(2).sum()
w.data = torch.tensor([5., 6.])
y.backward()
print(w, w.grad)
