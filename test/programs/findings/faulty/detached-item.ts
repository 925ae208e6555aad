import * as torch from "gradlens";
const x = torch.tensor([1.5, -0.5], { requires_grad: true });
const y = x.pow(2).sum();
const value = y.item(); // expect: grad-detached
const loss = torch.tensor(value, { requires_grad: true });
loss.backward();
console.log("x.grad is", x.grad);
