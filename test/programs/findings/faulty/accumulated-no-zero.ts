import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const model = new nn.Linear(2, 1);
const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 });
const x = torch.randn(16, 2);
const y = torch.randn(16, 1);
for (let step = 0; step < 8; step++) {
  const loss = F.mse_loss(model(x), y);
  loss.backward(); // expect: accumulated-grad
  optimizer.step();
}
