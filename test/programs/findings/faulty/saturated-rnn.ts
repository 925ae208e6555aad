import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
const Wx = torch.randn(3, 6).mul(60).requires_grad_();
const Wh = torch.randn(6, 6).mul(5).requires_grad_();
const head = new nn.Linear(6, 1);
const opt = new optim.SGD([Wx, Wh, ...head.parameters()], { lr: 0.01 });
for (let i = 0; i < 6; i++) {
  let h = torch.zeros(8, 6);
  for (let t = 0; t < 5; t++) {
    const pre = torch.randn(8, 3).matmul(Wx).add(h.matmul(Wh));
    h = torch.tanh(pre); // expect: saturated
  }
  const loss = head(h).pow(2).mean();
  opt.zero_grad();
  loss.backward();
  opt.step();
}
