// Two outputs of very different scale from one trunk.
import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
const trunk = new nn.Sequential(new nn.Linear(4, 16), new nn.Tanh(), new nn.Linear(16, 16), new nn.Tanh(), new nn.Linear(16, 16), new nn.Tanh());
const value = new nn.Linear(16, 1);
const policy = new nn.Linear(16, 3);
const opt = new optim.Adam([...trunk.parameters(), ...value.parameters(), ...policy.parameters()], { lr: 1e-3 });
for (let i = 0; i < 6; i++) {
  const h = trunk(torch.randn(8, 4));
  const loss = value(h).mul(1000).sub(500).pow(2).mean().add(policy(h).pow(2).mean().mul(1e-4));
  opt.zero_grad();
  loss.backward();
  opt.step();
}
