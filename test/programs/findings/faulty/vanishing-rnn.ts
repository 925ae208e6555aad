import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(1);
const Wx = torch.randn(4, 8).mul(0.3).requires_grad_();
const Wh = torch.randn(8, 8).mul(0.05).requires_grad_();
const out = new nn.Linear(8, 1);
const opt = new optim.SGD([Wx, Wh, ...out.parameters()], { lr: 0.01 });
const xs = torch.randn(30, 6, 4);
for (let step = 0; step < 4; step++) {
  let h = torch.zeros(6, 8);
  for (let t = 0; t < 30; t++) {
    h = torch.tanh(xs.index(t).matmul(Wx).add(h.matmul(Wh))); // expect: vanishing
  }
  const loss = out(h).sub(1).pow(2).mean();
  opt.zero_grad();
  loss.backward();
  opt.step();
}
