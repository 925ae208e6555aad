import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const net = new nn.Sequential(
  new nn.Conv2d(1, 4, 3, { padding: 1 }),
  new nn.BatchNorm2d(4),
  new nn.ReLU(),
  new nn.MaxPool2d(2),
  new nn.Flatten(),
  new nn.Dropout(0.3),
  new nn.Linear(4 * 16, 3),
);
const opt = new optim.SGD(net.parameters(), { lr: 0.05, momentum: 0.9, weight_decay: 1e-4 });
for (let i = 0; i < 6; i++) {
  const loss = F.cross_entropy(net(torch.randn(8, 1, 8, 8)), torch.randint(0, 3, [8]));
  opt.zero_grad();
  loss.backward();
  opt.step();
}
