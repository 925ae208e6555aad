import * as torch from "gradlens";

const a = torch.tensor([1, 0, 0], { requires_grad: true });
const b = torch.tensor([1, 0, 0]);
const cosine = a.dot(b).div(a.norm().mul(b.norm()));
const angle = torch.acos(cosine); // expect: nan-origin
const loss = angle.pow(2);
loss.backward();
console.log("angle", angle.item(), "gradient", a.grad);
