import * as torch from "gradlens";
const { nn } = torch;
torch.manual_seed(0);
const cell = new nn.RNNCell(3, 6);
const head = new nn.Linear(6, 1);
const opt = new torch.optim.SGD([...cell.parameters(), ...head.parameters()], { lr: 0.01 });
let h = torch.zeros(2, 6);
for (let t = 0; t < 12; t++) {
  const x = torch.randn(2, 3);
  h = cell(x, h); // expect: graph-kept
  const loss = head(h).pow(2).mean();
  opt.zero_grad();
  loss.backward({ retain_graph: true });
  opt.step();
}
