import * as torch from "gradlens";
const { nn, optim } = torch;
const idx = torch.arange(4); // expect: grad-integer
const w = torch.ones(4, { requires_grad: true });
const loss = w.mul(idx).sum();
loss.backward();
const g = idx.grad;
console.log(g.mul(2));
