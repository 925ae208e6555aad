import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const make = () => new nn.Sequential(new nn.Linear(4, 16), new nn.ReLU(), new nn.Linear(16, 2));
const q = make();
const target = make();
target.load_state_dict(q.state_dict());
const opt = new optim.Adam(q.parameters(), { lr: 1e-3 });
for (let i = 0; i < 12; i++) {
  const s = torch.randn(8, 4);
  const a = torch.randint(0, 2, [8, 1]);
  const r = torch.randn(8);
  const next = target(torch.randn(8, 4)).max(1).values.detach();
  const value = q(s).gather(1, a).squeeze(1);
  const loss = F.smooth_l1_loss(value, r.add(next.mul(0.99)));
  opt.zero_grad();
  loss.backward();
  opt.step();
  if (i % 4 === 3) target.load_state_dict(q.state_dict());
}
