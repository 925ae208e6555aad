# The Python of examples/name-mlp.ts; its output under PyTorch is name-mlp.out.
import math
import torch
import torch.nn.functional as F
from torch import nn, optim

torch.set_num_threads(1)
names = """
  anna ben carla david elena felix greta hanna ian julia karl laura marta nora oscar paula
  rosa simon tina victor alice bruno clara daniel emma frida gabriel helen isabel jonas
  katrin leon maria nina oliver peter robert sara thomas ursula vera walter adam bella
  conrad diana erik fiona georg henry irene jacob kira lena max nadia otto philip
  rebecca sofia tobias valentin wanda amelia boris celia dora emil
""".split()
torch.manual_seed(42)

letters = ".abcdefghijklmnopqrstuvwxyz"
context, width = 3, 2
inputs, targets = [], []
for name in names:
    window = [0] * context
    for letter in name + ".":
        following = letters.index(letter)
        inputs.append(window)
        targets.append(following)
        window = window[1:] + [following]
X = torch.tensor(inputs)
Y = torch.tensor(targets)
print(f"{len(names)} names, {Y.numel()} letters to guess")

embedding = nn.Embedding(27, width)
layers = nn.Sequential(
    nn.Flatten(),
    nn.Linear(context * width, 64, bias=False),
    nn.BatchNorm1d(64),
    nn.Tanh(),
    nn.Linear(64, 27),
)
model = nn.Sequential(embedding, layers)
optimizer = optim.AdamW(model.parameters(), lr=0.01)

for step in range(400):
    batch = torch.randint(0, Y.numel(), [64])
    logits = model(X[batch])
    loss = F.cross_entropy(logits, Y[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 100 == 0 or step == 399:
        print(f"step {step}  loss {loss.item():.2f}")

model.eval()
with torch.no_grad():
    whole = F.cross_entropy(model(X), Y)
print(f"loss on all letters {whole.item():.2f}, of pure chance {math.log(27):.2f}")


def write():
    name, window = "", [0] * context
    while len(name) < 12:
        with torch.no_grad():
            logits = model(torch.tensor([window]))
        following = torch.multinomial(F.softmax(logits, 1), 1).item()
        if following == 0:
            break
        name += letters[following]
        window = window[1:] + [following]
    return name


torch.manual_seed(3)
print("new names:", " ".join(write() for _ in range(8)))
