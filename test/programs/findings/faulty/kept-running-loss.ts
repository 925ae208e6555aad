import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const model = new nn.Linear(3, 1);
const opt = new optim.SGD(model.parameters(), { lr: 0.01 });
let total: torch.Tensor = torch.zeros([]);
for (let step = 0; step < 10; step++) {
  const loss = F.mse_loss(model(torch.randn(8, 3)), torch.randn(8, 1));
  opt.zero_grad();
  loss.backward();
  opt.step();
  total = total.add(loss); // expect: graph-kept
}
console.log(total.div(10).item());
