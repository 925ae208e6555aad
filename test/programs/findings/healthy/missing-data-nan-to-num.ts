import * as torch from "gradlens";
const w = torch.ones(3, { requires_grad: true });
const data = torch.tensor([1, NaN, Infinity]);
const clean = data.nan_to_num({ nan: 0, posinf: 10, neginf: -10 });
w.mul(clean).sum().backward();
console.log(w.grad, data.nanmean().item());
