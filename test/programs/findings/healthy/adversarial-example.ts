import * as torch from "gradlens";
const { nn } = torch;
const F = nn.functional;
torch.manual_seed(0);
const model = new nn.Sequential(new nn.Linear(4, 8), new nn.ReLU(), new nn.Linear(8, 3));
const x = torch.randn(5, 4);
const y = torch.randint(0, 3, [5]);
const delta = torch.zeros([5, 4], { requires_grad: true });
for (let i = 0; i < 5; i++) {
  const loss = F.cross_entropy(model(x.add(delta)), y);
  loss.backward();
  delta.data.add_(delta.grad.sign(), { alpha: 0.02 }).clamp_(-0.1, 0.1);
  delta.grad.zero_();
}
console.log(delta.abs().max());
