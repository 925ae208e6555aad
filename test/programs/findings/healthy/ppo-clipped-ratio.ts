import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
const actor = new nn.Sequential(new nn.Linear(4, 16), new nn.Tanh(), new nn.Linear(16, 3));
const optimizer = new optim.Adam(actor.parameters(), { lr: 3e-3 });
const states = torch.randn(64, 4);
const [actions, old] = torch.no_grad(() => {
  const logits = actor(states).log_softmax(1);
  const picked = torch.multinomial(logits.exp(), 1);
  return [picked, logits.gather(1, picked)] as const;
});
const advantages = torch.randn(64, 1);
for (let epoch = 0; epoch < 4; epoch++) {
  const log = actor(states).log_softmax(1).gather(1, actions);
  const ratio = log.sub(old).exp();
  const clipped = ratio.clamp(0.8, 1.2);
  const objective = torch.minimum(ratio.mul(advantages), clipped.mul(advantages)).mean();
  const entropy = log.exp().mul(log).mean();
  const loss = objective.neg().add(entropy.mul(0.01));
  optimizer.zero_grad();
  loss.backward();
  optimizer.step();
}
