import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const enc = new nn.Linear(3, 2);
const codes = new nn.Embedding(8, 2);
const dec = new nn.Linear(2, 3);
const opt = new optim.Adam([...enc.parameters(), ...codes.parameters(), ...dec.parameters()], { lr: 0.01 });
for (let i = 0; i < 5; i++) {
  const x = torch.randn(10, 3);
  const z = enc(x);
  const distances = torch.cdist(z.detach(), codes.weight.detach());
  const nearest = codes(distances.argmin(1));
  const loss = F.mse_loss(dec(z.add(nearest.sub(z).detach())), x)
    .add(F.mse_loss(nearest, z.detach()))
    .add(F.mse_loss(z, nearest.detach()).mul(0.25));
  opt.zero_grad();
  loss.backward();
  opt.step();
}
