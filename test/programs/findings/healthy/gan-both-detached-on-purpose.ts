import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(7);

class Generator extends nn.Module {
  net = new nn.Sequential(new nn.Linear(2, 16), new nn.LeakyReLU(0.2), new nn.Linear(16, 1));
  forward(z: torch.Tensor) {
    return this.net(z);
  }
}
class Discriminator extends nn.Module {
  net = new nn.Sequential(new nn.Linear(1, 16), new nn.LeakyReLU(0.2), new nn.Linear(16, 1));
  forward(x: torch.Tensor) {
    return this.net(x);
  }
}
const G = new Generator();
const D = new Discriminator();
const optG = new optim.Adam(G.parameters(), { lr: 2e-3, betas: [0.5, 0.999] });
const optD = new optim.Adam(D.parameters(), { lr: 2e-3, betas: [0.5, 0.999] });

function discriminatorStep(real: torch.Tensor): number {
  optD.zero_grad();
  const fake = G(torch.randn(real.shape[0]!, 2)).detach();
  const yes = F.binary_cross_entropy_with_logits(D(real), torch.ones(real.shape[0]!, 1));
  const no = F.binary_cross_entropy_with_logits(D(fake), torch.zeros(real.shape[0]!, 1));
  const loss = yes.add(no);
  loss.backward();
  optD.step();
  return loss.item();
}
function generatorStep(n: number): number {
  optG.zero_grad();
  const loss = F.binary_cross_entropy_with_logits(D(G(torch.randn(n, 2))), torch.ones(n, 1));
  loss.backward();
  optG.step();
  return loss.item();
}
for (let i = 0; i < 20; i++) {
  const d = discriminatorStep(torch.randn(32, 1).mul(0.5).add(2));
  const g = generatorStep(32);
  if (i % 5 === 0) console.log(`step ${i}: d ${d.toFixed(3)} g ${g.toFixed(3)}`);
}
