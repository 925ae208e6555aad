import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const backbone = new nn.Linear(8, 16);
const head = new nn.Linear(16, 3);
const opt = new optim.SGD([...backbone.parameters(), ...head.parameters()], { lr: 0.05 });
const x = torch.randn(12, 8);
const y = torch.randint(0, 3, [12]);
for (let i = 0; i < 6; i++) {
  opt.zero_grad();
  const features = torch.no_grad(() => torch.relu(backbone(x))); // expect: grad-no-grad
  const loss = F.cross_entropy(head(features), y);
  loss.backward();
  opt.step();
}
