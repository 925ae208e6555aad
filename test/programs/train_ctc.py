import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(1)
# CTC with a bidirectional LSTM
torch.manual_seed(66)
class Rec(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(5, 8, num_layers=2, bidirectional=True, batch_first=True, dropout=0.1)
        self.fc = nn.Linear(16, 6)
    def forward(self, x):
        h, _ = self.rnn(x)
        return F.log_softmax(self.fc(h), dim=2).transpose(0, 1)
net = Rec(); ctc = nn.CTCLoss(blank=0, zero_infinity=True)
xs = torch.randn(4, 12, 5); targets = torch.randint(1, 6, (4, 5))
il = torch.tensor([12, 12, 10, 11]); tl = torch.tensor([5, 3, 4, 2])
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for s in range(15):
    lp = net(xs); loss = ctc(lp, targets, il, tl)
    opt.zero_grad(); loss.backward()
    if s == 0:
        print(lp[0, 0], loss)
        for n, p in net.named_parameters():
            print(n, p.grad.flatten()[:4])
    nn.utils.clip_grad_value_(net.parameters(), 0.5); opt.step()
    if s % 5 == 4: print(f'{loss.item():.6f}')
print(net, ctc)
for red in ('none', 'sum', 'mean'): print(F.ctc_loss(lp.detach(), torch.cat([t[:n] for t, n in zip(targets, tl)]), il, tl, reduction=red))
g = torch.randn(6, 2, 4).log_softmax(2).requires_grad_(); F.ctc_loss(g, torch.tensor([[1, 1], [2, 3]]), torch.tensor([6, 5]), torch.tensor([2, 1])).backward(); print(g.grad)
