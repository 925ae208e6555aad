import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const fc1 = new nn.Linear(4, 20);
const fc2 = new nn.Linear(20, 1);
torch.no_grad(() => fc1.bias.fill_(-50));
const opt = new optim.SGD([...fc1.parameters(), ...fc2.parameters()], { lr: 0.05 });
const x = torch.randn(64, 4);
const y = x.sum(1, { keepdim: true });
for (let i = 0; i < 10; i++) {
  const h = torch.relu(fc1(x)); // expect: dead-relu
  const loss = F.mse_loss(fc2(h), y);
  opt.zero_grad();
  loss.backward();
  opt.step();
}
