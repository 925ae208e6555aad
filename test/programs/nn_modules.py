import torch
from torch import nn


class Scale(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.gains = nn.Parameter(torch.ones(n))
        self.register_buffer("seen", torch.zeros(1))
        self.register_buffer("scratch", torch.zeros(2), persistent=False)
        self.note = "plain"

    def forward(self, x):
        self.seen += 1
        return x * self.gains

    def extra_repr(self):
        return f"n={len(self.gains)}"


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 3)
        self.act = None
        self.own = nn.Parameter(torch.full((3,), 0.5))
        self.scale = Scale(3)
        self.heads = nn.ModuleDict({"a": nn.Linear(3, 1), "b": nn.Linear(3, 2)})
        self.blocks = nn.ModuleList([nn.Linear(3, 3) for _ in range(2)])
        self.shared = self.first
        self.act = nn.Tanh()

    def forward(self, x, head):
        x = self.act(self.first(x)) + self.own
        for block in self.blocks:
            x = torch.relu(block(x))
        return self.heads[head](self.scale(x))


torch.manual_seed(0)
net = Net()
print(net)
for name, p in net.named_parameters():
    print(name, p.numel())
print([name for name, _ in net.named_buffers()])
print([name for name, _ in net.named_modules()])
print([name for name, _ in net.named_children()])
print(len(list(net.modules())), len(list(net.children())))
print(list(net.state_dict().keys()))
print([name for name, _ in net.named_parameters(recurse=False)])
print([name for name, _ in net.named_parameters(prefix="net")][:2])

out = net(torch.ones(1, 2), "b")
print(out)
out.sum().backward()
print(net.own.grad, net.heads["a"].weight.grad, net.scale.seen)
net.zero_grad()
print(net.own.grad)
net.zero_grad(set_to_none=True)
print(net.own.grad)

# modes and flags
net.eval()
print([m.training for m in net.modules()])
net.blocks.train()
print(net.training, net.blocks[0].training)
net.requires_grad_(False)
print([p.requires_grad for p in net.parameters()])
net.first.requires_grad_()
print(sum(p.requires_grad for p in net.parameters()))

# paths
print(net.get_submodule("heads.a"))
print(net.get_parameter("blocks.1.bias").shape)
print(net.get_buffer("scale.seen"))


def attempt(f):
    try:
        f()
    except Exception as e:
        print(f"{type(e).__name__}: {e}")


attempt(lambda: net.get_submodule("heads.c"))
attempt(lambda: net.get_submodule("own"))
attempt(lambda: net.get_parameter("scale.seen"))
attempt(lambda: net.get_buffer("own"))
attempt(lambda: net.register_parameter("a.b", None))
attempt(lambda: net.register_parameter("", None))
attempt(lambda: net.register_parameter("first", nn.Parameter(torch.ones(1))))
attempt(lambda: net.register_parameter("fresh", torch.ones(1)))
attempt(lambda: net.register_buffer("own", torch.ones(1)))
attempt(lambda: net.add_module("scale.x", nn.Tanh()))
attempt(lambda: net.add_module("own", nn.Tanh()))
attempt(lambda: setattr(net, "own", torch.ones(3)))
attempt(lambda: setattr(net, "first", torch.ones(3)))
attempt(lambda: nn.Module()(1))
attempt(lambda: net.train("yes"))
attempt(lambda: nn.Sequential(nn.Tanh())[1])
attempt(lambda: nn.ModuleList(nn.Tanh() for _ in range(2))[-3])
attempt(lambda: nn.Linear(2))
attempt(lambda: nn.Linear(2, 3, biased=True))
attempt(lambda: nn.Linear(2, 3, in_features=2))
attempt(lambda: nn.Linear())
attempt(lambda: nn.Dropout(1.5))
attempt(lambda: nn.GroupNorm(3, 4))
attempt(lambda: nn.MultiheadAttention(5, 2))
attempt(lambda: nn.BatchNorm1d(3)(torch.ones(3)))
attempt(lambda: nn.BatchNorm2d(3)(torch.ones(2, 3)))
attempt(lambda: nn.BatchNorm1d(3)(torch.ones(1, 3)))
attempt(lambda: nn.LSTM(3, 4)(torch.ones(2, 1, 5)))
attempt(lambda: nn.GRU(3, 4)(torch.ones(2, 1, 3), torch.zeros(1, 2, 4)))
attempt(lambda: nn.Linear(2, 3)(torch.ones(1, 4)))
attempt(lambda: nn.Embedding(3, 2)(torch.tensor([4])))
attempt(lambda: nn.Embedding(3, 2, padding_idx=3))
attempt(lambda: nn.ConvTranspose1d(1, 1, 2, padding_mode="reflect"))
attempt(lambda: nn.Conv1d(1, 1, 2, padding="same", stride=2))

# replacing, deleting
net.own = None
print([name for name, _ in net.named_parameters()][:2], net.own)
net.own = nn.Parameter(torch.zeros(3))
print([name for name, _ in net.named_parameters()][:2])
del net.scale.gains
print(hasattr(net.scale, "gains"), list(net.scale.state_dict().keys()))
net.heads["c"] = nn.Linear(3, 4)
del net.heads["a"]
print(net.heads, len(net.heads), "a" in net.heads, list(net.heads.keys()))
net.blocks.append(nn.Tanh())
net.blocks.insert(0, nn.ReLU())
net.blocks[-1] = nn.Sigmoid()
print(net.blocks, len(net.blocks), net.blocks[1:3])
del net.blocks[0]
print(net.blocks)
seq = nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 1))
print(seq[-1], seq[1:], seq[:-1])
seq.extend(nn.Sequential(nn.Tanh()))
seq.insert(1, nn.Sigmoid())
del seq[2]
print(seq, isinstance(seq[0], nn.Linear), type(seq[1]).__name__)

# apply runs children first
order = []
net.apply(lambda m: order.append(type(m).__name__))
print(order)

# parameters in containers
ps = nn.ParameterList([torch.ones(2), nn.Parameter(torch.zeros(2, 3))])
ps.append(torch.ones(1))
print(ps, len(ps), [n for n, _ in ps.named_parameters()], ps[-1])
pd = nn.ParameterDict({"left": nn.Parameter(torch.ones(2)), "below": torch.zeros(1, 2)})
pd["right"] = torch.ones(3)
print(pd, len(pd), list(pd.keys()), "left" in pd)
del pd["left"]
print(list(pd.state_dict().keys()))
attempt(lambda: ps(1))

# dtype
lin = nn.Linear(2, 1).double()
print(lin.weight.dtype, lin(torch.ones(1, 2, dtype=torch.float64)).dtype, lin.float().weight.dtype)
attempt(lambda: lin.to(torch.int64))
