import * as torch from "gradlens";
const { nn } = torch;
torch.manual_seed(0);
const m = new nn.Linear(4, 1);
const opt = new torch.optim.SGD(m.parameters(), { lr: 0.01 });
const records: { step: number; loss: torch.Tensor }[] = [];
for (let i = 0; i < 20; i++) {
  opt.zero_grad();
  const loss = m(torch.randn(4, 4)).pow(2).mean();
  loss.backward();
  opt.step();
  records.push({ step: i, loss }); // expect: graph-kept
}
console.log(records.length);
