import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
class VAE extends nn.Module {
  enc = new nn.Linear(6, 10);
  mu = new nn.Linear(10, 2);
  logvar = new nn.Linear(10, 2);
  dec = new nn.Linear(2, 6);
  forward(x: torch.Tensor) {
    const h = torch.relu(this.enc(x));
    const [mu, logvar] = [this.mu(h), this.logvar(h)];
    const z = mu.add(torch.randn_like(mu).mul(logvar.mul(0.5).exp()));
    return [this.dec(z), mu, logvar];
  }
}
const vae = new VAE();
const opt = new optim.Adam(vae.parameters(), { lr: 1e-2 });
const data = torch.rand(20, 6);
for (let i = 0; i < 8; i++) {
  const [out, mu, logvar] = vae(data);
  const kl = logvar.add(1).sub(mu.pow(2)).sub(logvar.exp()).mul(-0.5).sum();
  const loss = F.binary_cross_entropy_with_logits(out, data, { reduction: "sum" }).add(kl);
  opt.zero_grad();
  loss.backward();
  opt.step();
}
