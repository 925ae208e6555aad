import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
const net = new nn.Linear(2, 1);
const opt = new optim.SGD(net.parameters(), { lr: 0.1 });
const history: torch.Tensor[] = [];
for (let i = 0; i < 8; i++) {
  const loss = net(torch.randn(4, 2)).pow(2).mean();
  opt.zero_grad();
  loss.backward();
  opt.step();
  history.push(loss); // expect: graph-kept
}
console.log(history.length);
