# The Python of examples/lstm.ts; its output under PyTorch is lstm.out.
import torch
import torch.nn.functional as F
from torch import nn, optim

torch.set_num_threads(1)
torch.manual_seed(0)

letters, noise, length = 4, 4, 8


def examples(count):
    shown = torch.randint(0, letters, [count])
    rest = torch.randint(letters, letters + noise, [count, length])
    return torch.cat([shown.unsqueeze(1), rest], 1), shown


embed = nn.Embedding(letters + noise, 8)
memory = nn.LSTM(8, 16, batch_first=True)
guess = nn.Linear(16, letters)
with torch.no_grad():
    memory.bias_ih_l0[16:32] = 2
parts = nn.ModuleList([embed, memory, guess])
optimizer = optim.Adam(parts.parameters(), lr=0.03)


def answer(vectors):
    outputs, _ = memory(vectors)
    return guess(outputs[:, -1])


def spread():
    rest = torch.randint(letters, letters + noise, [1, length]).expand(letters, length)
    sequences = torch.cat([torch.arange(letters).unsqueeze(1), rest], 1)
    with torch.no_grad():
        outputs, _ = memory(embed(sequences))
    return outputs.std(0).norm(dim=1)


before = spread()

for step in range(100):
    sequences, shown = examples(16)
    logits = answer(embed(sequences))
    loss = F.cross_entropy(logits, shown)

    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(parts.parameters(), 1)
    optimizer.step()

    if step % 20 == 0 or step == 99:
        right = (logits.argmax(1) == shown).sum().item()
        print(f"step {step}  loss {loss.item():.1f}  right {right} of 16")

after = spread()
kept = lambda by_step: f"{(by_step[-1] / by_step[0]).item():.1f}"
print(f"of the difference between letters there is left: {kept(before)} before training, {kept(after)} after it")

sequences, shown = examples(200)
with torch.no_grad():
    right = (answer(embed(sequences)).argmax(1) == shown).sum().item()
print(f"new sequences: right {right} of 200")
