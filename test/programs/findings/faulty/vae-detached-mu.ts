import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
class VAE extends nn.Module {
  enc = new nn.Linear(6, 8);
  mu = new nn.Linear(8, 2);
  dec = new nn.Linear(2, 6);
  reparametrise(mu: torch.Tensor) {
    return mu.detach().add(torch.randn_like(mu)); // expect: grad-detached
  }
  forward(x: torch.Tensor) {
    const h = torch.tanh(this.enc(x));
    return this.dec(this.reparametrise(this.mu(h)));
  }
}
const vae = new VAE();
const opt = new optim.Adam(vae.parameters(), { lr: 1e-2 });
for (let i = 0; i < 5; i++) {
  const x = torch.rand(10, 6);
  const loss = F.mse_loss(vae(x), x);
  opt.zero_grad();
  loss.backward();
  opt.step();
}
