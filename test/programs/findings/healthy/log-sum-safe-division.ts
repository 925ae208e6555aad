import * as torch from "gradlens";
// Counts with zeros among them: guarded where they would hurt.
const counts = torch.tensor([[4, 0, 2], [0, 0, 5]]);
const scale = torch.ones(3, { requires_grad: true });
const total = counts.mul(scale);
const safe = torch.where(total.gt(0), total, torch.ones_like(total));
const logs = safe.log().mul(total.gt(0));
const share = total.div(total.sum(1, { keepdim: true }).clamp({ min: 1e-8 }));
const loss = logs.mul(share).sum().neg();
loss.backward();
console.log(loss.item(), scale.grad);
