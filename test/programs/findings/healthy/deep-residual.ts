import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
class Residual extends nn.Module {
  norm = new nn.LayerNorm(16);
  fc = new nn.Linear(16, 16);
  forward(x: torch.Tensor) {
    return x.add(torch.relu(this.fc(this.norm(x))));
  }
}
const net = new nn.Sequential(new nn.Linear(4, 16), ...Array.from({ length: 15 }, () => new Residual()), new nn.Linear(16, 1));
const opt = new optim.Adam(net.parameters(), { lr: 1e-3 });
const x = torch.randn(16, 4);
for (let i = 0; i < 6; i++) {
  const loss = net(x).sub(x.sum(1, { keepdim: true })).pow(2).mean();
  opt.zero_grad();
  loss.backward();
  opt.step();
}
