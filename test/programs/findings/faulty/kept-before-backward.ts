import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
const model = new nn.Linear(3, 1);
const opt = new optim.SGD(model.parameters(), { lr: 0.01 });
const stats = { sum: torch.zeros([]) };
for (let step = 0; step < 6; step++) {
  opt.zero_grad();
  const loss = model(torch.randn(8, 3)).pow(2).mean();
  stats.sum = stats.sum.add(loss); // expect: graph-kept
  loss.backward();
  opt.step();
}
console.log(stats.sum.item());
