import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);

class Policy extends nn.Module {
  fc = new nn.Linear(4, 16);
  head = new nn.Linear(16, 2);
  forward(s: torch.Tensor) {
    return this.head(torch.tanh(this.fc(s))).log_softmax(-1);
  }
}
const policy = new Policy();
const critic = new nn.Linear(4, 1);
const optimizer = new optim.Adam([...policy.parameters(), ...critic.parameters()], { lr: 1e-2 });
for (let episode = 0; episode < 8; episode++) {
  const logProbs: torch.Tensor[] = [];
  const values: torch.Tensor[] = [];
  const rewards: number[] = [];
  let state = torch.randn(4);
  for (let t = 0; t < 10; t++) {
    const logits = policy(state);
    const action = torch.multinomial(logits.detach().exp(), 1).item();
    logProbs.push(logits.select(0, action));
    values.push(critic(state).squeeze());
    rewards.push(action === (state.sum().item() > 0 ? 1 : 0) ? 1 : 0);
    state = torch.randn(4);
  }
  let G = 0;
  const returns = rewards.reduceRight<number[]>((all, r) => [(G = r + 0.99 * G), ...all], []);
  const target = torch.tensor(returns);
  const baseline = torch.stack(values);
  const advantage = target.sub(baseline).detach();
  const loss = torch.stack(logProbs).mul(advantage).mean().neg().add(baseline.sub(target).pow(2).mean());
  optimizer.zero_grad();
  loss.backward();
  optimizer.step();
}
