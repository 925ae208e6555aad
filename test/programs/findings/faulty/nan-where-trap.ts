import * as torch from "gradlens";
const x = torch.tensor([-1, 0, 4], { requires_grad: true });
const roots = torch.sqrt(x); // expect: nan-origin
const safe = torch.where(x.gt(0), roots, torch.zeros(3));
const loss = safe.sum();
loss.backward();
console.log(loss.item(), x.grad);
