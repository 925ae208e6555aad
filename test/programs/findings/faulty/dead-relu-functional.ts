import * as torch from "gradlens";
torch.manual_seed(0);
const { optim } = torch;
const w1 = torch.randn(4, 12).mul(0.1).requires_grad_();
const b1 = torch.full([12], -8).requires_grad_();
const w2 = torch.randn(12, 1).requires_grad_();
const opt = new optim.Adam([w1, b1, w2], { lr: 1e-3 });
const x = torch.randn(32, 4);
const y = torch.randn(32, 1);
function forward(input: torch.Tensor) {
  const a = input.matmul(w1).add(b1);
  const h = a.clamp({ min: 0 }); // expect: dead-relu
  return h.matmul(w2);
}
for (let i = 0; i < 8; i++) {
  const loss = forward(x).sub(y).pow(2).mean();
  opt.zero_grad();
  loss.backward();
  opt.step();
}
