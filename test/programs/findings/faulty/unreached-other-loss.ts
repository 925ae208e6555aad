import * as torch from "gradlens";
const u = torch.tensor([1, 2], { requires_grad: true });
const v = torch.tensor([3, 4], { requires_grad: true }); // expect: grad-unreached
const first = u.pow(2).sum();
const second = v.pow(3).sum();
first.backward();
console.log(second.item(), u.grad, v.grad);
