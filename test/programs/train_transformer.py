import math

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(1)
torch.manual_seed(42)

# reverse a sequence of digits: an encoder with GELU, AdamW, a warm-up and padding masks
V, T, D = 8, 7, 16


class Reverser(nn.Module):
    def __init__(self, norm_first):
        super().__init__()
        self.emb = nn.Embedding(V, D, padding_idx=0)
        pos = torch.zeros(T, D)
        at = torch.arange(T).unsqueeze(1)
        freq = torch.exp(torch.arange(0, D, 2) * (-math.log(100.0) / D))
        pos[:, 0::2] = torch.sin(at * freq)
        pos[:, 1::2] = torch.cos(at * freq)
        self.register_buffer('pos', pos, persistent=False)
        layer = nn.TransformerEncoderLayer(D, 4, 32, dropout=0.05, activation='gelu', batch_first=True, norm_first=norm_first)
        self.encoder = nn.TransformerEncoder(layer, 2, norm=nn.LayerNorm(D))
        self.head = nn.Linear(D, V)

    def forward(self, x):
        h = self.emb(x) * math.sqrt(D) + self.pos
        return self.head(self.encoder(h, src_key_padding_mask=x == 0))


for norm_first in (True, False):
    model = Reverser(norm_first)
    decay = [p for n, p in model.named_parameters() if p.dim() > 1]
    rest = [p for n, p in model.named_parameters() if p.dim() <= 1]
    opt = torch.optim.AdamW([{'params': decay, 'weight_decay': 0.1}, {'params': rest, 'weight_decay': 0.0}], lr=3e-3, betas=(0.9, 0.98))
    sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: min((s + 1) / 10, math.sqrt(10 / (s + 1))))
    print(len(decay), len(rest), 'pos' in model.state_dict())
    for step in range(40):
        n = torch.randint(3, T + 1, (16,))
        x = torch.randint(1, V, (16, T))
        x[torch.arange(T)[None] >= n[:, None]] = 0
        y = torch.zeros_like(x)
        for i in range(16):
            k = int(n[i])
            y[i, :k] = x[i, :k].flip(0)
        logits = model(x)
        loss = F.cross_entropy(logits.view(-1, V), y.view(-1), ignore_index=0)
        opt.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        opt.step()
        sched.step()
        if step % 10 == 0 or step == 39:
            print(f'{step} loss {loss.item():.5f} norm {norm.item():.4f} lr {sched.get_last_lr()[0]:.6f}')
    print(model.emb.weight[0], model.emb.weight.grad[0].abs().sum())
print(model.encoder.layers[0])
print(model.encoder.layers[1].self_attn.in_proj_weight[:2, :4])
