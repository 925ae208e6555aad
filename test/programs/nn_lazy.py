import copy

import torch
import torch.nn as nn

torch.manual_seed(0)


def attempt(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)


layer = nn.LazyLinear(3)
print(layer, layer.weight, layer.bias, layer.has_uninitialized_params())
attempt(lambda: layer.weight.shape)
attempt(lambda: layer.weight.add(1))
attempt(lambda: sum(p.numel() for p in layer.parameters()))
attempt(lambda: layer.share_memory())
attempt(lambda: nn.Linear(2, 3).load_state_dict(layer.state_dict()))
attempt(lambda: nn.LazyLinear())
print(layer(torch.ones(2, 4)))
print(layer, type(layer).__name__, layer.weight)

net = nn.Sequential(
    nn.LazyConv2d(4, 3, padding=1), nn.LazyBatchNorm2d(), nn.ReLU(), nn.LazyConvTranspose2d(2, 2, stride=2, bias=False), nn.LazyInstanceNorm2d(),
    nn.Flatten(), nn.LazyLinear(5, bias=False))
print(net)
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
twin = copy.deepcopy(nn.Sequential(net[0], net[6]))
x = torch.randn(2, 3, 4, 4)
y = net(x)
print(y.shape)
print(net)
print([(n, tuple(p.shape)) for n, p in net.named_parameters()])
for _ in range(3):
    loss = net(x).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    print(f'{loss.item():.5f}')
print(twin[0], twin[1].weight)
print(twin.load_state_dict({"0.weight": net[0].weight, "0.bias": net[0].bias, "1.weight": net[6].weight}))
print(twin[0].weight.shape)
twin[0](x)
print(torch.equal(net[0](x), twin[0](x)))
print(twin[0], twin[1])

for f in [
    lambda: nn.LazyConv2d(4, 3)(torch.ones(2, 2, 2, 2, 2)),
    lambda: nn.LazyConv1d(4, 3, groups=2)(torch.ones(1, 3, 5)),
    lambda: nn.LazyBatchNorm2d()(torch.ones(2, 3)),
    lambda: nn.LazyConv3d(2, 1)(torch.ones(1, 2, 1, 1, 1)).shape,
    lambda: nn.LazyConvTranspose1d(2, 3)(torch.ones(1, 2, 4)).shape,
    lambda: nn.LazyConvTranspose3d(2, 1)(torch.ones(1, 2, 1, 1, 1)).shape,
    lambda: nn.LazyBatchNorm1d(affine=False)(torch.ones(3, 2)),
    lambda: nn.LazyInstanceNorm1d(track_running_stats=False),
    lambda: nn.LazyConv2d(4, 3, padding_mode='circular', dilation=2),
]:
    attempt(f)
p = nn.UninitializedParameter()
print(p, p.requires_grad, nn.parameter.is_lazy(p))
p.materialize((2, 3))
print(p.shape, type(p).__name__, nn.parameter.is_lazy(p))
print(nn.UninitializedBuffer())
half = nn.LazyLinear(2).double()
print(half(torch.ones(1, 3, dtype=torch.float64)).dtype, half.weight.dtype)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.LazyLinear(4)
        self.b = nn.LazyLinear(2)

    def forward(self, x):
        return self.b(torch.relu(self.a(x)))


torch.manual_seed(3)
n = Net()
n(torch.ones(2, 3))
print(n)
print(n.b.weight)
