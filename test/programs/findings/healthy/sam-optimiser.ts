import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const model = new nn.Linear(3, 1);
const opt = new optim.SGD(model.parameters(), { lr: 0.05 });
const x = torch.randn(12, 3);
const y = x.sum(1, { keepdim: true });
for (let i = 0; i < 5; i++) {
  opt.zero_grad();
  F.mse_loss(model(x), y).backward();
  const moves = [...model.parameters()].map((p) => p.grad.mul(0.01));
  torch.no_grad(() => void [...model.parameters()].forEach((p, k) => p.add_(moves[k])));
  opt.zero_grad();
  F.mse_loss(model(x), y).backward();
  torch.no_grad(() => void [...model.parameters()].forEach((p, k) => p.sub_(moves[k])));
  opt.step();
}
