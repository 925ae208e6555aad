import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
class Regressor extends nn.Module {
  first = new nn.Linear(2, 12);
  second = new nn.Linear(12, 1);
  forward(x: torch.Tensor) {
    const h = torch.sigmoid(this.first(x)); // expect: saturated
    return this.second(h);
  }
}
const net = new Regressor();
const opt = new optim.Adam(net.parameters(), { lr: 0.01 });
const years = torch.rand(40, 2).mul(5000).add(2000);
const price = torch.rand(40, 1);
for (let epoch = 0; epoch < 12; epoch++) {
  opt.zero_grad();
  const loss = F.mse_loss(net(years), price);
  loss.backward();
  opt.step();
}
