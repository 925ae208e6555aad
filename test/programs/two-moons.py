# The Python of examples/two-moons.ts; its output under PyTorch is two-moons.out.
import math
import torch

torch.manual_seed(0)

n = 100
angle = torch.linspace(0, math.pi, n)
upper = torch.stack([torch.cos(angle), torch.sin(angle)], 1)
lower = torch.stack([1 - torch.cos(angle), 0.5 - torch.sin(angle)], 1)
X = torch.cat([upper, lower]) + torch.randn(2 * n, 2) * 0.1
Y = torch.cat([torch.zeros(n, 1), torch.ones(n, 1)])

W1 = (torch.randn(2, 16) / math.sqrt(2)).requires_grad_()
b1 = torch.zeros(16, requires_grad=True)
W2 = (torch.randn(16, 16) / 4).requires_grad_()
b2 = torch.zeros(16, requires_grad=True)
W3 = (torch.randn(16, 1) / 4).requires_grad_()
b3 = torch.zeros(1, requires_grad=True)
parameters = [W1, b1, W2, b2, W3, b3]


def network(points):
    h1 = torch.tanh(points @ W1 + b1)
    h2 = torch.tanh(h1 @ W2 + b2)
    return torch.sigmoid(h2 @ W3 + b3)


rate = 0.5
for step in range(200):
    p = network(X)
    hit = Y * torch.log(p + 1e-7)
    miss = (1 - Y) * torch.log(1 + 1e-7 - p)
    loss = -(hit + miss).mean()

    loss.backward()
    with torch.no_grad():
        for parameter in parameters:
            parameter -= rate * parameter.grad
            parameter.grad = None

    if step % 40 == 0 or step == 199:
        right = ((p > 0.5) == (Y > 0.5)).sum().item()
        print(f"step {step}  loss {loss.item():.4f}  right {right} of {2 * n}")
