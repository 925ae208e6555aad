import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(1)
torch.manual_seed(21)

# translate letters to their successors, with attention and teacher forcing
V, SOS, EOS, H = 9, 0, 1, 12


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(V, H)
        self.gru = nn.GRU(H, H)

    def forward(self, tokens):
        return self.gru(self.embedding(tokens).unsqueeze(1))


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(V, H)
        self.dropout = nn.Dropout(0.1)
        self.attn = nn.Linear(2 * H, H)
        self.v = nn.Parameter(torch.rand(H))
        self.cell = nn.GRUCell(2 * H, H)
        self.out = nn.Linear(H, V)

    def forward(self, token, hidden, memory):
        e = self.dropout(self.embedding(token))
        energy = torch.tanh(self.attn(torch.cat([hidden.expand(memory.size(0), -1), memory], dim=1)))
        weights = F.softmax(energy @ self.v, dim=0)
        context = weights @ memory
        hidden = self.cell(torch.cat([e, context]).unsqueeze(0), hidden)
        return F.log_softmax(self.out(hidden), dim=1), hidden, weights


encoder, decoder = Encoder(), Decoder()
params = list(encoder.parameters()) + list(decoder.parameters())
opt = torch.optim.Adadelta(params, lr=1.0)
swa = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=2.0, total_steps=60, pct_start=0.3, anneal_strategy='linear', cycle_momentum=False)
for step in range(60):
    n = int(torch.randint(2, 6, (1,)))
    src = torch.randint(2, V, (n,))
    dst = torch.cat([(src - 1) % (V - 2) + 2, torch.tensor([EOS])])
    memory, hidden = encoder(src)
    memory, hidden = memory[:, 0], hidden[0]
    force = float(torch.rand(1)) < 0.5
    token = torch.tensor(SOS)
    loss = 0
    for t in range(n + 1):
        logp, hidden, weights = decoder(token, hidden, memory)
        loss = loss + F.nll_loss(logp, dst[t:t + 1])
        token = dst[t] if force else logp.argmax(1)[0].detach()
    opt.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(params, 1.0, norm_type=1)
    opt.step()
    swa.step()
    if step % 12 == 0 or step == 59:
        print(f'{step} {loss.item() / (n + 1):.6f} lr {opt.param_groups[0]["lr"]:.5f} {str(force).lower()}')
print(weights.detach())
decoder.eval()
with torch.no_grad():
    src = torch.tensor([2, 5, 8])
    memory, hidden = encoder(src)
    memory, hidden = memory[:, 0], hidden[0]
    token, words = torch.tensor(SOS), []
    while len(words) < 6 and token.item() != EOS:
        logp, hidden, _ = decoder(token, hidden, memory)
        values, tokens = logp.topk(2)
        token = tokens[0, 0]
        words.append((token.item(), round(values[0, 0].item(), 3)))
print(words)

# n-grams: an embedding bag and a continuous bag of words
corpus = torch.randint(0, 12, (80,))
corpus[1::2] = (corpus[::2] + 3) % 12
pairs = [(corpus[i - 2:i + 3][[0, 1, 3, 4]], corpus[i]) for i in range(2, 78)]
ctx, target = torch.stack([c for c, _ in pairs]), torch.stack([t for _, t in pairs])
cbow = nn.Sequential(nn.EmbeddingBag(12, 6, mode='mean'), nn.Linear(6, 12, bias=False))
opt = torch.optim.Adagrad(cbow.parameters(), lr=0.3, lr_decay=1e-3)
for step in range(30):
    loss = F.cross_entropy(cbow(ctx), target)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 10 == 9:
        print(f'cbow {loss.item():.5f}')
emb = cbow[0].weight.detach()
print((F.normalize(emb) @ F.normalize(emb).t())[0, :4])
