import * as torch from "gradlens";
const a = torch.tensor([0, 4, 9], { requires_grad: true });
const distance = a.mul(a).sqrt(); // expect: nan-origin
const loss = distance.sum();
loss.backward();
console.log(a.grad);
