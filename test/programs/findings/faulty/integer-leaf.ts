import * as torch from "gradlens";
const counts = torch.tensor([1n, 2n, 3n]); // expect: grad-integer
const w = torch.tensor([0.1, 0.2, 0.3], { requires_grad: true });
const y = w.mul(counts).sum();
y.backward();
console.log(counts.grad);
