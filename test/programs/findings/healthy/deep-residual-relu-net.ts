import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
class Residual extends nn.Module {
  norm: InstanceType<typeof nn.LayerNorm>;
  fc1: InstanceType<typeof nn.Linear>;
  fc2: InstanceType<typeof nn.Linear>;
  constructor(width: number) {
    super();
    this.norm = new nn.LayerNorm(width);
    this.fc1 = new nn.Linear(width, 2 * width);
    this.fc2 = new nn.Linear(2 * width, width);
  }
  forward(x: torch.Tensor): torch.Tensor {
    return x.add(this.fc2(this.fc1(this.norm(x)).relu()));
  }
}
const net = new nn.Sequential(new nn.Linear(2, 24), ...Array.from({ length: 24 }, () => new Residual(24)), new nn.Linear(24, 1));
const optimizer = new optim.Adam(net.parameters(), { lr: 1e-3 });
for (let i = 0; i < 4; i++) {
  const x = torch.rand(32, 2).mul(2).sub(1);
  const y = x.select(1, 0).mul(x.select(1, 1)).gt(0).to(torch.float32).unsqueeze(1);
  const loss = nn.functional.binary_cross_entropy_with_logits(net(x), y);
  optimizer.zero_grad();
  loss.backward();
  optimizer.step();
}
