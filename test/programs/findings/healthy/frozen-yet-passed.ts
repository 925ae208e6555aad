import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const net = new nn.Sequential(new nn.Linear(4, 6), new nn.Tanh(), new nn.Linear(6, 1));
net[0].requires_grad_(false);
const opt = new optim.Adam(net.parameters(), { lr: 0.01 });
for (let i = 0; i < 5; i++) {
  const loss = F.mse_loss(net(torch.randn(8, 4)), torch.ones(8, 1));
  opt.zero_grad();
  loss.backward();
  opt.step();
}
