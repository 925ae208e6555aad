import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
const online = new nn.Sequential(new nn.Linear(3, 8), new nn.ReLU(), new nn.Linear(8, 1));
const target = new nn.Sequential(new nn.Linear(3, 8), new nn.ReLU(), new nn.Linear(8, 1));
target.load_state_dict(online.state_dict());
target.requires_grad_(false);
const optimizer = new optim.RMSprop(online.parameters(), { lr: 1e-3 });
const tau = 0.05;
function soften(): void {
  const theirs = [...target.parameters()];
  torch.no_grad(() => {
    for (const [i, p] of [...online.parameters()].entries()) theirs[i]!.mul_(1 - tau).add_(p, { alpha: tau });
  });
}
for (let i = 0; i < 15; i++) {
  const s = torch.randn(32, 3);
  const r = torch.randn(32, 1);
  const q = online(s);
  const wanted = r.add(target(torch.randn(32, 3)).mul(0.99));
  const loss = nn.functional.smooth_l1_loss(q, wanted);
  optimizer.zero_grad();
  loss.backward();
  nn.utils.clip_grad_value_(online.parameters(), 1);
  optimizer.step();
  soften();
}
