# The Python of examples/digits-conv.ts; its output under PyTorch is digits-conv.out.
import torch
import torch.nn.functional as F
from torch import nn, optim

torch.set_num_threads(1)
torch.manual_seed(0)

patterns = [
    "### #.# #.# #.# ###",
    ".#. ##. .#. .#. ###",
    "### ..# ### #.. ###",
    "### ..# ### ..# ###",
    "#.# #.# ### ..# ..#",
    "### #.. ### ..# ###",
    "### #.. ### #.# ###",
    "### ..# ..# .#. .#.",
    "### #.# ### #.# ###",
    "### #.# ### ..# ###",
]
dots = [[[1.0 if dot == "#" else 0.0 for dot in row] for row in rows.split(" ")] for rows in patterns]
shapes = torch.tensor(dots).repeat_interleave(2, 1).repeat_interleave(2, 2)


def draw(count):
    digits = torch.randint(0, 10, [count])
    down = torch.randint(0, 3, [count]).tolist()
    right = torch.randint(0, 7, [count]).tolist()
    pictures = torch.zeros(count, 1, 12, 12)
    for i in range(count):
        place = pictures[i, 0, down[i]:down[i] + 10, right[i]:right[i] + 6]
        place.copy_(shapes[digits[i]])
    return pictures + torch.randn_like(pictures) * 0.15, digits


first = nn.Conv2d(1, 8, 3, padding=1)
model = nn.Sequential(
    first,
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(8, 16, 3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(16 * 3 * 3, 10),
)
print(model)

optimizer = optim.Adam(model.parameters(), lr=0.01)
for step in range(100):
    pictures, digits = draw(32)
    logits = model(pictures)
    loss = F.cross_entropy(logits, digits)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 20 == 0 or step == 99:
        right = (logits.argmax(1) == digits).sum().item()
        print(f"step {step}  loss {loss.item():.1f}  right {right} of 32")

pictures, digits = draw(300)
with torch.no_grad():
    read = model(pictures).argmax(1)
print(f"new pictures: {round(100 * (read == digits).sum().item() / 300)} % right")
