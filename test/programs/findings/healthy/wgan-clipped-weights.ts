import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
const G = new nn.Linear(2, 2);
const C = new nn.Sequential(new nn.Linear(2, 8), new nn.ReLU(), new nn.Linear(8, 1));
const optG = new optim.RMSprop(G.parameters(), { lr: 5e-4 });
const optC = new optim.RMSprop(C.parameters(), { lr: 5e-4 });
for (let step = 0; step < 4; step++) {
  for (let k = 0; k < 3; k++) {
    const fake = torch.no_grad(() => G(torch.randn(8, 2)));
    const lossC = C(fake).mean().sub(C(torch.randn(8, 2)).mean());
    optC.zero_grad();
    lossC.backward();
    optC.step();
    for (const p of C.parameters()) p.data.clamp_(-0.1, 0.1);
  }
  const lossG = C(G(torch.randn(8, 2))).mean().neg();
  optG.zero_grad();
  lossG.backward();
  optG.step();
}
