// The hinge is silent because every margin is met.
import * as torch from "gradlens";
const { optim } = torch;
torch.manual_seed(0);
const w = torch.zeros([2, 3], { requires_grad: true });
const opt = new optim.SGD([w], { lr: 1 });
const x = torch.eye(2).mul(3).repeat(6, 1);
const target = torch.tensor([0, 1]).long().repeat(6);
for (let i = 0; i < 15; i++) {
  const scores = x.matmul(w);
  const right = scores.gather(1, target.unsqueeze(1));
  const margins = torch.relu(scores.sub(right).add(1));
  const loss = margins.sum(1).sub(1).mean();
  opt.zero_grad();
  loss.backward();
  opt.step();
}
