import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const encoder = new nn.Linear(4, 4);
const head = new nn.Linear(4, 2);
const opt = new optim.SGD([...encoder.parameters(), ...head.parameters()], { lr: 0.05 });
for (let i = 0; i < 6; i++) {
  head.zero_grad();
  const loss = F.cross_entropy(head(torch.relu(encoder(torch.randn(8, 4)))), torch.randint(0, 2, [8]));
  loss.backward(); // expect: accumulated-grad
  opt.step();
}
