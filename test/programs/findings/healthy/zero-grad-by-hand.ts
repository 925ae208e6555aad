import * as torch from "gradlens";
torch.manual_seed(0);
const W = torch.randn([3, 1], { requires_grad: true });
const b = torch.zeros(1, { requires_grad: true });
const x = torch.randn(10, 3);
for (let i = 0; i < 5; i++) {
  const loss = x.matmul(W).add(b).sub(1).pow(2).mean();
  if (W.grad) {
    W.grad.zero_();
    b.grad.zero_();
  }
  loss.backward();
  W.data.sub_(W.grad.mul(0.1));
  b.data.sub_(b.grad.mul(0.1));
}
