import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const model = new nn.Sequential(
  new nn.Linear(3, 16),
  new nn.ReLU(), // expect: dead-relu
  new nn.Linear(16, 1),
);
const opt = new optim.SGD(model.parameters(), { lr: 30 });
const x = torch.rand(32, 3).add(1);
const y = x.sum(1, { keepdim: true });
for (let i = 0; i < 20; i++) {
  const loss = F.l1_loss(model(x), y);
  opt.zero_grad();
  loss.backward();
  opt.step();
}
