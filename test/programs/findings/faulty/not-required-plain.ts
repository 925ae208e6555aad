import * as torch from "gradlens";
const x = torch.tensor([1, 2, 3]); // expect: grad-not-required
const w = torch.tensor([0.5, 0.5, 0.5], { requires_grad: true });
const y = x.mul(w).sum();
y.backward();
console.log(w.grad, x.grad);
