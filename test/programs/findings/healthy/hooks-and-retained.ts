import * as torch from "gradlens";
const x = torch.tensor([1, 2, 3], { requires_grad: true });
const h = x.mul(2);
h.retain_grad();
const seen: number[] = [];
x.register_hook((g) => void seen.push(g.norm().item()));
const y = h.pow(2).sum();
y.backward();
console.log(h.grad, x.grad, seen);
