import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence, pack_sequence

torch.set_num_threads(1)
torch.manual_seed(11)

# is the sum of a sequence of unknown length positive?
lengths = torch.randint(2, 9, (40,))
seqs = [torch.randn(int(n), 2) for n in lengths]
y = torch.stack([(s[:, 0].sum() > 0).float() for s in seqs])
X = pad_sequence(seqs, batch_first=True, padding_value=-1.0)
print(X.shape, lengths[:8], y.sum())


class Tagger(nn.Module):
    def __init__(self, cell):
        super().__init__()
        self.rnn = cell(2, 6, num_layers=2, batch_first=True, bidirectional=True, dropout=0.1)
        self.out = nn.Linear(12, 1)

    def forward(self, x, lengths):
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        h, _ = self.rnn(packed)
        h, n = pad_packed_sequence(h, batch_first=True)
        mask = torch.arange(h.size(1))[None, :] < n[:, None]
        mean = (h * mask.unsqueeze(2)).sum(1) / n.unsqueeze(1)
        return self.out(mean).squeeze(1)


for cell in (nn.LSTM, nn.GRU, nn.RNN):
    model = Tagger(cell)
    print(model)
    opt = torch.optim.Adam(model.parameters(), lr=0.02)
    for step in range(30):
        loss = F.binary_cross_entropy_with_logits(model(X, lengths), y)
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_value_(model.parameters(), 0.1)
        opt.step()
        if step % 10 == 0 or step == 29:
            print(f'{step} {loss.item():.6f}')
    model.eval()
    print(model(X, lengths)[:5])

packed = pack_sequence([seqs[0][:2], seqs[1][:2], seqs[2][:1]])
print(packed.data, packed.batch_sizes, packed.sorted_indices)
lstm = nn.LSTM(2, 3, proj_size=2)
out, (h, c) = lstm(packed)
print(out.data, h.shape, c.shape)
print(pad_packed_sequence(out)[1])
try:
    pack_padded_sequence(X[:3], torch.tensor([2, 3, 4]), batch_first=True)
except RuntimeError as e:
    print(e)
try:
    lstm(torch.randn(3, 1, 5))
except RuntimeError as e:
    print(e)
try:
    lstm(torch.randn(5))
except Exception as e:
    print(type(e).__name__, e)
try:
    lstm(torch.randn(3, 1, 2), (torch.zeros(2, 1, 2), torch.zeros(1, 1, 3)))
except RuntimeError as e:
    print(e)
