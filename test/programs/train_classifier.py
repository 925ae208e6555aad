import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(1)
torch.manual_seed(0)

# four noisy blobs, an MLP with batch normalisation and dropout, Adam with a cosine schedule
centres = torch.tensor([[2.0, 0.0], [-2.0, 0.5], [0.0, 2.0], [0.5, -2.0]])
y = torch.arange(200) % 4
X = centres[y] + 0.6 * torch.randn(200, 2)


class Net(nn.Module):
    def __init__(self, hidden=24, p=0.2):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(2, hidden), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Dropout(p),
            nn.Linear(hidden, hidden), nn.BatchNorm1d(hidden, momentum=0.05), nn.ELU(), nn.Dropout(p))
        self.head = nn.Linear(hidden, 4)

    def forward(self, x):
        return self.head(self.body(x))


net = Net()
print(net)
opt = torch.optim.Adam(net.parameters(), lr=0.01, weight_decay=1e-4)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=300)
for step in range(300):
    ix = torch.randperm(200)[:32]
    loss = F.cross_entropy(net(X[ix]), y[ix], label_smoothing=0.05)
    opt.zero_grad()
    loss.backward()
    norm = nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
    sched.step()
    if step % 50 == 0 or step == 299:
        print(f'{step:3d} loss {loss.item():.6f} norm {norm.item():.5f} lr {sched.get_last_lr()[0]:.8f}')

net.eval()
with torch.no_grad():
    logits = net(X)
print('accuracy', (logits.argmax(1) == y).float().mean().item())
print(logits[:3])
print(net.body[1].running_mean[:5], net.body[1].num_batches_tracked)
print(net.body[5].running_var[:5])
print(F.softmax(logits, dim=1).max(dim=1).values[:6])
confusion = torch.zeros(4, 4, dtype=torch.int64)
for t, p in zip(y, logits.argmax(1)):
    confusion[t, p] += 1
print(confusion)
