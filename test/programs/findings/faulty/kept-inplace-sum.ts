import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
const model = new nn.Linear(2, 1);
const opt = new optim.SGD(model.parameters(), { lr: 0.1 });
const epochLoss = torch.zeros([]);
for (let i = 0; i < 6; i++) {
  const loss = model(torch.randn(4, 2)).pow(2).mean();
  opt.zero_grad();
  loss.backward();
  opt.step();
  epochLoss.add_(loss); // expect: graph-kept
}
console.log(epochLoss.item());
