import * as torch from "gradlens";
const { nn } = torch;
torch.manual_seed(0);
const cell = new nn.Linear(3, 3);
let h = torch.zeros(2, 3);
const outs: torch.Tensor[] = [];
for (let t = 0; t < 3; t++) {
  h = torch.tanh(cell(h));
  outs.push(h);
  h.mul_(0.9); // expect: inplace-on-saved
}
torch.stack(outs).sum().backward();
