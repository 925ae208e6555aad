import * as torch from "gradlens";
let w = torch.tensor([5, -3], { requires_grad: true });
for (let i = 0; i < 20; i++) {
  const loss = w.sub(1).pow(2).sum();
  loss.backward();
  w = w.detach().sub(w.grad.mul(0.1)).requires_grad_();
}
console.log(w);
