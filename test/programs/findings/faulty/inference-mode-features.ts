import * as torch from "gradlens";
const w = torch.tensor([1, 2], { requires_grad: true });
const v = torch.tensor([3, 4], { requires_grad: true });
const f = torch.inference_mode(() => w.mul(2)); // expect: grad-no-grad
const y = f.clone().add(v).sum();
y.backward();
console.log(w.grad, v.grad);
