import * as torch from "gradlens";
const a = torch.tensor([1, 2], { requires_grad: true });
const b = torch.tensor([3, 4], { requires_grad: true });
const [s, t] = [a.pow(2).sum(), b.exp().sum()];
torch.autograd.backward([s, t]);
console.log(a.grad, b.grad);
