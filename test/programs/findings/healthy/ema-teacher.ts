import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const student = new nn.Linear(3, 3);
const teacher = new nn.Linear(3, 3);
for (const p of teacher.parameters()) p.requires_grad_(false);
const opt = new optim.SGD(student.parameters(), { lr: 0.1 });
for (let i = 0; i < 6; i++) {
  const x = torch.randn(5, 3);
  const wanted = torch.no_grad(() => teacher(x));
  const loss = F.mse_loss(student(x), wanted);
  opt.zero_grad();
  loss.backward();
  opt.step();
  torch.no_grad(() => {
    const theirs = [...teacher.parameters()];
    for (const [k, p] of [...student.parameters()].entries()) theirs[k].mul_(0.9).add_(p, { alpha: 0.1 });
  });
}
