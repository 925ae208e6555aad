import torch
import torch.nn as nn
import torch.optim as optim

torch.set_num_threads(1)
torch.manual_seed(0)


def attempt(f):
    try:
        r = f()
        print('fine', r)
    except Exception as e:
        print(type(e).__name__, e)


net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
opt = optim.SGD([{'params': net[0].parameters()}, {'params': net[2].parameters(), 'lr': 0.5}], lr=0.1, momentum=0.9)
print(opt)
attempt(lambda: opt.add_param_group({'params': net[0].weight}))
attempt(lambda: opt.add_param_group({'params': [net[0].weight, net[0].weight]}))
attempt(lambda: opt.add_param_group({'params': {net[0].weight}}))
attempt(lambda: opt.add_param_group([1]))
attempt(lambda: optim.SGD([], lr=0.1))
attempt(lambda: optim.SGD(net.parameters(), lr=-1.0))
attempt(lambda: optim.SGD(net.parameters(), lr=0.1, momentum=-0.1))
attempt(lambda: optim.SGD(net.parameters(), lr=0.1, nesterov=True))
attempt(lambda: optim.SGD(net.parameters()))
attempt(lambda: optim.SGD(torch.zeros(2), lr=0.1))
attempt(lambda: optim.SGD([3], lr=0.1))
attempt(lambda: optim.SGD([torch.zeros(2, requires_grad=True) * 2], lr=0.1))
attempt(lambda: optim.Adam(net.parameters(), betas=(1.0, 0.9)))
attempt(lambda: optim.Adam(net.parameters(), eps=-1.0))
attempt(lambda: optim.AdamW(net.parameters(), weight_decay=-1.0))
attempt(lambda: optim.RMSprop(net.parameters(), alpha=-0.5))
attempt(lambda: optim.Adagrad(net.parameters(), lr_decay=-1.0))
attempt(lambda: optim.Adadelta(net.parameters(), rho=2.0))
attempt(lambda: optim.Rprop(net.parameters(), etas=(2.0, 3.0)))
attempt(lambda: optim.LBFGS([{'params': net[0].parameters()}, {'params': net[2].parameters()}]))

extra = nn.Parameter(torch.ones(2))
opt.add_param_group({'params': [extra], 'weight_decay': 0.3, 'momentum': 0.0})
print(len(opt.param_groups), opt.param_groups[2]['lr'], opt.param_groups[2]['momentum'], sorted(opt.param_groups[1].keys()))
x = torch.randn(5, 3)


def step(model, optimizer, extra):
    optimizer.zero_grad()
    loss = (model(x) * extra).pow(2).mean()
    loss.backward()
    optimizer.step()
    return f'{loss.item():.6f}'


print(step(net, opt, extra), step(net, opt, extra), step(net, opt, extra))
sd = opt.state_dict()
print(list(sd.keys()), sorted(sd['state'].keys()), [g['params'] for g in sd['param_groups']])
print(sd['state'][1], sd['param_groups'][1]['lr'])

# a second network goes on where the first one is
twin = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
twin.load_state_dict(net.state_dict())
extra2 = nn.Parameter(extra.detach().clone())
opt2 = optim.SGD([{'params': twin[0].parameters()}, {'params': twin[2].parameters()}, {'params': [extra2]}], lr=7.0, momentum=0.1)
opt2.load_state_dict(sd)
print([g['lr'] for g in opt2.param_groups], opt2.param_groups[2]['weight_decay'])
for _ in range(3):
    print(step(net, opt, extra), step(twin, opt2, extra2))
print(torch.equal(net[0].weight, twin[0].weight), torch.equal(extra, extra2))
attempt(lambda: optim.SGD(net.parameters(), lr=0.1).load_state_dict(sd))
attempt(lambda: optim.SGD([{'params': net[0].parameters()}, {'params': net[2].parameters()}, {'params': [extra, nn.Parameter(torch.ones(1))]}], lr=0.1).load_state_dict(sd))

# gradients that are None stay out; set_to_none; a frozen parameter
net[0].weight.requires_grad_(False)
opt3 = optim.Adam(filter(lambda p: p.requires_grad, net.parameters()), lr=0.1, amsgrad=True)
opt3.zero_grad(set_to_none=True)
print(net[2].bias.grad)
net(x).sum().backward()
opt3.step()
print(len(opt3.state), sorted(opt3.state[net[2].bias].keys()), opt3.state[net[2].bias]['step'])
opt3.zero_grad()
print(net[2].bias.grad)
print(opt3)


# closures
w = nn.Parameter(torch.tensor([1.5, -0.5]))
for cls, kw in ((optim.LBFGS, dict(lr=0.5, max_iter=4, history_size=3)), (optim.LBFGS, dict(line_search_fn='strong_wolfe')), (optim.Rprop, {}), (optim.SGD, dict(lr=0.01))):
    with torch.no_grad():
        w.copy_(torch.tensor([1.5, -0.5]))
    o = cls([w], **kw)
    calls = 0

    def closure():
        global calls
        calls += 1
        o.zero_grad()
        loss = (1 - w[0]) ** 2 + 5 * (w[1] - w[0] ** 2) ** 2
        loss.backward()
        return loss

    for _ in range(4):
        loss = o.step(closure)
    print(cls.__name__, calls, f'{loss.item():.6f}', w.detach())


class Halving(optim.Optimizer):
    def __init__(self, params, factor=0.5):
        if factor < 0:
            raise ValueError(f'Invalid factor: {factor}')
        super().__init__(params, dict(factor=factor))

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group['params']:
                if p.grad is not None:
                    state = self.state[p]
                    state['n'] = state.get('n', 0) + 1
                    p.mul_(group['factor'])
        return loss


h = Halving([w])
w.grad = torch.ones(2)
h.step()
h.step()
print(h, w.detach(), h.state[w], h.state_dict())
