import * as torch from "gradlens";
const a = torch.tensor([1, 2], { requires_grad: true });
const b = torch.tensor([1, 2], { requires_grad: true }); // expect: grad-unreached
const loss = a.exp().sum();
const [ga, gb] = torch.autograd.grad(loss, [a, b]);
console.log(ga, gb);
