import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const backbone = new nn.Sequential(new nn.Linear(4, 8), new nn.ReLU());
for (const p of backbone.parameters()) p.requires_grad = false;
const head = new nn.Linear(8, 2);
const opt = new optim.SGD(head.parameters(), { lr: 0.1 });
const x = torch.randn(10, 4);
const y = torch.randint(0, 2, [10]);
for (let i = 0; i < 5; i++) {
  const loss = F.cross_entropy(head(backbone(x)), y);
  opt.zero_grad();
  loss.backward();
  opt.step();
}
