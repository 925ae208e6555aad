# The Python of examples/vae.ts; its output under PyTorch is vae.out.
import torch
import torch.nn.functional as F
from torch import nn, optim

torch.set_num_threads(1)
torch.manual_seed(0)

size = 8
pixel = torch.arange(size).float()


def draw(count):
    places = torch.rand(count, 2) * 5 + 1
    bump = lambda center: ((pixel - center.unsqueeze(1)).square() / -2).exp()
    rows = bump(places[:, 0])
    columns = bump(places[:, 1])
    return (rows.unsqueeze(2) * columns.unsqueeze(1)).flatten(1), places


encoder = nn.Sequential(nn.Linear(size * size, 48), nn.Tanh(), nn.Linear(48, 4))
decoder = nn.Sequential(nn.Linear(2, 48), nn.Tanh(), nn.Linear(48, size * size), nn.Sigmoid())
optimizer = optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=0.01)

for step in range(300):
    pictures, _ = draw(64)
    mean, log_variance = encoder(pictures).chunk(2, dim=1)
    deviation = (log_variance * 0.5).exp()
    z = mean + deviation * torch.randn_like(mean)
    drawn = decoder(z)

    error = F.mse_loss(drawn, pictures, reduction="sum") / 64
    divergence = (mean.square() + log_variance.exp() - log_variance - 1).sum() / (2 * 64)
    loss = error + divergence * 0.05

    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 60 == 0 or step == 299:
        print(f"step {step}  error {error.item():.1f}  divergence {divergence.item():.1f}")

pictures, places = draw(300)
with torch.no_grad():
    codes = encoder(pictures)[:, :2]
with_one = torch.cat([codes, torch.ones(300, 1)], 1)
solution = torch.linalg.lstsq(with_one, places).solution
missed = (places - with_one @ solution).square().sum(0)
explained = 1 - missed / (places - places.mean(0)).square().sum(0)
for name, share in (("row", explained[0]), ("column", explained[1])):
    print(f"the dot's {name} follows from the code to {round(share.item() * 10)} tenths")
