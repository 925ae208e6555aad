# The Python of examples/micrograd.ts; its output under PyTorch is micrograd.out.
import math
import torch
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(1337)

n = 50
angle = torch.linspace(0, math.pi, n)
outer = torch.stack([torch.cos(angle), torch.sin(angle)], 1)
inner = torch.stack([1 - torch.cos(angle), 0.5 - torch.sin(angle)], 1)
X = torch.cat([outer, inner]) + torch.randn(2 * n, 2) * 0.1
y = torch.cat([torch.full([n, 1], -1.0), torch.ones(n, 1)])

model = nn.Sequential(
    nn.Linear(2, 16),
    nn.ReLU(),
    nn.Linear(16, 16),
    nn.ReLU(),
    nn.Linear(16, 1),
)
parameters = list(model.parameters())
print(model)
print(f"number of parameters {sum(p.numel() for p in parameters)}")

steps = 100
for step in range(steps):
    score = model(X)
    margins = torch.relu(1 - y * score)
    hinge = margins.mean()
    penalty = torch.tensor(0.0)
    for p in parameters:
        penalty = penalty + p.square().sum()
    total = hinge + penalty * 1e-4

    model.zero_grad()
    total.backward()
    rate = 1 - 0.9 * step / steps
    with torch.no_grad():
        for p in parameters:
            p -= rate * p.grad

    if step % 20 == 0 or step == steps - 1:
        right = (score.sign() == y).sum().item()
        print(f"step {step}  loss {total.item():.3f}  right {right} of {2 * n}")
