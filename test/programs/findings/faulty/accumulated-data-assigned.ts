import * as torch from "gradlens";
torch.manual_seed(0);
const w = torch.zeros(3, { requires_grad: true });
const x = torch.randn(20, 3);
for (let i = 0; i < 4; i++) {
  const loss = x.matmul(w).sub(1).pow(2).mean();
  loss.backward(); // expect: accumulated-grad
  w.data = w.data.sub(w.grad.mul(0.1));
}
