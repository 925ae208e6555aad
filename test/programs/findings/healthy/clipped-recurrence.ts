import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
const A = torch.randn(10, 10).requires_grad_();
const opt = new optim.SGD([A], { lr: 1e-3 });
for (let i = 0; i < 3; i++) {
  let state = torch.randn(4, 10);
  for (let t = 0; t < 20; t++) state = state.matmul(A);
  const loss = state.pow(2).mean().log();
  opt.zero_grad();
  loss.backward();
  nn.utils.clip_grad_norm_([A], 0.5);
  opt.step();
}
