import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
const raw = torch.tensor([[1, NaN], [2, 3], [NaN, 1], [0, 2]]);
const known = raw.isnan().logical_not();
const x = torch.where(known, raw, torch.zeros(4, 2));
const model = new nn.Linear(2, 2);
const opt = new optim.SGD(model.parameters(), { lr: 0.05 });
for (let i = 0; i < 5; i++) {
  const error = model(x).sub(x).pow(2);
  const loss = torch.where(known, error, torch.zeros(4, 2)).sum();
  opt.zero_grad();
  loss.backward();
  opt.step();
}
