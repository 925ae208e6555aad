import * as torch from "gradlens";
const { nn } = torch;
torch.manual_seed(0);
const m = new nn.Linear(4, 1);
const opt = new torch.optim.SGD(m.parameters(), { lr: 0.01 });
const seen = new Map<number, torch.Tensor>();
const kept: { out: torch.Tensor }[] = [];
for (let i = 0; i < 12; i++) {
  opt.zero_grad();
  const out = m(torch.randn(4, 4));
  out.pow(2).mean().backward();
  opt.step();
  seen.set(i, out.detach());
  kept.push({ out: out.data });
}
