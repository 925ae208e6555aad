import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
const cell = new nn.RNNCell(2, 4);
const head = new nn.Linear(4, 1);
const opt = new optim.SGD([...cell.parameters(), ...head.parameters()], { lr: 0.1 });
let h = torch.zeros(3, 4);
for (let step = 0; step < 4; step++) {
  h = cell(torch.randn(3, 2), h); // expect: graph-kept
  const loss = head(h).pow(2).mean();
  opt.zero_grad();
  loss.backward();
  opt.step();
}
