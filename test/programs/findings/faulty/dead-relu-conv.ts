import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
class Net extends nn.Module {
  conv = new nn.Conv2d(1, 8, 3);
  fc = new nn.Linear(8 * 3 * 3, 2);
  forward(x: torch.Tensor) {
    const a = F.relu(this.conv(x)); // expect: dead-relu
    const b = F.max_pool2d(a, 2);
    return this.fc(b.flatten(1));
  }
}
const net = new Net();
nn.init.constant_(net.conv.bias, -20);
const opt = new optim.Adam(net.parameters(), { lr: 1e-3 });
const images = torch.rand(8, 1, 8, 8);
const labels = torch.randint(0, 2, [8]);
for (let step = 0; step < 6; step++) {
  opt.zero_grad();
  F.cross_entropy(net(images), labels).backward();
  opt.step();
}
