// B begins at zero: in the first step A's gradient is exactly zero.
import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const base = new nn.Linear(8, 8);
base.requires_grad_(false);
const A = torch.randn(8, 2).mul(0.1).requires_grad_();
const B = torch.zeros([2, 8], { requires_grad: true });
const opt = new optim.SGD([A, B], { lr: 0.1 });
const x = torch.randn(16, 8);
const y = torch.randn(16, 8);
for (let i = 0; i < 10; i++) {
  const loss = F.mse_loss(base(x).add(x.matmul(A).matmul(B)), y);
  opt.zero_grad();
  loss.backward();
  opt.step();
}
