import * as torch from "gradlens";
const p = torch.tensor([0.5, 0, 0.5], { requires_grad: true });
const h = p.mul(p.add(1e-9).log()).sum().neg();
h.backward();
console.log(p.grad);
