import torch
from torch import optim

torch.set_num_threads(1)
torch.manual_seed(0)

a = torch.tensor([1.0, 2.0], requires_grad=True)
b = torch.tensor([[0.5], [-1.0]], requires_grad=True)
c = torch.tensor(3.0, requires_grad=True)
unused = torch.ones(2, requires_grad=True)


def loss():
    return (a * a).sum() + (b * a.unsqueeze(1)).sum() + (c - 1) ** 2


opt = optim.SGD([{'params': [a, unused], 'lr': 0.1}, {'params': b, 'momentum': 0.9, 'weight_decay': 0.5}], lr=0.01, momentum=0.5)
print(opt)
print(len(opt.param_groups), len(opt.param_groups[0]['params']), list(opt.defaults.keys()))
opt.add_param_group({'params': (p for p in [c]), 'lr': 1.0})
for step in range(3):
    opt.zero_grad()
    out = loss()
    out.backward()
    opt.step()
    print(f'{out.item():.6f}')
print(a, b, c)
print(unused.grad, len(opt.state))
opt.param_groups[0]['lr'] = 0.5
opt.zero_grad()
print(a.grad, unused.grad)
opt.zero_grad(set_to_none=True)
print(a.grad)
opt.step()
loss().backward()
opt.step()
print(a)

# state dicts
sd = opt.state_dict()
print(list(sd.keys()), list(sd['state'].keys()), [g['params'] for g in sd['param_groups']])
print(sd['state'][0])
print({k: v for k, v in sd['param_groups'][1].items()})


def adam(lr):
    return optim.Adam([{'params': [a]}, {'params': [b, c], 'lr': lr}], lr=0.1)


def go(o, n):
    for _ in range(n):
        o.zero_grad()
        loss().backward()
        o.step()


first = adam(0.2)
go(first, 3)
sd = first.state_dict()
saved = [t.detach().clone() for t in (a, b, c)]
go(first, 3)
print(a, b, c)
with torch.no_grad():
    for t, s in zip((a, b, c), saved):
        t.copy_(s)
# the steps went on in the dict's own tensors, the copy below is of what they are now
print(sd['state'][0]['step'])
second = adam(0.7)
second.load_state_dict(sd)
print(second.param_groups[1]['lr'], second.state[a]['step'], second.state[a]['exp_avg'])
go(second, 2)
print(a, second.state[a]['step'], first.state[a]['step'])

# closures
opt = optim.SGD([a], lr=0.1)


def closure():
    opt.zero_grad()
    out = (a ** 2).sum()
    out.backward()
    return out


print(opt.step(closure), opt.step())

# a parameter in a step that stays in the graph
w = torch.tensor([1.0, -2.0], requires_grad=True)
lr = torch.tensor(0.5, requires_grad=True)
p = w.clone()
p.retain_grad()
inner = optim.SGD([p], lr=0.1, differentiable=True)
p.grad = p.detach().clone() * lr
inner.step()
p.pow(2).sum().backward()
print(w.grad, lr.grad)

for attempt in [
    lambda: optim.SGD([a]),
    lambda: optim.SGD([a], lr=-1.0),
    lambda: optim.SGD([a], lr=0.1, momentum=-0.5),
    lambda: optim.SGD([a], lr=0.1, weight_decay=-0.5),
    lambda: optim.SGD([a], lr=0.1, nesterov=True),
    lambda: optim.SGD([], lr=0.1),
    lambda: optim.SGD(a, lr=0.1),
    lambda: optim.SGD([3.5], lr=0.1),
    lambda: optim.SGD([a * 2], lr=0.1),
    lambda: optim.SGD([{'params': [a]}, {'params': [b, a]}], lr=0.1),
    lambda: optim.SGD([{'params': {a, b}}], lr=0.1),
    lambda: optim.SGD([a], lr=0.1, speed=2),
    lambda: optim.Adam([a], lr=-0.1),
    lambda: optim.Adam([a], eps=-0.5),
    lambda: optim.Adam([a], betas=(1.0, 0.9)),
    lambda: optim.Adam([a], betas=(0.5, -0.9)),
    lambda: optim.AdamW([a], weight_decay=-0.1),
    lambda: optim.NAdam([a], momentum_decay=-0.1),
    lambda: optim.RMSprop([a], alpha=-0.5),
    lambda: optim.RMSprop([a], momentum=-0.5),
    lambda: optim.Adagrad([a], lr_decay=-0.5),
    lambda: optim.Adagrad([a], initial_accumulator_value=-0.5),
    lambda: optim.Adadelta([a], rho=1.5),
    lambda: optim.Rprop([a], etas=(1.5, 0.5)),
    lambda: optim.LBFGS([{'params': [a]}, {'params': [b]}]),
    lambda: optim.LBFGS([a]).step(),
    lambda: optim.Optimizer([a], {}).step(None),
    lambda: adam(0.1).load_state_dict(optim.Adam([a]).state_dict()),
    lambda: optim.Adam([a]).load_state_dict(optim.Adam([a, b]).state_dict()),
]:
    try:
        attempt()
        print('fine')
    except Exception as e:
        print(type(e).__name__, e)
