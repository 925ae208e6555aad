// The generator's pass leaves gradients in the discriminator, which are cleared before its own step.
import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const G = new nn.Sequential(new nn.Linear(2, 8), new nn.ReLU(), new nn.Linear(8, 1));
const D = new nn.Sequential(new nn.Linear(1, 8), new nn.LeakyReLU(0.2), new nn.Linear(8, 1));
const optG = new optim.Adam(G.parameters(), { lr: 1e-3 });
const optD = new optim.Adam(D.parameters(), { lr: 1e-3 });
const ones = torch.ones(16, 1);
const zeros = torch.zeros(16, 1);
for (let i = 0; i < 10; i++) {
  const fake = G(torch.randn(16, 2));
  optD.zero_grad();
  const lossD = F.binary_cross_entropy_with_logits(D(torch.randn(16, 1).add(3)), ones).add(
    F.binary_cross_entropy_with_logits(D(fake.detach()), zeros),
  );
  lossD.backward();
  optD.step();
  optG.zero_grad();
  const lossG = F.binary_cross_entropy_with_logits(D(fake), ones);
  lossG.backward();
  optG.step();
}
