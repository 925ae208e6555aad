import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
class Meter {
  sum = torch.zeros([]);
  count = 0;
  update(value: torch.Tensor) {
    this.sum = this.sum.add(value); // expect: graph-kept
    this.count++;
  }
}
const meter = new Meter();
const model = new nn.Linear(2, 1);
const opt = new optim.SGD(model.parameters(), { lr: 0.1 });
for (let i = 0; i < 6; i++) {
  const loss = model(torch.randn(4, 2)).pow(2).mean();
  opt.zero_grad();
  loss.backward();
  opt.step();
  meter.update(loss);
}
