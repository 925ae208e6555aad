import * as torch from "gradlens";
const x = torch.tensor([1, 2, 3], { requires_grad: true });
const y = x.pow(2).sum(); // expect: grad-no-backward
console.log(y.item());
console.log(x.grad);
