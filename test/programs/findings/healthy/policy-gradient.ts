import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const policy = new nn.Sequential(new nn.Linear(3, 8), new nn.Tanh(), new nn.Linear(8, 2));
const opt = new optim.Adam(policy.parameters(), { lr: 0.01 });
for (let episode = 0; episode < 5; episode++) {
  const logs: torch.Tensor[] = [];
  const rewards: number[] = [];
  for (let t = 0; t < 6; t++) {
    const logits = policy(torch.randn(3));
    const action = torch.multinomial(F.softmax(logits.detach(), 0), 1).item();
    logs.push(F.log_softmax(logits, 0).index(action));
    rewards.push(action === 1 ? 1 : -0.5);
  }
  const loss = torch.stack(logs).mul(torch.tensor(rewards)).sum().neg();
  opt.zero_grad();
  loss.backward();
  opt.step();
}
