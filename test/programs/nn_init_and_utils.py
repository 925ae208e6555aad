import torch
from torch import nn
from torch.nn import init
from torch.nn.utils import parametrize

torch.manual_seed(0)


def show(t):
    print(t.detach().flatten()[:6])


for fn, args in [
    (init.uniform_, (-1.0, 2.0)), (init.normal_, (1.0, 0.5)), (init.trunc_normal_, ()), (init.constant_, (0.3,)),
    (init.ones_, ()), (init.zeros_, ()), (init.eye_, ()), (init.xavier_uniform_, ()), (init.xavier_normal_, (2.0,)),
    (init.kaiming_uniform_, ()), (init.kaiming_normal_, ()), (init.orthogonal_, ()), (init.sparse_, (0.5,)),
]:
    print(fn.__name__)
    show(fn(torch.empty(4, 5), *args))
show(init.kaiming_normal_(torch.empty(3, 4, 2), mode="fan_out", nonlinearity="relu"))
show(init.orthogonal_(torch.empty(5, 3), gain=2.0))
show(init.dirac_(torch.empty(2, 2, 3)))
show(init.dirac_(torch.empty(4, 1, 3, 3), groups=2))
show(init.trunc_normal_(torch.empty(6), mean=1.0, std=2.0, a=0.0, b=1.5))
for name in ("linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu"):
    print(f"{name} {init.calculate_gain(name):.6f}")
print(f"{init.calculate_gain('leaky_relu', 0.2):.6f}")
w = nn.Linear(2, 2).weight
print(init.ones_(w) is w, w.requires_grad, w.grad_fn)


def attempt(f):
    try:
        f()
    except Exception as e:
        print(f"{type(e).__name__}: {e}")


attempt(lambda: init.xavier_uniform_(torch.empty(3)))
attempt(lambda: init.eye_(torch.empty(3)))
attempt(lambda: init.dirac_(torch.empty(3, 3)))
attempt(lambda: init.calculate_gain("swish"))
attempt(lambda: init.kaiming_uniform_(torch.empty(3, 3), mode="fan"))
attempt(lambda: init.orthogonal_(torch.empty(3)))

# clipping
net = nn.Linear(3, 2)
x = torch.tensor([[3.0, -4.0, 0.5]])
net(x).pow(2).sum().backward()
print(nn.utils.clip_grad_norm_(net.parameters(), 1.0), net.weight.grad)
print(nn.utils.clip_grad_norm_(net.parameters(), 10.0, norm_type=1))
print(nn.utils.clip_grad_norm_(net.parameters(), 0.1, float("inf")), net.bias.grad)
nn.utils.clip_grad_value_(net.parameters(), 0.05)
print(net.weight.grad)
vec = nn.utils.parameters_to_vector(net.parameters())
print(vec)
nn.utils.vector_to_parameters(torch.arange(8.0), net.parameters())
print(net.weight, net.bias)

# weight norm
wn = nn.utils.weight_norm(nn.Linear(3, 2))
print([n for n, _ in wn.named_parameters()], wn)
wn(x).sum().backward()
print(wn.weight_g.grad, wn.weight_v.grad)
attempt(lambda: nn.utils.weight_norm(wn))
nn.utils.remove_weight_norm(wn)
print([n for n, _ in wn.named_parameters()])
attempt(lambda: nn.utils.remove_weight_norm(wn))

# spectral norm
sn = nn.utils.spectral_norm(nn.Linear(3, 4))
for _ in range(20):
    sn(x)
print(list(sn.state_dict().keys()))
print(f"{torch.linalg.matrix_norm(sn.weight, 2).item():.3f}")
nn.utils.remove_spectral_norm(sn)
print(list(sn.state_dict().keys()))


# parametrisations
class Symmetric(nn.Module):
    def forward(self, x):
        return x.triu() + x.triu(1).transpose(-1, -2)

    def right_inverse(self, a):
        return a.triu()


class Exp(nn.Module):
    def forward(self, x):
        return x.exp()


lin = nn.Linear(2, 2)
parametrize.register_parametrization(lin, "weight", Symmetric())
print(lin, parametrize.is_parametrized(lin), parametrize.is_parametrized(lin, "bias"))
print(torch.equal(lin.weight, lin.weight.T), list(lin.state_dict().keys()))
lin.weight = torch.tensor([[1.0, 2.0], [2.0, 3.0]])
print(lin.parametrizations.weight.original, lin.weight)
parametrize.register_parametrization(lin, "weight", Exp())
print(lin.weight)
lin(torch.ones(1, 2)).sum().backward()
print(lin.parametrizations.weight.original.grad)
with parametrize.cached():
    print(lin.weight is lin.weight)
attempt(lambda: setattr(lin, "weight", torch.ones(2, 2)))
attempt(lambda: parametrize.register_parametrization(lin, "gain", Exp()))
attempt(lambda: parametrize.register_parametrization(lin, "bias", nn.Linear(2, 3)))
parametrize.remove_parametrizations(lin, "weight")
print(lin, lin.weight)

# a convolution and its normalisation in one
conv, bn = nn.Conv1d(1, 2, 2), nn.BatchNorm1d(2)
bn(torch.randn(4, 2, 3))
conv.eval(), bn.eval()
fused = nn.utils.fuse_conv_bn_eval(conv, bn)
sig = torch.randn(1, 1, 5)
print(torch.allclose(fused(sig), bn(conv(sig)), atol=1e-6))
