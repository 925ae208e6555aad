import copy

import torch
import torch.nn as nn

torch.set_num_threads(1)
torch.manual_seed(0)


def attempt(f):
    try:
        print('fine', f())
    except Exception as e:
        print(type(e).__name__, e)


class Inner(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.lin = nn.Linear(n, n)
        self.scale = nn.Parameter(torch.full((n,), 2.0))
        self.register_buffer('count', torch.tensor(0))
        self.register_buffer('tmp', torch.ones(2), persistent=False)
        self.register_buffer('nothing', None)
        self.register_parameter('absent', None)

    def forward(self, x):
        self.count += 1
        return self.lin(x) * self.scale

    def extra_repr(self):
        return f'n={self.scale.numel()}'


class Outer(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = Inner(2)
        self.b = self.a
        self.blocks = nn.ModuleList([Inner(2), nn.ReLU()])
        self.heads = nn.ModuleDict({'x': nn.Linear(2, 1), 'y': nn.Identity()})
        self.params = nn.ParameterList([torch.zeros(1), torch.ones(2)])

    def forward(self, x):
        x = self.a(x)
        for m in self.blocks:
            x = m(x)
        return self.heads['x'](x)


net = Outer()
print(net)
print([n for n, _ in net.named_parameters()])
print([n for n, _ in net.named_modules()])
print([n for n, _ in net.named_modules(remove_duplicate=False)])
print([n for n, _ in net.named_buffers()], [n for n, _ in net.named_children()])
print([n for n, _ in net.a.named_parameters(prefix='p', recurse=False)])
print(list(net.state_dict().keys()))
print(list(net.a.state_dict(prefix='z.').keys()))
print(net.get_submodule('blocks.0.lin'), net.get_parameter('a.scale'), net.get_buffer('a.count'))
attempt(lambda: net.get_submodule('blocks.7'))
attempt(lambda: net.get_submodule('a.scale'))
attempt(lambda: net.get_parameter('a.count'))
attempt(lambda: net.get_buffer('a.scale'))
attempt(lambda: net.missing)
attempt(lambda: net.a.register_buffer('count', torch.ones(1)))
attempt(lambda: net.a.register_buffer('lin', torch.ones(1)))
attempt(lambda: net.a.register_buffer('a.b', torch.ones(1)))
attempt(lambda: net.a.register_buffer('', torch.ones(1)))
attempt(lambda: net.a.register_buffer('q', 3))
attempt(lambda: net.a.register_parameter('lin', nn.Parameter(torch.ones(1))))
attempt(lambda: net.a.register_parameter('w', torch.ones(1)))
attempt(lambda: net.a.register_parameter('w', nn.Parameter(torch.ones(1)) * 2))
attempt(lambda: net.add_module('x.y', nn.ReLU()))
attempt(lambda: net.add_module('z', 3))
attempt(lambda: setattr(net.a, 'scale', torch.ones(2)))
attempt(lambda: setattr(net, 'a', torch.ones(2)))
attempt(lambda: setattr(net.a, 'count', 3))
net.a.scale = None
print(net.a.scale, 'a.scale' in net.state_dict())
net.a.scale = nn.Parameter(torch.ones(2))
del net.b
print([n for n, _ in net.named_children()])
print(net(torch.ones(1, 2)), net.a.count, net.blocks[0].count)
deep = copy.deepcopy(net)
with torch.no_grad():
    deep.a.lin.weight.zero_()
print(net.a.lin.weight.sum() != 0, deep.a.count, deep.training)
net.eval()
print(net.training, net.a.training, net.blocks[1].training)
net.train(False).a.train()
print(net.training, net.a.lin.training)
net.requires_grad_(False)
print([p.requires_grad for p in net.parameters()][:3])
net.double()
print(net.a.lin.weight.dtype, net.a.count.dtype, net(torch.ones(1, 2, dtype=torch.float64)).dtype)
attempt(lambda: net(torch.ones(1, 2)))
net.float().to(torch.float64).half().type(torch.float32)
print(net.heads['x'].bias.dtype)
attempt(lambda: net.to(torch.int64))
total = []
net.apply(lambda m: total.append(type(m).__name__))
print(total)

# keys that do not fit
sd = net.state_dict()
sd['blocks.0.lin.weight'] = torch.ones(3, 3)
sd['new'] = torch.ones(1)
del sd['a.lin.bias']
attempt(lambda: net.load_state_dict(sd))
attempt(lambda: net.load_state_dict(sd, strict=False))
attempt(lambda: net.load_state_dict([1]))
sd['blocks.0.lin.weight'] = 4
attempt(lambda: net.load_state_dict(sd, strict=False))
print(net.load_state_dict({k: v for k, v in net.state_dict().items() if 'lin' in k}, strict=False))


class Versioned(nn.Module):
    _version = 2

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(2))

    def get_extra_state(self):
        return {'seen': 3}

    def set_extra_state(self, state):
        print('extra', state)

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, *rest):
        print('loading', prefix, local_metadata.get('version'))
        if prefix + 'weight' in state_dict:
            state_dict[prefix + 'w'] = state_dict.pop(prefix + 'weight')
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest)


v = nn.Sequential(Versioned())
sd = v.state_dict()
print(list(sd.keys()), sd['0._extra_state'])
print(v.load_state_dict(sd))
print(v.load_state_dict({'0.weight': torch.ones(2), '0._extra_state': 1}))
print(v[0].w)
attempt(lambda: v.load_state_dict({'0.w': torch.ones(2)}))
print(nn.Linear(2, 2).to_empty(device='cpu').weight.shape, nn.utils.skip_init(nn.Linear, 3, 1).bias.shape)
