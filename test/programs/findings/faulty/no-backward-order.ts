import * as torch from "gradlens";
const w = torch.tensor([2, -1], { requires_grad: true });
const loss = w.mul(w).sum(); // expect: grad-no-backward
const g = w.grad;
const next = torch.no_grad(() => w.sub(g.mul(0.1)));
loss.backward();
console.log(next);
