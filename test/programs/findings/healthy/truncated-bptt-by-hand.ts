import * as torch from "gradlens";
torch.manual_seed(0);
const Wx = torch.randn(2, 5).mul(0.3).requires_grad_();
const Wh = torch.randn(5, 5).mul(0.3).requires_grad_();
let h = torch.zeros(4, 5);
for (let chunk = 0; chunk < 5; chunk++) {
  h = h.detach();
  for (let t = 0; t < 4; t++) h = torch.tanh(torch.randn(4, 2).matmul(Wx).add(h.matmul(Wh)));
  const loss = h.pow(2).mean();
  loss.backward();
  torch.no_grad(() => {
    for (const w of [Wx, Wh]) {
      w.sub_(w.grad, { alpha: 0.05 });
      w.grad.zero_();
    }
  });
}
