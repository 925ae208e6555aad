import * as torch from "gradlens";
const x = torch.tensor([1, 2, 3], { requires_grad: true });
const h = x.mul(2); // expect: grad-not-leaf
const y = h.sin();
y.sum().backward();
console.log("dx", x.grad);
console.log(`dh ${h.grad}`);
