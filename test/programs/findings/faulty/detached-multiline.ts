import * as torch from "gradlens";
const q = torch.tensor([0.3, 0.7], { requires_grad: true });
const s = torch.tensor([1, 1], { requires_grad: true });
const target = q
  .mul(2)
  .detach() // expect: grad-detached
  .add(1);
s.mul(target).sum().backward();
console.log(q.grad, s.grad);
