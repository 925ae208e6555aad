import math

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
# regression with each optimiser, many steps, six digits
X = torch.linspace(-3, 3, 64).unsqueeze(1)
Y = torch.sin(X) + 0.1 * torch.randn(64, 1)


def mlp(act):
    return nn.Sequential(nn.Linear(1, 32), act, nn.Linear(32, 32), act, nn.Linear(32, 1))


for name, act, make, steps in [
    ('sgd relu', nn.ReLU(), lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9), 600),
    ('adam relu', nn.ReLU(), lambda p: torch.optim.Adam(p, lr=0.01), 600),
    ('adamw tanh', nn.Tanh(), lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1), 240),
    ('rmsprop softsign', nn.Softsign(), lambda p: torch.optim.RMSprop(p, lr=0.002), 240),
    ('adagrad sigmoid', nn.Sigmoid(), lambda p: torch.optim.Adagrad(p, lr=0.1), 240),
    ('adadelta elu', nn.ELU(), lambda p: torch.optim.Adadelta(p, lr=1.0), 240),
    ('adamax silu', nn.SiLU(), lambda p: torch.optim.Adamax(p, lr=0.01), 240),
    ('nadam leaky', nn.LeakyReLU(0.1), lambda p: torch.optim.NAdam(p, lr=0.01), 240),
    ('radam softplus', nn.Softplus(), lambda p: torch.optim.RAdam(p, lr=0.01), 240),
    ('rprop tanh', nn.Tanh(), lambda p: torch.optim.Rprop(p, lr=0.01), 200),
    ('asgd selu', nn.SELU(), lambda p: torch.optim.ASGD(p, lr=0.05), 240),
]:
    torch.manual_seed(1)
    model = mlp(act)
    opt = make(model.parameters())
    for step in range(steps):
        loss = F.mse_loss(model(X), Y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        if step % (steps // 4) == 0:
            print(f'{name} {step} {loss.item():.6f}')
    print(f'{name} {loss.item():.6f} {sum(p.abs().sum().item() for p in model.parameters()):.4f}')
