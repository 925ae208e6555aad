import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
const cell = new nn.GRUCell(2, 6);
const out = new nn.Linear(6, 2);
const opt = new optim.Adam([...cell.parameters(), ...out.parameters()], { lr: 0.01 });
for (let i = 0; i < 4; i++) {
  let h = torch.zeros(3, 6);
  const states: torch.Tensor[] = [];
  for (let t = 0; t < 6; t++) {
    h = cell(torch.randn(3, 2), h);
    states.push(h);
  }
  const loss = out(torch.stack(states)).pow(2).mean();
  opt.zero_grad();
  loss.backward();
  opt.step();
}
