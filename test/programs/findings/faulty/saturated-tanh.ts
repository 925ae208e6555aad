import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const W1 = torch.randn(10, 30).mul(20).requires_grad_();
const W2 = torch.randn(30, 1).mul(0.1).requires_grad_();
const opt = new optim.SGD([W1, W2], { lr: 0.01 });
const x = torch.randn(32, 10);
const y = torch.randn(32, 1);
for (let i = 0; i < 10; i++) {
  const hidden = x.matmul(W1).tanh(); // expect: saturated
  const loss = F.mse_loss(hidden.matmul(W2), y);
  opt.zero_grad();
  loss.backward();
  opt.step();
}
