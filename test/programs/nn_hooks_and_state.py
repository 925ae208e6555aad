import torch
from torch import nn

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
x = torch.tensor([[1.0, -1.0]], requires_grad=True)

# forward hooks
h1 = net[0].register_forward_pre_hook(lambda m, args: (args[0] * 2,))
h2 = net[1].register_forward_hook(lambda m, args, out: print("tanh", args[0].shape, out))
h3 = net[2].register_forward_hook(lambda m, args, out: out + 1)
print(net(x))
h1.remove()
h3.remove()
h3.remove()
print(net(x))
h2.remove()

# backward hooks
def report(m, grad_input, grad_output):
    print(type(m).__name__, grad_input, grad_output)

hs = [m.register_full_backward_hook(report) for m in net]
out = net(x)
print(out.grad_fn.name())
out.sum().backward()
print(x.grad)
for h in hs:
    h.remove()
h = net[1].register_full_backward_hook(lambda m, gi, go: (gi[0] * 0,))
x.grad = None
net(x).sum().backward()
print(x.grad, net[2].weight.grad)
h.remove()
h = net[0].register_full_backward_hook(lambda m, gi, go: print("no grad input", gi, go[0].shape))
net(x.detach()).sum().backward()
h.remove()
try:
    net[0].register_backward_hook(report)
except RuntimeError as e:
    print(e)

# state dicts
bn = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
print({k: (tuple(v.shape), v.dtype) for k, v in bn.state_dict().items()}["1.num_batches_tracked"])
bn(torch.randn(4, 2))
sd = bn.state_dict()
print(list(sd.keys()), sd["1.num_batches_tracked"], sd["1.running_mean"])
bn.eval()
print(bn(torch.ones(1, 2)).detach())
other = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
print(other.load_state_dict(sd))
print(other.load_state_dict({k: v for k, v in sd.items() if "running" in k}, strict=False))


def attempt(f):
    try:
        f()
    except Exception as e:
        print(f"{type(e).__name__}: {e}")


attempt(lambda: other.load_state_dict({k: v for k, v in sd.items() if "bias" in k}))
attempt(lambda: other.load_state_dict({**sd, "2.weight": torch.ones(1), "0.extra": torch.ones(2)}))
attempt(lambda: other.load_state_dict({**sd, "0.weight": torch.ones(3, 2), "0.bias": 3}))
attempt(lambda: other.load_state_dict([1, 2]))
print(list(nn.Linear(1, 1).state_dict(prefix="lin.").keys()))
print(type(bn.state_dict(keep_vars=True)["0.weight"]).__name__, bn.state_dict()["0.weight"].requires_grad)
m = nn.Module()
m.register_buffer("kept", torch.ones(1))
m.register_buffer("dropped", torch.ones(1), persistent=False)
m.register_buffer("none", None)
print(list(m.state_dict().keys()), [n for n, _ in m.named_buffers()])
attempt(lambda: m.load_state_dict({}))

# momentum None: the mean of all batches
avg = nn.BatchNorm1d(1, momentum=None)
for v in (1.0, 2.0, 6.0):
    avg(torch.tensor([[v], [v + 2]]))
print(avg.running_mean, avg.running_var, avg.num_batches_tracked)
avg.reset_running_stats()
print(avg.running_mean, avg.num_batches_tracked)

# a tied weight is one parameter with two names
class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.inp = nn.Embedding(4, 2)
        self.out = nn.Linear(2, 4, bias=False)
        self.out.weight = self.inp.weight

    def forward(self, i):
        return self.out(self.inp(i))

tied = Tied()
print([n for n, _ in tied.named_parameters()], list(tied.state_dict().keys()))
tied(torch.tensor([1, 3])).sum().backward()
print(tied.inp.weight.grad)
