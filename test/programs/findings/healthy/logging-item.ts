import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const net = new nn.Linear(2, 2);
const opt = new optim.SGD(net.parameters(), { lr: 0.1 });
let running = 0;
const losses: number[] = [];
const detached: torch.Tensor[] = [];
for (let i = 0; i < 10; i++) {
  const x = torch.randn(6, 2);
  const loss = F.mse_loss(net(x), x);
  opt.zero_grad();
  loss.backward();
  opt.step();
  running += loss.item();
  losses.push(loss.item());
  detached.push(loss.detach());
}
console.log((running / 10).toFixed(3), losses.length, torch.stack(detached).mean().item());
