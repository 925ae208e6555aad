import * as torch from "gradlens";
const counts = torch.tensor([3, 0, 5]);
console.log("log counts", counts.log());
const w = torch.ones(3, { requires_grad: true });
w.mul(counts).sum().backward();
console.log(w.grad);
