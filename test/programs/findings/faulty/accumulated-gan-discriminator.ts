import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const G = new nn.Linear(2, 2);
const D = new nn.Linear(2, 1);
const optG = new optim.Adam(G.parameters(), { lr: 1e-3 });
const optD = new optim.Adam(D.parameters(), { lr: 1e-3 });
for (let i = 0; i < 6; i++) {
  const real = torch.randn(8, 2);
  const fake = G(torch.randn(8, 2));
  const lossD = F.softplus(D(real).neg()).mean().add(F.softplus(D(fake.detach())).mean());
  lossD.backward(); // expect: accumulated-grad
  optD.step();
  optG.zero_grad();
  const lossG = F.softplus(D(fake).neg()).mean();
  lossG.backward();
  optG.step();
}
