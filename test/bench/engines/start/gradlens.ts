import * as torch from "gradlens";

const x = torch.tensor([1, 2, 3], { requires_grad: true });
x.pow(2).sum().backward();
console.log(x.grad.tolist());
