import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
const u = torch.zeros(3, { requires_grad: true });
const d = u.mul(u).sum().sqrt(); // expect: nan-origin
d.backward();
console.log(u.grad);
