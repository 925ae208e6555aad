import * as torch from "gradlens";
const { nn } = torch;
torch.manual_seed(0);
class Log {
  losses: torch.Tensor[] = [];
  add(l: torch.Tensor) {
    this.losses.push(l); // expect: graph-kept
  }
}
const log = new Log();
const m = new nn.Linear(4, 1);
const opt = new torch.optim.SGD(m.parameters(), { lr: 0.01 });
for (let i = 0; i < 20; i++) {
  opt.zero_grad();
  const loss = m(torch.randn(4, 4)).pow(2).mean();
  loss.backward();
  opt.step();
  log.add(loss);
}
