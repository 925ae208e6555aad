import * as torch from "gradlens";
const a = torch.tensor([2, 3], { requires_grad: true });
const b = a.mul(a);
const c = b.data.mul(5); // expect: grad-detached
const k = torch.ones(2, { requires_grad: true });
const out = c.mul(k).sum();
out.backward();
console.log(k.grad);
console.log(a.grad);
