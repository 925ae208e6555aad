# The Python of examples/bigram.ts; its output under PyTorch is bigram.out.
import math
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
names = """
  anna ben carla david elena felix greta hanna ian julia karl laura marta nora oscar paula
  rosa simon tina victor alice bruno clara daniel emma frida gabriel helen isabel jonas
  katrin leon maria nina oliver peter robert sara thomas ursula vera walter adam bella
  conrad diana erik fiona georg henry irene jacob kira lena max nadia otto philip
  rebecca sofia tobias valentin wanda amelia boris celia dora emil
""".split()

letters = ".abcdefghijklmnopqrstuvwxyz"
pairs = [("." if i == 0 else name[i - 1], c) for name in names for i, c in enumerate(name + ".")]
xs = torch.tensor([letters.index(first) for first, _ in pairs])
ys = torch.tensor([letters.index(c) for _, c in pairs])
print(f"{len(names)} names, {len(pairs)} pairs")

counts = torch.zeros(27, 27)
counts.index_put_([xs, ys], torch.ones(len(pairs)), accumulate=True)
smoothed = counts + 0.1
P = smoothed / smoothed.sum(dim=1, keepdim=True)

counted = -P[xs, ys].log().mean()
print(f"loss of the counts {counted.item():.3f}, of pure chance {math.log(27):.3f}")


def write(table):
    name, last = "", 0
    while True:
        last = torch.multinomial(table[last], 1).item()
        if last == 0:
            return name
        name += letters[last]


torch.manual_seed(7)
print("from the counts: ", " ".join(write(P) for _ in range(6)))

torch.manual_seed(0)
W = torch.randn(27, 27, requires_grad=True)
for step in range(150):
    logits = F.one_hot(xs, 27).float() @ W
    probabilities = F.softmax(logits, 1)
    loss = -probabilities[torch.arange(len(pairs)), ys].log().mean()

    total = loss + W.square().mean() * 0.02
    W.grad = None
    total.backward()
    W.data -= 20 * W.grad

    if step % 30 == 0 or step == 149:
        print(f"step {step}  loss {loss.item():.3f}")

Q = F.softmax(W.detach(), 1)
torch.manual_seed(7)
print("from the network:", " ".join(write(Q) for _ in range(6)))
for letter in "aelr":
    row = Q[letters.index(letter)]
    _, likely = row.topk(3)
    print(f"after {letter} most likely {' '.join(letters[i] for i in likely.tolist())}")
