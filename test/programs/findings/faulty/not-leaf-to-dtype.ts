import * as torch from "gradlens";
const theta = torch
  .zeros(3, { requires_grad: true })
  .to(torch.float64); // expect: grad-not-leaf
const loss = theta.sub(1).pow(2).sum();
loss.backward();
const g = theta.grad;
console.log(String(g));
