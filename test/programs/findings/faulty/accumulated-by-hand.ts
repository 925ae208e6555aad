import * as torch from "gradlens";
torch.manual_seed(0);
const w = torch.zeros(3, { requires_grad: true });
const x = torch.randn(20, 3);
const y = x.matmul(torch.tensor([1, -2, 0.5]));
for (let i = 0; i < 10; i++) {
  const loss = x.matmul(w).sub(y).pow(2).mean();
  loss.backward(); // expect: accumulated-grad
  torch.no_grad(() => {
    w.sub_(w.grad.mul(0.1));
  });
}
console.log(w);
