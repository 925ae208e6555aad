# The Python of examples/tiny-gpt.ts; its output under PyTorch is tiny-gpt.out.
import math
import torch
import torch.nn.functional as F
from torch import nn, optim

torch.set_num_threads(1)
torch.manual_seed(1337)

text = "twinkle twinkle little star how i wonder what you are "
letters = sorted(set(text))
data = torch.tensor([letters.index(letter) for letter in text])
vocabulary, context, width, heads = len(letters), 8, 32, 2


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x):
        batch, time, _ = x.shape
        split = lambda t: t.reshape(batch, time, heads, width // heads).transpose(1, 2)
        q, k, v = map(split, self.qkv(x).chunk(3, dim=2))

        scores = q @ k.transpose(-2, -1) / math.sqrt(width / heads)
        future = torch.ones(time, time, dtype=torch.bool).triu(1)
        weights = F.softmax(scores.masked_fill(future, -math.inf), -1)
        return self.out((weights @ v).transpose(1, 2).reshape(batch, time, width))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = Attention()
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.token = nn.Embedding(vocabulary, width)
        self.position = nn.Embedding(context, width)
        self.blocks = nn.Sequential(Block(), Block())
        self.norm = nn.LayerNorm(width)
        nn.init.normal_(self.token.weight, std=0.1)
        nn.init.normal_(self.position.weight, std=0.1)

    def forward(self, index):
        x = self.token(index) + self.position(torch.arange(index.shape[1]))
        return self.norm(self.blocks(x)) @ self.token.weight.t()


model = GPT()
print(f"parameters {sum(p.numel() for p in model.parameters())}")

optimizer = optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.01)
for step in range(100):
    starts = torch.randint(0, data.numel() - context, [12]).tolist()
    now = torch.stack([data[i:i + context] for i in starts])
    following = torch.stack([data[i + 1:i + context + 1] for i in starts])
    logits = model(now)
    loss = F.cross_entropy(logits.flatten(0, 1), following.flatten())

    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 20 == 0 or step == 99:
        print(f"step {step}  loss {loss.item():.1f}")

said = "twin"
while len(said) < 60:
    recent = [letters.index(letter) for letter in said[-context:]]
    with torch.no_grad():
        logits = model(torch.tensor([recent]))
    probabilities = F.softmax(logits[0, -1] / 0.3, 0)
    said += letters[torch.multinomial(probabilities, 1).item()]
print(said)
