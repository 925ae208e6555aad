// One sample at a time: many units are silent for one, few for all.
import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
const fc1 = new nn.Linear(2, 10);
const fc2 = new nn.Linear(10, 1);
const opt = new optim.SGD([...fc1.parameters(), ...fc2.parameters()], { lr: 0.01 });
const points = [[-2, -2], [2, 2], [-2, 2], [2, -2]];
for (let i = 0; i < 24; i++) {
  const x = torch.tensor([points[i % 4]]);
  const loss = fc2(torch.relu(fc1(x))).sub(1).pow(2).sum();
  opt.zero_grad();
  loss.backward();
  opt.step();
}
