import * as torch from "gradlens";
const x = torch.tensor([1, -2, 3], { requires_grad: true });
const h = x.mul(2);
h.add_(1);
torch.relu_(h);
const buffer = torch.zeros(3);
buffer.add_(h.detach());
h.sum().backward();
console.log(x.grad, buffer);
