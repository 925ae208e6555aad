import * as torch from "gradlens";
const { nn } = torch;
torch.manual_seed(0);
const m = new nn.Sequential(new nn.Linear(4, 16), new nn.ReLU(), new nn.Linear(16, 2));
const opt = new torch.optim.SGD(m.parameters(), { lr: 0.01 });
const predictions = new Map<number, { out: torch.Tensor; label: torch.Tensor }>();
for (let i = 0; i < 20; i++) {
  const x = torch.randn(8, 4), y = torch.randint(0, 2, [8]);
  const out = m(x);
  predictions.set(i, { out, label: y }); // expect: graph-kept
  opt.zero_grad();
  nn.functional.cross_entropy(out, y).backward();
  opt.step();
}
console.log(predictions.size);
