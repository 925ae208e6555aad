import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
const critic = new nn.Sequential(new nn.Linear(2, 8), new nn.Tanh(), new nn.Linear(8, 1));
const opt = new optim.Adam(critic.parameters(), { lr: 1e-3 });
for (let i = 0; i < 6; i++) {
  const x = torch.randn([8, 2], { requires_grad: true });
  const score = critic(x);
  const [g] = torch.autograd.grad(score.sum(), [x], { create_graph: true });
  const penalty = g.norm({ dim: 1 }).sub(1).pow(2).mean();
  opt.zero_grad();
  score.mean().add(penalty.mul(10)).backward();
  opt.step();
}
