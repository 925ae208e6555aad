import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
class Deep extends nn.Module {
  layers = new nn.ModuleList(Array.from({ length: 8 }, () => new nn.Linear(10, 10)));
  out = new nn.Linear(10, 1);
  constructor() {
    super();
    for (const layer of this.layers) nn.init.normal_(layer.weight, 0, 0.02);
  }
  forward(x: torch.Tensor) {
    for (const layer of this.layers) x = torch.tanh(layer(x)); // expect: vanishing
    return this.out(x);
  }
}
const net = new Deep();
const opt = new optim.Adam(net.parameters(), { lr: 1e-4 });
for (let i = 0; i < 4; i++) {
  const loss = net(torch.randn(16, 10)).sub(1).pow(2).mean();
  opt.zero_grad();
  loss.backward();
  opt.step();
}
