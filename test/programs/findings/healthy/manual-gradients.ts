// Gradients computed by hand and handed to the optimiser.
import * as torch from "gradlens";
const { optim } = torch;
const w = torch.zeros(2, { requires_grad: true });
const opt = new optim.SGD([w], { lr: 0.1 });
for (let i = 0; i < 5; i++) {
  w.grad = w.detach().sub(torch.tensor([1, 2])).mul(2);
  opt.step();
}
const other = torch.zeros(2, { requires_grad: true });
const opt2 = new optim.SGD([other], { lr: 0.1 });
for (let i = 0; i < 5; i++) {
  const [g] = torch.autograd.grad(other.sub(1).pow(2).sum(), [other]);
  other.grad = g;
  opt2.step();
}
console.log(w, other);
