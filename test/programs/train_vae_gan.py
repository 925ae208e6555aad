import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(1)
torch.manual_seed(9)

# a convolutional VAE of 8 × 8 patterns
pattern = (torch.arange(8)[:, None] + torch.arange(8)[None, :]) % 4 < 2
X = (torch.rand(48, 1, 8, 8) < 0.1).float()
X = (X + pattern.float()) % 2


class VAE(nn.Module):
    def __init__(self, z=3):
        super().__init__()
        self.enc = nn.Sequential(nn.Conv2d(1, 4, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(4, 8, 3, stride=2, padding=1), nn.ReLU(), nn.Flatten())
        self.mu = nn.Linear(32, z)
        self.logvar = nn.Linear(32, z)
        self.dec = nn.Sequential(
            nn.Linear(z, 32), nn.Unflatten(1, (8, 2, 2)), nn.ReLU(), nn.ConvTranspose2d(8, 4, 4, stride=2, padding=1), nn.ReLU(),
            nn.ConvTranspose2d(4, 1, 4, stride=2, padding=1))

    def forward(self, x):
        h = self.enc(x)
        mu, logvar = self.mu(h), self.logvar(h)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
        return self.dec(z), mu, logvar


vae = VAE()
opt = torch.optim.RMSprop(vae.parameters(), lr=2e-3, momentum=0.5)
plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, factor=0.5, patience=1, threshold=0.5)
for epoch in range(12):
    total = 0.0
    for xb in X.split(16):
        out, mu, logvar = vae(xb)
        rec = F.binary_cross_entropy_with_logits(out, xb, reduction='sum')
        kl = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum()
        loss = (rec + kl) / len(xb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
    plateau.step(total)
    if epoch % 3 == 0 or epoch == 11:
        print(f'{epoch} {total:.5f} rec {rec.item():.4f} kl {kl.item():.6f} lr {opt.param_groups[0]["lr"]:.7f}')
with torch.no_grad():
    print(torch.sigmoid(vae.dec(torch.zeros(1, 3)))[0, 0, :2])

# a GAN with transposed convolutions, its generator and discriminator in turns
G = nn.Sequential(nn.ConvTranspose2d(5, 8, 2, bias=False), nn.BatchNorm2d(8), nn.ReLU(True),
                  nn.ConvTranspose2d(8, 4, 4, 2, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU(True), nn.ConvTranspose2d(4, 1, 4, 2, 1), nn.Tanh())
D = nn.Sequential(nn.Conv2d(1, 8, 3, 2, 1), nn.LeakyReLU(0.2, inplace=True), nn.Conv2d(8, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.LeakyReLU(0.2),
                  nn.Flatten(), nn.Linear(32, 1), nn.Sigmoid())


def init(m):
    name = m.__class__.__name__
    if name.find('Conv') != -1:
        nn.init.normal_(m.weight, 0.0, 0.1)
    elif name.find('BatchNorm') != -1:
        nn.init.normal_(m.weight, 1.0, 0.02)
        nn.init.constant_(m.bias, 0)


G.apply(init)
D.apply(init)
bce = nn.BCELoss()
fixed = torch.randn(2, 5, 1, 1)
optG = torch.optim.Adam(G.parameters(), lr=2e-3, betas=(0.5, 0.999))
optD = torch.optim.Adam(D.parameters(), lr=2e-3, betas=(0.5, 0.999))
for step in range(20):
    real = X[torch.randint(0, 48, (12,))] * 2 - 1
    D.zero_grad()
    lossReal = bce(D(real).view(-1), torch.full((12,), 0.9))
    lossReal.backward()
    fake = G(torch.randn(12, 5, 1, 1))
    lossFake = bce(D(fake.detach()).view(-1), torch.zeros(12))
    lossFake.backward()
    optD.step()
    G.zero_grad()
    lossG = bce(D(fake).view(-1), torch.ones(12))
    lossG.backward()
    optG.step()
    if step % 5 == 0 or step == 19:
        print(f'{step} D {lossReal.item() + lossFake.item():.5f} G {lossG.item():.5f}')
G.eval()
print(G(fixed)[0, 0, :2])
