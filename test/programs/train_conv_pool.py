import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(1)
torch.manual_seed(3)

# bars: horizontal, vertical, diagonal; a small conv net with batch normalisation and every kind of pooling
n = 96
y = torch.randint(0, 3, (n,))
X = 0.3 * torch.randn(n, 1, 10, 10)
for i in range(n):
    k = int(torch.randint(0, 10, (1,)))
    if y[i] == 0:
        X[i, 0, k, :] += 1
    elif y[i] == 1:
        X[i, 0, :, k] += 1
    else:
        X[i, 0].diagonal().add_(1)


class Block(nn.Module):
    def __init__(self, cin, cout, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.short = nn.Identity() if cin == cout and stride == 1 else nn.Sequential(
            nn.Conv2d(cin, cout, 1, stride=stride, bias=False), nn.BatchNorm2d(cout))

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(out)) + self.short(x))


model = nn.Sequential(
    nn.Conv2d(1, 4, 3, padding=1), nn.LeakyReLU(0.1), nn.MaxPool2d(2),
    Block(4, 4), Block(4, 8, stride=2), nn.AvgPool2d(3, stride=1, padding=1), nn.AdaptiveAvgPool2d(1),
    nn.Flatten(), nn.Linear(8, 3))
print(sum(p.numel() for p in model.parameters()))
opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=5e-4)
sched = torch.optim.lr_scheduler.StepLR(opt, step_size=2, gamma=0.5)
for epoch in range(5):
    model.train()
    total, right = 0.0, 0
    for xb, yb in zip(X.split(24), y.split(24)):
        out = model(xb)
        loss = F.cross_entropy(out, yb)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        total += loss.item() * len(xb)
        right += (out.argmax(1) == yb).sum().item()
    sched.step()
    print(f'epoch {epoch} loss {total / n:.6f} right {right} lr {opt.param_groups[0]["lr"]}')
model.eval()
with torch.no_grad():
    out = model(X)
    print(f'{F.cross_entropy(out, y).item():.6f}', (out.argmax(1) == y).sum().item())
    print(out[:2])
    print(model(X[:1]))
print(model[3].bn1.running_mean, model[3].bn1.running_var)
print(model[4].short[0].weight.grad.flatten()[:6])
print(model[4])
