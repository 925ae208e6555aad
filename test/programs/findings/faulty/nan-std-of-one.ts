import * as torch from "gradlens";
const h = torch.tensor([[0.3, 0.7]], { requires_grad: true });
const mean = h.mean({ dim: 0, keepdim: true });
const std = h.std({ dim: 0, keepdim: true }); // expect: nan-origin
const z = h.sub(mean).div(std.add(1e-5));
z.sum().backward();
console.log(h.grad);
