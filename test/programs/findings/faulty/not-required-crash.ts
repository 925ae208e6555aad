import * as torch from "gradlens";
const { optim } = torch;
torch.manual_seed(0);
const X = torch.randn(16, 2);
const Y = X.sum(1, { keepdim: true });
const w = torch.randn(2, 1); // expect: grad-not-required
const opt = new optim.SGD([w], { lr: 0.1 });
for (let step = 0; step < 5; step++) {
  const loss = X.matmul(w).sub(Y).pow(2).mean();
  opt.zero_grad();
  loss.backward();
  opt.step();
}
