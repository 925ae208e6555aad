import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
class Net extends nn.Module {
  fc1 = new nn.Linear(4, 8);
  fc2 = new nn.Linear(8, 8); // expect: grad-unreached
  out = new nn.Linear(8, 1);
  forward(x: torch.Tensor) {
    const h = torch.relu(this.fc1(x));
    return this.out(h);
  }
}
const net = new Net();
const opt = new optim.Adam(net.parameters(), { lr: 1e-2 });
const x = torch.randn(16, 4);
const y = x.sum(1, { keepdim: true });
for (let i = 0; i < 15; i++) {
  opt.zero_grad();
  const loss = F.mse_loss(net(x), y);
  loss.backward();
  opt.step();
}
