import * as torch from "gradlens";
const a = torch.tensor([1.2, 2.7], { requires_grad: true });
const gain = torch.ones(1, { requires_grad: true });
const rounded = a.mul(10).long(); // expect: grad-integer
const out = rounded.float().mul(gain).sum();
out.backward();
console.log(a.grad);
