# The Python of examples/vanishing.ts; its output under PyTorch is vanishing.out.
import math
import torch
import torch.nn.functional as F
from torch import nn, optim

torch.set_num_threads(1)
depth, width = 20, 16


class Chain(nn.Module):
    def __init__(self, activation, residual):
        super().__init__()
        self.first = nn.Linear(2, width)
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.last = nn.Linear(width, 1)
        self.activation = activation
        self.residual = residual

    def forward(self, x):
        h = self.first(x)
        for layer in self.layers:
            change = self.activation(layer(h))
            h = h + change if self.residual else change
        return self.last(h)


kinds = [
    ("sigmoid", torch.sigmoid, False),
    ("tanh", torch.tanh, False),
    ("tanh, residual", torch.tanh, True),
]

torch.manual_seed(0)
X = torch.randn(64, 2)
Y = (X.norm(dim=1, keepdim=True) < 1).float()

for name, activation, residual in kinds:
    torch.manual_seed(1)
    model = Chain(activation, residual)
    loss = F.binary_cross_entropy_with_logits(model(X), Y)
    loss.backward()
    norms = [layer.weight.grad.norm().item() for layer in model.layers]
    lost = round(math.log10(norms[depth - 1] / norms[0]))
    print(f"{name}: from layer {depth} to layer 1 the gradient shrinks by a factor of 10^{lost}")

for name, activation, residual in kinds:
    torch.manual_seed(1)
    model = Chain(activation, residual)
    optimizer = optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    losses = []
    for step in range(60):
        loss = F.binary_cross_entropy_with_logits(model(X), Y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    right = ((model(X) > 0) == (Y > 0.5)).sum().item()
    print(f"{name}: loss {losses[0]:.2f} → {losses[59]:.2f}, right {right} of 64")
