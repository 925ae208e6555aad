import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
class Net extends nn.Module {
  a = new nn.Linear(3, 6);
  b = new nn.Linear(6, 1);
  forward(x: torch.Tensor) {
    return this.b(torch.relu(this.a(x)));
  }
}
const net = new Net();
const opt = new optim.Adam(net.parameters(), { lr: 1e-3 });
function train(x: torch.Tensor, y: torch.Tensor) {
  opt.zero_grad();
  const prediction = net(x);
  const loss = F.mse_loss(prediction, y); // expect: grad-no-backward
  opt.step();
  return loss.item();
}
for (let i = 0; i < 5; i++) train(torch.randn(4, 3), torch.randn(4, 1));
