import * as torch from "gradlens";
const x = torch.tensor([1, 2, 3], { requires_grad: true });
const y = x.sigmoid();
const z = y.mul(y).sum();
y.index_put_([0], 0); // expect: inplace-on-saved
z.backward();
