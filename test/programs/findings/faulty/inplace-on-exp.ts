import * as torch from "gradlens";
const x = torch.tensor([1, 2, 3], { requires_grad: true });
const e = x.exp();
const s = e.sum();
e.mul_(2); // expect: inplace-on-saved
s.add(e.sum()).backward();
